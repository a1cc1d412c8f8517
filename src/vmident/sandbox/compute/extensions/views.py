"""A VM's extension as answers carry it; its protected settings are never kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vmident.sandbox.rows import Record

TYPE = "Microsoft.Compute/virtualMachines/extensions"


def new_extension(vm: Record, name: str, properties: dict[str, Any], tags: dict[str, str]) -> Record:
    """Build the record of an extension on a VM; `properties` as answers carry them."""
    return {
        "id": f"{vm['id']}/extensions/{name}",
        "group": vm["group"],
        "name": f"{vm['name']}/{name}",
        "extension": name,
        "location": vm["location"],
        "tags": tags,
        "properties": properties,
        "state": "Succeeded",
    }


def shown_extension(record: Record) -> dict[str, Any]:
    """Return an extension; shape: exchange 2 of the recording `vm-with-extension-and-identities-2024.json`."""
    shown = {
        "name": record["extension"],
        "id": record["id"],
        "type": TYPE,
        "location": record["location"],
        "properties": {**record["properties"], "provisioningState": record["state"]},
    }
    return {**shown, "tags": record["tags"]} if record["tags"] else shown
