"""`vmident plan`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from msgspec import Struct

from vmident.cli.config.settings import Output
from vmident.cli.inputs.desired_state_file import DescriptionFile, Strict, called, planned_by
from vmident.cli.run import Run
from vmident.core.desired_state.plan import Plan
from vmident.core.shell import command_line
from vmident.errors import ExitCode, UsageError
from vmident.files.desired_state import schema_text
from vmident.files.plan_file import header
from vmident.private_files import write_private
from vmident.render.formats import as_json
from vmident.render.line import Line
from vmident.render.plan import plan_document, plan_lines, plan_row, plan_warning_lines
from vmident.usecases.history.last_changes import find_last_changes

MissingOption = Annotated[str | None, typer.Argument(hidden=True, metavar="[-f FILE]")]
"""A file without `-f`, for the error that names the option. Usage lines show hidden arguments, hence the metavar."""


class PlanOptions(Struct, frozen=True):
    """What is done with a plan beside showing it."""

    save: Annotated[
        str | None,
        typer.Option("--save", metavar="PLAN", help="Save the plan to a file for 'vmident apply'.", show_default=False),
    ] = None
    exit_code: Annotated[
        bool,
        typer.Option(
            "--exit-code", help="Exit with 10 if changes are pending, 1 if the file names VMs that do not exist."
        ),
    ] = False
    strict: Strict = False
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema of desired-state files.")] = False


def plan(run: Run, *, word: MissingOption = None, file: DescriptionFile = None, options: PlanOptions) -> ExitCode:
    """Show the changes a desired-state file would make.

    Reads the VMs of the subscription, or those that the rules name, and changes nothing. Use -g to limit the plan to
    one resource group. With --exit-code, exits with 10 if changes are pending. If none are, but the file names VMs,
    groups or regions that match no VMs, it exits with 1.

    Examples:

      vmident plan -f identities.yaml

      vmident plan -f identities.yaml --save friday.plan

      vmident plan -f identities.yaml --exit-code -o none
    """
    if word is not None:
        raise UsageError(
            f"'{word}' must be specified with -f.",
            hint=f"To preview its changes: {command_line('vmident', 'plan', '-f', word)}",
        )
    if options.schema:
        if file is not None or options.save or options.exit_code or options.strict:
            raise UsageError(
                "--schema cannot be used with other options of 'plan'.",
                hint="Remove -f, --save, --exit-code, and --strict.",
            )
        text = schema_text()
        run.answer_file(json.loads(text), text=text.rstrip(), rows=json.loads(text))
        return ExitCode.DONE
    if file is None:
        raise UsageError("A desired-state file is required.", hint="Example: vmident plan -f identities.yaml")
    session = run.open()
    made = planned_by(file, run, session, strict=options.strict)
    now_seconds = run.runtime.wall()
    # A pipeline that asks for the exit code alone pays nothing for what it does not see.
    last = {} if run.output is Output.NONE else find_last_changes([one.vm for one in made.pending], session.ports)
    document = plan_document(made, last)
    if options.save:
        _save(options.save, as_json({**header(session.endpoint, now_seconds), **document}))
    run.answer(document, rows=[plan_row(one) for one in made.vms], lines=lambda: plan_lines(made, last, now_seconds))
    run.console.warn(plan_warning_lines(made, called(file)))
    if options.save:
        apply = command_line("vmident", "apply", options.save)
        run.console.warn([Line(f"Saved the plan to '{options.save}'. To apply it: {apply}")])
    elif made.pending and file != "-" and run.output is Output.HUMAN:
        strict = ["--strict"] if options.strict else []
        group = ["-g", run.group_given] if run.group_given else []
        apply = command_line("vmident", "apply", "-f", file, *group, *run.subscription_options, *strict)
        run.console.warn([Line(f"To apply: {apply}")])
    return _exit_code(made) if options.exit_code else ExitCode.DONE


def _exit_code(plan: Plan) -> ExitCode:
    if plan.pending:
        return ExitCode.PENDING
    return ExitCode.FAILED if plan.unmatched else ExitCode.DONE


def _save(file: str, text: str) -> None:
    try:
        write_private(Path(file), f"{text}\n")
    except (OSError, ValueError) as bad:
        reason = getattr(bad, "strerror", None) or str(bad)
        raise UsageError(f"The plan cannot be saved to '{file}': {reason}.", hint="Use another file name.") from bad
