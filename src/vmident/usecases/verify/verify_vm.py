"""Verify one VM: read it, run the script in it, compare what its tokens say. Steps of a job: `vmident.ports.fleet`.

    READ ── not running, no identity ──────────────────────────────────────────► skipped
      ├─── the agent does not report ── within --watch: pause, READ again ─────► skipped
      │
    READ the user-assigned identities, once a run; one that cannot be read is a warning
      │
     POST ── 409 another script runs ── pause, again for BUSY_SECONDS ─────────► skipped
      │ ├─── 429, 5xx, no answer ────── pause, again, START_TRIES at most ─────► skipped, or unknown where it may run
      │ └─── any other refusal ────────────────────────────────────────────────► skipped
    STARTED ── poll ── Failed, refused, no end within SCRIPT_SECONDS ──────────► unknown
      │
    OUTPUT ── nothing, forged, no answer about a request ──────────────────────► unknown
      ├─── a check is not ok ── within --watch: pause, READ again ─────────────► failed
      └─── all ok ─────────────────────────────────────────────────────────────► verified

The script changes nothing in the VM, so it may be sent again where it is not known whether it was started: Azure runs
one at a time, and the second waits for the first as for anybody's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from msgspec import Struct, field
from msgspec.structs import replace

from vmident.core.consequences import Notice
from vmident.core.polling import OperationTimes, RetrySchedule, pause_before_look
from vmident.core.resource_id import ResourceId
from vmident.core.resources import IdentityResource
from vmident.core.verification.checks import (
    TokenCheck,
    TokenRequest,
    identity_not_read,
    plan_checks,
    with_current_identity,
)
from vmident.core.verification.host import Host, explained, is_busy, reason_not_to_verify
from vmident.core.verification.masking import masked
from vmident.core.verification.output import TokenAnswer, read_output
from vmident.core.verification.script import REQUESTS_AT_MOST, powershell_script, shell_script
from vmident.core.verification.verdict import TokenCheckStatus, VmContext, judge
from vmident.core.vm_kind import capitalized, kind_of, titled
from vmident.errors import (
    Interrupted,
    NotFound,
    OperationUnfinished,
    ScriptFailed,
    UnexpectedError,
    VmidentError,
    VmNotVerified,
)
from vmident.ports.azure import Identities, Operation
from vmident.ports.clock import Clock
from vmident.ports.fleet import AzureRequest, Pause, RequestCost, RequestKind, Steps
from vmident.ports.run_commands import RunCommands, ScriptStatus
from vmident.results.verification import VerificationStatus, VmVerification
from vmident.usecases.change.polling import cost_of

START_TRIES = 4
BUSY_SECONDS = 120.0
SCRIPT_SECONDS = 900.0
"""A script ends by itself within a few minutes; Azure ends one after 90 minutes."""
_BUSY_PAUSE_SECONDS = 10.0
_WATCH_PAUSES_SECONDS = (5.0, 10.0, 20.0, 30.0)


class VerificationRequest(Struct, frozen=True):
    """What to verify: the identities in the user's words (all where there are none), and the resource to request for.

    `watch_seconds` is how long a VM that is not verified is verified again. `instance` is that of a scale set that the
    script runs in, the first one for `None`.
    """

    resource: str
    identities: tuple[str, ...] = ()
    watch_seconds: float = 0.0
    instance: str | None = None


class ScriptPorts(Struct, frozen=True):
    """What the verification of a VM reaches through; `new_nonce` returns random hexadecimal digits.

    The VMs of one run share `times`, and the identities that were `seen`: `None` is one that does not exist.
    """

    run_commands: RunCommands
    identities: Identities
    clock: Clock
    new_nonce: Callable[[], str]
    times: OperationTimes = field(default_factory=OperationTimes)
    seen: dict[ResourceId, IdentityResource | None] = field(default_factory=dict)


class _Script(Struct):
    """The script of one round; `is_sent` says that it may run, or have run."""

    is_sent: bool = False


class Target(Struct, frozen=True):
    """A VM to verify: the word that names it, its ID, and its region where a list shows it."""

    word: str
    vm: ResourceId
    region: str = ""

    @property
    def cost_of_read(self) -> RequestCost:
        """What reading it, the first request, takes from Azure's rate limits."""
        region = "".join(self.region.split()).lower()
        return RequestCost(RequestKind.READ_VM, self.vm.subscription.lower(), region, vm_kind=kind_of(self.vm))


def verify_vm(target: Target, request: VerificationRequest, ports: ScriptPorts) -> Steps[VmVerification]:
    """Verify a VM; returns how it ended, and raises for no failure of it.

    A failure after a round whose checks failed is the error of that round's result.
    """
    began = ports.clock.now()
    seen: VmVerification | None = None
    rounds = 0
    while True:
        script = _Script()
        try:
            seen = yield from _one_round(target, request, ports, script)
            pause = _WATCH_PAUSES_SECONDS[min(rounds, len(_WATCH_PAUSES_SECONDS) - 1)]
            rounds += 1
            elapsed = ports.clock.now() - began
            if seen.status is VerificationStatus.VERIFIED or elapsed + pause > request.watch_seconds:
                return seen
            yield Pause(pause, f"{target.vm.name}: not verified yet, retrying in {pause:.0f} s", elapsed)
        except VmidentError as failure:
            return _cut_short(target, script, failure, seen)
        except KeyboardInterrupt:
            return _cut_short(target, script, Interrupted("Interrupted."), seen)
        except Exception as stray:  # noqa: BLE001 - one VM's trouble is no other VM's
            return _cut_short(target, script, UnexpectedError.of(stray), seen)


def _cut_short(target: Target, script: _Script, failure: VmidentError, seen: VmVerification | None) -> VmVerification:
    # What Azure says of an operation may quote what the VM printed.
    error = failure.with_message(masked(failure.message), masked(failure.hint or "") or None)
    error.code = masked(failure.code)
    if seen and seen.status is VerificationStatus.FAILED:
        return replace(seen, error=error)
    status = VerificationStatus.UNKNOWN if script.is_sent else VerificationStatus.SKIPPED
    return VmVerification(target.word, status, target.vm, error=error)


def _one_round(
    target: Target, request: VerificationRequest, ports: ScriptPorts, script: _Script
) -> Steps[VmVerification]:
    vm = target.vm
    read = partial(ports.run_commands.read_host, vm, request.instance)
    host: Host = yield AzureRequest(target.cost_of_read, read)
    checks, warnings = plan_checks(vm, host.machine.identity, request.identities)
    if not checks:
        raise VmNotVerified(
            f"{capitalized(titled(vm))} has no identity to verify.",
            code="no-identity",
            hint="Enable or attach one first.",
        )
    reason = reason_not_to_verify(host)
    if reason and reason.code == "agent-missing":
        # An agent reports some time after the VM has started.
        return VmVerification(target.word, VerificationStatus.SKIPPED, vm, error=reason)
    if reason:
        raise reason
    checks, unread = yield from _with_current_identities(checks, host, ports)
    token_requests = tuple({one.request.selector: one.request for one in checks}.values())
    answers: dict[str, TokenAnswer] = {}
    for first in range(0, len(token_requests), REQUESTS_AT_MOST):
        batch = token_requests[first : first + REQUESTS_AT_MOST]
        answers |= yield from _answers_to(batch, request.resource, host, ports, script)
    results = judge(checks, answers, VmContext(vm, host.enforces_metadata_security, host.instance))
    is_verified = all(one.status is TokenCheckStatus.OK for one in results)
    status = VerificationStatus.VERIFIED if is_verified else VerificationStatus.FAILED
    return VmVerification(target.word, status, vm, results, (*warnings, *unread), instance=host.instance)


def _with_current_identities(
    checks: Sequence[TokenCheck], host: Host, ports: ScriptPorts
) -> Steps[tuple[tuple[TokenCheck, ...], tuple[Notice, ...]]]:
    """Read each user-assigned identity, once a run, and expect its own principal; warn of those that cannot be read."""

    def read(user: ResourceId) -> None:
        if user not in ports.seen:
            try:
                ports.seen[user] = ports.identities.read(user)
            except NotFound:
                ports.seen[user] = None

    unread = []
    cost = cost_of(RequestKind.READ_IDENTITY, host.machine)
    for user in dict.fromkeys(one.user for one in checks if one.user and one.user not in ports.seen):
        try:
            yield AzureRequest(cost, partial(read, user))
        except VmidentError as failure:
            if failure.ends_run:
                raise
            unread.append(identity_not_read(user, failure.code))
    return tuple(
        with_current_identity(one, ports.seen[one.user]) if one.user in ports.seen else one for one in checks
    ), tuple(unread)


def _answers_to(
    batch: Sequence[TokenRequest], resource: str, host: Host, ports: ScriptPorts, script: _Script
) -> Steps[dict[str, TokenAnswer]]:
    """Run one script, and return the answers by the selector of their request; raises `ScriptFailed`."""
    nonce = ports.new_nonce()
    text = (powershell_script if host.is_windows else shell_script)(batch, resource, nonce)
    operation = yield from _started(text, host, ports, script)
    printed = yield from _output_of(operation, host, ports)
    output = read_output(printed, nonce, batch)
    if output.is_forged:
        raise ScriptFailed(
            f"The output of the script in {host.title} is inconsistent and was not used.",
            hint="Another program may have written to it. Check who has access to the VM.",
        )
    if output.tool == "none":
        raise ScriptFailed(
            f"{capitalized(host.title)} has no program that can request and read a token.",
            code="no-http-client",
            hint="Install curl, wget, or python3, and base64 or openssl, in the VM.",
        )
    missing = len(batch) - len(output.answers)
    if missing:
        raise ScriptFailed(
            f"The script in {host.title} ended without results for {missing} of {len(batch)} token requests.",
            hint="Check that scripts run in the VM: az vm run-command invoke --help",
        )
    return {batch[number].selector: answer for number, answer in output.answers.items()}


def _started(text: str, host: Host, ports: ScriptPorts, script: _Script) -> Steps[Operation]:
    machine = host.machine
    began = ports.clock.now()
    tries = 0

    def start() -> Operation:
        script.is_sent = True
        return ports.run_commands.start(host, text)

    while True:
        try:
            operation: Operation = yield AzureRequest(cost_of(RequestKind.WRITE_VM, machine), start)
        except VmidentError as failure:
            script.is_sent = script.is_sent and failure.outcome_is_unknown
            elapsed = ports.clock.now() - began
            if is_busy(failure) and elapsed < BUSY_SECONDS:
                why = f"{machine.id.name}: waiting for another Run Command to complete"
                yield Pause(_BUSY_PAUSE_SECONDS, why, elapsed)
                continue
            tries += 1
            pause = RetrySchedule(START_TRIES).pause_after(failure, tries)
            if pause is None:
                raise explained(failure, host) from failure
            yield Pause(pause, f"{machine.id.name}: {failure.code}, retrying in {pause:.0f} s")
        else:
            return operation


def _output_of(operation: Operation, host: Host, ports: ScriptPorts) -> Steps[str]:
    """Poll a script until it ends; raises what Azure says of one that failed, and `OperationUnfinished`."""
    machine = host.machine
    began = ports.clock.now()
    asked_for = operation.retry_after_seconds
    pause = ports.times.pause_before_first_look() if asked_for is None else pause_before_look(0.0, asked_for)
    while True:
        elapsed = ports.clock.now() - began
        if elapsed >= SCRIPT_SECONDS:
            raise OperationUnfinished(
                f"The script in {host.title} has not ended within {SCRIPT_SECONDS / 60:.0f} minutes.",
                hint="Check the VM and its agent, then try again. The script may still complete.",
            )
        why = f"{machine.id.name}: waiting for the script"
        yield Pause(min(pause, SCRIPT_SECONDS - elapsed), why, elapsed)
        polled: ScriptStatus = yield AzureRequest(
            cost_of(RequestKind.LOOK, machine), partial(ports.run_commands.poll, operation)
        )
        if polled.operation.failure:
            raise explained(polled.operation.failure, host)
        if polled.operation.is_over:
            if polled.operation.took_seconds is not None:
                ports.times.learn(polled.operation.took_seconds)
            return polled.output
        asked_for = polled.operation.retry_after_seconds
        pause = pause_before_look(ports.clock.now() - began, asked_for)
