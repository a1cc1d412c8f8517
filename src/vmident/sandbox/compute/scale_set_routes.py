"""Microsoft.Compute/virtualMachineScaleSets and run commands: which handler answers where."""

from __future__ import annotations

from vmident.sandbox.api_versions import COMPUTE
from vmident.sandbox.routing.route import GROUP, PAGED, SUBSCRIPTION, Route, handler

_TYPE = "virtualMachineScaleSets"
_INSTANCE_TYPE = f"{_TYPE}/virtualMachines"
_ALL = f"{GROUP}/providers/microsoft.compute/{_TYPE.lower()}"
_ONE = f"{_ALL}/{{name}}"
_INSTANCE = f"{_ONE}/virtualmachines/{{instance}}"
_VM = f"{GROUP}/providers/microsoft.compute/virtualmachines/{{name}}"
_EXPANDED = frozenset({"$expand"})
_FORCED = frozenset({"forcedeletion"})
_SETS = "compute.scale_sets.handlers"
_INSTANCES = "compute.scale_sets.instances"
_MANAGED = "compute.run_command.managed"


def _run_command_routes(path: str, kind: str) -> tuple[Route, ...]:
    """Return the routes of run commands on a VM or on an instance."""
    managed = f"{kind}/runCommands"
    return (
        Route(
            f"{path}/runcommand",
            {"POST": handler("compute.run_command.actions:run")},
            COMPUTE,
            kind,
            action=f"Microsoft.Compute/{kind}/runCommand/action",
        ),
        Route(f"{path}/runcommands", {"GET": handler(f"{_MANAGED}:list_commands")}, COMPUTE, managed, _EXPANDED),
        Route(
            f"{path}/runcommands/{{command}}",
            {
                "GET": handler(f"{_MANAGED}:read_command"),
                "PUT": handler(f"{_MANAGED}:write_command"),
                "PATCH": handler(f"{_MANAGED}:change_command"),
                "DELETE": handler(f"{_MANAGED}:delete_command"),
            },
            COMPUTE,
            managed,
            _EXPANDED,
        ),
    )


ROUTES = (
    Route(_ALL, {"GET": handler(f"{_SETS}:list_group_scale_sets")}, COMPUTE, _TYPE, PAGED),
    Route(
        f"{SUBSCRIPTION}/providers/microsoft.compute/{_TYPE.lower()}",
        {"GET": handler(f"{_SETS}:list_scale_sets")},
        COMPUTE,
        _TYPE,
        PAGED,
    ),
    Route(
        _ONE,
        {
            "GET": handler(f"{_SETS}:read_scale_set"),
            "PUT": handler(f"{_SETS}:write_scale_set"),
            "PATCH": handler(f"{_SETS}:change_scale_set"),
            "DELETE": handler(f"{_SETS}:delete_scale_set"),
        },
        COMPUTE,
        _TYPE,
        _EXPANDED | _FORCED,
    ),
    Route(f"{_ONE}/instanceview", {"GET": handler(f"{_SETS}:read_instance_view")}, COMPUTE, _TYPE),
    Route(f"{_ONE}/manualupgrade", {"POST": handler(f"{_SETS}:update_instances")}, COMPUTE, _TYPE),
    Route(
        f"{_ONE}/virtualmachines",
        {"GET": handler(f"{_INSTANCES}:list_instances")},
        COMPUTE,
        _INSTANCE_TYPE,
        _EXPANDED | {"$filter", "$select"},
    ),
    Route(
        _INSTANCE,
        {"GET": handler(f"{_INSTANCES}:read_instance"), "DELETE": handler(f"{_INSTANCES}:delete_instance")},
        COMPUTE,
        _INSTANCE_TYPE,
        _EXPANDED | _FORCED,
    ),
    Route(f"{_INSTANCE}/instanceview", {"GET": handler(f"{_INSTANCES}:read_instance_view")}, COMPUTE, _INSTANCE_TYPE),
    *_run_command_routes(_VM, "virtualMachines"),
    *_run_command_routes(_INSTANCE, _INSTANCE_TYPE),
)
