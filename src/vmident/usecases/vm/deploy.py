"""Carry a template deployment out: begin it once, look at it until it is over, say what failed and what stays."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from vmident.core.polling import pause_before_look
from vmident.core.shell import command_line
from vmident.core.vm_creation.deployment import DeploymentRequest, Step, first_failed, made
from vmident.errors import OperationFailed, VmidentError
from vmident.ports.clock import Clock
from vmident.ports.deployments import Deployments
from vmident.ports.prompt import Prompt
from vmident.usecases.idempotent_write import Write, write_once

_RUN_AGAIN = "Fix the cause and run the command again; existing resources are kept."


def start_deployment(request: DeploymentRequest, deployments: Deployments, clock: Clock, prompt: Prompt) -> None:
    """Have Azure take the deployment; raises what it refuses it for.

    After a lost answer the deployment is looked for by its name, which no other has, and sent again only where it is
    not there.
    """
    write = Write[object](
        lambda: deployments.start(request),
        lambda: deployments.poll(request.id),
        f"create {request.what}",
        _how_to_look(request),
    )
    write_once(write, clock, prompt)


class Ended(Struct, frozen=True):
    """How a deployment ended, and how far it got; `failure` is its own words for what went wrong, if anything did."""

    steps: tuple[Step, ...]
    failure: VmidentError | None = None


def wait_for_deployment(request: DeploymentRequest, deployments: Deployments, clock: Clock, prompt: Prompt) -> Ended:
    """Poll until the deployment ends, less and less often, and report each resource as it finishes."""
    began, steps, count = clock.now(), tuple[Step, ...](), len(request.template["resources"])
    while True:
        elapsed = clock.now() - began
        prompt.progress(f"{request.what}: {len(made(steps))} of {count} resources created", elapsed)
        clock.sleep(pause_before_look(elapsed))
        seen = deployments.poll(request.id)
        if seen is None:
            raise OperationFailed(f"The deployment '{request.id.name}' no longer exists.")
        steps = _steps(request, steps, deployments, prompt)
        if seen.is_over:
            return Ended(steps, seen.failure)


def with_context(
    failure: VmidentError, request: DeploymentRequest, steps: Sequence[Step], *, vm_is_there: bool
) -> VmidentError:
    """Return the error of the resource that failed, and say what was made and stays.

    `failure` is the deployment's, for where no resource has its own. Azure keeps a VM that did not come up.
    """
    failed = first_failed(steps)
    own = failed.failure if failed and failed.failure else failure
    at = f"{failed.kind} '{failed.name}' failed: " if failed else ""
    there = made(steps)
    if str(request.vm).lower() in map(str.lower, there):
        return own.with_message(
            f"{request.what} was created, but other resources failed: {at}{own.message}", request.finish
        )
    if vm_is_there:
        there = (str(request.vm), *there)
    if not there:
        return own.with_message(f"{request.what} was not created: {at}{own.message}", own.hint or _RUN_AGAIN)
    listed = "".join(f"\n  {one}" for one in there)
    delete = command_line("az", "resource", "delete", "--ids", *there)
    return own.with_message(
        f"{request.what} was not created: {at}{own.message}\nThese resources were created and remain:{listed}",
        f"Fix the cause and delete these resources before you run the command again: {delete}"
        if vm_is_there
        else f"{_RUN_AGAIN} Or delete it: {delete}",
    )


def goes_on(failure: VmidentError, request: DeploymentRequest) -> VmidentError:
    """Add to the error of an interrupted wait that the deployment continues, and where to see it."""
    return failure.in_doubt().with_message(
        f"{failure.message} The deployment of {request.what} was sent and may still complete.",
        f"To see its progress: {_how_to_look(request)}",
    )


def _how_to_look(request: DeploymentRequest) -> str:
    return command_line("az", "deployment", "group", "show", "-g", request.id.group, "-n", request.id.name)


def _steps(
    request: DeploymentRequest, before: tuple[Step, ...], deployments: Deployments, prompt: Prompt
) -> tuple[Step, ...]:
    """Read the resources again and tell which are new; where they cannot be read, what was seen before stands."""
    try:
        steps = tuple(deployments.steps(request.id))
    except VmidentError as failure:
        if failure.ends_run:
            raise
        return before
    known = set(made(before))
    for step in steps:
        if step.is_done and step.resource_id not in known:
            known.add(step.resource_id)
            prompt.progress(f"{step.kind} '{step.name}' created")
    return steps
