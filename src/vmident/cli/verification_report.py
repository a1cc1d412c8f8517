"""What is printed on standard error of verifications."""

from __future__ import annotations

from collections.abc import Sequence

from vmident.cli.run import Run
from vmident.render.human import warnings_about
from vmident.results.verification import VmVerification


def explain_verifications(run: Run, results: Sequence[VmVerification]) -> None:
    """Print the warnings and failures of verifications."""
    for one in results:
        run.console.warn(warnings_about(one.name, one.warnings))
        if one.error:
            run.explain_vm(one.error, one.id)
