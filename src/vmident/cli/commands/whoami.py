"""`vmident whoami`."""

from __future__ import annotations

from vmident.cli.run import Run
from vmident.errors import ExitCode
from vmident.render.account import who_document, who_facts, who_lines
from vmident.usecases.whoami import whoami_result


def whoami(run: Run) -> ExitCode:
    """Show the signed-in account and the active settings.

    Gets a token like any other command, and never shows it. Reads only the subscription's name from Azure.

    Examples:

      vmident whoami

      vmident whoami --query subscriptionId -o tsv
    """
    session = run.open()
    who = whoami_result(session.ports, session.active_settings)
    run.answer(who_document(who), rows=[who_facts(who)], lines=lambda: who_lines(who, run.runtime.wall()))
    return ExitCode.DONE
