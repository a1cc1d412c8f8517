"""`vmident history`."""

from __future__ import annotations

from typing import Annotated

import typer
from msgspec import Struct

from vmident.cli.config.settings import Output
from vmident.cli.inputs.moments import Moment, moment
from vmident.cli.inputs.numbers import whole_number_between
from vmident.cli.options.shared import VmOptions, VmWords
from vmident.cli.run import Run
from vmident.errors import ExitCode, UsageError

_MOST = 100_000


class HistoryOptions(Struct, frozen=True):
    """Which changes are shown."""

    since: Annotated[
        Moment | None,
        typer.Option(
            "--since",
            metavar="AGE|TIME",
            parser=moment,
            help="Show changes since a time: an age such as 2h or 3d, or a UTC date or time.",
            show_default=False,
        ),
    ] = None
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit",
            metavar="N",
            help="Show the newest N changes only.",
            parser=whole_number_between(1, _MOST),
            show_default=False,
        ),
    ] = None


def history(run: Run, *, vms: VmWords = None, vm_options: VmOptions, options: HistoryOptions) -> ExitCode:
    """Show who changed the identities of VMs, when, and how.

    Shows the changes of the last 14 days, newest first, with the user or application, the client, and the vmident run.
    Azure does not keep older changes. A new change appears within about 5 minutes. --all and -g include deleted VMs;
    to name one, use its resource ID. Reads Resource Graph and changes nothing.

    Examples:

      vmident history myVM

      vmident history --all -g myResourceGroup --since 2d

      vmident history myVM -o json --query "[?run==null].changedBy"
    """
    from vmident.cli.inputs.vm_selection import resolve_vms, selected_vms
    from vmident.core.selection import Selection
    from vmident.render.history import history_document, history_lines, history_row, older_lines
    from vmident.render.line import Line
    from vmident.render.moment import utc
    from vmident.results.changes import exit_code_for
    from vmident.usecases.history.show_history import DeletionsOf, HistoryQuestion, show_history

    meant = selected_vms(vms, vm_options, run)
    now_seconds = run.runtime.wall()
    since_seconds = options.since(now_seconds) if options.since is not None else None
    if since_seconds is not None and since_seconds > now_seconds:
        raise UsageError(
            f"--since is in the future: {utc(since_seconds)}.", hint=f"The current time is {utc(now_seconds)} (UTC)."
        )
    session = run.open(selecting=isinstance(meant, Selection), kind=vm_options.kind)
    words = resolve_vms(meant, session, run)
    deletions_of = None
    if isinstance(meant, Selection) and not (meant.tags or meant.condition):
        deletions_of = DeletionsOf(meant.group, session.subscriptions(run.several_subscriptions))
    elif isinstance(meant, Selection) and run.output is Output.HUMAN:
        run.console.warn([Line("Deleted VMs are not included. Use --all or -g to include them.")])
    question = HistoryQuestion(since_seconds, options.limit, deletions_of)
    report = show_history(words, session.where, session.ports, question)
    if not words or any(one.error is None for one in report.vms):
        run.answer(
            [history_document(one) for one in report.entries],
            rows=[history_row(one) for one in report.entries],
            lines=lambda: history_lines(report, now_seconds, since_seconds),
        )
        run.console.warn(older_lines(report.older))
    for one in report.vms:
        if one.error:
            run.failed(one.error)
    return exit_code_for(report.vms)
