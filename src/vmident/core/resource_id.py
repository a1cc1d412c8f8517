"""Read, compare and print the ids of Azure resources; knows ids as text, never whether the resource exists."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from vmident.core.naming import (
    GROUP_NAME,
    IDENTITY_NAME,
    RESOURCE_NAME,
    SCALE_SET_NAME,
    VM_NAME,
    NameRule,
    checked_name,
    visible,
)
from vmident.errors import BadResourceId

VIRTUAL_MACHINE = "Microsoft.Compute/virtualMachines"
SCALE_SET = "Microsoft.Compute/virtualMachineScaleSets"
USER_ASSIGNED_IDENTITY = "Microsoft.ManagedIdentity/userAssignedIdentities"

NAME_RULES: Mapping[str, NameRule] = {
    VIRTUAL_MACHINE: VM_NAME,
    SCALE_SET: SCALE_SET_NAME,
    USER_ASSIGNED_IDENTITY: IDENTITY_NAME,
}
_SPELLED_BY_ARM = {kind.lower(): kind for kind in NAME_RULES}
_SHAPE = "/subscriptions/ID/resourceGroups/GROUP/providers/NAMESPACE/TYPE/NAME"


class ResourceId(Struct, frozen=True, eq=False):
    """One resource in a resource group, such as a VM or a user-assigned identity.

    Printed with ARM's spelling of the fixed segments and of the known kinds; subscription, group and name keep the
    case that they came with. Compared and hashed without regard to case, as ARM does: the same resource is answered
    as `resourceGroups` in one place and `resourcegroups` in another (recording `vm-user-identities-2020.json`).
    """

    subscription: str
    group: str
    kind: str
    name: str

    @classmethod
    def parse(cls, text: str) -> ResourceId:
        """Read `/subscriptions/ID/resourceGroups/GROUP/providers/NAMESPACE/TYPE/NAME`, in any case.

        White space around it and a slash at its end are dropped. Raises `BadResourceId`, naming the first segment that
        does not fit. An id of Azure's is read by the same rule, so it is the widest one; what a user types is held to
        the rules of its kind.
        """
        segments = text.strip().removesuffix("/").split("/")
        expected = ("", "subscriptions", None, "resourcegroups", None, "providers", None, None, None)
        for at, want in enumerate(expected):
            have = segments[at] if at < len(segments) else None
            if have is None:
                raise _does_not_fit(text, f"it ends after '{segments[-1]}'")
            if at == 0 and have:
                raise _does_not_fit(text, "it does not begin with '/subscriptions/'")
            if want is not None and have.lower() != want:
                raise _does_not_fit(text, f"it has '{have}' instead of '{_SHAPE.split('/')[at]}'")
            if want is None and not have:
                raise _does_not_fit(text, "it has an empty segment")
        if len(segments) > len(expected):
            extra = segments[len(expected)]
            raise _does_not_fit(text, f"it has '{extra}' after the name" if extra else "it has an empty segment")
        _, _, subscription, _, group, _, namespace, type_name, name = segments
        for segment in (subscription, group, namespace, type_name, name):
            checked_name(segment, RESOURCE_NAME)
        kind = f"{namespace}/{type_name}"
        return cls(subscription, group, _SPELLED_BY_ARM.get(kind.lower(), kind), name)

    def is_a(self, kind: str) -> bool:
        """Return whether this names a resource of `kind`, such as `Microsoft.Compute/virtualMachines`."""
        return self.kind.lower() == kind.lower()

    @property
    def _compared(self) -> tuple[str, ...]:
        return (self.subscription.lower(), self.group.lower(), self.kind.lower(), self.name.lower())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ResourceId) and self._compared == other._compared

    def __hash__(self) -> int:
        return hash(self._compared)

    def __lt__(self, other: ResourceId) -> bool:
        return self._compared < other._compared

    def __str__(self) -> str:
        return f"/subscriptions/{self.subscription}/resourceGroups/{self.group}/providers/{self.kind}/{self.name}"


def vm_id(subscription: str, group: str, name: str) -> ResourceId:
    """Name a VM by its parts, each as typed; raises `BadResourceId` for what no such part can be."""
    return id_of_type(VIRTUAL_MACHINE, subscription, group, name)


def user_identity_id(subscription: str, group: str, name: str) -> ResourceId:
    """Name a user-assigned identity by its parts; raises `BadResourceId` for what no such part can be."""
    return id_of_type(USER_ASSIGNED_IDENTITY, subscription, group, name)


def id_of_type(resource_type: str, subscription: str, group: str, name: str) -> ResourceId:
    """Return the id of a resource of a known type from its parts; raises `BadResourceId`."""
    return ResourceId(
        checked_name(subscription, RESOURCE_NAME),
        checked_name(group, GROUP_NAME),
        resource_type,
        checked_name(name, NAME_RULES[resource_type]),
    )


def typed_id(text: str, *resource_types: str) -> ResourceId:
    """Read an id that a user typed, and check its names by the rules of its type, if it is one of these."""
    found = ResourceId.parse(text)
    for resource_type in resource_types:
        if found.is_a(resource_type):
            checked_name(found.group, GROUP_NAME)
            checked_name(found.name, NAME_RULES[resource_type])
    return found


def looks_like_id(text: str) -> bool:
    """Return whether the text is an id, well-formed or not, and no bare name: names have no slash."""
    return "/" in text


def _does_not_fit(text: str, reason: str) -> BadResourceId:
    return BadResourceId(
        f"'{visible(text.strip())}' is not a valid resource ID: {reason}.", hint=f"A resource ID has the form {_SHAPE}"
    )
