"""What `doctor` makes of what it saw: a verdict on each thing looked at, and a way out where one is needed."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from enum import Enum

from msgspec import Struct

from vmident.core.consequences import PLACES, default_identity, identity_used
from vmident.core.dependents import Dependent
from vmident.core.identity import IdentityState
from vmident.core.rbac.permissions import Permission, allows, remediation
from vmident.core.rbac.scope import Scope
from vmident.core.resource_id import ResourceId
from vmident.core.shell import command_line
from vmident.core.verification.host import Agent, Host
from vmident.core.virtual_machine import VirtualMachine
from vmident.core.vm_kind import capitalized, kind_of, titled, titled_identity

_ABOUT_IDENTITIES = frozenset({"attachment", "dependent", "token service"})
CLOCK_TOLERANCE_SECONDS = 300.0
"""Tokens carry times, and Microsoft Entra tolerates five minutes; source: 'Microsoft Entra access tokens'."""
_CLOCK_RESOLUTION_SECONDS = 2.0
"""An answer's `Date` has whole seconds, and is read when the answer has come."""


class CheckStatus(Enum):
    """How one check ended; a warning and a problem are findings, and a skipped one says why it could not be made."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"
    SKIPPED = "skipped"


class Check(Struct, frozen=True):
    """One check: what was looked at, the verdict, one sentence of what was seen, and what to do about it."""

    check: str
    verdict: CheckStatus
    message: str
    hint: str | None = None

    @property
    def has_failed(self) -> bool:
        """Return whether the finding needs action."""
        return self.verdict in (CheckStatus.WARNING, CheckStatus.PROBLEM)

    @property
    def is_about_identities(self) -> bool:
        """Return whether a change of identities, of the VM's or of an identity itself, can have led to the finding."""
        return self.check in _ABOUT_IDENTITIES


def on_skipped(check: str, why: str) -> Check:
    """Report a check that could not be made."""
    return Check(check, CheckStatus.SKIPPED, f"Not checked, because {why}.")


def on_subscription(name: str, subscription: str, state: str) -> Check:
    """Judge a subscription by its state: only `Enabled` takes changes (Microsoft's 'Azure subscription states')."""
    seen = f"Subscription '{name}' ({subscription}) is {_in_words(state)}."
    if state.lower() == "enabled":
        return Check("subscription", CheckStatus.OK, seen)
    return Check(
        "subscription", CheckStatus.PROBLEM, seen, "Resources of a subscription that is not enabled can only be read."
    )


def _in_words(state: str) -> str:
    """Return a state of Azure's, such as `NotRegistered`, as `not registered`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", state).lower()


def on_clock(ahead_seconds: float | None) -> Check:
    """Judge how far this machine's clock is ahead of Azure's; `None` where Azure did not say the time."""
    if ahead_seconds is None:
        return Check("clock", CheckStatus.SKIPPED, "Azure's response has no time to compare with.")
    off = abs(ahead_seconds)
    seen = f"This machine's clock is {off:.0f} s {'ahead of' if ahead_seconds > 0 else 'behind'} Azure's."
    if off < _CLOCK_RESOLUTION_SECONDS:
        seen = "This machine's clock matches Azure's."
    if off <= CLOCK_TOLERANCE_SECONDS:
        return Check("clock", CheckStatus.OK, seen)
    return Check("clock", CheckStatus.PROBLEM, seen, "Set the clock. Sign-in fails if it is several minutes off.")


def on_network(way: str, missing_certificates: tuple[str, str] | None) -> Check:
    """Check the proxy, and that the certificate files in the settings exist."""
    if missing_certificates:
        variable, path = missing_certificates
        return Check(
            "network",
            CheckStatus.WARNING,
            f"{variable} is '{path}', and that file does not exist.",
            f"Set {variable} to a file with the certificates to trust, or unset it.",
        )
    return Check("network", CheckStatus.OK, f"Requests are sent {way}.")


def on_provider(namespace: str, state: str, subscription: str | None = None) -> Check:
    """Judge the registration of a resource provider; `subscription` is set where it is not the command's."""
    place = f" in {subscription}" if subscription else ""
    option = ["--subscription", subscription] if subscription else []
    seen = f"Resource provider {namespace} is {_in_words(state)}{place}."
    if state.lower() == "registered":
        return Check("provider", CheckStatus.OK, seen)
    register = command_line("az", "provider", "register", "--namespace", namespace, *option)
    return Check("provider", CheckStatus.PROBLEM, seen, f"Register it: {register}")


def on_permission(action: str, what: str, scope: Scope, permissions: Sequence[Permission], caller: str | None) -> Check:
    """Judge whether the caller may do something; only likely, as locks, deny assignments and policy are not seen."""
    if allows(permissions, action):
        return Check("permission", CheckStatus.OK, f"You have permission to {what} ({action}).")
    return Check(
        "permission",
        CheckStatus.PROBLEM,
        f"You do not have permission to {what}: '{action}' on {scope} is missing.",
        remediation(action, str(scope), caller),
    )


def on_state(machine: VirtualMachine, power: str | None) -> Check:
    """Judge whether the VM runs: a VM that is stopped takes changes of its identities and gives no tokens."""
    subject = titled(machine.id)
    if machine.has_failed:
        return Check(
            "vm",
            CheckStatus.WARNING,
            f"The last operation on {subject} ended as '{machine.provisioning_state}'.",
            "Check the VM's activity log. A successful change of its identities clears this state.",
        )
    if power is None or power.lower() == "running":
        return Check("vm", CheckStatus.OK, f"{capitalized(subject)} {f'is {power}' if power else 'exists'}.")
    return Check(
        "vm",
        CheckStatus.WARNING,
        f"{capitalized(subject)} is {power}: its identities can be changed, but programs in it get no tokens until it "
        "runs.",
        f"Start it: {command_line('az', 'vm', 'start', '--ids', machine.id)}",
    )


def on_agent(host: Host) -> list[Check]:
    """Judge the VM agent, which extensions and 'vmident verify' need; that of a VM that is stopped does not report."""
    if host.agent is Agent.READY:
        return [Check("agent", CheckStatus.OK, "The VM agent is ready.")]
    if host.agent is Agent.UNKNOWN or (host.power or "").lower() != "running":
        return [Check("agent", CheckStatus.SKIPPED, "The VM agent does not report its status.")]
    look = command_line("az", "vm", "get-instance-view", "--ids", host.machine.id, "--query", "instanceView.vmAgent")
    return [
        Check(
            "agent",
            CheckStatus.WARNING,
            f"The VM agent is {host.agent.value}: extensions and 'vmident verify' do not work without it.",
            f"To see its state: {look}",
        )
    ]


def on_dependents(machine: VirtualMachine) -> list[Check]:
    """Judge what uses the identities of a VM: whether each has the one that it uses."""
    return [_on_dependent(one, machine) for one in machine.dependents]


def _on_dependent(one: Dependent, machine: VirtualMachine) -> Check:
    identity, is_there = identity_used(one, machine.identity)
    if is_there:
        return Check("dependent", CheckStatus.OK, f"{one.title} uses {identity}.")
    fix = (
        command_line("vmident", "add-user", machine.id, "--identity", one.needs)
        if isinstance(one.needs, ResourceId)
        else command_line("vmident", "enable-system", machine.id)
    )
    return Check(
        "dependent",
        CheckStatus.WARNING,
        f"{one.title} uses {identity}, which {titled(machine.id)} does not have.",
        None if isinstance(one.needs, str) else f"Add it: {fix}",
    )


def _to_detach(vm: ResourceId, identity: ResourceId) -> str:
    return command_line("vmident", "remove-user", vm, "--identity", identity)


def _to_repair(vm: ResourceId) -> str:
    return command_line("vmident", "doctor", vm, "--fix")


def on_attachments(vm: ResourceId, dead: Sequence[ResourceId], remade: Sequence[ResourceId], count: int) -> list[Check]:
    """Judge the `count` attached identities: those that are gone, and those that were deleted and made again."""
    if not dead and not remade:
        seen = "All attached identities exist." if count else "No user-assigned identity is attached."
        if count == 1:
            seen = "The attached identity exists."
        return [Check("attachment", CheckStatus.OK, seen)]
    gone = [
        Check(
            "attachment",
            CheckStatus.PROBLEM,
            f"{capitalized(titled_identity(identity, vm))} is attached but no longer exists: programs get no "
            "tokens for it, and Azure rejects other changes to the VM's identities.",
            f"To detach it: {_to_repair(vm)}",
        )
        for identity in dead
    ]
    another = [
        Check(
            "attachment",
            CheckStatus.PROBLEM,
            f"{capitalized(titled_identity(identity, vm))} was deleted and created again after it was attached: "
            "the VM still uses the old one.",
            f"Detach it and attach it again: {_to_detach(vm, identity)} && "
            + command_line("vmident", "add-user", vm, "--identity", identity),
        )
        for identity in remade
    ]
    return gone + another


def on_default(
    vm: ResourceId,
    state: IdentityState,
    dead: Collection[ResourceId] = (),
    remade: Collection[ResourceId] = (),
    *,
    is_running: bool = True,
) -> Check:
    """Check which identity a program in the VM gets a token for by default.

    `dead` are attached and no longer exist; `remade` were deleted and created again after they were attached.
    """
    default, kind = default_identity(state), kind_of(vm)
    if default.is_ambiguous:
        return Check(
            "token service",
            CheckStatus.WARNING,
            f"Programs in {PLACES[kind]} that do not specify an identity get an error: there are several "
            "user-assigned identities and no system-assigned one.",
            "Specify a client ID in those programs, or enable the system-assigned identity: "
            + command_line("vmident", "enable-system", vm),
        )
    if default.user in dead:
        return Check(
            "token service",
            CheckStatus.PROBLEM,
            f"Programs get no tokens: {default.summary}, the only identity, no longer exists.",
            f"To detach it: {_to_repair(vm)}",
        )
    if default.user in remade:
        return Check(
            "token service",
            CheckStatus.WARNING,
            f"Programs that do not specify an identity might get no tokens: {default.summary} was deleted and created "
            "again after it was attached.",
            f"To check: {command_line('vmident', 'verify', vm)}",
        )
    if not default.is_system and default.user is None:
        return Check(
            "token service", CheckStatus.OK, f"The {kind.noun} has no identity, so programs in it get no tokens."
        )
    programs = "Programs" if is_running else f"When the {kind.noun} runs, programs"
    return Check(
        "token service", CheckStatus.OK, f"{programs} that do not specify an identity get tokens for {default.summary}."
    )


def on_failure(check: str, message: str, hint: str | None) -> Check:
    """Turn a failure into the finding that it is."""
    return Check(check, CheckStatus.PROBLEM, message, hint)
