"""`vmident runs list`, `show`, `resume` and `undo`."""

from __future__ import annotations

from typing import Annotated

import typer
from msgspec import Struct

from vmident.cli.change_report import report_changes
from vmident.cli.completion import candidates
from vmident.cli.composition.session import Session
from vmident.cli.inputs.numbers import whole_number_between
from vmident.cli.inputs.stop_policy import policy_of
from vmident.cli.options.shared import Canary, MaxFailures, RemovalOptions, Yes
from vmident.cli.run import Run
from vmident.core.run_record import RunRecord
from vmident.errors import ExitCode, UsageError
from vmident.fleet.journal import RUNS_KEPT
from vmident.render.runs import (
    entry_row,
    failure_row,
    left_out_lines,
    run_document,
    run_list_lines,
    run_row,
    whole_run_document,
    whole_run_lines,
)
from vmident.usecases.change.change_vms import ExecutionOptions
from vmident.usecases.change.resume_and_undo import resume_run, undo_run
from vmident.usecases.identity.recorded_deletion import resume_deletions

RunWord = Annotated[
    str | None,
    typer.Argument(
        metavar="[RUN]",
        help="Run ID. Defaults to the last run.",
        show_default=False,
        autocompletion=candidates.runs,
    ),
]


class RunOptions(Struct, frozen=True):
    """Options of resume and undo, which wait for each VM."""

    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the changes without making them.")] = False
    yes: Yes = False
    canary: Canary = None
    max_failures: MaxFailures = None

    @property
    def execution(self) -> ExecutionOptions:
        """Return how changes are executed; raises `UsageError`."""
        return ExecutionOptions(self.dry_run, policy=policy_of(self.canary, self.max_failures))


class ListOptions(Struct, frozen=True):
    """Which runs are listed."""

    every_cloud: Annotated[bool, typer.Option("--all", help="List the runs of all clouds, including the sandbox.")] = (
        False
    )
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit",
            metavar="N",
            help="List the newest N runs only.",
            parser=whole_number_between(1, RUNS_KEPT),
            show_default=False,
        ),
    ] = None


def list_runs(run: Run, *, options: ListOptions) -> ExitCode:
    """List past runs, newest first.

    Each command that changes VMs is one run. Lists the runs of the current cloud; use --all for all clouds. The last
    1,000 runs are kept. Sends no request to Azure.

    Examples:

      vmident runs list

      vmident runs list --all --limit 20

      vmident runs list -o json --query "[?status=='unfinished'].run"
    """
    session = run.open()
    recorded = session.ports.journal.runs()
    of_cloud = [one for one in recorded if options.every_cloud or one.origin.endpoint == session.endpoint]
    listed = of_cloud[: options.limit]
    run.answer(
        [run_document(one) for one in listed],
        rows=[run_row(one) for one in listed],
        lines=lambda: run_list_lines(listed, run.runtime.wall(), run.width_columns, with_cloud=options.every_cloud),
    )
    run.console.warn(left_out_lines(len(of_cloud) - len(listed), len(recorded) - len(of_cloud)))
    return ExitCode.DONE


def show_run(run: Run, *, run_word: RunWord = None) -> ExitCode:
    """Show one run and its result for each VM.

    Shows the last run in the current cloud if none is given. Sends no request to Azure.

    Examples:

      vmident runs show

      vmident runs show 3f2a9c1e -o json
    """
    record = _record(run_word, run.open())
    run.answer(
        whole_run_document(record),
        rows=[*map(entry_row, record.entries), *map(failure_row, record.failures)],
        lines=lambda: whole_run_lines(record, run.runtime.wall()),
    )
    return ExitCode.DONE


def resume(run: Run, *, run_word: RunWord = None, execution: RunOptions) -> ExitCode:
    """Resume an interrupted run.

    Changes the VMs that the run did not reach. VMs whose outcome is unknown are read first. VMs that are done or have
    failed are skipped. Prompts only if it would remove more than you confirmed for the run.

    Examples:

      vmident runs resume

      vmident runs resume 3f2a9c1e --dry-run
    """
    how = execution.execution
    session = run.open(yes=execution.yes)
    record = _record_here(run_word, session)
    results = resume_run(record, session.ports, how)
    deletions = resume_deletions(record, results, session.ports, dry_run=execution.dry_run)
    return report_changes(run, results, session, named_one=False, deletions=deletions)


def undo(run: Run, *, run_word: RunWord = None, removal: RemovalOptions, execution: RunOptions) -> ExitCode:
    """Undo a run.

    Restores each VM's previous identities and deletes the role assignments that the run created. A system-assigned
    identity gets a new principal, which is granted the roles that the old one had. VMs that have changed since are
    skipped and listed. The undo is also a run and can be undone. Prompts before removing anything; use --yes in
    scripts.

    Examples:

      vmident runs undo --dry-run

      vmident runs undo 3f2a9c1e --yes
    """
    how = execution.execution
    session = run.open(yes=execution.yes)
    record = _record_here(run_word, session)
    results = undo_run(record, session.ports, how, remove_roles=removal.remove_roles)
    return report_changes(run, results, session, named_one=False)


def _record(word: str | None, session: Session) -> RunRecord:
    return session.ports.journal.read(word) if word else session.ports.journal.last(session.endpoint)


def _record_here(word: str | None, session: Session) -> RunRecord:
    record = _record(word, session)
    if record.origin.endpoint != session.endpoint:
        raise UsageError(
            f"Run {record.id} ran in {record.origin.cloud} at {record.origin.endpoint}, not at {session.endpoint}.",
            hint="Select that cloud with --cloud, --sandbox, or VMIDENT_ARM_ENDPOINT.",
        )
    return record
