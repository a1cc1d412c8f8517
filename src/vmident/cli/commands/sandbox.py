"""`vmident sandbox status` and `vmident sandbox reset`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from vmident.cli.options.shared import Vms
from vmident.cli.run import Run
from vmident.errors import ExitCode, UsageError
from vmident.render.human import fact_lines


def status(run: Run) -> ExitCode:
    """Show what the sandbox holds, and where it is kept.

    Examples:

      vmident sandbox status
    """
    return _say(run, run.open().sandbox.status())


RoleNames = Annotated[
    list[str] | None,
    typer.Option(
        "--role",
        metavar="ROLE",
        help="Limit the signed-in person to this role, by name or GUID; repeatable.",
        show_default="Owner",
    ),
]
ScopeWords = Annotated[
    list[str] | None,
    typer.Option(
        "--scope",
        metavar="SCOPE",
        help="Where the roles hold: 'subscription', 'group' or a full id; repeatable.",
        show_default="subscription",
    ),
]


def reset(run: Run, *, role: RoleNames = None, scope: ScopeWords = None, vms: Vms = 0) -> ExitCode:
    """Put the sandbox back to what it holds when it is new.

    Touches the sandbox alone, and does not ask: there is nothing real in it.

    Examples:

      vmident sandbox reset

      vmident sandbox reset --role "Virtual Machine Contributor" --scope group

      vmident sandbox reset --vms 200
    """
    if scope and not role:
        raise UsageError(
            "A scope says where a role holds, and no role is named.",
            hint="Name one: vmident sandbox reset --role Reader --scope group",
        )
    sandbox = run.open().sandbox
    sandbox.reset([(one, where) for one in role or () for where in scope or ("subscription",)])
    sandbox.add_vms(vms)
    return _say(run, sandbox.status())


def _say(run: Run, facts: dict[str, Any]) -> ExitCode:
    flat = {**facts, "roles": ", ".join(facts["roles"])}
    run.answer(facts, rows=[flat], lines=lambda: fact_lines(flat))
    return ExitCode.DONE
