"""`vmident sandbox status` and `vmident sandbox reset`."""

from __future__ import annotations

from vmident.cli.running import Run
from vmident.errors import ExitCode
from vmident.render.human import fact_lines


def status(run: Run) -> ExitCode:
    """Show what the sandbox holds, and where it is kept.

    Examples:

      vmident sandbox status
    """
    return _say(run, run.open().sandbox.status())


def reset(run: Run) -> ExitCode:
    """Put the sandbox back to what it holds when it is new.

    Touches the sandbox alone, and does not ask: there is nothing real in it.

    Examples:

      vmident sandbox reset
    """
    sandbox = run.open().sandbox
    sandbox.reset()
    return _say(run, sandbox.status())


def _say(run: Run, facts: dict[str, object]) -> ExitCode:
    run.answer(facts, rows=[facts], lines=lambda: fact_lines(facts))
    return ExitCode.DONE
