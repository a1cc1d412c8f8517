"""Start, stop and the other actions on a VM that change its power state or nothing.

    running --powerOff--> stopped --deallocate--> deallocated --start--> running

`generalize` is over at once and leaves a VM that never starts again. A deallocation moves the etag by three (recorded
in March 2025); that the other actions do so too is assumed. Budgets: deallocate draws on `DeleteVM` (recorded).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmident.sandbox.compute import errors as compute_errors
from vmident.sandbox.compute.busy import check_idle
from vmident.sandbox.compute.instance_view import DEALLOCATED, RUNNING, STOPPED, power_of
from vmident.sandbox.compute.virtual_machines import find_vm
from vmident.sandbox.http_messages import Response
from vmident.sandbox.protocol import operations, throttling

if TYPE_CHECKING:
    from vmident.sandbox.protocol.call import Call
    from vmident.sandbox.rows import Record

_ETAG_AFTER = 2
# What loses the tokens that the metadata service has cached for a VM.
_STARTS = ("start", "restart", "redeploy")
_AFTERWARDS = {"start": RUNNING, "poweroff": STOPPED, "deallocate": DEALLOCATED, "restart": RUNNING}


def act(call: Call, action: str) -> Response:
    """Answer POST of `start`, `powerOff`, `deallocate`, `restart`, `redeploy` or `reapply`: 202, and an operation."""
    vm = find_vm(call)
    budget = "DeleteVM" if action == "deallocate" else "UpdateVM"
    call.meter.draw(throttling.vm_write(budget, vm["location"], vm["id"]))
    _check(call, vm, action)
    pace = operations.SLOW if action == "deallocate" else operations.ACTION
    vm |= {"state": "Updating", "etag": vm["etag"] + 1}
    call.rows.replace("vm", vm["group"], vm["name"], vm)
    members = {"etag": vm["etag"] + _ETAG_AFTER, "power": _AFTERWARDS.get(action.lower(), power_of(vm))}
    if action.lower() in _STARTS:
        members["started"] = call.now
    headers = operations.begin(call, vm, operations.Effects(members=members), pace, has_location=True)
    return Response(202, headers)


def generalize(call: Call) -> Response:
    """Answer POST of `generalize`: 200 at once, for a VM that does not run."""
    vm = find_vm(call)
    call.meter.draw(throttling.vm_write("UpdateVM", vm["location"], vm["id"]))
    check_idle(call, vm, "generalize")
    if power_of(vm) == RUNNING:
        raise compute_errors.not_stopped()
    call.rows.replace("vm", vm["group"], vm["name"], {**vm, "generalized": True, "etag": vm["etag"] + 1})
    return Response(200)


def _check(call: Call, vm: Record, action: str) -> None:
    check_idle(call, vm, action)
    if vm.get("generalized") and action in ("start", "restart"):
        raise compute_errors.is_generalized(action, vm["name"])
    if action == "restart" and power_of(vm) != RUNNING:
        raise compute_errors.not_running(action, vm["name"])
