"""Identity state and requested change to new state: the rules that everything else carries to Azure and back.

A VM's state is whether it has a system-assigned identity, and which user-assigned ones it has. `transition` is total:
every change has an answer in every state, and it never fails.

T1  Enabling or disabling the system-assigned identity leaves the user-assigned ones as they are, and vice versa.
T2  Adding takes the union, removing the difference: what is there already, or not there, changes nothing.
T3  Setting gives exactly what it names, nothing else; reaching a goal leaves alone what the goal does not speak of.
T4  The same change a second time changes nothing.
T5  What stays is the same identity with the same principal; what is new is not known until Azure says it.
T6  Ids that differ in case alone are one identity, and keep the casing that the VM's own answer has.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct, field

from vmident.core.identity import IdentityState, SystemIdentity, UserIdentity
from vmident.core.resource_id import ResourceId


class EnableSystem(Struct, frozen=True):
    """Return the VM a system-assigned identity."""


class DisableSystem(Struct, frozen=True):
    """Take the VM's system-assigned identity away; its principal is deleted."""


class AddUsers(Struct, frozen=True):
    """Attach user-assigned identities."""

    ids: frozenset[ResourceId]


class RemoveUsers(Struct, frozen=True):
    """Detach user-assigned identities; they go on existing."""

    ids: frozenset[ResourceId]


class RemoveAllUsers(Struct, frozen=True):
    """Detach every user-assigned identity that the VM has."""


class SetExactly(Struct, frozen=True):
    """Leave the VM with this and nothing else."""

    system: bool
    ids: frozenset[ResourceId] = field(default_factory=frozenset)


class SetIdentities(Struct, frozen=True):
    """Leave the VM as rules describe it; what they do not speak of stays as it is.

    `system` is `None` where they do not speak of it. `exactly` names all user-assigned identities that there are to
    be; without it the VM keeps those that it has, gets `include` and loses `exclude`, which have nothing in common.
    """

    system: bool | None = None
    include: frozenset[ResourceId] = field(default_factory=frozenset)
    exclude: frozenset[ResourceId] = field(default_factory=frozenset)
    exactly: frozenset[ResourceId] | None = None


Change = EnableSystem | DisableSystem | AddUsers | RemoveUsers | RemoveAllUsers | SetExactly | SetIdentities


class Transition(Struct, frozen=True):
    """One VM's state before a change and after it."""

    before: IdentityState
    after: IdentityState

    @property
    def is_nothing(self) -> bool:
        """Return whether there is nothing to do."""
        return self.before.has_same_identities_as(self.after)

    @property
    def enables_system(self) -> bool:
        """Return whether a new principal comes into being."""
        return self.after.system is not None and self.before.system is None

    @property
    def disables_system(self) -> bool:
        """Return whether a principal is lost for good."""
        return self.before.system is not None and self.after.system is None

    @property
    def added(self) -> tuple[ResourceId, ...]:
        """The identities that become attached, sorted."""
        return tuple(sorted(self.after.users.keys() - self.before.users.keys()))

    @property
    def removed(self) -> tuple[ResourceId, ...]:
        """The identities that become detached, sorted, in the casing of the VM's own answer."""
        return tuple(sorted(user for user in self.before.users if user not in self.after.users))

    @property
    def takes_away(self) -> bool:
        """Return whether anything is lost, and so whether confirmation is needed."""
        return self.disables_system or bool(self.removed)


def transition(now: IdentityState, change: Change) -> Transition:
    """Work out what a VM in the state `now` has after `change`; rules T1 to T6 above."""
    return Transition(now, _after(now, change))


def _after(now: IdentityState, change: Change) -> IdentityState:
    has_system = now.system is not None
    match change:
        case EnableSystem():
            return _state(now, system=True, users=now.users)
        case DisableSystem():
            return _state(now, system=False, users=now.users)
        case AddUsers(ids):
            return _state(now, system=has_system, users=[*now.users, *sorted(ids)])
        case RemoveUsers(ids):
            return _state(now, system=has_system, users=[user for user in now.users if user not in ids])
        case RemoveAllUsers():
            return _state(now, system=has_system, users=())
        case SetExactly(system, ids):
            return _state(now, system=system, users=_exactly(now, ids))
        case SetIdentities(system, include, exclude, exactly):  # pragma: no branch - there is no eighth kind of change
            kept = [user for user in now.users if user not in exclude]
            users = [*kept, *sorted(include)] if exactly is None else _exactly(now, exactly)
            return _state(now, system=has_system if system is None else system, users=users)


def _exactly(now: IdentityState, ids: frozenset[ResourceId]) -> Iterable[ResourceId]:
    return [*(user for user in now.users if user in ids), *sorted(ids)]


def _state(now: IdentityState, *, system: bool, users: Iterable[ResourceId]) -> IdentityState:
    known = {user: now.users.get(user, UserIdentity()) for user in dict.fromkeys(users)}
    return IdentityState(now.system or SystemIdentity() if system else None, known)
