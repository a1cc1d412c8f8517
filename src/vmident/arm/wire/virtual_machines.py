"""ARM's JSON to the core's values; each function raises `InvalidResponse` and nothing else.

Source: 'The VM resource' in the wire facts; recordings `vm-user-identities-2020.json`, `vm-system-identity-2020.json`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial

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
from vmident.core.vm_kind import VmKind
from vmident.errors import BadResourceId, InvalidResponse

_TYPES = {
    "none": (False, False),
    "systemassigned": (True, False),
    "userassigned": (False, True),
    "systemassigned,userassigned": (True, True),
    "userassigned,systemassigned": (True, True),
}
_AN_EXTENSION = "an extension of a VM"
_NO_HEADERS: Mapping[str, str] = {}


@contextmanager
def checking_ids(what: str, request: str = "") -> Iterator[None]:
    """Turn an id that is none into `InvalidResponse`: to `read`, an id is a text."""
    try:
        yield
    except BadResourceId as failure:
        raise unreadable(what, failure.message.rstrip("."), request) from failure


def vm_from_wire(
    content: bytes | Raw, headers: Mapping[str, str] = _NO_HEADERS, request: str = "", kind: VmKind = VmKind.VM
) -> VirtualMachine:
    """Read a VM or a scale set; its etag is in the body, the `ETag` header, or both."""
    what = f"a {kind.noun}"
    body = read(content, VmBody, what, request)
    properties = body.properties or VmPropertiesBody()
    with checking_ids(what, request):
        return VirtualMachine(
            id=ResourceId.parse(body.id),
            location=body.location or "",
            identity=_identity(body.identity, what, request),
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
    extensions = extensions_from([*resources, *(in_profile or ())])
    encryption = security.encryption_identity if security else None
    user = encryption.user_assigned_identity_resource_id if encryption else None
    return dependents_in(extensions, ResourceId.parse(user) if user else None)


def extensions_from(bodies: Iterable[ExtensionBody]) -> list[Extension]:
    """Return the extensions of a VM or scale set, without those of which only the ID is known."""
    return [
        Extension(one.name or "", found.publisher or "", found.type or "", found.settings)
        for one in bodies
        for found in [one.properties]
        if found
    ]


def vms_in_list(items: Iterable[Raw], kind: VmKind) -> Iterator[VirtualMachine | UnreadVm]:
    """Read the items of a list of VMs or scale sets, where one that cannot be read costs no other."""
    return (_named_in_error(item, partial(vm_from_wire, kind=kind), kind) for item in items)


def vms_in_graph(rows: Iterable[Raw], kind: VmKind) -> Iterator[VirtualMachine | UnreadVm]:
    """Read rows of Resource Graph in the same way."""
    return (_named_in_error(row, partial(vm_from_graph, kind=kind), kind) for row in rows)


def _named_in_error(item: Raw, read_vm: Callable[[Raw], VirtualMachine], kind: VmKind) -> VirtualMachine | UnreadVm:
    try:
        return read_vm(item)
    except InvalidResponse as failure:
        try:
            word = read(item, IdBody, f"a {kind.noun}").id
        except InvalidResponse:
            word = f"/a-{kind.noun.replace(' ', '-')}-without-an-id".lower()
        return UnreadVm(word, failure.with_message(f"{word}: {failure.message}"))


def vm_from_graph(content: Raw, kind: VmKind = VmKind.VM) -> VirtualMachine:
    """Read a row of Resource Graph: a VM without identities has none there, or one without a type.

    The extensions of a VM are not in its row, those of a scale set are.
    """
    what = f"a {kind.noun}"
    row = read(content, GraphVmBody, what)
    found = row.identity
    identity = (
        IdentityBody(found.type, found.principal_id, found.tenant_id, found.user_assigned_identities)
        if found and found.type
        else None
    )
    with checking_ids(what):
        vm = ResourceId.parse(row.id)
        encryption = ResourceId.parse(row.encryption) if row.encryption else None
        return VirtualMachine(
            vm,
            row.location or "",
            _identity(identity, what),
            tags=tags_from_wire(row.tags),
            dependents=dependents_in(extensions_from(row.extensions or []), encryption),
            has_unread_extensions=kind is VmKind.VM,
            is_flexible=_is_flexible(row.mode),
        )


def extension_from_graph(content: Raw) -> tuple[ResourceId, Extension]:
    """Read a row of Resource Graph about an extension; return the VM that has it, and the extension."""
    row = read(content, GraphExtensionBody, _AN_EXTENSION)
    vm, _, name = row.id.rpartition("/extensions/")
    with checking_ids(_AN_EXTENSION):
        return ResourceId.parse(vm), Extension(name, row.publisher or "", row.kind or "", row.settings)


def _identity(body: IdentityBody | None, what: str, request: str = "") -> IdentityState:
    """Read a VM's `identity`; absent means none. The type is taken in any case, with or without the space."""
    if body is None:
        return IdentityState()
    kinds = _TYPES.get("".join(body.type.split()).lower())
    if kinds is None:
        raise unreadable(what, f"its identity has the unknown type '{body.type[:80]}'", request)
    has_system, has_users = kinds
    users = (body.user_assigned_identities or {}) if has_users else {}
    return IdentityState(
        system=SystemIdentity(body.principal_id, body.tenant_id) if has_system else None,
        users=dict(_user_identity(spelled, known) for spelled, known in users.items()),
    )


def _user_identity(spelled: str, known: UserIdentityBody | None) -> tuple[ResourceId, UserIdentity]:
    user = ResourceId.parse(spelled)
    spelling = None if spelled == str(user) else spelled
    known = known or UserIdentityBody()
    return user, UserIdentity(known.client_id, known.principal_id, spelling)


def tags_from_wire(tags: Mapping[str, Text] | None) -> dict[str, str]:
    """Return the tags of a resource; absent means none."""
    return {name: value or "" for name, value in (tags or {}).items()}
