"""`vmident whoami`."""

from __future__ import annotations

from vmident.cli.run import Run
from vmident.errors import ExitCode
from vmident.render.account import who_document, who_facts, who_lines
from vmident.usecases.whoami import whoami_result


def whoami(run: Run) -> ExitCode:
    """Show the signed-in account and the active settings.

    Does not show the token. Reads only the name of the subscription from Azure.

    Examples:

      vmident whoami

      vmident whoami --query subscriptionId -o tsv
    """
    session = run.open()
    who = whoami_result(session.ports, session.active_settings)
    run.answer(who_document(who), rows=[who_facts(who)], lines=lambda: who_lines(who, run.runtime.wall()))
    return ExitCode.DONE
