"""Ask Azure what a deployment would change, without making it."""

from __future__ import annotations

from vmident.core.consequences import Warn
from vmident.core.polling import pause_before_look
from vmident.core.vm_creation.deployment import Foreseen, Order
from vmident.errors import VmidentError
from vmident.ports.azure import Clock, Person
from vmident.ports.deployments import Deployments

WHAT_IF_FAILED = "what-if-failed"


def foresee(
    order: Order, deployments: Deployments, clock: Clock, person: Person
) -> tuple[tuple[Foreseen, ...] | None, tuple[Warn, ...]]:
    """Give what Azure says that it would do; `None` and a warning where it does not say."""
    began = clock.now()
    try:
        what_if = deployments.foresee(order)
        while what_if.changes is None:
            elapsed = clock.now() - began
            person.tell(f"waiting for Azure to say what it would do ({elapsed:.0f} s)")
            clock.sleep(pause_before_look(elapsed, what_if.retry_after_seconds))
            what_if = deployments.look_at_foresight(what_if)
    except VmidentError as failure:
        if failure.ends_run:
            raise
        return None, (Warn(WHAT_IF_FAILED, f"Azure did not say what it would do: {failure.code}: {failure.message}"),)
    # What the template does not name is left alone, and may be the whole group.
    return tuple(one for one in what_if.changes if one.change.lower() != "ignore"), ()
