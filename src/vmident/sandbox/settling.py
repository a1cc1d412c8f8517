"""What happens by itself between requests: operations end, and deployments go on, each at its own moment.

Deployments are loaded where one runs: most commands never meet one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmident.sandbox.protocol import operations

if TYPE_CHECKING:
    from vmident.sandbox.protocol.call import InternalClient, SandboxSettings
    from vmident.sandbox.rows import Rows

_EVERY = 1_000_000


def is_due(rows: Rows, now: float) -> bool:
    """Return whether `settle` would change anything."""
    runs = rows.page("run", None, ("", ""), _EVERY)
    return any(run["due"] <= now for run in runs) or bool(rows.due_operations(now))


def settle(rows: Rows, now: float, internal: InternalClient, settings: SandboxSettings) -> None:
    """Do all that is due by `now`: end operations, and have deployments take their next steps."""
    if not rows.count("run"):
        operations.settle(rows, now)
        return
    from vmident.sandbox.deployments import runner

    runner.settle(rows, now, internal, settings)
