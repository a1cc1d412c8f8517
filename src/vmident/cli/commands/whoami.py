"""`vmident whoami`."""

from __future__ import annotations

from vmident.cli.run import Run
from vmident.errors import ExitCode
from vmident.render.account import who_document, who_facts
from vmident.render.human import fact_lines
from vmident.usecases.whoami import whoami_result


def whoami(run: Run) -> ExitCode:
    """Show the signed-in account and the active settings.

    Gets a token as any other command would and never shows it. Reads nothing from Azure but the subscription's name.

    Examples:

      vmident whoami

      vmident whoami --query subscriptionId -o tsv
    """
    session = run.open()
    who = whoami_result(session.ports, session.active_settings)
    facts = who_facts(who)
    known = {name: value for name, value in facts.items() if value is not None}
    run.answer(who_document(who), rows=[facts], lines=lambda: fact_lines(known))
    return ExitCode.DONE
