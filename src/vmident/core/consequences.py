"""Consequences of a transition beyond the identities that it names.

C1  Disabling the system-assigned identity deletes its principal and leaves its role assignments orphaned. Enabling it
    again creates a new principal without them.
C2  Inside the VM, a program that asks the token service for a token and names no identity gets the system-assigned one
    if there is one, else the only user-assigned one, else an error. So a change can silently change the identity of
    such programs, or stop them.
C3  Tokens are cached for about 24 hours: such a program keeps its old identity for as long.
C4  Something on the VM that loses the identity that it uses stops working; what names no identity follows C2. What had
    no identity before has nothing to lose.

Source: Microsoft's 'How managed identities for Azure resources work' and the token service's own answers, as gathered
under 'The token service inside a VM (IMDS)' in the project's wire facts.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from vmident.core.dependents import ENCRYPTION, EXTENSION, Dependent, Needs
from vmident.core.identity import IdentityState
from vmident.core.rbac.roles import RoleAssignment
from vmident.core.resource_id import ResourceId
from vmident.core.transition import Transition
from vmident.core.vm_kind import VmKind

PRINCIPAL_LOST = "principal-lost"
DEFAULT_IDENTITY_CHANGED = "default-identity-changed"
DEFAULT_IDENTITY_AMBIGUOUS = "default-identity-ambiguous"
DEFAULT_IDENTITY_LOST = "default-identity-lost"
IDENTITY_NAMED_TWICE = "identity-named-twice"
ROLES_ORPHANED = "roles-orphaned"
ROLES_UNKNOWN = "roles-unknown"
LONG_IDENTITY_NAME = "long-identity-name"
_CONSEQUENCES = {
    *(PRINCIPAL_LOST, ROLES_ORPHANED, EXTENSION, ENCRYPTION),
    *(DEFAULT_IDENTITY_CHANGED, DEFAULT_IDENTITY_AMBIGUOUS, DEFAULT_IDENTITY_LOST),
}
PLACES = {VmKind.VM: "the VM", VmKind.SCALE_SET: "instances of the scale set"}
SAFE_IDENTITY_NAME_LENGTH = 24
"""Characters; Microsoft's article 'Configure managed identities for Azure resources on an Azure VM using Azure CLI'
warns of trouble on a VM above it, and Azure takes more ('Names' in the wire facts)."""


class Notice(Struct, frozen=True):
    """Something that the user is to know; `code` is permanent, `message` one sentence."""

    code: str
    message: str


class DefaultIdentity(Struct, frozen=True):
    """The identity whose token a program gets that names none: `system`, a user-assigned one, or neither.

    `is_ambiguous` says that several user-assigned identities leave it without an answer.
    """

    is_system: bool = False
    user: ResourceId | None = None
    is_ambiguous: bool = False

    @property
    def is_there(self) -> bool:
        """Return whether such a program gets a token at all."""
        return self.is_system or self.user is not None

    @property
    def summary(self) -> str:
        """The identity in words."""
        return "the system-assigned identity" if self.is_system else f"'{self.user.name if self.user else ''}'"


def default_identity(state: IdentityState) -> DefaultIdentity:
    """Work out rule C2 for one state."""
    if state.system:
        return DefaultIdentity(is_system=True)
    if len(state.users) == 1:
        return DefaultIdentity(user=next(iter(state.users)))
    return DefaultIdentity(is_ambiguous=bool(state.users))


def consequences(
    change: Transition, kind: VmKind = VmKind.VM, dependents: Iterable[Dependent] = ()
) -> tuple[Notice, ...]:
    """List what `change` breaks or loses, the gravest first; empty where nothing is."""
    effects = ((one.code, _effect_on(one, change)) for one in dependents)
    warnings = [Notice(code, message) for code, message in effects if message is not None]
    if change.disables_system:
        warnings.append(_principal_lost(change.before))
    default = _default_changed(default_identity(change.before), default_identity(change.after), PLACES[kind])
    if default:
        warnings.append(default)
    return tuple(warnings)


def identity_used(one: Dependent, state: IdentityState) -> tuple[str, bool]:
    """Return the identity that a dependent uses, in words, and whether the VM has it."""
    if one.needs is Needs.SYSTEM:
        return Needs.SYSTEM.value, state.system is not None
    if one.needs is Needs.DEFAULT:
        default = default_identity(state)
        return (default.summary if default.is_there else Needs.DEFAULT.value), default.is_there
    name = one.needs.name if isinstance(one.needs, ResourceId) else one.needs
    user = one.named_in(state)
    return f"identity '{user.name if user else name}'", user is not None


def may_affect_dependents(change: Transition) -> bool:
    """Return whether a change can affect anything at all that uses an identity (rule C4)."""
    default = default_identity(change.before)
    return change.takes_away or (default.is_there and default != default_identity(change.after))


def without_consequences(warnings: Iterable[Notice]) -> tuple[Notice, ...]:
    """Leave out what a change breaks or loses: the warnings about a change that Azure refused."""
    return tuple(one for one in warnings if one.code not in _CONSEQUENCES)


def named_twice(ids: tuple[ResourceId, ...]) -> tuple[Notice, ...]:
    """Warn once of each identity that stands in `ids` more than once, in whatever case."""
    repeated = {identity for identity in ids if ids.count(identity) > 1}
    return tuple(
        Notice(IDENTITY_NAMED_TWICE, f"Identity '{identity.name}' is listed more than once.")
        for identity in sorted(repeated)
    )


def name_warnings(identity_name: str) -> tuple[Notice, ...]:
    """Warn of the name of a new identity that a VM may have trouble with."""
    if len(identity_name) <= SAFE_IDENTITY_NAME_LENGTH:
        return ()
    return (
        Notice(
            LONG_IDENTITY_NAME,
            f"The name '{identity_name}' has {len(identity_name)} characters; Microsoft advises against more "
            f"than {SAFE_IDENTITY_NAME_LENGTH} for identities of VMs.",
        ),
    )


def roles_orphaned(held: Iterable[RoleAssignment]) -> tuple[Notice, ...]:
    """Warn of each role assignment that will be orphaned (rule C1)."""
    return tuple(
        Notice(
            ROLES_ORPHANED,
            f"Role assignment '{one.role.name}' on {one.scope.title} will be orphaned. "
            "Use --remove-roles to delete it.",
        )
        for one in held
    )


def roles_unknown(principal_id: str, code: str) -> Notice:
    """Warn that it could not be read which role assignments will be orphaned."""
    return Notice(ROLES_UNKNOWN, f"The role assignments of principal {principal_id} could not be read ({code}).")


def _principal_lost(before: IdentityState) -> Notice:
    principal = before.system.principal_id if before.system else None
    which = f" {principal}" if principal else ""
    return Notice(
        PRINCIPAL_LOST,
        f"Disabling the system-assigned identity permanently deletes its principal{which} and orphans the role "
        "assignments that are not deleted with it. If you enable the identity again, it gets a new principal without "
        "them.",
    )


def _default_changed(before: DefaultIdentity, after: DefaultIdentity, place: str) -> Notice | None:
    if after == before:
        return None
    if after.is_ambiguous:
        return Notice(
            DEFAULT_IDENTITY_AMBIGUOUS,
            f"Programs in {place} that do not specify an identity will get an error: there are several "
            "user-assigned identities and no system-assigned one.",
        )
    if not before.is_there:
        return None
    if not after.is_there:
        return Notice(
            DEFAULT_IDENTITY_LOST,
            f"Programs in {place} that do not specify an identity get tokens for {before.summary} until cached tokens "
            "expire (up to about 24 hours), and then none.",
        )
    return Notice(
        DEFAULT_IDENTITY_CHANGED,
        f"Programs in {place} that do not specify an identity get tokens for {before.summary} until cached tokens "
        f"expire (up to about 24 hours), and then for {after.summary}.",
    )


def _effect_on(one: Dependent, change: Transition) -> str | None:
    if one.needs is Needs.DEFAULT:
        return _effect_of_default(one, default_identity(change.before), default_identity(change.after))
    if one.needs is Needs.SYSTEM:
        is_lost, identity = change.disables_system, Needs.SYSTEM.value
    else:
        user = one.named_in(change.before)
        is_lost, identity = user in change.removed, f"identity '{user.name if user else ''}'"
    return f"{one.title} uses {identity} and stops working without it." if is_lost else None


def _effect_of_default(one: Dependent, before: DefaultIdentity, after: DefaultIdentity) -> str | None:
    if after == before or not before.is_there:
        return None
    then = f"uses {after.summary}" if after.is_there else "gets no token"
    return f"{one.title} does not specify an identity: it uses {before.summary} now, and {then} after the change."
