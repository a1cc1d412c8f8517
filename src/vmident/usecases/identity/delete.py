"""Delete user-assigned identities: find what each is attached to and what it holds, ask once, then delete."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from vmident.core.resource_id import ResourceId
from vmident.errors import NotFound, StillAttached, TimedOut, VmidentError
from vmident.results.changes import ChangeResult, RoleResult, RoleStatus, Status
from vmident.results.resources import Deletion
from vmident.usecases.change.execute import carry_out
from vmident.usecases.change.prepare import World
from vmident.usecases.change.prepare_all import planned_result
from vmident.usecases.change.run_inline import in_turn
from vmident.usecases.idempotent_write import Errand, ensure
from vmident.usecases.identity.prepare_delete import (
    DeletionWish,
    Doomed,
    deleting_roles,
    detaching,
    identity_loss_of,
    prepare_deletion,
)
from vmident.usecases.resolve.identities import find_identity, read_identity
from vmident.usecases.resolve.vms import Where
from vmident.usecases.roles.grant import Settling, remove


def delete_identities(
    words: Sequence[str], where: Where, wish: DeletionWish, world: World, *, dry_run: bool
) -> tuple[Deletion, ...]:
    """Delete every identity that `words` name; one result each, in the order of the words.

    One that VMs have is left alone unless the wish says otherwise. What fails for one does not stop the others, except
    for the end of the time allowed and an interruption: what was not come to is then `skipped`. Raises `Declined`,
    `ConfirmationNeeded`, and `TimedOut` where it comes before anything was changed.
    """
    prepared = _prepare_all(words, where, wish, world, at_rest=not dry_run)
    if dry_run:
        return tuple(_planned(one) if isinstance(one, Doomed) else one for one in prepared)
    results: list[Deletion] = []
    for one in _approved(prepared, wish, world):
        if isinstance(one, Deletion):
            results.append(one)
        elif any(other.error is not None and other.error.ends_run for other in results):
            results.append(_result(one, Status.SKIPPED))
        else:
            results.append(_delete(one, world))
    return tuple(results)


def _prepare_all(
    words: Sequence[str], where: Where, wish: DeletionWish, world: World, *, at_rest: bool
) -> list[Doomed | Deletion]:
    outcomes: list[Doomed | Deletion] = []
    seen: set[ResourceId] = set()
    for word in words:
        try:
            identity_id = find_identity(word, where, world.identities)
            if identity_id in seen:
                continue
            seen.add(identity_id)
            identity = read_identity(identity_id, world.identities)
            doomed = prepare_deletion(word, identity, wish, world, at_rest=at_rest)
            outcomes.append(_checked(doomed, wish))
        except TimedOut as failure:
            raise failure.saying(f"{failure.message} Nothing was changed.") from failure
        except VmidentError as failure:
            outcomes.append(Deletion(word, Status.FAILED, error=failure))
    return outcomes


def _checked(doomed: Doomed, wish: DeletionWish) -> Doomed | Deletion:
    if not doomed.attached or wish.detach or wish.force:
        return doomed
    vms = ", ".join(f"'{vm.name}' ({vm.group})" for vm in doomed.attached)
    attached = StillAttached(
        f"Identity '{doomed.identity.id.name}' is attached to {vms}. Nothing was changed.",
        hint="Detach it too with --detach, or delete it all the same with --force: the VMs keep a dead attachment.",
    )
    return _result(doomed, Status.FAILED, error=attached)


def _approved(prepared: list[Doomed | Deletion], wish: DeletionWish, world: World) -> list[Doomed | Deletion]:
    doomed = [one for one in prepared if isinstance(one, Doomed)]
    if not doomed:
        return prepared
    world.person.approve_deletion([identity_loss_of(one) for one in doomed])
    held = [orphan for one in doomed for orphan in one.orphans]
    if wish.remove_roles or not held or not world.person.wants_roles_removed(held):
        return prepared
    return [deleting_roles(one, world.roles) if isinstance(one, Doomed) else one for one in prepared]


def _delete(doomed: Doomed, world: World) -> Deletion:
    """Detach, delete, and then delete the roles, each only where what comes before it went well."""
    detached = _detach(doomed, world)
    failed = next((one for one in detached if one.error), None)
    if failed and failed.error:
        vm = failed.id.name if failed.id else failed.vm
        error = failed.error.saying(
            f"Identity '{doomed.identity.id.name}' was not deleted, as it could not be detached from VM '{vm}'. "
            f"{failed.error.message}"
        )
        return _result(doomed, Status.FAILED, detached=detached, error=error)
    try:
        ensure(_errand(doomed, world), world.clock, world.person)
    except VmidentError as failure:
        return _result(doomed, Status.FAILED, detached=detached, error=failure)
    return _with_roles_removed(_result(doomed, Status.CHANGED, detached=detached, roles=doomed.roles), world)


def _detach(doomed: Doomed, world: World) -> tuple[ChangeResult, ...]:
    """Take the identity away from its VMs; once that fails for one, the others keep it."""
    results: list[ChangeResult] = []
    for one in doomed.detaching:
        vm = one.machine.id
        if any(result.error for result in results):
            results.append(ChangeResult(vm.name, Status.SKIPPED, vm, before=one.machine.identity))
        else:
            steps = carry_out(vm.name, one, detaching(doomed.identity.id), world, no_wait=False)
            results.append(in_turn(steps, world.clock, world.person))
    return tuple(results)


def _errand(doomed: Doomed, world: World) -> Errand[bool]:
    identity = doomed.identity

    def delete() -> bool:
        world.identities.delete(identity.id)
        return True

    def is_gone() -> bool | None:
        # One that somebody has made again meanwhile has another principal, and is not ours to delete.
        try:
            there = world.identities.read(identity.id)
        except NotFound:
            return True
        return None if there.principal_id == identity.principal_id else True

    return Errand(delete, is_gone, f"delete identity '{identity.id.name}'", f"vmident identity show {identity.id}")


def _with_roles_removed(result: Deletion, world: World) -> Deletion:
    settling = Settling()
    for one in result.roles:
        if one.status is RoleStatus.PLANNED_REMOVAL:
            settling.attempt(one, lambda one=one: remove(one, world.roles))  # type: ignore[misc]
        else:
            settling.done.append(one)
    roles = tuple(settling.done)
    if settling.failure is None:
        return replace(result, roles=roles)
    left = [one for one in roles if one.status is RoleStatus.FAILED]
    listed = ", ".join(f"'{one.role.name}' on {one.scope}" for one in left)
    error = settling.failure.saying(
        f"Identity '{result.word}' is deleted, but these role assignments of it are left: {listed}. "
        f"{settling.failure.message}",
        hint=f"Delete them: az role assignment delete --ids {' '.join(str(one.id) for one in left)}",
    )
    return replace(result, status=Status.FAILED, roles=roles, error=error)


def _planned(doomed: Doomed) -> Deletion:
    detached = tuple(planned_result(one.machine.id.name, one) for one in doomed.detaching)
    return _result(doomed, Status.PLANNED, detached=detached, roles=doomed.roles)


def _result(
    doomed: Doomed,
    status: Status,
    *,
    detached: tuple[ChangeResult, ...] = (),
    roles: tuple[RoleResult, ...] = (),
    error: VmidentError | None = None,
) -> Deletion:
    return Deletion(doomed.word, status, doomed.identity, doomed.attached, detached, roles, doomed.warnings, error)
