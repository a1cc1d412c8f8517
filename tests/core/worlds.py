"""States and changes to hold laws against: every one of a small world, and random ones of a large world."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, combinations
from typing import TypeVar

from hypothesis import settings
from hypothesis import strategies as st

from tests.core.arm_merge import Held
from vmident.core.identity import IdentityState, SystemIdentity, UserIdentity
from vmident.core.resource_id import ResourceId
from vmident.core.transition import (
    AddUsers,
    Change,
    DisableSystem,
    EnableSystem,
    RemoveAllUsers,
    RemoveUsers,
    SetExactly,
    SetIdentities,
)

Thing = TypeVar("Thing")

# Fewer draws than hypothesis makes by itself: the small world is gone through whole.
law = settings(max_examples=25, deadline=None)

_SUBSCRIPTION = "0b1f6471-1bf0-4dda-aec3-cb9272f09590"
THREE = tuple(
    ResourceId(_SUBSCRIPTION, "myGroup", "Microsoft.ManagedIdentity/userAssignedIdentities", name)
    for name in ("idA", "idB", "idC")
)


def subsets(things: Iterable[Thing]) -> list[tuple[Thing, ...]]:
    """Return every subset, the empty one first."""
    listed = tuple(things)
    return list(chain.from_iterable(combinations(listed, size) for size in range(len(listed) + 1)))


def shouted(ids: Iterable[ResourceId]) -> frozenset[ResourceId]:
    """Return the same identities in upper case."""
    return frozenset(ResourceId.parse(str(identity).upper()) for identity in ids)


STATES = [
    IdentityState(
        SystemIdentity("principal-of-system", "tenant") if system else None,
        {user: UserIdentity(f"client-of-{user.name}", f"principal-of-{user.name}") for user in users},
    )
    for system in (False, True)
    for users in subsets(THREE)
]


def small_changes() -> Iterator[Change]:
    """Return every change of every kind with every subset of the three identities."""
    yield EnableSystem()
    yield DisableSystem()
    yield RemoveAllUsers()
    for users in map(frozenset, subsets(THREE)):
        yield AddUsers(users)
        yield RemoveUsers(users)
        yield SetExactly(system=False, ids=users)
        yield SetExactly(system=True, ids=users)
        for system in (None, False, True):
            yield SetIdentities(system, exactly=users)
            yield SetIdentities(system, include=users, exclude=frozenset(THREE) - users)
            yield SetIdentities(system, exclude=users)


def shouted_change(change: Change) -> Change:
    """Return the same change with its ids in upper case."""
    match change:
        case AddUsers(ids):
            return AddUsers(shouted(ids))
        case RemoveUsers(ids):
            return RemoveUsers(shouted(ids))
        case SetExactly(system, ids):
            return SetExactly(system, shouted(ids))
        case SetIdentities(system, include, exclude, exactly):
            return SetIdentities(
                system, shouted(include), shouted(exclude), None if exactly is None else shouted(exactly)
            )
        case _:
            return change


def _swapped(identity: ResourceId) -> str:
    return str(identity).swapcase()


def state_name(state: IdentityState) -> str:
    """Name a state for a test's id, such as `system+idA`."""
    return "+".join((["system"] if state.system else []) + [user.name for user in state.users]) or "nothing"


def held(state: IdentityState) -> Held:
    """Return a state as ARM's rules see it."""
    return Held(state.system is not None, frozenset(str(user).lower() for user in state.users))


def wanted(before: Held, change: Change) -> Held:
    """Return the target of a change as sets of lower-case text, for comparison with the product's."""
    match change:
        case EnableSystem():
            return Held(system=True, ids=before.ids)
        case DisableSystem():
            return Held(system=False, ids=before.ids)
        case AddUsers(ids):
            return Held(before.system, before.ids | _lowered(ids))
        case RemoveUsers(ids):
            return Held(before.system, before.ids - _lowered(ids))
        case RemoveAllUsers():
            return Held(before.system, frozenset())
        case SetExactly(system, ids):
            return Held(system, _lowered(ids))
        case SetIdentities(system, include, exclude, exactly):
            kept = (before.ids - _lowered(exclude)) | _lowered(include)
            has_system = before.system if system is None else system
            return Held(has_system, kept if exactly is None else _lowered(exactly))


def _lowered(ids: Iterable[ResourceId]) -> frozenset[str]:
    return frozenset(str(identity).lower() for identity in ids)


names = st.from_regex(r"[a-zA-Z0-9][a-zA-Z0-9_-]{2,12}", fullmatch=True)

# Drawn from few, so that draws meet: the same identity in several spellings, and names that share a beginning.
_SPELLINGS = (str, lambda identity: str(identity).upper(), lambda identity: str(identity).lower(), _swapped)
_MANY = [
    ResourceId(subscription, group, "Microsoft.ManagedIdentity/userAssignedIdentities", name)
    for subscription in (_SUBSCRIPTION, "12345678-ABCD-4000-8000-000000000000")
    for group in ("myGroup", "other.group(1)")
    for name in ("idA", "idAB", "id-a", "web_01")
]
in_any_case = st.sampled_from([ResourceId.parse(spelled(identity)) for identity in _MANY for spelled in _SPELLINGS])
id_sets = st.frozensets(in_any_case, max_size=5)

_guids = st.sampled_from([None, "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"])
_known = st.builds(UserIdentity, _guids, _guids)
states = st.builds(
    IdentityState,
    st.none() | st.builds(SystemIdentity, _guids, _guids),
    st.dictionaries(in_any_case, _known, max_size=5),
)
changes: st.SearchStrategy[Change] = st.one_of(
    st.builds(EnableSystem),
    st.builds(DisableSystem),
    st.builds(RemoveAllUsers),
    st.builds(AddUsers, id_sets),
    st.builds(RemoveUsers, id_sets),
    st.builds(SetExactly, st.booleans(), id_sets),
    st.builds(SetIdentities, st.none() | st.booleans(), id_sets),
    st.builds(SetIdentities, st.none() | st.booleans(), exclude=id_sets),
    st.builds(SetIdentities, st.none() | st.booleans(), exactly=id_sets),
)
