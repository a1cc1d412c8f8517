"""Virtual machines: read one, list them, change the identities, tags and size of one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from vmident.core.resource_id import VIRTUAL_MACHINE
from vmident.sandbox import errors
from vmident.sandbox.api_versions import DEFAULT_LOCATION, LOCATIONS, known_location
from vmident.sandbox.compute import errors as compute_errors
from vmident.sandbox.compute import identity_changes
from vmident.sandbox.compute.busy import check_idle
from vmident.sandbox.compute.identity_patch import read_change
from vmident.sandbox.compute.image_data import SIZES, find_size
from vmident.sandbox.compute.instance_view import instance_view
from vmident.sandbox.compute.vm_record import profile_of
from vmident.sandbox.compute.vm_view import shown_vm
from vmident.sandbox.http_messages import Response, json_answer
from vmident.sandbox.protocol import operations, throttling
from vmident.sandbox.protocol.call import checked_tags, merged_tags
from vmident.sandbox.protocol.etags import check_condition, etag, shows_etag
from vmident.sandbox.protocol.paging import page_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from vmident.sandbox.protocol.call import Call
    from vmident.sandbox.rows import Record

WRITE = f"{VIRTUAL_MACHINE}/write"
# Members of a VM's update that Azure takes and the sandbox does not.
_BEYOND = {"plan", "zones", "location", "sku", "extendedlocation", "placement"}
_PROPERTIES_BEYOND = "changes to '{}': of a VM's properties, only the size and the security profile can change"
_READ_ONLY = ("provisioningState", "vmId", "timeCreated", "instanceView")
# How the clients of Azure write the one filter that lists of VMs take.
_IN_SCALE_SET = re.compile(r"\s*'?virtualMachineScaleSet/id'?\s+eq\s+'([^']+)'\s*", re.IGNORECASE)


def read_vm(call: Call) -> Response:
    """Answer GET of one VM, with its instance view where that is asked for."""
    with_instance_view = _expands_instance_view(call)
    vm = find_vm(call)
    call.meter.draw(throttling.vm_read(vm["location"], vm["id"]))
    return answer_vm(call, vm, with_instance_view=with_instance_view)


def read_instance_view(call: Call) -> Response:
    """Answer GET of a VM's instance view alone."""
    vm = find_vm(call)
    call.meter.draw(throttling.vm_read(vm["location"], vm["id"]))
    return json_answer(200, instance_view(vm, extensions_of(call, vm)))


def list_group_vms(call: Call) -> Response:
    """Answer a page of one group's VMs."""
    group = call.group()
    call.meter.draw(throttling.vm_list(group["location"]))
    return _page(call, group["name"], with_instance_view=_expands_instance_view(call))


def list_vms(call: Call) -> Response:
    """Answer a page of the subscription's VMs; `statusOnly=true` adds their instance views."""
    call.meter.draw(throttling.vm_list(DEFAULT_LOCATION))
    status_only = call.query.get("statusonly", "").lower() == "true"
    return _page(call, None, with_instance_view=status_only or _expands_instance_view(call))


def list_vms_in_location(call: Call) -> Response:
    """Answer a page of the subscription's VMs in one region."""
    location = known_location(call.words["location"])
    if location is None:
        raise errors.location_not_available(call.words["location"], VIRTUAL_MACHINE, LOCATIONS)
    call.meter.draw(throttling.vm_list(location))
    return _page(call, None, lambda vm: vm["location"] == location)


def _page(
    call: Call, group: str | None, fits: Callable[[Record], bool] | None = None, *, with_instance_view: bool = False
) -> Response:
    extensions: dict[str, list[Record]] = {}
    for one in call.rows.every("extension", group):
        extensions.setdefault(one["id"].lower().partition("/extensions/")[0], []).append(one)
    scale_set = _scale_set_filter(call)
    if scale_set is not None:
        fits = lambda vm: str(vm.get("scaleSet", "")).lower() == scale_set  # noqa: E731 - the filter in the query
    return page_of(
        call,
        "vm",
        group,
        lambda vm: _listed(
            shown_vm(vm, call.api_version, extensions.get(vm["id"].lower()), with_instance_view=with_instance_view)
        ),
        fits,
    )


def _listed(body: dict[str, Any]) -> dict[str, Any]:
    """Return a VM as an item of a list, which has no more of its extensions than their ids.

    Inferred from the Azure CLI 2.91, whose `vm list` fails on an extension that is shown whole.
    """
    if "resources" in body:
        body["resources"] = [{"id": one["id"]} for one in body["resources"]]
    return body


def _scale_set_filter(call: Call) -> str | None:
    text = call.query.get("$filter", "")
    found = _IN_SCALE_SET.fullmatch(text)
    if text and not found:
        raise errors.not_in_the_sandbox(f"the filter '{text}' of virtual machines")
    return found[1].lower() if found else None


def _expands_instance_view(call: Call) -> bool:
    expand = call.query.get("$expand", "")
    if expand.lower() not in ("", "instanceview"):
        raise errors.not_in_the_sandbox(f"$expand={expand}")
    return bool(expand)


def change_vm(call: Call) -> Response:
    """Answer PATCH: the VM as it will be, `Updating`, and the URL of the operation that gets it there.

    One that changes nothing is an operation too, which is over at once. Assumed: a dead identity is looked for only
    where `identity` is in the body, and one deleted and made again stays attached as it was, until it is detached and
    attached anew.
    """
    call.group()
    content = {name.lower(): value for name, value in call.content().items()}
    vm = find_vm(call)
    call.meter.draw(throttling.vm_write("UpdateVM", vm["location"], vm["id"]))
    _check_members(content)
    change = read_change(content["identity"]) if "identity" in content else None
    checked = identity_changes.checked(call, vm, change, WRITE) if change else None
    tags = merged_tags(vm["tags"], checked_tags(content["tags"], removable=True)) if "tags" in content else vm["tags"]
    profile = _changed_profile(vm, content.get("properties"))
    return write_changes(call, vm, checked, tags, profile)


def write_changes(
    call: Call,
    vm: Record,
    checked: identity_changes.CheckedChange | None,
    tags: dict[str, str],
    profile: dict[str, Any],
) -> Response:
    """Write a checked change to a VM that is there, and answer with the operation that carries it out."""
    check_condition(call, vm)
    check_idle(call, vm, "write")
    is_nothing = (checked is None or checked.is_nothing) and tags == vm["tags"] and profile == profile_of(vm)
    if checked:
        identity_changes.apply(call, vm, checked)
    if profile != profile_of(vm):
        vm["profile"] = profile
    vm |= {"tags": tags, "etag": vm["etag"] + 1, "state": "Updating"}
    call.rows.replace("vm", vm["group"], vm["name"], vm)
    effects = operations.Effects(attached=checked.attached if checked else {})
    pace = operations.NOTHING_TO_DO if is_nothing else operations.USUAL
    return answer_vm(call, vm, operations.begin(call, vm, effects, pace))


def _changed_profile(vm: Record, properties: Any) -> dict[str, Any]:
    """Return the profile with what a PATCH's `properties` changes; its size, or its security."""
    profile = profile_of(vm)
    for member, value in (properties or {}).items():
        if member == "hardwareProfile" and isinstance(value, dict):
            asked = str(value.get("vmSize", ""))
            size = find_size(asked)
            if size is None:
                raise compute_errors.size_invalid(asked, SIZES)
            profile = {**profile, "hardwareProfile": {**profile["hardwareProfile"], "vmSize": size}}
        elif member == "securityProfile" and isinstance(value, dict):
            profile = {**profile, "securityProfile": {**profile.get("securityProfile", {}), **value}}
        elif member not in _READ_ONLY and value not in (None, {}, [], profile.get(member)):
            raise errors.not_in_the_sandbox(_PROPERTIES_BEYOND.format(f"properties.{member}"))
    return profile


def find_vm(call: Call) -> Record:
    """Find the VM in the path; raises 404."""
    group, name = call.group()["name"], call.words["name"]
    vm = call.rows.find("vm", group, name)
    if vm is None:
        raise errors.resource_not_found(VIRTUAL_MACHINE, name, call.words["group"])
    return vm


def extensions_of(call: Call, vm: Record) -> list[Record]:
    """List the extensions of a VM."""
    own = f"{vm['id']}/extensions/".lower()
    return [one for one in call.rows.every("extension", vm["group"]) if one["id"].lower().startswith(own)]


def answer_vm(
    call: Call,
    vm: Record,
    headers: dict[str, str] | None = None,
    *,
    with_instance_view: bool = False,
    status: int = 200,
) -> Response:
    """Answer with a VM as it is now; an answer with the instance view has no ETag header (recorded)."""
    sent = dict(headers or {})
    if shows_etag(call) and not with_instance_view:
        sent["ETag"] = etag(vm)
    extensions = extensions_of(call, vm)
    return json_answer(status, shown_vm(vm, call.api_version, extensions, with_instance_view=with_instance_view), sent)


def _check_members(content: dict[str, Any]) -> None:
    for member in content:
        if member in _BEYOND:
            raise errors.not_in_the_sandbox(f"changes to '{member}' of a VM")
        if member not in ("identity", "tags", "properties"):
            raise errors.member_unknown(member, "ResourceDefinition", member)
