"""What a region offers: sizes, resource SKUs and usages. Counts of cores are read off the sizes' names.

Shape: Microsoft's REST reference for 'Virtual Machine Sizes - List', 'Resource Skus - List' and 'Usage - List'.
Memory and disks are believable, not exact.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from vmident.sandbox import errors
from vmident.sandbox.api_versions import LOCATIONS, known_location
from vmident.sandbox.compute.image_data import NEVER_OFFERED, SIZES
from vmident.sandbox.compute.vm_record import profile_of
from vmident.sandbox.http_messages import Response, json_answer

if TYPE_CHECKING:
    from vmident.sandbox.protocol.call import Call

_CORES = re.compile(r"Standard_([A-Z]+)(\d+)")
_GIB_OF_A_CORE = 4
_LIMIT = 100
_LOCATION_FILTER = re.compile(r"\s*location\s+eq\s+'([^']+)'\s*", re.IGNORECASE)


def list_sizes(call: Call) -> Response:
    """Answer the sizes of a region."""
    _region(call.words["location"])
    return json_answer(200, {"value": [_size(name) for name in SIZES]})


def list_skus(call: Call) -> Response:
    """Answer the resource SKUs of VMs, of all regions or of the one in the filter."""
    text = call.query.get("$filter", "")
    found = _LOCATION_FILTER.fullmatch(text)
    if text and not found:
        raise errors.not_in_the_sandbox(f"the filter '{text}' of resource SKUs")
    regions = [_region(found[1])] if found else list(LOCATIONS)
    return json_answer(200, {"value": [_sku(name, region) for region in regions for name in SIZES]})


def list_usages(call: Call) -> Response:
    """Answer how many VMs and cores a region has, and its limits."""
    region = _region(call.words["location"])
    vms = [vm for vm in call.rows.every("vm") if vm["location"] == region]
    cores = sum(_cores_of(profile_of(vm)["hardwareProfile"]["vmSize"]) for vm in vms)
    counts = (("virtualMachines", "Virtual Machines", len(vms)), ("cores", "Total Regional vCPUs", cores))
    shown = [
        {"unit": "Count", "currentValue": count, "limit": _LIMIT, "name": {"value": name, "localizedValue": title}}
        for name, title, count in counts
    ]
    return json_answer(200, {"value": shown})


def _region(text: str) -> str:
    region = known_location(text)
    if region is None:
        raise errors.location_not_available(text, "locations", LOCATIONS)
    return region


def _cores_of(size: str) -> int:
    found = _CORES.match(size)
    return int(found[2]) if found else 1


def _size(name: str) -> dict[str, Any]:
    cores = _cores_of(name)
    return {
        "name": name,
        "numberOfCores": cores,
        "osDiskSizeInMB": 1_047_552,
        "resourceDiskSizeInMB": 0,
        "memoryInMB": cores * _GIB_OF_A_CORE * 1024,
        "maxDataDiskCount": cores * 2,
    }


def _sku(name: str, region: str) -> dict[str, Any]:
    cores = _cores_of(name)
    restricted = {
        "type": "Location",
        "values": [region],
        "restrictionInfo": {"locations": [region]},
        "reasonCode": "NotAvailableForSubscription",
    }
    return {
        "resourceType": "virtualMachines",
        "name": name,
        "tier": "Standard",
        "size": name.removeprefix("Standard_"),
        "family": f"standard{re.sub(r'[^A-Za-z]', '', name.removeprefix('Standard_'))}Family",
        "locations": [region],
        "locationInfo": [{"location": region, "zones": [], "zoneDetails": []}],
        "capabilities": [
            {"name": "vCPUs", "value": str(cores)},
            {"name": "MemoryGB", "value": str(cores * _GIB_OF_A_CORE)},
            {"name": "HyperVGenerations", "value": "V1,V2"},
        ],
        "restrictions": [restricted] if name == NEVER_OFFERED else [],
    }
