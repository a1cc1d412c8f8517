"""Look at everything that a change of identities needs, and say of each whether it is well; changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from vmident.account_results import Diagnosis
from vmident.core import diagnosis
from vmident.core.caller import Caller, caller_of
from vmident.core.diagnosis import Finding, Verdict
from vmident.core.machine import Machine
from vmident.core.permissions import ASSIGN_IDENTITY, VM_WRITE
from vmident.core.resource_id import ResourceId
from vmident.core.scope import Scope
from vmident.errors import NotFound, NotSignedIn, TimedOut, VmidentError
from vmident.ports import Subscriptions, Tokens
from vmident.usecases.find_identities import find_identities
from vmident.usecases.find_vms import Where, find_vm, not_found_with_near_names
from vmident.usecases.prepare_change import World

PROVIDERS = ("Microsoft.Compute", "Microsoft.ManagedIdentity", "Microsoft.Network")


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
class Patient:
    """The VM to look at, and the identities that somebody means to attach to it, as typed."""

    vm: str
    identities: Sequence[str] = ()


def diagnose(patient: Patient | None, where: Where, world: World, reach: Reach) -> Diagnosis:
    """Check the sign-in, the subscription, the clock, the network and the providers; then a VM, where one is named.

    A check that fails is a finding; only the end of the time allowed is raised. Where nobody is signed in or the
    subscription does not answer, nothing further is asked.
    """
    try:
        caller = caller_of(reach.tokens.read().text)
        general, is_reachable = _on_account(caller, where, reach)
        if patient is None or not is_reachable:
            return Diagnosis(general)
        return _with_vm(general, patient, caller, where, world)
    except NotSignedIn as failure:
        return Diagnosis((diagnosis.on_failure("sign-in", failure.message, failure.hint),))


def _on_account(caller: Caller, where: Where, reach: Reach) -> tuple[tuple[Finding, ...], bool]:
    signed_in = Finding(
        "sign-in", Verdict.OK, f"Signed in as {caller.name or 'somebody whom the token does not name'}."
    )
    network = diagnosis.on_network(reach.way, reach.missing_certificates)
    try:
        subscription = where.subscription()
        seen = reach.subscriptions.look_at(subscription)
    except (TimedOut, NotSignedIn):
        raise
    except VmidentError as failure:
        return (signed_in, network, diagnosis.on_failure("subscription", failure.message, failure.hint)), False
    ahead = None if seen.server_seconds is None else reach.now_seconds() - seen.server_seconds
    return (
        signed_in,
        network,
        diagnosis.on_subscription(seen.name, subscription, seen.state),
        diagnosis.on_clock(ahead),
        *(found for namespace in PROVIDERS for found in _on_provider(namespace, subscription, reach.subscriptions)),
    ), True


def _on_provider(namespace: str, subscription: str, subscriptions: Subscriptions) -> list[Finding]:
    return _checked(
        "provider", lambda: [diagnosis.on_provider(namespace, subscriptions.registration(subscription, namespace))]
    )


def _with_vm(general: tuple[Finding, ...], patient: Patient, caller: Caller, where: Where, world: World) -> Diagnosis:
    vm: ResourceId | None = None
    try:
        vm = find_vm(patient.vm, where, world.machines)
        machine = world.machines.read(vm)
    except (TimedOut, NotSignedIn):
        raise
    except NotFound as missing:
        better = not_found_with_near_names(patient.vm, vm, missing, world.machines) if vm else missing
        return Diagnosis((*general, diagnosis.on_failure("vm", better.message, better.hint)))
    except VmidentError as failure:
        return Diagnosis((*general, diagnosis.on_failure("vm", failure.message, failure.hint)))
    dead: list[ResourceId] = []
    findings = (
        *general,
        *_checked("vm", lambda: [diagnosis.on_state(machine, world.machines.power_state(machine.id))]),
        *_checked("permission", lambda: _on_permissions(machine, patient.identities, caller, world)),
        *_checked("attachment", lambda: _on_attachments(machine, dead, world)),
        diagnosis.on_default(machine.identity),
    )
    return Diagnosis(findings, machine.id, tuple(dead))


def _on_permissions(machine: Machine, words: Sequence[str], caller: Caller, world: World) -> list[Finding]:
    def on(action: str, what: str, resource: ResourceId) -> Finding:
        scope = Scope(str(resource))
        return diagnosis.on_permission(action, what, scope, world.roles.permissions(scope), caller.object_id)

    named, _ = find_identities(words, machine, world.identities)
    return [
        on(VM_WRITE, f"change the identities of VM '{machine.id.name}'", machine.id),
        *(on(ASSIGN_IDENTITY, f"attach identity '{one.name}'", one) for one in sorted(named)),
    ]


def _on_attachments(machine: Machine, dead: list[ResourceId], world: World) -> list[Finding]:
    remade = []
    for user, attached in machine.identity.users.items():
        try:
            there = world.identities.read(user)
        except NotFound:
            dead.append(user)
            continue
        if attached.client_id and there.client_id and attached.client_id != there.client_id:
            remade.append(user)
    return diagnosis.on_attachments(machine.id, dead, remade, len(machine.identity.users))


def _checked(check: str, look: Callable[[], Iterable[Finding]]) -> list[Finding]:
    """Give what a look finds, or the failure that it met."""
    try:
        return list(look())
    except (TimedOut, NotSignedIn):
        raise
    except VmidentError as failure:
        return [diagnosis.on_failure(check, failure.message, failure.hint)]
