"""PUT of a VM: make one, or write the identities and tags of one that is there.

A new VM is there at once, `Creating`, with the principal of its system-assigned identity; its operation ends after
some seconds (recording `vm-user-identities-2020.json`, exchanges 7 to 11). Of a VM that is there, a PUT that names
`identity` leaves exactly what it names (Microsoft's page on managed identities in templates: one that the template
does not list is removed); one that does not name it leaves the identities alone, which is assumed; tags are replaced.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from vmident.core.resource_id import VIRTUAL_MACHINE, ResourceId
from vmident.sandbox import errors
from vmident.sandbox.compute import errors as compute_errors
from vmident.sandbox.compute.identity_patch import IdentityChange, read_change
from vmident.sandbox.compute.image_data import NEVER_ROOM
from vmident.sandbox.compute.virtual_machines import answer_vm, change_identities, check_assignable, check_condition
from vmident.sandbox.compute.vm_profile import Profile, read_profile
from vmident.sandbox.compute.vm_view import new_profile, new_vm, shown_vm
from vmident.sandbox.network.handlers import find_by_id
from vmident.sandbox.protocol import operations, throttling
from vmident.sandbox.protocol.call import checked_location, checked_tags

if TYPE_CHECKING:
    from vmident.sandbox.http_messages import Response
    from vmident.sandbox.protocol.call import Call
    from vmident.sandbox.store import Record

_NAME = re.compile(r"[^\\/\"\[\]:|<>+=;,?*@&\s_][^\\/\"\[\]:|<>+=;,?*@&\s]{0,63}")
_NAME_RULE = 'It has 1 to 64 characters, none of them a space or one of \\/"[]:|<>+=;,?*@&, and no underscore first.'
_READ_ONLY = {"id", "name", "type", "etag", "resources"}
_BEYOND = {"plan", "zones", "extendedLocation", "placement"}


@dataclass(frozen=True)
class VmSpec:
    """What a PUT asks for, read as far as it goes without knowing whether the VM is there."""

    location: str
    tags: dict[str, str]
    change: IdentityChange | None
    properties: Any


def write_vm(call: Call) -> Response:
    """Answer PUT: 201 for a VM that is being made, 200 for one that was there."""
    group, name = call.group()["name"], call.words["name"]
    content = call.content()
    _check_members(content)
    spec = VmSpec(
        checked_location(content.get("location"), VIRTUAL_MACHINE),
        {key: text for key, text in checked_tags(content.get("tags") or {}).items() if text is not None},
        _asked_identities(content),
        content.get("properties"),
    )
    found = call.rows.find("vm", group, name)
    return _make(call, group, spec) if found is None else _write_again(call, found, spec)


def check_vm(content: dict[str, Any], name: str) -> None:
    """Check what a PUT asks for as far as its body goes, as Azure does before a deployment begins."""
    location = checked_location(content.get("location"), VIRTUAL_MACHINE)
    _asked_identities(content)
    read_profile(content.get("properties"), name, location)


def _asked_identities(content: dict[str, Any]) -> IdentityChange | None:
    """Read `identity` as of a PATCH; what a client sends back as it read it says nothing."""
    identity = content.get("identity")
    if isinstance(identity, dict):
        identity = {name: value for name, value in identity.items() if name not in ("principalId", "tenantId")}
    return None if identity is None else read_change(identity)


def _check_members(content: dict[str, Any]) -> None:
    for member, value in content.items():
        if member in _BEYOND and value not in (None, [], {}):
            raise errors.not_in_the_sandbox(f"'{member}' of a VM")
        if member not in ("location", "tags", "identity", "properties", *_READ_ONLY, *_BEYOND):
            raise errors.member_unknown(member, "ResourceDefinition", member)


def _make(call: Call, group: str, spec: VmSpec) -> Response:
    name = call.words["name"]
    if not _NAME.fullmatch(name):
        raise errors.name_invalid(name, VIRTUAL_MACHINE, _NAME_RULE)
    profile = read_profile(spec.properties, name, spec.location)
    vm = new_vm(group, name, spec.location, call.settings.new_uuid(), spec.tags)
    call.meter.draw(throttling.vm_update(spec.location, vm["id"]))
    if spec.change:
        check_assignable(call, vm, spec.change)
    nics = [_free_nic(call, vm, nic_id) for nic_id, _ in profile.nics]
    attached = change_identities(call, vm, spec.change) if spec.change else {}
    vm |= {
        "state": "Creating",
        "profile": new_profile(vm, profile),
        "guest": {
            "generation": profile.image.generation,
            "system": {"osName": profile.image.os_name, "osVersion": profile.image.os_version},
        },
        "made": call.now,
        "changed": call.now,
    }
    call.rows.add("vm", group, name, vm, made=call.now)
    for nic, (_, primary) in zip(nics, profile.nics, strict=True):
        call.rows.replace("nic", nic["group"], nic["name"], {**nic, "vm": vm["id"], "primary": primary})
    failure = compute_errors.allocation_failed().error() if profile.size == NEVER_ROOM else None
    seconds = call.settings.creation_seconds()
    url = operations.begin(call, vm, attached, seconds=seconds, failure=failure)
    return answer_vm(call, vm, {"Azure-AsyncOperation": url}, status=201)


def _free_nic(call: Call, vm: Record, nic_id: str) -> Record:
    nic = find_by_id(call.rows, "nic", nic_id)
    if nic is None or nic["location"] != vm["location"]:
        raise compute_errors.interface_not_found(nic_id)
    if nic["vm"]:
        raise compute_errors.interface_taken(nic_id, nic["vm"])
    return nic


def _write_again(call: Call, vm: Record, spec: VmSpec) -> Response:
    if spec.location != vm["location"]:
        raise errors.location_fixed(vm["name"], vm["group"], vm["location"], spec.location)
    call.meter.draw(throttling.vm_update(vm["location"], vm["id"]))
    if spec.properties:
        now = shown_vm(vm, "")["properties"]
        image = now["storageProfile"]["imageReference"]
        _check_unchanged(now, read_profile(spec.properties, vm["name"], spec.location, held_image=image))
    if spec.change:
        check_assignable(call, vm, spec.change)
    check_condition(call, vm)
    if vm["state"] in operations.BUSY_STATES:
        raise errors.concurrent_change()
    attached = change_identities(call, vm, _exactly(vm, spec.change)) if spec.change else {}
    vm |= {"tags": spec.tags, "etag": vm["etag"] + 1, "state": "Updating"}
    call.rows.replace("vm", vm["group"], vm["name"], vm)
    return answer_vm(call, vm, {"Azure-AsyncOperation": operations.begin(call, vm, attached)})


def _exactly(vm: Record, change: IdentityChange) -> IdentityChange:
    """Return the change that leaves exactly what a PUT names."""
    held = {ResourceId.parse(entry["id"]) for entry in vm["user"]}
    return replace(change, detach=change.detach | (held - set(change.attach))) if change.has_user else change


def _check_unchanged(now: dict[str, Any], spec: Profile) -> None:
    """Refuse a change of what a VM is made of: some of it Azure never changes, the rest the sandbox does not."""
    image = {**spec.image_reference, "exactVersion": now["storageProfile"]["imageReference"]["exactVersion"]}
    if image != now["storageProfile"]["imageReference"]:
        raise compute_errors.change_not_allowed("imageReference")
    for member in ("computerName", "adminUsername"):
        if spec.os_profile[member] != now["osProfile"][member]:
            raise compute_errors.change_not_allowed(f"osProfile.{member}")
    if spec.size != now["hardwareProfile"]["vmSize"]:
        raise errors.not_in_the_sandbox("another size for a VM that is there")
    held = {one["id"].lower() for one in now["networkProfile"]["networkInterfaces"]}
    if {nic_id.lower() for nic_id, _ in spec.nics} != held:
        raise errors.not_in_the_sandbox("other network interfaces for a VM that is there")
