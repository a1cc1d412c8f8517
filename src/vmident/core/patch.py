"""The smallest JSON merge patch that carries a transition to ARM.

P1  The type is always named: ARM takes no identity without one, and one left to be worked out loses things.
P2  Identities that become attached are named with `{}`, those that become detached with `null`, others not at all.
P3  Types `None` and `SystemAssigned` drop every user-assigned identity; ARM refuses identities named beside them.
P4  Where no user-assigned identity changes, none is named.

Source: 'Changing an identity: PATCH on the VM' in the recorded traffic (`vm-user-identities-2020.json`) and
Microsoft's 'Virtual Machines - Update' reference, API version 2024-07-01.
"""

from __future__ import annotations

from typing import TypedDict

from vmident.core.transition import Transition


class _NamedType(TypedDict):
    type: str


class IdentityPatch(_NamedType, total=False):
    """The `identity` member of the body."""

    userAssignedIdentities: dict[str, dict[str, str] | None]


class PatchBody(TypedDict):
    """The body of the PATCH, such as `{"identity": {"type": "SystemAssigned"}}`."""

    identity: IdentityPatch


def patch_for(change: Transition) -> PatchBody | None:
    """Return the body that takes the VM from `change.before` to `change.after`; `None` where there are no changes."""
    if change.is_nothing:
        return None
    identity: IdentityPatch = {"type": change.after.type.value}
    if change.after.type.has_users:
        named: dict[str, dict[str, str] | None] = {str(user): {} for user in change.added}
        named.update({str(user): None for user in change.removed})
        if named:
            identity["userAssignedIdentities"] = named
    return {"identity": identity}
