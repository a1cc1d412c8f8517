"""Microsoft.Compute: which handler answers where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmident.sandbox.api_versions import COMPUTE, DISKS, SKUS
from vmident.sandbox.compute.scale_set_routes import ROUTES as SCALE_SET_ROUTES
from vmident.sandbox.routing.route import FILTERED, GROUP, PAGED, SUBSCRIPTION, Route, handler

if TYPE_CHECKING:
    from vmident.sandbox.routing.route import Handler

_IN_GROUP = f"{GROUP}/providers/microsoft.compute"
_IN_SUBSCRIPTION = f"{SUBSCRIPTION}/providers/microsoft.compute"
_LOCATION = f"{_IN_SUBSCRIPTION}/locations/{{location}}"
# The URL of an operation carries the API version of the request that began it.
_OPERATIONS = tuple(sorted({*COMPUTE, *DISKS}))
_VMS = "virtualMachines"
_VM = f"{_IN_GROUP}/virtualmachines/{{name}}"
_IMAGES = "locations/publishers/artifacttypes/offers/skus/versions"
_PUBLISHERS = f"{_LOCATION}/publishers"
_OFFERS = "locations/publishers/artifacttypes/offers"
_IMAGE = f"{_PUBLISHERS}/{{publisher}}/artifacttypes/vmimage/offers/{{offer}}/skus/{{sku}}/versions"
_READ_IMAGE = f"Microsoft.Compute/{_IMAGES}/read"
_EXTENSIONS = "virtualMachines/extensions"
_EXPANDED = frozenset({"$expand"})
_LISTED = FILTERED | _EXPANDED
_POWER_ACTIONS = ("start", "powerOff", "deallocate", "restart", "redeploy", "reapply")


def _action(name: str, answer: Handler) -> Route:
    options = frozenset({"skipshutdown", "hibernate"})
    action = f"Microsoft.Compute/virtualMachines/{name}/action"
    return Route(f"{_VM}/{name.lower()}", {"POST": answer}, COMPUTE, _VMS, options, action=action)


_VM_ROUTES = (
    Route(
        f"{_IN_GROUP}/virtualmachines",
        {"GET": handler("compute.virtual_machines:list_group_vms")},
        COMPUTE,
        _VMS,
        _LISTED,
    ),
    Route(
        f"{_IN_SUBSCRIPTION}/virtualmachines",
        {"GET": handler("compute.virtual_machines:list_vms")},
        COMPUTE,
        _VMS,
        _LISTED | {"statusonly"},
    ),
    Route(
        f"{_LOCATION}/virtualmachines",
        {"GET": handler("compute.virtual_machines:list_vms_in_location")},
        COMPUTE,
        _VMS,
        PAGED,
        action="Microsoft.Compute/virtualMachines/read",
    ),
    Route(
        _VM,
        {
            "GET": handler("compute.virtual_machines:read_vm"),
            "PATCH": handler("compute.virtual_machines:change_vm"),
            "PUT": handler("compute.vm_creation:write_vm"),
            "DELETE": handler("compute.vm_deletion:delete_vm"),
        },
        COMPUTE,
        _VMS,
        frozenset({"$expand", "forcedeletion"}),
    ),
    Route(f"{_VM}/instanceview", {"GET": handler("compute.virtual_machines:read_instance_view")}, COMPUTE, _VMS),
    *(_action(name, handler("compute.power:act", name)) for name in _POWER_ACTIONS),
    _action("generalize", handler("compute.power:generalize")),
    Route(
        f"{_VM}/extensions",
        {"GET": handler("compute.extensions.handlers:list_extensions")},
        COMPUTE,
        _EXTENSIONS,
        _EXPANDED,
    ),
    Route(
        f"{_VM}/extensions/{{extension}}",
        {
            "GET": handler("compute.extensions.handlers:read_extension"),
            "PUT": handler("compute.extensions.handlers:write_extension"),
            "PATCH": handler("compute.extensions.handlers:change_extension"),
            "DELETE": handler("compute.extensions.handlers:delete_extension"),
        },
        COMPUTE,
        _EXTENSIONS,
        _EXPANDED,
    ),
)

_DISK_ROUTES = (
    Route(f"{_IN_GROUP}/disks", {"GET": handler("compute.disks.handlers:list_group_disks")}, DISKS, "disks", PAGED),
    Route(f"{_IN_SUBSCRIPTION}/disks", {"GET": handler("compute.disks.handlers:list_disks")}, DISKS, "disks", PAGED),
    Route(
        f"{_IN_GROUP}/disks/{{name}}",
        {
            "GET": handler("compute.disks.handlers:read_disk"),
            "PUT": handler("compute.disks.handlers:write_disk"),
            "PATCH": handler("compute.disks.handlers:change_disk"),
            "DELETE": handler("compute.disks.handlers:delete_disk"),
        },
        DISKS,
        "disks",
    ),
)

_CAPACITY_ROUTES = (
    Route(
        f"{_LOCATION}/vmsizes",
        {"GET": handler("compute.capacity:list_sizes")},
        COMPUTE,
        "locations/vmSizes",
        any_role=True,
    ),
    Route(
        f"{_LOCATION}/usages",
        {"GET": handler("compute.capacity:list_usages")},
        COMPUTE,
        "locations/usages",
        any_role=True,
    ),
    Route(
        f"{_IN_SUBSCRIPTION}/skus",
        {"GET": handler("compute.capacity:list_skus")},
        SKUS,
        "skus",
        frozenset({"$filter", "includeextendedlocations"}),
        any_role=True,
    ),
)

ROUTES = (
    *_CAPACITY_ROUTES,
    *_VM_ROUTES,
    *SCALE_SET_ROUTES,
    *_DISK_ROUTES,
    Route(
        f"{_LOCATION}/operations/{{operation}}",
        {"GET": handler("protocol.operations:read_one")},
        _OPERATIONS,
        "locations/operations",
        any_query=True,
        action="",
    ),
    Route(
        f"{_LOCATION}/runcommands",
        {"GET": handler("compute.run_command.actions:list_documents")},
        COMPUTE,
        "locations/runCommands",
        any_role=True,
    ),
    *(
        Route(path, {"GET": handler("compute.image_versions:list_names")}, COMPUTE, kind, any_role=True)
        for path, kind in (
            (_PUBLISHERS, "locations/publishers"),
            (f"{_PUBLISHERS}/{{publisher}}/artifacttypes/vmimage/offers", _OFFERS),
            (f"{_PUBLISHERS}/{{publisher}}/artifacttypes/vmimage/offers/{{offer}}/skus", f"{_OFFERS}/skus"),
        )
    ),
    # A user with a role in a group alone creates VMs with the Azure CLI, which reads the image first (assumed).
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
