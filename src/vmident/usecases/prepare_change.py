"""Read a VM and work out what a change would do to it; nothing is written here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from vmident.core.consequences import Warn, consequences
from vmident.core.machine import Machine
from vmident.core.patch import PatchBody, patch_for
from vmident.core.resource_id import ResourceId
from vmident.core.transition import Change, RemoveUsers, Transition, transition
from vmident.ports import Clock, Identities, Machines, Person
from vmident.usecases.find_identities import find_identities
from vmident.usecases.wait import until_at_rest

NOT_ATTACHED = "not-attached"


@dataclass(frozen=True)
class Wish:
    """A change in the user's words: the identities as typed, and the change that their ids make."""

    change: Callable[[frozenset[ResourceId]], Change]
    identities: tuple[str, ...] = ()


@dataclass(frozen=True)
class World:
    """What a change reaches through: the ports, and nothing else."""

    machines: Machines
    identities: Identities
    clock: Clock
    person: Person


@dataclass(frozen=True)
class Prepared:
    """A change of one VM, worked out from what the VM was when it was read."""

    machine: Machine
    transition: Transition
    request: PatchBody | None
    warnings: tuple[Warn, ...]


def prepare_change(vm: ResourceId, wish: Wish, world: World, *, at_rest: bool = True) -> Prepared:
    """Read the VM, wait until nobody else is changing it unless told not to, and compute the change.

    Costs one read where the identities are named by id or are attached already. Raises what the reads raise.
    """
    machine = world.machines.read(vm)
    if at_rest:
        machine = until_at_rest(machine, world.machines, world.clock, world.person)
    ids, named_twice = find_identities(wish.identities, machine, world.identities)
    change = wish.change(ids)
    planned = transition(machine.identity, change)
    warnings = (*named_twice, *_not_attached(machine, change), *consequences(planned))
    return Prepared(machine, planned, patch_for(planned), warnings)


def _not_attached(machine: Machine, change: Change) -> tuple[Warn, ...]:
    if not isinstance(change, RemoveUsers):
        return ()
    missing = sorted(identity for identity in change.ids if identity not in machine.identity.users)
    return tuple(
        Warn(NOT_ATTACHED, f"Identity '{identity}' is not attached to VM '{machine.id.name}'.") for identity in missing
    )
