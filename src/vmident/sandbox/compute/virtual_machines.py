"""Virtual machines: read one, list them, change the identities and tags of one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from vmident.core.resource_id import VIRTUAL_MACHINE, ResourceId
from vmident.sandbox import errors
from vmident.sandbox.api_versions import DEFAULT_LOCATION, FIRST_WITH_ETAG
from vmident.sandbox.authorization import directory, permissions
from vmident.sandbox.compute.identity_patch import IdentityChange, held_after, read_change
from vmident.sandbox.compute.vm_view import etag, shown_vm
from vmident.sandbox.http_messages import Response, json_answer
from vmident.sandbox.protocol import operations, throttling
from vmident.sandbox.protocol.call import checked_tags
from vmident.sandbox.protocol.paging import page_of
from vmident.sandbox.tenant import SUBSCRIPTION

if TYPE_CHECKING:
    from vmident.sandbox.protocol.call import Call
    from vmident.sandbox.store import Record

_WRITE = f"{VIRTUAL_MACHINE}/write"
# Members of a VM's update that Azure takes and the sandbox does not.
_BEYOND = {"properties", "plan", "zones", "location", "sku", "extendedLocation", "placement"}


def read_vm(call: Call) -> Response:
    """Answer GET of one VM, with its instance view where that is asked for."""
    expand = call.query.get("$expand", "")
    if expand.lower() not in ("", "instanceview"):
        raise errors.not_in_the_sandbox(f"$expand={expand}")
    vm = _find(call)
    call.meter.draw(throttling.vm_read(vm["location"], vm["id"]))
    return answer_vm(call, vm, with_instance_view=bool(expand))


def list_group_vms(call: Call) -> Response:
    """Answer a page of one group's VMs."""
    group = call.group()
    call.meter.draw(throttling.vm_list(group["location"]))
    return page_of(call, "vm", group["name"], lambda vm: shown_vm(vm, call.api_version))


def list_vms(call: Call) -> Response:
    """Answer a page of the subscription's VMs."""
    call.meter.draw(throttling.vm_list(DEFAULT_LOCATION))
    return page_of(call, "vm", None, lambda vm: shown_vm(vm, call.api_version))


def change_vm(call: Call) -> Response:
    """Answer PATCH: the VM as it will be, `Updating`, and the URL of the operation that gets it there.

    Even a PATCH that changes nothing is an operation. Assumed: a dead identity is looked for only where `identity` is
    in the body, and one deleted and made again stays attached as it was, until it is detached and attached anew.
    """
    call.group()
    content = call.content()
    vm = _find(call)
    call.meter.draw(throttling.vm_update(vm["location"], vm["id"]))
    _check_members(content)
    change = read_change(content["identity"]) if "identity" in content else None
    if change:
        check_assignable(call, vm, change)
    tags = checked_tags(content["tags"], removable=True) if "tags" in content else {}
    check_condition(call, vm)
    if vm["state"] in operations.BUSY_STATES:
        raise errors.concurrent_change()
    attached = change_identities(call, vm, change) if change else {}
    vm["tags"] = _merged_tags(vm["tags"], tags)
    vm["etag"] += 1
    vm["state"] = "Updating"
    call.rows.replace("vm", vm["group"], vm["name"], vm)
    url = operations.begin(call, vm, attached)
    return answer_vm(call, vm, {"Azure-AsyncOperation": url})


def check_assignable(call: Call, vm: Record, change: IdentityChange) -> None:
    """Raise 403 where a request names identities that the person may not assign."""
    named = [str(resource_id) for resource_id in change.attach]
    permissions.check_linked(call, _WRITE, vm["id"], permissions.ASSIGN_IDENTITY, named)


def _find(call: Call) -> Record:
    group, name = call.group()["name"], call.words["name"]
    vm = call.rows.find("vm", group, name)
    if vm is None:
        raise errors.resource_not_found(VIRTUAL_MACHINE, name, call.words["group"])
    return vm


def answer_vm(
    call: Call,
    vm: Record,
    headers: dict[str, str] | None = None,
    *,
    with_instance_view: bool = False,
    status: int = 200,
) -> Response:
    """Answer with a VM as it is now."""
    sent = dict(headers or {})
    if call.api_version >= FIRST_WITH_ETAG:
        sent["ETag"] = etag(vm)
    return json_answer(status, shown_vm(vm, call.api_version, with_instance_view=with_instance_view), sent)


def _check_members(content: dict[str, Any]) -> None:
    for member in content:
        if member in _BEYOND:
            raise errors.not_in_the_sandbox(f"a change of '{member}': of a VM, only 'identity' and 'tags' can change")
        if member not in ("identity", "tags"):
            raise errors.member_unknown(member, "ResourceDefinition", member)


def check_condition(call: Call, vm: Record) -> None:
    """Compare strongly, as RFC 9110 section 13.1.1 has it: a weak etag matches nothing."""
    condition = call.request.headers.get("if-match")
    if condition is None or condition.strip() == "*":
        return
    if etag(vm) not in re.findall(r'(?:W/)?"[^"]*"', condition):
        raise errors.precondition_failed(condition)


def change_identities(call: Call, vm: Record, change: IdentityChange) -> dict[str, str]:
    """Write the identities afterwards into the VM; give those attached anew, with the clientId of each."""
    entries = {ResourceId.parse(entry["id"]): entry for entry in vm["user"]}
    after = held_after(entries, change)
    found = {resource_id: _existing(call, vm, resource_id) for resource_id in after}
    # One whose attachment failed, and that is there again, is attached anew.
    anew = [resource_id for resource_id in after if "clientId" not in entries.get(resource_id, {})]
    makes_system = change.has_system and not vm["system"]
    call.meter.draw(throttling.identities(vm["location"], made=int(makes_system), attached=len(anew)))
    if makes_system:
        vm["system"] = call.settings.new_uuid()
        directory.enter(call.rows, vm["system"], made=call.now)
    elif vm["system"] and not change.has_system:
        directory.leave(call.rows, vm["system"], deleted=call.now)
        vm["system"] = None
    vm["user"] = [entries.get(resource_id, {"id": str(resource_id)}) for resource_id in after]
    return {str(resource_id): found[resource_id]["clientId"] for resource_id in anew}


def _existing(call: Call, vm: Record, resource_id: ResourceId) -> Record:
    same_subscription = resource_id.subscription.lower() == SUBSCRIPTION
    found = call.rows.find("identity", resource_id.group, resource_id.name) if same_subscription else None
    if found is None:
        raise errors.identity_operation_failed(vm["id"], str(resource_id))
    return found


def _merged_tags(now: dict[str, str], change: dict[str, str | None]) -> dict[str, str]:
    """Merge tags; their names compare without regard to case, and keep the spelling they came with first."""
    merged = dict(now)
    spelled = {name.lower(): name for name in now}
    for name, text in change.items():
        held = spelled.get(name.lower(), name)
        if text is None:
            merged.pop(held, None)
        else:
            merged[held] = text
    return merged
