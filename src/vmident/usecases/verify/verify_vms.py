"""Verify the VMs that were named or selected: find them, ask once, then run the script in them side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from vmident.core.resource_id import ResourceId
from vmident.core.verification.sampling import SampleSize, sample
from vmident.core.virtual_machine import VirtualMachine
from vmident.core.vm_kind import VmKind, counted, kind_of
from vmident.errors import NotFound, UsageError, VmidentError
from vmident.ports.fleet import Job
from vmident.ports.ports import Ports
from vmident.results.verification import VerificationStatus, VmVerification
from vmident.usecases.change.run_inline import run_inline
from vmident.usecases.resolve.vm_batch import VmBatch
from vmident.usecases.resolve.vms import Where, not_found_with_near_names
from vmident.usecases.verify.verify_vm import ScriptPorts, Target, VerificationRequest, verify_vm


def verify_vms(
    words: Sequence[str | VirtualMachine],
    where: Where,
    request: VerificationRequest,
    ports: Ports,
    *,
    size: SampleSize | None = None,
    is_confirmed: bool = False,
) -> tuple[VmVerification, ...]:
    """Verify every VM, or a sample of them; one result each, in the order given, a VM named twice once.

    Raises `Declined` and `ConfirmationNeeded`, with no script run.
    """
    found = _find_all(words, where, ports)
    targets = [one for one in found if isinstance(one, Target)]
    if request.instance is not None and any(kind_of(one.vm) is VmKind.VM for one in targets):
        raise UsageError("--instance requires scale sets.", hint="Remove --instance to verify a VM.")
    if size:
        chosen = {one.vm for one in sample(targets, size, ports.new_uuid(), lambda one: str(one.vm).lower())}
        found = [one for one in found if isinstance(one, VmVerification) or one.vm in chosen]
        targets = [one for one in targets if one.vm in chosen]
    if targets and not is_confirmed:
        ports.prompt.confirm_script([one.vm.name for one in targets], counted(one.vm for one in targets))
    verified = dict(zip((one.vm for one in targets), _verify_all(targets, request, ports), strict=True))
    return tuple(one if isinstance(one, VmVerification) else verified[one.vm] for one in found)


def _find_all(words: Sequence[str | VirtualMachine], where: Where, ports: Ports) -> list[Target | VmVerification]:
    named = VmBatch([one for one in words if isinstance(one, str)], where, ports.machines)
    found: dict[ResourceId | str, Target | VmVerification] = {}
    for one in words:
        if isinstance(one, VirtualMachine):
            found.setdefault(one.id, Target(str(one.id), one.id, one.location))
            continue
        try:
            vm = named.find(one)
        except VmidentError as failure:
            if failure.ends_run:
                raise
            found[one] = VmVerification(one, VerificationStatus.SKIPPED, error=failure)
        else:
            found.setdefault(vm, Target(one, vm))
    return [*found.values()]


def _verify_all(targets: Sequence[Target], request: VerificationRequest, ports: Ports) -> list[VmVerification]:
    script_ports = ScriptPorts(ports.run_commands, ports.identities, ports.clock, lambda: _nonce(ports.new_uuid))
    jobs = [Job(partial(verify_vm, one, request, script_ports), one.cost_of_read) for one in targets]
    if len(jobs) == 1:
        results = [run_inline(jobs[0].begin(), ports.clock, ports.prompt)]
    else:
        results = [*ports.fleet().run(jobs)] if jobs else []
    return [
        _with_near_names(result, ports)
        if result
        else VmVerification(target.word, VerificationStatus.SKIPPED, target.vm)
        for target, result in zip(targets, results, strict=True)
    ]


def _with_near_names(result: VmVerification, ports: Ports) -> VmVerification:
    if not (isinstance(result.error, NotFound) and result.error.status and result.id):
        return result
    error = not_found_with_near_names(result.vm, result.id, result.error, ports.machines)
    return VmVerification(result.vm, result.status, result.id, error=error)


def _nonce(new_uuid: Callable[[], str]) -> str:
    return new_uuid().replace("-", "")[:12]
