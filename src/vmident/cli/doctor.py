"""`vmident doctor`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from vmident.account_results import Diagnosis
from vmident.cli.options import IdentityWords, TimeoutSeconds, Yes
from vmident.cli.person import PersonAtTheTerminal
from vmident.cli.running import Run
from vmident.cli.session import Session
from vmident.core.transition import RemoveUsers
from vmident.errors import ConfirmationNeeded, ExitCode, UsageError, VmidentError
from vmident.render.diagnosis import diagnosis_document, diagnosis_lines, finding_row
from vmident.results import ChangeResult
from vmident.usecases.change_vms import Manner, change_vms
from vmident.usecases.diagnose import Patient, diagnose
from vmident.usecases.find_identities import checked_identity_words
from vmident.usecases.find_vms import checked_vm_words
from vmident.usecases.prepare_change import Wish

VmWord = Annotated[
    str | None, typer.Argument(metavar="VM", help="The name or full id of a VM to look at too.", show_default=False)
]


@dataclass(frozen=True)
class FixOptions:
    """Whether what can be mended is mended."""

    fix: Annotated[bool, typer.Option("--fix", help="Detach identities that do not exist any more.")] = False
    yes: Yes = False
    timeout: TimeoutSeconds = None


def doctor(run: Run, *, vm: VmWord = None, identity: IdentityWords = None, fixing: FixOptions) -> ExitCode:
    """Check everything that a change of identities needs.

    Looks at the sign-in, the subscription, the clock, the network and the resource providers; for a VM also at what
    you may do to it and to each identity named, whether its attached identities exist, whom programs in it get tokens
    as, and whether it runs. Changes nothing without --fix; --fix asks first, and off a terminal needs --yes. What you
    may do is only likely: locks and policies are not seen.

    Examples:

      vmident doctor

      vmident doctor myVM --identity myId

      vmident doctor myVM --fix
    """
    identities = checked_identity_words(identity or ())
    if vm is None and (identities or fixing.fix):
        raise UsageError("--identity and --fix need a VM.", hint="Name it: vmident doctor myVM")
    patient = Patient(checked_vm_words([vm])[0], identities) if vm else None
    session = run.open(timeout=fixing.timeout)
    person = PersonAtTheTerminal(run.console, yes=fixing.yes)

    def look() -> Diagnosis:
        return diagnose(patient, session.where, session.world(person), session.reach)

    found = look()
    try:
        fixed = _fixed(found, session, person) if fixing.fix else ()
    except VmidentError as failure:
        # Nothing was mended; what was found is worth knowing all the same.
        _answer(run, found, ())
        if isinstance(failure, ConfirmationNeeded):
            raise failure.saying(failure.message, hint="Add --yes if that is what you want.") from failure
        raise
    if any(one.error is None for one in fixed):
        found = look()
    _answer(run, found, fixed)
    for one in fixed:
        if one.error:
            run.explain(one.error, about=one.vm)
    return ExitCode.FAILED if any(one.is_amiss for one in found.findings) else ExitCode.DONE


def _answer(run: Run, found: Diagnosis, fixed: tuple[ChangeResult, ...]) -> None:
    run.answer(
        diagnosis_document(found, fixed),
        rows=[finding_row(one) for one in found.findings],
        lines=lambda: diagnosis_lines(found, fixed),
    )


def _fixed(found: Diagnosis, session: Session, person: PersonAtTheTerminal) -> tuple[ChangeResult, ...]:
    if not found.dead:
        return ()
    wish = Wish(RemoveUsers, tuple(str(one) for one in found.dead))
    return change_vms([str(found.vm)], session.where, wish, session.world(person), Manner())
