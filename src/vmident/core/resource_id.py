"""Read, compare and print the ids of Azure resources; knows ids as text, never whether the resource exists."""

from __future__ import annotations

import re
from dataclasses import dataclass

from vmident.errors import BadResourceId

VIRTUAL_MACHINE = "Microsoft.Compute/virtualMachines"
USER_ASSIGNED_IDENTITY = "Microsoft.ManagedIdentity/userAssignedIdentities"

_SPELLED_BY_ARM = {kind.lower(): kind for kind in (VIRTUAL_MACHINE, USER_ASSIGNED_IDENTITY)}
_SHAPE = "/subscriptions/ID/resourceGroups/GROUP/providers/NAMESPACE/TYPE/NAME"
# What would change the meaning of a URL or of a query, and what no resource's name has.
_NEVER_IN_A_NAME = re.compile(r"[\x00-\x20\x7f-\xa0\"'#%&*+/:;<=>?@\[\\\]^`{|}~$!,\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True, eq=False)
class ResourceId:
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

        White space around it is dropped. Raises `BadResourceId`, naming the first segment that does not fit.
        """
        segments = text.strip().split("/")
        expected = ("", "subscriptions", None, "resourcegroups", None, "providers", None, None, None)
        for at, want in enumerate(expected):
            have = segments[at] if at < len(segments) else None
            if have is None:
                raise _does_not_fit(text, f"it ends after '{segments[-1]}'")
            if at == 0 and have:
                raise _does_not_fit(text, "it does not begin with '/subscriptions/'")
            if want is not None and have.lower() != want:
                raise _does_not_fit(text, f"'{have}' stands where '/{_SHAPE.split('/')[at]}' belongs")
            if want is None:
                _check_name(have, text)
        if len(segments) > len(expected):
            raise _does_not_fit(text, f"'{segments[len(expected)]}' follows the name")
        _, _, subscription, _, group, _, namespace, type_name, name = segments
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
    return _of_kind(VIRTUAL_MACHINE, subscription, group, name)


def user_identity_id(subscription: str, group: str, name: str) -> ResourceId:
    """Name a user-assigned identity by its parts; raises `BadResourceId` for what no such part can be."""
    return _of_kind(USER_ASSIGNED_IDENTITY, subscription, group, name)


def looks_like_id(text: str) -> bool:
    """Return whether the text is an id, well-formed or not, and no bare name: names have no slash."""
    return "/" in text


def checked_name(text: str) -> str:
    """Return a name without the white space around it; raises `BadResourceId` for what no resource is called."""
    name = text.strip()
    _check_name(name, name)
    return name


def _of_kind(kind: str, subscription: str, group: str, name: str) -> ResourceId:
    return ResourceId(checked_name(subscription), checked_name(group), kind, checked_name(name))


def _check_name(name: str, whole: str) -> None:
    if not name:
        raise _does_not_fit(whole, "a segment is empty") if "/" in whole else BadResourceId("A name is empty.")
    # '.' and '..' would be resolved away in a URL, and so name another resource.
    bad = _NEVER_IN_A_NAME.search(name)
    if bad or not name.strip("."):
        found = f"the character {bad[0]!r}" if bad else "nothing but dots"
        raise BadResourceId(
            f"No Azure resource is called '{name}': it holds {found}.",
            hint="Name the resource as `vmident list` prints it.",
        )


def _does_not_fit(text: str, reason: str) -> BadResourceId:
    return BadResourceId(f"'{text.strip()}' is not a resource id: {reason}.", hint=f"An id reads {_SHAPE}")
