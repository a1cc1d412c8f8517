"""ARM's JSON to the core's values; each function raises `UnreadableAnswer` and nothing else.

Source: 'The VM resource' in the wire facts; recordings `vm-user-identities-2020.json`, `vm-system-identity-2020.json`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from msgspec import Raw

from vmident.arm.answers import read, unreadable
from vmident.arm.wire.types import (
    ExtensionBody,
    GraphExtensionBody,
    GraphVmBody,
    IdBody,
    IdentityBody,
    Text,
    UserIdentityBody,
    VmBody,
    VmPropertiesBody,
)
from vmident.core.dependents import Dependent, Extension, dependents_in
from vmident.core.identity import IdentityState, SystemIdentity, UserIdentity
from vmident.core.resource_id import ResourceId
from vmident.core.virtual_machine import UnreadVm, VirtualMachine
from vmident.core.vm_kind import VmKind, kind_of
from vmident.errors import BadResourceId, UnreadableAnswer

_TYPES = {
    "none": (False, False),
    "systemassigned": (True, False),
    "userassigned": (False, True),
    "systemassigned,userassigned": (True, True),
    "userassigned,systemassigned": (True, True),
}
_A_VM = "a VM"
_AN_EXTENSION = "an extension of a VM"
_WITHOUT_ID = "/a-vm-without-an-id"
_NO_HEADERS: Mapping[str, str] = {}


@contextmanager
def checking_ids(what: str, request: str = "") -> Iterator[None]:
    """Turn an id that is none into `UnreadableAnswer`: to `read`, an id is a text."""
    try:
        yield
    except BadResourceId as failure:
        raise unreadable(what, failure.message.rstrip("."), request) from failure


def vm_from_wire(content: bytes | Raw, headers: Mapping[str, str] = _NO_HEADERS, request: str = "") -> VirtualMachine:
    """Read a VM; its etag is in the body, the `ETag` header, or both."""
    body = read(content, VmBody, _A_VM, request)
    properties = body.properties or VmPropertiesBody()
    with checking_ids(_A_VM, request):
        return VirtualMachine(
            id=ResourceId.parse(body.id),
            location=body.location or "",
            identity=_identity(body.identity, request),
            etag=body.etag or headers.get("ETag"),
            provisioning_state=properties.provisioning_state or "Succeeded",
            tags=tags_from_wire(body.tags),
            dependents=_dependents(body.resources or [], properties),
            has_unread_extensions=any(one.properties is None for one in body.resources or ()),
            is_flexible=_is_flexible(properties.orchestration_mode),
        )


def _is_flexible(mode: str | None) -> bool:
    return (mode or "").lower() == "flexible"


def _dependents(resources: Sequence[ExtensionBody], properties: VmPropertiesBody) -> tuple[Dependent, ...]:
    """Return what uses an identity, of a VM or of the instances of a scale set."""
    profile = properties.virtual_machine_profile
    security = profile.security_profile if profile else properties.security_profile
    in_profile = profile.extension_profile.extensions if profile and profile.extension_profile else None
    extensions = _extensions([*resources, *(in_profile or ())])
    encryption = security.encryption_identity if security else None
    user = encryption.user_assigned_identity_resource_id if encryption else None
    return dependents_in(extensions, ResourceId.parse(user) if user else None)


def _extensions(bodies: Sequence[ExtensionBody]) -> list[Extension]:
    return [
        Extension(one.name or "", found.publisher or "", found.type or "", found.settings)
        for one in bodies
        for found in [one.properties]
        if found
    ]


def vm_in_list(item: Raw) -> VirtualMachine | UnreadVm:
    """Read one item of a list of VMs, where one that cannot be read costs no other."""
    return _named_in_error(item, vm_from_wire)


def vm_in_graph(row: Raw) -> VirtualMachine | UnreadVm:
    """Read one row of Resource Graph in the same way."""
    return _named_in_error(row, vm_from_graph)


def _named_in_error(item: Raw, read_vm: Callable[[Raw], VirtualMachine]) -> VirtualMachine | UnreadVm:
    try:
        return read_vm(item)
    except UnreadableAnswer as failure:
        try:
            word = read(item, IdBody, _A_VM).id
        except UnreadableAnswer:
            word = _WITHOUT_ID
        return UnreadVm(word, failure.with_message(f"{word}: {failure.message}"))


def vm_from_graph(content: Raw) -> VirtualMachine:
    """Read a row of Resource Graph: a VM without identities has none there, or one without a type.

    The extensions of a VM are not in its row, those of a scale set are.
    """
    row = read(content, GraphVmBody, _A_VM)
    found = row.identity
    identity = (
        IdentityBody(found.type, found.principal_id, found.tenant_id, found.user_assigned_identities)
        if found and found.type
        else None
    )
    with checking_ids(_A_VM):
        vm = ResourceId.parse(row.id)
        encryption = ResourceId.parse(row.encryption) if row.encryption else None
        return VirtualMachine(
            vm,
            row.location or "",
            _identity(identity),
            tags=tags_from_wire(row.tags),
            dependents=dependents_in(_extensions(row.extensions or []), encryption),
            has_unread_extensions=kind_of(vm) is VmKind.VM,
            is_flexible=_is_flexible(row.mode),
        )


def extension_from_graph(content: Raw) -> tuple[ResourceId, Extension]:
    """Read a row of Resource Graph about an extension; return the VM that has it, and the extension."""
    row = read(content, GraphExtensionBody, _AN_EXTENSION)
    vm, _, name = row.id.rpartition("/extensions/")
    with checking_ids(_AN_EXTENSION):
        return ResourceId.parse(vm), Extension(name, row.publisher or "", row.kind or "", row.settings)


def _identity(body: IdentityBody | None, request: str = "") -> IdentityState:
    """Read a VM's `identity`; absent means none. The type is taken in any case, with or without the space."""
    if body is None:
        return IdentityState()
    kinds = _TYPES.get("".join(body.type.split()).lower())
    if kinds is None:
        raise unreadable(_A_VM, f"its identity has the unknown type '{body.type[:80]}'", request)
    has_system, has_users = kinds
    users = (body.user_assigned_identities or {}) if has_users else {}
    return IdentityState(
        system=SystemIdentity(body.principal_id, body.tenant_id) if has_system else None,
        users={ResourceId.parse(user): _user_identity(known) for user, known in users.items()},
    )


def _user_identity(known: UserIdentityBody | None) -> UserIdentity:
    return UserIdentity(known.client_id, known.principal_id) if known else UserIdentity()


def tags_from_wire(tags: Mapping[str, Text] | None) -> dict[str, str]:
    """Return the tags of a resource; absent means none."""
    return {name: value or "" for name, value in (tags or {}).items()}
