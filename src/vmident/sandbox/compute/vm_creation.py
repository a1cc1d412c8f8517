"""PUT of a VM: make one, or write the identities and tags of one that is there.

A new VM is there at once, `Creating`, with the principal of its system-assigned identity; its operation ends after
some seconds (recording `vm-user-identities-2020.json`, exchanges 7 to 11). Of a VM that is there, a PUT that names
`identity` leaves exactly what it names (Microsoft's page on managed identities in templates: one that the template
does not list is removed); one that does not name it leaves the identities alone, which is assumed; tags are replaced.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vmident.core.resource_id import VIRTUAL_MACHINE
from vmident.sandbox import errors
from vmident.sandbox.compute import errors as compute_errors
from vmident.sandbox.compute import identity_changes
from vmident.sandbox.compute.disks.views import add_os_disk
from vmident.sandbox.compute.identity_patch import IdentityChange, read_change
from vmident.sandbox.compute.image_data import NEVER_ROOM
from vmident.sandbox.compute.virtual_machines import WRITE, answer_vm, write_changes
from vmident.sandbox.compute.vm_profile import Profile, read_profile
from vmident.sandbox.compute.vm_record import new_profile, new_vm, profile_of
from vmident.sandbox.network.handlers import find_by_id
from vmident.sandbox.protocol import operations, throttling
from vmident.sandbox.protocol.call import checked_location, checked_tags

if TYPE_CHECKING:
    from vmident.sandbox.http_messages import Response
    from vmident.sandbox.protocol.call import Call
    from vmident.sandbox.rows import Record

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
    """Read `identity` as of a PATCH."""
    identity = content.get("identity")
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
    call.meter.draw(throttling.vm_write("PutVM", spec.location, vm["id"]))
    checked = identity_changes.checked(call, vm, spec.change, WRITE) if spec.change else None
    nics = [_free_nic(call, vm, one.id) for one in profile.nics]
    if checked:
        identity_changes.apply(call, vm, checked)
    vm |= {
        "state": "Creating",
        "profile": new_profile(vm, profile),
        "guest": {
            "generation": profile.image.generation,
            "system": {"osName": profile.image.os_name, "osVersion": profile.image.os_version},
        },
        "made": call.now,
        "changed": call.now,
        "scaleSet": _scale_set_of(spec.properties),
    }
    call.rows.add("vm", group, name, vm, made=call.now)
    for nic, one in zip(nics, profile.nics, strict=True):
        call.rows.replace("nic", nic["group"], nic["name"], {**nic, "vm": vm["id"], "primary": one.is_primary})
    add_os_disk(call.rows, vm, made=call.now)
    failure = compute_errors.allocation_failed().error() if profile.size == NEVER_ROOM else None
    seconds = call.settings.creation_seconds()
    effects = operations.Effects(attached=checked.attached if checked else {})
    headers = operations.begin(call, vm, effects, operations.CREATION, seconds=seconds, failure=failure)
    return answer_vm(call, vm, headers, status=201)


def _scale_set_of(properties: Any) -> str | None:
    """Return the id of the Flexible scale set that the VM joins."""
    found = (properties or {}).get("virtualMachineScaleSet") or {}
    return found.get("id")


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
    call.meter.draw(throttling.vm_write("PutVM", vm["location"], vm["id"]))
    profile = profile_of(vm)
    if spec.properties:
        image = profile["storageProfile"]["imageReference"]
        wanted = read_profile(spec.properties, vm["name"], spec.location, held_image=image)
        _check_unchanged(profile, wanted)
        profile = _changed_profile(profile, wanted)
    change = identity_changes.exactly(vm, spec.change) if spec.change else None
    checked = identity_changes.checked(call, vm, change, WRITE) if change else None
    return write_changes(call, vm, checked, spec.tags, profile)


def _changed_profile(now: dict[str, Any], asked: Profile) -> dict[str, Any]:
    """Return the profile with what a PUT may change: the size, the security, and what is deleted with the VM."""
    options = {one.id.lower(): one.delete_option for one in asked.nics}
    nics = [
        {**one, "properties": {**one.get("properties", {}), "deleteOption": options[one["id"].lower()]}}
        if options.get(one["id"].lower())
        else one
        for one in now["networkProfile"]["networkInterfaces"]
    ]
    disk = now["storageProfile"]["osDisk"]
    disk = {**disk, "deleteOption": asked.disk["deleteOption"]} if "deleteOption" in asked.disk else disk
    return {
        **now,
        "hardwareProfile": {"vmSize": asked.size},
        "storageProfile": {**now["storageProfile"], "osDisk": disk},
        "networkProfile": {"networkInterfaces": nics},
        **({"securityProfile": asked.security} if asked.security else {}),
    }


def _check_unchanged(now: dict[str, Any], asked: Profile) -> None:
    """Refuse a change of what a VM is made of: some of it Azure never changes, the rest the sandbox does not."""
    image = {**asked.image_reference, "exactVersion": now["storageProfile"]["imageReference"]["exactVersion"]}
    if image != now["storageProfile"]["imageReference"]:
        raise compute_errors.change_not_allowed("imageReference")
    for member in ("computerName", "adminUsername"):
        if asked.os_profile[member] != now["osProfile"][member]:
            raise compute_errors.change_not_allowed(f"osProfile.{member}")
    if asked.controller not in ("", now["storageProfile"].get("diskControllerType", "")):
        raise errors.not_in_the_sandbox("changes to the disk controller of a VM")
    held = {one["id"].lower() for one in now["networkProfile"]["networkInterfaces"]}
    if {one.id.lower() for one in asked.nics} != held:
        raise errors.not_in_the_sandbox("other network interfaces for an existing VM")
