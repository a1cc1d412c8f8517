"""What happens by itself between requests: operations end, and runs take their next steps, each at its own moment.

A run is a deployment, a remediation of Azure Policy, or what a policy deploys after a write: `{"group", "name", "due",
"sent"}`, where `due` is the moment of its next step (epoch seconds), and `sent` the traced headers of the request that
began it. The last two have a `kind` as well. Runs are loaded where there is one: most commands never meet any.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmident.sandbox.protocol import operations

if TYPE_CHECKING:
    from collections.abc import Callable

    from vmident.sandbox.protocol.call import InternalClient, SandboxSettings
    from vmident.sandbox.rows import Record, Rows

_EVERY = 1_000_000


def is_due(rows: Rows, now: float) -> bool:
    """Return whether `settle` would change anything."""
    runs = rows.page("run", None, ("", ""), _EVERY)
    return any(run["due"] <= now for run in runs) or bool(rows.due_operations(now))


def settle(rows: Rows, now: float, internal: InternalClient, settings: SandboxSettings) -> None:
    """Do all that is due by `now`, in the order of time: end operations, and have runs take their next steps."""
    while rows.count("run"):
        first = min(rows.page("run", None, ("", ""), _EVERY), key=lambda run: float(run["due"]))
        if first["due"] > now:
            break
        operations.settle(rows, first["due"])
        _advance(first)(rows, first, internal.sent_by(first["sent"]), settings)
    operations.settle(rows, now)


def _advance(run: Record) -> Callable[[Rows, Record, InternalClient, SandboxSettings], None]:
    """Return the function that takes a run's next step."""
    if run.get("kind") == "remediation":
        from vmident.sandbox.policy_insights import remediation_runner

        return remediation_runner.advance
    if run.get("kind"):
        from vmident.sandbox.policy.effects import deployment_runner

        return deployment_runner.advance
    from vmident.sandbox.deployments import runner

    return runner.advance
