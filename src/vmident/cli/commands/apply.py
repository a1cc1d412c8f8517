"""`vmident apply`."""

from __future__ import annotations

from typing import Annotated

import typer

from vmident.cli.change_report import report_changes
from vmident.cli.composition.session import Session
from vmident.cli.inputs.desired_state_file import DescriptionFile, Strict, called, planned_by, text_of
from vmident.cli.inputs.stop_policy import policy_of
from vmident.cli.options.shared import FleetOptions, RemovalOptions
from vmident.cli.run import Run
from vmident.core.desired_state.plan import Plan
from vmident.core.selection import SelectedChange
from vmident.core.shell import command_line
from vmident.errors import BadPlan, ExitCode, UsageError
from vmident.files.plan_file import plan_in
from vmident.render.human import warnings_about
from vmident.render.plan import nothing_pending_text
from vmident.usecases.apply_plan import apply_plan
from vmident.usecases.change.change_vms import ExecutionOptions

PlanFile = Annotated[
    str | None, typer.Argument(metavar="PLAN", help="Plan saved with 'vmident plan --save'.", show_default=False)
]


def apply(
    run: Run,
    *,
    saved: PlanFile = None,
    file: DescriptionFile = None,
    strict: Strict = False,
    removal: RemovalOptions,
    execution: FleetOptions,
) -> ExitCode:
    """Apply a desired-state file or a saved plan.

    Takes a desired-state file with -f, or a plan saved with 'vmident plan --save'. A saved plan is applied exactly: a
    VM whose identities have changed since the plan was made is not changed. Prompts for confirmation; use --yes in
    scripts.

    Examples:

      vmident apply -f identities.yaml

      vmident apply friday.plan --yes
    """
    if (saved is None) == (file is None):
        raise UsageError(
            "Specify a desired-state file with -f, or a saved plan.", hint="Example: vmident apply -f identities.yaml"
        )
    if saved is not None and saved.lower().endswith((".yaml", ".yml")):
        raise BadPlan(
            f"'{saved}' is a desired-state file and must be specified with -f.",
            hint=f"To apply it: {command_line('vmident', 'apply', '-f', saved)}",
        )
    if saved is not None and run.group_given:
        raise UsageError(
            "-g cannot be used with a saved plan, which is applied as a whole.",
            hint="Remove -g, or create a plan for the resource group: vmident plan -f FILE -g GROUP --save PLAN",
        )
    if saved is not None and strict:
        raise UsageError("--strict is for desired-state files.", hint="Remove --strict: a saved plan names VMs by ID.")
    if execution.no_wait and removal.remove_roles:
        raise UsageError(
            "--no-wait cannot be used with --remove-roles, which deletes roles after the identity has changed.",
            hint="Remove --no-wait.",
        )
    how = ExecutionOptions(
        execution.dry_run,
        execution.no_wait,
        policy_of(execution.canary, execution.max_failures, no_wait=execution.no_wait),
        # A saved plan was looked at when it was made; what a file selects is known only now.
        SelectedChange("Apply the desired state to") if file is not None else None,
    )
    session = run.open(yes=execution.yes)
    made = _plan(saved, file, run, session, strict=strict)
    if execution.no_wait and any(not grant.is_there for one in made.pending for grant in one.grants):
        raise UsageError(
            "--no-wait cannot be used with roles, which are granted after the identity has changed.",
            hint="Remove --no-wait.",
        )
    is_saved = saved is not None
    results = apply_plan(made, session.ports, how, exactly=is_saved, remove_roles=removal.remove_roles)
    run.console.warn(warnings_about(called(str(file)), made.warnings))
    return report_changes(run, results, session, named_one=False, nothing=nothing_pending_text(made))


def _plan(saved: str | None, file: str | None, run: Run, session: Session, *, strict: bool) -> Plan:
    if saved is not None:
        return plan_in(text_of(saved, run), called(saved), session.endpoint)
    return planned_by(str(file), run, session, strict=strict)
