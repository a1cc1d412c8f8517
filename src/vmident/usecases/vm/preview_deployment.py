"""Ask Azure what a deployment would change, without making it."""

from __future__ import annotations

from vmident.core.consequences import Notice
from vmident.core.polling import pause_before_look
from vmident.core.vm_creation.deployment import DeploymentRequest, WhatIfChange
from vmident.errors import NotSignedIn, VmidentError
from vmident.ports.clock import Clock
from vmident.ports.deployments import Deployments
from vmident.ports.prompt import Prompt

WHAT_IF_FAILED = "what-if-failed"


def preview_deployment(
    request: DeploymentRequest, deployments: Deployments, clock: Clock, prompt: Prompt
) -> tuple[tuple[WhatIfChange, ...] | None, tuple[Notice, ...]]:
    """Return what Azure says that it would do; `None` and a warning where it does not say."""
    began = clock.now()
    try:
        what_if = deployments.what_if(request)
        while what_if.changes is None:
            elapsed = clock.now() - began
            prompt.progress("Waiting for what-if", elapsed)
            clock.sleep(pause_before_look(elapsed, what_if.retry_after_seconds))
            what_if = deployments.poll_what_if(what_if)
    except VmidentError as failure:
        # A preview needs no sign-in: the template is worked out without Azure.
        if failure.ends_run and not isinstance(failure, NotSignedIn):
            raise
        return None, (Notice(WHAT_IF_FAILED, f"What-if failed: {failure.code}: {failure.message}"),)
    # What the template does not name is left alone, and may be the whole group.
    return tuple(one for one in what_if.changes if one.change.lower() != "ignore"), ()
