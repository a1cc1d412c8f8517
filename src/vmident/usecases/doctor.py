"""Check everything that a change of identities needs; changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, partial
from typing import TypeAlias

from msgspec import Struct, field
from msgspec.structs import replace

from vmident.core import diagnosis
from vmident.core.auth.caller import Caller
from vmident.core.diagnosis import Check, CheckStatus
from vmident.core.rbac.permissions import ASSIGN_IDENTITY
from vmident.core.rbac.scope import Scope
from vmident.core.resource_id import ResourceId
from vmident.core.resources import IdentityResource
from vmident.core.virtual_machine import VirtualMachine
from vmident.core.vm_kind import VmKind, kind_of, titled
from vmident.errors import NotFound, NotSignedIn, UsageError, VmidentError
from vmident.ports.azure import Subscriptions
from vmident.ports.ports import Ports
from vmident.results.account import DoctorReport, VmChecks
from vmident.usecases.history.last_changes import find_last_changes
from vmident.usecases.resolve.caller import read_caller
from vmident.usecases.resolve.identities import find_identities
from vmident.usecases.resolve.vm_batch import VmBatch
from vmident.usecases.resolve.vms import Where, not_found_with_near_names

PROVIDERS = ("Microsoft.Compute", "Microsoft.ManagedIdentity", "Microsoft.Network")

_Reading: TypeAlias = Callable[[ResourceId], "IdentityResource | None"]


class LocalNetwork(Struct, frozen=True):
    """How requests leave this machine.

    `way` is the words for it, such as `without a proxy`; `missing_certificates` is the variable that names a file of
    certificates which does not exist, and that file.
    """

    way: str
    missing_certificates: tuple[str, str] | None = None


class VmsToCheck(Struct, frozen=True):
    """The VMs to look at, and the identities to be attached to each, as typed.

    `find` gives the VMs by name or id, and those that a list gave as it did; it is called where Azure answers at all.
    """

    find: Callable[[], Sequence[str | VirtualMachine]]
    identities: Sequence[str] = ()


class _SeenOnVm(Struct):
    """What the checks of a VM saw, for the check of its default identity, which comes last.

    Attached identities are `dead` if they no longer exist, and `remade` if they were deleted and created again.
    """

    dead: list[ResourceId] = field(default_factory=list)
    remade: list[ResourceId] = field(default_factory=list)
    is_running: bool = True


def run_checks(
    patients: VmsToCheck | None,
    where: Where,
    ports: Ports,
    network: LocalNetwork,
    several: Callable[[], Sequence[str]] = tuple,
) -> DoctorReport:
    """Check the sign-in, the subscription, the clock, the network and the providers; then each VM, where any is meant.

    `several` gives the subscriptions to check in the place of the one in which names are looked up. A check that fails
    is a finding; only the end of the time allowed is raised. Without a sign-in, what needs one is skipped; where no
    subscription answers, nothing further is asked.
    """
    try:
        _, caller = read_caller(ports.tokens)
        general, is_reachable = _on_account(caller, where, ports, network, several)
        if patients is None or not is_reachable:
            return DoctorReport(general)
        return _with_last_changes(_with_vms(general, patients, caller, where, ports), ports)
    except (NotSignedIn, UsageError) as failure:
        return DoctorReport(_without_sign_in(failure, network, has_vms=patients is not None))


def _without_sign_in(failure: VmidentError, network: LocalNetwork, *, has_vms: bool) -> tuple[Check, ...]:
    sign_in, why = diagnosis.on_failure("sign-in", failure.message, failure.hint), "sign-in failed"
    if network.missing_certificates:
        why = "no requests can be sent"
        sign_in = diagnosis.on_skipped("sign-in", why)
    others = ["subscription", "clock", "provider", *(["vm"] if has_vms else [])]
    on_network = diagnosis.on_network(network.way, network.missing_certificates)
    return (sign_in, on_network, *(diagnosis.on_skipped(one, why) for one in others))


def _on_account(
    caller: Caller, where: Where, ports: Ports, network: LocalNetwork, several: Callable[[], Sequence[str]]
) -> tuple[tuple[Check, ...], bool]:
    name = caller.name or "an account that the token does not name"
    found = [
        Check("sign-in", CheckStatus.OK, f"Signed in as {name}."),
        diagnosis.on_network(network.way, network.missing_certificates),
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
            "subscription", partial(_on_subscription, subscription, ports, is_only=len(subscriptions) == 1)
        )
        found += (one for one in on_it if one.check != "clock" or not is_reachable)
        is_reachable = is_reachable or any(one.check == "clock" for one in on_it)
    return tuple(found), is_reachable


def _on_subscription(subscription: str, ports: Ports, *, is_only: bool) -> Iterator[Check]:
    seen = ports.subscriptions.read(subscription)
    ahead = None if seen.server_seconds is None else ports.epoch_seconds() - seen.server_seconds
    yield diagnosis.on_subscription(seen.name, subscription, seen.state)
    yield diagnosis.on_clock(ahead)
    for namespace in PROVIDERS:
        yield from _on_provider(namespace, subscription, ports.subscriptions, is_only=is_only)


def _on_provider(namespace: str, subscription: str, subscriptions: Subscriptions, *, is_only: bool) -> list[Check]:
    def look() -> list[Check]:
        state = subscriptions.registration(subscription, namespace)
        return [diagnosis.on_provider(namespace, state, None if is_only else subscription)]

    return _checked("provider", look)


def _with_vms(
    general: tuple[Check, ...], patients: VmsToCheck, caller: Caller, where: Where, ports: Ports
) -> DoctorReport:
    try:
        words = patients.find()
    except VmidentError as failure:
        if failure.ends_run:
            raise
        return DoctorReport((*general, diagnosis.on_failure("vm", failure.message, failure.hint)))
    named = VmBatch([one for one in words if isinstance(one, str)], where, ports.machines)
    read = _reading_once(ports)
    found: dict[ResourceId | str, VmChecks] = {}
    for number, word in enumerate(words, start=1):
        if len(words) > 1:
            ports.prompt.progress(f"Checking VM {number} of {len(words)}")
        try:
            machine = word if isinstance(word, VirtualMachine) else _found(word, named, ports)
        except VmidentError as failure:
            if failure.ends_run:
                raise
            on_failure = diagnosis.on_failure("vm", failure.message, failure.hint)
            found[str(word)] = VmChecks(str(word), (on_failure,))
            continue
        if machine.id not in found:
            found[machine.id] = _on_vm(machine, patients.identities, caller, ports, read)
    return DoctorReport(general, tuple(found.values()))


def _with_last_changes(report: DoctorReport, ports: Ports) -> DoctorReport:
    """Add who last changed what findings about identities are about: one request for all, none without findings."""
    last = find_last_changes([one for vm in report.vms for one in vm.changed_resources], ports)
    vms = (replace(vm, changes=tuple(last[one] for one in vm.changed_resources if one in last)) for vm in report.vms)
    return replace(report, vms=tuple(vms))


def _found(word: str, named: VmBatch, ports: Ports) -> VirtualMachine:
    vm = named.find(word)
    try:
        return named.listed(vm) or ports.machines.read(vm)
    except NotFound as missing:
        raise not_found_with_near_names(word, vm, missing, ports.machines) from missing


def _reading_once(ports: Ports) -> _Reading:
    """Return a way to read identities that asks for each once; `None` is one that is not there."""

    @cache
    def read(identity: ResourceId) -> IdentityResource | None:
        try:
            return ports.identities.read(identity)
        except NotFound:
            return None

    return read


def _on_vm(
    machine: VirtualMachine, identities: Sequence[str], caller: Caller, ports: Ports, read: _Reading
) -> VmChecks:
    seen = _SeenOnVm()
    findings = [
        *_checked("vm", lambda: _on_state(machine, ports, seen)),
        *_checked("permission", lambda: _on_permissions(machine, identities, caller, ports)),
        *_checked("attachment", lambda: _on_attachments(machine, seen, read)),
    ]
    findings.append(
        diagnosis.on_default(machine.id, machine.identity, seen.dead, seen.remade, is_running=seen.is_running)
    )
    return VmChecks(machine.id.name, tuple(findings), machine.id, tuple(seen.dead), tuple(seen.remade))


def _on_state(machine: VirtualMachine, ports: Ports, seen: _SeenOnVm) -> list[Check]:
    """Check whether the VM runs, its agent and what uses its identities, which its own GET says and no list."""
    if kind_of(machine.id) is VmKind.SCALE_SET:
        return [diagnosis.on_state(machine, None), *diagnosis.on_dependents(machine)]
    host = ports.run_commands.read_host(machine.id)
    seen.is_running = host.power is None or host.power.lower() == "running"
    return [
        diagnosis.on_state(machine, host.power),
        *diagnosis.on_agent(host),
        *diagnosis.on_dependents(host.machine),
    ]


def _on_permissions(machine: VirtualMachine, words: Sequence[str], caller: Caller, ports: Ports) -> list[Check]:
    def on(action: str, what: str, resource: ResourceId) -> Check:
        scope = Scope(str(resource))
        return diagnosis.on_permission(action, what, scope, ports.roles.permissions(scope), caller.object_id)

    named, _ = find_identities(words, machine, ports.identities)
    return [
        on(f"{kind_of(machine.id).resource_type}/write", f"change the identities of {titled(machine.id)}", machine.id),
        *(on(ASSIGN_IDENTITY, f"attach identity '{one.name}'", one) for one in sorted(named)),
    ]


def _on_attachments(machine: VirtualMachine, seen: _SeenOnVm, read: _Reading) -> list[Check]:
    for user, attached in machine.identity.users.items():
        there = read(user)
        if there is None:
            seen.dead.append(user)
        elif attached.client_id and there.client_id and attached.client_id != there.client_id:
            seen.remade.append(user)
    return diagnosis.on_attachments(machine.id, seen.dead, seen.remade, len(machine.identity.users))


def _checked(check: str, look: Callable[[], Iterable[Check]]) -> list[Check]:
    """Return what a look finds, or the failure that it met."""
    try:
        return list(look())
    except VmidentError as failure:
        if failure.ends_run:
            raise
        return [diagnosis.on_failure(check, failure.message, failure.hint)]
