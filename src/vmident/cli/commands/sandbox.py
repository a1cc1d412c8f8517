"""`vmident sandbox status` and `vmident sandbox reset`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from vmident.cli.options.shared import Vms
from vmident.cli.run import Run
from vmident.errors import ExitCode, UsageError
from vmident.render.human import fact_lines


def status(run: Run) -> ExitCode:
    """Show the sandbox's contents and location.

    Examples:

      vmident sandbox status
    """
    return _say(run, run.open().ports.sandbox.status())


RoleNames = Annotated[
    list[str] | None,
    typer.Option(
        "--role",
        metavar="ROLE",
        help="Role of the signed-in user, by name or GUID. Repeatable.",
        show_default="Owner",
    ),
]
ScopeWords = Annotated[
    list[str] | None,
    typer.Option(
        "--scope",
        metavar="SCOPE",
        help="Scope of the roles: 'subscription', 'group', or a resource ID. Repeatable.",
        show_default="subscription",
    ),
]


def reset(run: Run, *, role: RoleNames = None, scope: ScopeWords = None, vms: Vms = 0) -> ExitCode:
    """Reset the sandbox to its initial state.

    Deletes everything in the sandbox without a prompt. Azure is not affected.

    Examples:

      vmident sandbox reset

      vmident sandbox reset --role "Virtual Machine Contributor" --scope group

      vmident sandbox reset --vms 200
    """
    if scope and not role:
        raise UsageError(
            "--scope requires --role.",
            hint="Example: vmident sandbox reset --role Reader --scope group",
        )
    sandbox = run.open().ports.sandbox
    sandbox.reset([(one, where) for one in role or () for where in scope or ("subscription",)])
    sandbox.add_vms(vms)
    return _say(run, sandbox.status())


def _say(run: Run, facts: dict[str, Any]) -> ExitCode:
    flat = {**facts, "roles": ", ".join(facts["roles"])}
    run.answer(facts, rows=[flat], lines=lambda: fact_lines(flat))
    return ExitCode.DONE
