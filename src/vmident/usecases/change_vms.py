"""Change the identities of the VMs that were named: read them all, ask once, then change one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vmident.core.resource_id import ResourceId
from vmident.errors import Interrupted, NotFound, TimedOut, VmidentError
from vmident.results import ChangeResult, Status
from vmident.usecases.carry_out import carry_out
from vmident.usecases.find_vms import Where, find_vm, not_found_with_near_names
from vmident.usecases.prepare_change import Prepared, Wish, World, prepare_change


@dataclass(frozen=True)
class Manner:
    """How changes are to be made: only worked out, or sent and not waited for."""

    dry_run: bool = False
    no_wait: bool = False


@dataclass(frozen=True)
class _Ready:
    word: str
    prepared: Prepared


def change_vms(
    words: Sequence[str], where: Where, wish: Wish, world: World, manner: Manner
) -> tuple[ChangeResult, ...]:
    """Make `wish` come true on every VM that `words` name; one result a VM, in the order of the words.

    What fails for one VM does not stop the others, except for the end of the time allowed and an interruption: the
    VMs that were not come to are then `skipped`. Raises `Declined` and `ConfirmationNeeded`, with nothing written.
    """
    ready = _prepare_all(words, where, wish, world, manner)
    prepared = [one.prepared for one in ready if isinstance(one, _Ready)]
    losses = [(one.machine.id, one.transition) for one in prepared if one.transition.takes_away]
    if losses and not manner.dry_run:
        world.person.approve(losses)
    results: list[ChangeResult] = []
    for one in ready:
        if isinstance(one, ChangeResult):
            results.append(one)
        elif _has_stopped([*results, *(other for other in ready if isinstance(other, ChangeResult))]):
            results.append(_skipped(one))
        elif manner.dry_run:
            results.append(_planned(one))
        else:
            results.append(carry_out(one.word, one.prepared, wish, world, no_wait=manner.no_wait))
    return tuple(results)


def _prepare_all(
    words: Sequence[str], where: Where, wish: Wish, world: World, manner: Manner
) -> list[_Ready | ChangeResult]:
    outcomes: list[_Ready | ChangeResult] = []
    seen: set[ResourceId] = set()
    for word in words:
        if _has_stopped(outcomes):
            outcomes.append(ChangeResult(word, Status.SKIPPED))
            continue
        vm: ResourceId | None = None
        try:
            vm = find_vm(word, where, world.machines)
            if vm not in seen:
                seen.add(vm)
                outcomes.append(_Ready(word, prepare_change(vm, wish, world, at_rest=not manner.dry_run)))
        except VmidentError as failure:
            outcomes.append(_failed(word, vm, failure, world))
        except KeyboardInterrupt:
            outcomes.append(ChangeResult(word, Status.FAILED, vm, error=Interrupted("Interrupted. Nothing was sent.")))
    return outcomes


def _failed(word: str, vm: ResourceId | None, failure: VmidentError, world: World) -> ChangeResult:
    if isinstance(failure, TimedOut):
        failure = failure.saying(f"{failure.message} VM '{vm.name if vm else word}' was not changed.")
    if vm and isinstance(failure, NotFound):
        failure = not_found_with_near_names(word, vm, failure, world.machines)
    return ChangeResult(word, Status.FAILED, vm, error=failure)


def _has_stopped(outcomes: Sequence[_Ready | ChangeResult]) -> bool:
    return any(isinstance(one, ChangeResult) and isinstance(one.error, (TimedOut, Interrupted)) for one in outcomes)


def _planned(one: _Ready) -> ChangeResult:
    prepared = one.prepared
    status = Status.PLANNED if prepared.request else Status.UNCHANGED
    return ChangeResult(
        one.word,
        status,
        id=prepared.machine.id,
        before=prepared.transition.before,
        after=prepared.transition.after,
        request=prepared.request,
        warnings=prepared.warnings,
    )


def _skipped(one: _Ready) -> ChangeResult:
    return ChangeResult(one.word, Status.SKIPPED, one.prepared.machine.id, before=one.prepared.machine.identity)
