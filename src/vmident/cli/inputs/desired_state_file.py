"""The files that `plan` and `apply` read: descriptions and saved plans."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vmident.cli.composition.session import Session
from vmident.cli.inputs.encoding import decoded
from vmident.cli.run import Run
from vmident.core.desired_state.plan import Plan
from vmident.errors import ConflictingRules, NotFound, UsageError
from vmident.files.desired_state import rules_in
from vmident.usecases.plan_state import plan_state

_CORRECT_IT = "Correct the file, or run without --strict to continue with a warning."

DescriptionFile = Annotated[
    str | None,
    typer.Option(
        "--file",
        "-f",
        metavar="FILE",
        help="Desired-state file, in YAML. Use '-' for standard input.",
        show_default=False,
    ),
]


Strict = Annotated[
    bool, typer.Option("--strict", help="Fail if the file names VMs, groups, or regions that match no VMs.")
]


def text_of(file: str, run: Run) -> str:
    """Read a text file, or standard input for `-`; raises `UsageError`."""
    if file == "-":
        return run.read_input()
    try:
        return decoded(Path(file).read_bytes())
    except UnicodeDecodeError as bad:
        raise UsageError(f"'{file}' is not UTF-8 or UTF-16 text.", hint="Save the file as UTF-8.") from bad
    except (OSError, ValueError) as bad:
        reason = getattr(bad, "strerror", None) or str(bad)
        raise UsageError(f"'{file}' cannot be read: {reason}.", hint="Check the file name.") from bad


def called(file: str) -> str:
    """Return what messages call a file: its name, or what `-` stands for."""
    return "standard input" if file == "-" else file


def planned_by(file: str, run: Run, session: Session, *, strict: bool) -> Plan:
    """Plan the changes that a desired-state file makes; `-g` limits them to one group. Conflicts name the file.

    With `strict`, raises `NotFound` for what the file names and no VM has.
    """
    if strict and run.group_given:
        raise UsageError("--strict cannot be used with -g, which leaves VMs out.", hint="Remove -g or --strict.")
    rules = rules_in(text_of(file, run), called(file))
    try:
        plan = plan_state(rules, session.where_asked, session.ports)
    except ConflictingRules as conflict:
        raise conflict.with_message(f"{called(file)}: {conflict.message}") from conflict
    if strict and plan.unmatched:
        raise _unmatched(plan, called(file))
    return plan


def _unmatched(plan: Plan, file: str) -> NotFound:
    first, *others = plan.unmatched
    if others:
        listed = "".join(f"\n{one.message}" for one in plan.unmatched)
        return NotFound(
            f"{file}: {len(plan.unmatched)} names or rules match no VMs:{listed}", code=first.code, hint=_CORRECT_IT
        )
    return NotFound(f"{file}: {first.message}", code=first.code, hint=_CORRECT_IT)
