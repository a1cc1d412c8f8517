"""Look at everything that a change of identities needs, and say of each whether it is well; changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import TypeAlias

from vmident.core import diagnosis
from vmident.core.auth.caller import Caller, caller_of
from vmident.core.diagnosis import Finding, Verdict
from vmident.core.rbac.permissions import ASSIGN_IDENTITY, VM_WRITE
from vmident.core.rbac.scope import Scope
from vmident.core.resource_id import ResourceId
from vmident.core.resources import IdentityResource
from vmident.core.virtual_machine import Machine
from vmident.errors import NotFound, NotSignedIn, VmidentError
from vmident.ports.azure import Subscriptions, Tokens
from vmident.results.account import Diagnosis, VmDiagnosis
from vmident.usecases.change.prepare import World
from vmident.usecases.resolve.identities import find_identities
from vmident.usecases.resolve.vm_batch import NamedVms
from vmident.usecases.resolve.vms import Where, not_found_with_near_names

PROVIDERS = ("Microsoft.Compute", "Microsoft.ManagedIdentity", "Microsoft.Network")

_Reading: TypeAlias = Callable[[ResourceId], "IdentityResource | None"]


@dataclass(frozen=True)
class Reach:
    """What the checks need beside VMs: the caller's token, subscriptions, the clock (epoch seconds), the network.

    `way` is how requests go, in words, such as `without a proxy`; `missing_certificates` the file that
    REQUESTS_CA_BUNDLE names and that is not there.
    """

    tokens: Tokens
    subscriptions: Subscriptions
    now_seconds: Callable[[], float]
    way: str
    missing_certificates: str | None = None


@dataclass(frozen=True)
class Patients:
    """The VMs to look at, and the identities that somebody means to attach to each, as typed.

    `find` gives the VMs by name or id, and those that a list gave as it did; it is called where Azure answers at all.
    """

    find: Callable[[], Sequence[str | Machine]]
    identities: Sequence[str] = ()


def diagnose(
    patients: Patients | None,
    where: Where,
    world: World,
    reach: Reach,
    several: Callable[[], Sequence[str]] = tuple,
) -> Diagnosis:
    """Check the sign-in, the subscription, the clock, the network and the providers; then each VM, where any is meant.

    `several` gives the subscriptions to check in the place of the one in which names are looked up. A check that fails
    is a finding; only the end of the time allowed is raised. Where nobody is signed in or no subscription answers,
    nothing further is asked.
    """
    try:
        caller = caller_of(reach.tokens.read().text)
        general, is_reachable = _on_account(caller, where, reach, several)
        if patients is None or not is_reachable:
            return Diagnosis(general)
        return _with_vms(general, patients, caller, where, world)
    except NotSignedIn as failure:
        return Diagnosis((diagnosis.on_failure("sign-in", failure.message, failure.hint),))


def _on_account(
    caller: Caller, where: Where, reach: Reach, several: Callable[[], Sequence[str]]
) -> tuple[tuple[Finding, ...], bool]:
    name = caller.name or "somebody whom the token does not name"
    found = [
        Finding("sign-in", Verdict.OK, f"Signed in as {name}."),
        diagnosis.on_network(reach.way, reach.missing_certificates),
    ]
    try:
        subscriptions = several() or (where.subscription(),)
    except VmidentError as failure:
        if failure.ends_run:
            raise
        return (*found, diagnosis.on_failure("subscription", failure.message, failure.hint)), False
    is_reachable = False
    for subscription in subscriptions:
        on_it = _checked(
            "subscription", partial(_on_subscription, subscription, reach, is_only=len(subscriptions) == 1)
        )
        found += (one for one in on_it if one.check != "clock" or not is_reachable)
        is_reachable = is_reachable or any(one.check == "clock" for one in on_it)
    return tuple(found), is_reachable


def _on_subscription(subscription: str, reach: Reach, *, is_only: bool) -> Iterator[Finding]:
    seen = reach.subscriptions.look_at(subscription)
    ahead = None if seen.server_seconds is None else reach.now_seconds() - seen.server_seconds
    yield diagnosis.on_subscription(seen.name, subscription, seen.state)
    yield diagnosis.on_clock(ahead)
    for namespace in PROVIDERS:
        yield from _on_provider(namespace, subscription, reach.subscriptions, is_only=is_only)


def _on_provider(namespace: str, subscription: str, subscriptions: Subscriptions, *, is_only: bool) -> list[Finding]:
    def look() -> list[Finding]:
        state = subscriptions.registration(subscription, namespace)
        return [diagnosis.on_provider(namespace, state, None if is_only else subscription)]

    return _checked("provider", look)


def _with_vms(
    general: tuple[Finding, ...], patients: Patients, caller: Caller, where: Where, world: World
) -> Diagnosis:
    try:
        words = patients.find()
    except VmidentError as failure:
        if failure.ends_run:
            raise
        return Diagnosis((*general, diagnosis.on_failure("vm", failure.message, failure.hint)))
    named = NamedVms([one for one in words if isinstance(one, str)], where, world.machines)
    read = _reading_once(world)
    found: dict[ResourceId | str, VmDiagnosis] = {}
    for number, word in enumerate(words, start=1):
        if len(words) > 1:
            world.person.tell(f"Looking at VM {number} of {len(words)}")
        try:
            machine = word if isinstance(word, Machine) else _found(word, named, world)
        except VmidentError as failure:
            if failure.ends_run:
                raise
            on_failure = diagnosis.on_failure("vm", failure.message, failure.hint)
            found[str(word)] = VmDiagnosis(str(word), (on_failure,))
            continue
        if machine.id not in found:
            found[machine.id] = _on_vm(machine, patients.identities, caller, world, read)
    return Diagnosis(general, tuple(found.values()))


def _found(word: str, named: NamedVms, world: World) -> Machine:
    vm = named.find(word)
    try:
        return named.listed(vm) or world.machines.read(vm)
    except NotFound as missing:
        raise not_found_with_near_names(word, vm, missing, world.machines) from missing


def _reading_once(world: World) -> _Reading:
    """Give a way to read identities that asks for each once; `None` is one that is not there."""

    @cache
    def read(identity: ResourceId) -> IdentityResource | None:
        try:
            return world.identities.read(identity)
        except NotFound:
            return None

    return read


def _on_vm(machine: Machine, identities: Sequence[str], caller: Caller, world: World, read: _Reading) -> VmDiagnosis:
    dead: list[ResourceId] = []
    findings = (
        *_checked("vm", lambda: [diagnosis.on_state(machine, world.machines.power_state(machine.id))]),
        *_checked("permission", lambda: _on_permissions(machine, identities, caller, world)),
        *_checked("attachment", lambda: _on_attachments(machine, dead, read)),
        diagnosis.on_default(machine.identity),
    )
    return VmDiagnosis(machine.id.name, findings, machine.id, tuple(dead))


def _on_permissions(machine: Machine, words: Sequence[str], caller: Caller, world: World) -> list[Finding]:
    def on(action: str, what: str, resource: ResourceId) -> Finding:
        scope = Scope(str(resource))
        return diagnosis.on_permission(action, what, scope, world.roles.permissions(scope), caller.object_id)

    named, _ = find_identities(words, machine, world.identities)
    return [
        on(VM_WRITE, f"change the identities of VM '{machine.id.name}'", machine.id),
        *(on(ASSIGN_IDENTITY, f"attach identity '{one.name}'", one) for one in sorted(named)),
    ]


def _on_attachments(machine: Machine, dead: list[ResourceId], read: _Reading) -> list[Finding]:
    remade = []
    for user, attached in machine.identity.users.items():
        there = read(user)
        if there is None:
            dead.append(user)
        elif attached.client_id and there.client_id and attached.client_id != there.client_id:
            remade.append(user)
    return diagnosis.on_attachments(machine.id, dead, remade, len(machine.identity.users))


def _checked(check: str, look: Callable[[], Iterable[Finding]]) -> list[Finding]:
    """Give what a look finds, or the failure that it met."""
    try:
        return list(look())
    except VmidentError as failure:
        if failure.ends_run:
            raise
        return [diagnosis.on_failure(check, failure.message, failure.hint)]
