"""Look at everything that a change of identities needs, and say of each whether it is well; changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from vmident.core import diagnosis
from vmident.core.diagnosis import Finding, Verdict
from vmident.core.machine import Machine
from vmident.core.permissions import ASSIGN_IDENTITY, VM_WRITE
from vmident.core.resource_id import ResourceId
from vmident.core.scope import Scope
from vmident.errors import NotFound, NotSignedIn, TimedOut, VmidentError
from vmident.ports import Subscriptions
from vmident.results import Diagnosis
from vmident.usecases.find_identities import find_identities
from vmident.usecases.find_vms import Where, find_vm, not_found_with_near_names
from vmident.usecases.prepare_change import World

PROVIDERS = ("Microsoft.Compute", "Microsoft.ManagedIdentity", "Microsoft.Network")


@dataclass(frozen=True)
class Surroundings:
    """What the checks need beside VMs: subscriptions, this machine's clock (epoch seconds), how it reaches the network.

    `way` is how requests go, in words, such as `without a proxy`; `missing_certificates` the file that
    REQUESTS_CA_BUNDLE names and that is not there.
    """

    subscriptions: Subscriptions
    now_seconds: Callable[[], float]
    way: str
    missing_certificates: str | None = None


def diagnose(
    word: str | None,
    identity_words: Sequence[str],
    where: Where,
    world: World,
    surroundings: Surroundings,
) -> Diagnosis:
    """Check the sign-in, the subscription, the clock, the network and the providers; then the VM that `word` names.

    A check that fails is a finding; only the end of the time allowed is raised. Where nobody is signed in or the
    subscription does not answer, nothing further is asked.
    """
    general, is_reachable = _on_account(where, surroundings)
    if word is None or not is_reachable:
        return Diagnosis(general)
    return _with_vm(general, word, identity_words, where, world)


def _on_account(where: Where, surroundings: Surroundings) -> tuple[tuple[Finding, ...], bool]:
    network = diagnosis.on_network(surroundings.way, surroundings.missing_certificates)
    try:
        subscription = where.subscription()
        seen = surroundings.subscriptions.look_at(subscription)
    except TimedOut:
        raise
    except NotSignedIn as failure:
        return (diagnosis.on_failure("sign-in", failure.message, failure.hint),), False
    except VmidentError as failure:
        found = diagnosis.on_failure("subscription", failure.message, failure.hint)
        return (found, network) if network.is_amiss else (found,), False
    ahead = None if seen.server_seconds is None else surroundings.now_seconds() - seen.server_seconds
    return (
        Finding("sign-in", Verdict.OK, "Signed in: Azure takes the token."),
        diagnosis.on_subscription(seen.name, subscription, seen.state),
        diagnosis.on_clock(ahead),
        network,
        *_on_providers(subscription, surroundings.subscriptions),
    ), True


def _on_providers(subscription: str, subscriptions: Subscriptions) -> Iterator[Finding]:
    for namespace in PROVIDERS:
        try:
            yield diagnosis.on_provider(namespace, subscriptions.registration(subscription, namespace))
        except (TimedOut, NotSignedIn):
            raise
        except VmidentError as failure:
            yield diagnosis.on_failure("provider", failure.message, failure.hint)


def _with_vm(
    general: tuple[Finding, ...], word: str, identity_words: Sequence[str], where: Where, world: World
) -> Diagnosis:
    vm: ResourceId | None = None
    try:
        vm = find_vm(word, where, world.machines)
        machine = world.machines.read(vm)
    except TimedOut:
        raise
    except NotFound as missing:
        better = not_found_with_near_names(word, vm, missing, world.machines) if vm else missing
        return Diagnosis((*general, diagnosis.on_failure("vm", better.message, better.hint)))
    except VmidentError as failure:
        return Diagnosis((*general, diagnosis.on_failure("vm", failure.message, failure.hint)))
    dead: list[ResourceId] = []
    findings = (
        *general,
        *_checked("vm", lambda: [diagnosis.on_state(machine, world.machines.power_state(machine.id))]),
        *_checked("permission", lambda: _on_permissions(machine, identity_words, world)),
        *_checked("attachment", lambda: _on_attachments(machine, dead, world)),
        diagnosis.on_default(machine.identity),
    )
    return Diagnosis(findings, machine.id, tuple(dead))


def _on_permissions(machine: Machine, identity_words: Sequence[str], world: World) -> list[Finding]:
    def on(action: str, what: str, resource: ResourceId) -> Finding:
        scope = Scope(str(resource))
        return diagnosis.on_permission(action, what, scope, world.roles.permissions(scope), None)

    named, _ = find_identities(identity_words, machine, world.identities)
    return [
        on(VM_WRITE, f"change the identities of VM '{machine.id.name}'", machine.id),
        *(on(ASSIGN_IDENTITY, f"attach identity '{one.name}'", one) for one in sorted(named)),
    ]


def _on_attachments(machine: Machine, dead: list[ResourceId], world: World) -> list[Finding]:
    attached = machine.identity.users
    there = {user: world.identities.find(user) for user in attached}
    dead += [user for user in attached if there[user] is None]
    return diagnosis.on_attachments(machine.id, dead, (), len(attached))


def _checked(check: str, look: Callable[[], Iterable[Finding]]) -> list[Finding]:
    """Give what a look finds, or the failure that it met."""
    try:
        return list(look())
    except (TimedOut, NotSignedIn):
        raise
    except VmidentError as failure:
        return [diagnosis.on_failure(check, failure.message, failure.hint)]
