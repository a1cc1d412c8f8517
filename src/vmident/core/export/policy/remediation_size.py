"""How large a remediation task is, from the number of VMs that a plan would change.

Source: Microsoft's page 'Azure Policy remediation task structure': `resourceCount` is 500 by default and 50,000 at
most, `parallelDeployments` 10 by default and 30 at most; `failureThreshold.percentage` is a part of one.
"""

from __future__ import annotations

from typing import Any

_MOST_RESOURCES = 50_000
_DEFAULT_RESOURCES = 500
_DEFAULT_PARALLEL = 10
_MOST_PARALLEL = 30
_FAILURES_AT_MOST = 0.1


def remediation_size(pending: int | None) -> dict[str, Any]:
    """Return the properties of a task for the VMs of a plan; Azure's defaults for `None` and for 0.

    A task changes no more VMs than the plan showed. It changes ten at a time, and one more for each hundred VMs above a
    thousand, and stops where more than a tenth of them fail.
    """
    count = min(pending or _DEFAULT_RESOURCES, _MOST_RESOURCES)
    return {
        "resourceCount": count,
        "parallelDeployments": min(max(_DEFAULT_PARALLEL, count // 100), _MOST_PARALLEL),
        "failureThreshold": {"percentage": _FAILURES_AT_MOST},
    }
