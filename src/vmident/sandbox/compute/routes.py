"""Microsoft.Compute: which handler answers where."""

from __future__ import annotations

from vmident.sandbox.api_versions import COMPUTE
from vmident.sandbox.routing.route import GROUP, PAGED, SUBSCRIPTION, Route, handler

_IN_GROUP = f"{GROUP}/providers/microsoft.compute"
_IN_SUBSCRIPTION = f"{SUBSCRIPTION}/providers/microsoft.compute"
_LOCATION = f"{_IN_SUBSCRIPTION}/locations/{{location}}"
_VMS = "virtualMachines"
_VM = f"{_IN_GROUP}/virtualmachines/{{name}}"
_IMAGES = "locations/publishers/artifacttypes/offers/skus/versions"
_IMAGE = f"{_LOCATION}/publishers/{{publisher}}/artifacttypes/vmimage/offers/{{offer}}/skus/{{sku}}/versions"
_READ_IMAGE = f"Microsoft.Compute/{_IMAGES}/read"

_VM_ROUTES = (
    Route(
        f"{_IN_GROUP}/virtualmachines",
        {"GET": handler("compute.virtual_machines:list_group_vms")},
        COMPUTE,
        _VMS,
        PAGED,
    ),
    Route(
        f"{_IN_SUBSCRIPTION}/virtualmachines",
        {"GET": handler("compute.virtual_machines:list_vms")},
        COMPUTE,
        _VMS,
        PAGED,
    ),
    Route(
        _VM,
        {
            "GET": handler("compute.virtual_machines:read_vm"),
            "PATCH": handler("compute.virtual_machines:change_vm"),
            "PUT": handler("compute.vm_creation:write_vm"),
        },
        COMPUTE,
        _VMS,
        frozenset({"$expand"}),
        frozenset({"DELETE"}),
    ),
)

ROUTES = (
    *_VM_ROUTES,
    Route(
        f"{_LOCATION}/operations/{{operation}}",
        {"GET": handler("protocol.operations:read_one")},
        COMPUTE,
        "locations/operations",
        any_query=True,
        action="",
    ),
    # Whoever has a role in a group alone makes VMs with the Azure CLI, which reads the image first (assumed).
    Route(
        _IMAGE,
        {"GET": handler("compute.image_versions:list_versions")},
        COMPUTE,
        _IMAGES,
        frozenset({"$expand", "$top", "$orderby"}),
        action=_READ_IMAGE,
        any_role=True,
    ),
    Route(
        f"{_IMAGE}/{{version}}",
        {"GET": handler("compute.image_versions:read_version")},
        COMPUTE,
        _IMAGES,
        action=_READ_IMAGE,
        any_role=True,
    ),
)
