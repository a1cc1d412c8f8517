from __future__ import annotations

import pytest

from vmident.core.identity import IdentityState
from vmident.core.resource_id import vm_id
from vmident.core.virtual_machine import VirtualMachine
from vmident.errors import (
    AmbiguousName,
    AzureErrorResponse,
    AzureUnavailable,
    Conflict,
    Declined,
    ExitCode,
    Interrupted,
    NotAllowed,
    NotFound,
    NotSignedIn,
    OperationFailed,
    PreconditionFailed,
    Throttled,
    TimedOut,
    UsageError,
    VmidentError,
)
from vmident.results.changes import ChangeResult, Status, VmView, exit_code_for


def _ended(*endings: Status | VmidentError) -> list[ChangeResult]:
    return [
        ChangeResult("vm", Status.FAILED, error=ending)
        if isinstance(ending, VmidentError)
        else ChangeResult("vm", ending)
        for ending in endings
    ]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (VmidentError("x"), 1),
        (Declined("x"), 1),
        (OperationFailed("x"), 1),
        (AzureErrorResponse("x"), 1),
        (AzureUnavailable("x"), 1),
        (Throttled("x"), 1),
        (UsageError("x"), 2),
        (AmbiguousName("x"), 2),
        (NotFound("x"), 3),
        (NotSignedIn("x"), 4),
        (NotAllowed("x"), 4),
        (Conflict("x"), 6),
        (PreconditionFailed("x"), 6),
        (TimedOut("x"), 7),
        (Interrupted("x"), 130),
    ],
)
def test_a_single_failure_gives_its_own_code_and_so_do_several_alike(error: VmidentError, code: int) -> None:
    assert exit_code_for(_ended(error)) == code
    assert exit_code_for(_ended(error, error, error)) == code


@pytest.mark.parametrize("status", [Status.CHANGED, Status.UNCHANGED, Status.PLANNED, Status.ACCEPTED])
def test_all_well_is_done_however_it_went_well(status: Status) -> None:
    assert exit_code_for(_ended(status)) is ExitCode.DONE
    assert exit_code_for(_ended(status, Status.CHANGED, Status.UNCHANGED)) is ExitCode.DONE


def test_nothing_at_all_to_do_is_done() -> None:
    assert exit_code_for([]) is ExitCode.DONE


@pytest.mark.parametrize(
    ("endings", "code"),
    [
        ((Status.CHANGED, NotFound("x")), 5),
        ((NotFound("x"), Status.UNCHANGED), 5),
        ((Status.PLANNED, AmbiguousName("x")), 5),
        ((Status.ACCEPTED, TimedOut("x")), 5),
        ((Status.CHANGED, NotFound("x"), NotAllowed("x")), 5),
        ((Status.CHANGED, NotFound("x"), Status.SKIPPED), 5),
        ((NotSignedIn("x"), NotAllowed("x")), 4),
        ((Conflict("x"), PreconditionFailed("x")), 6),
        ((NotFound("x"), NotAllowed("x")), 1),
        ((NotFound("x"), Conflict("x"), TimedOut("x")), 1),
        ((NotSignedIn("x"), Status.SKIPPED, Status.SKIPPED), 4),
        ((TimedOut("x"), Status.SKIPPED), 7),
        ((Status.CHANGED, Interrupted("x"), Status.SKIPPED), 130),
        ((NotFound("x"), Interrupted("x")), 130),
    ],
)
def test_several_vms_give_one_code_as_the_design_has_it(endings: tuple[Status | VmidentError, ...], code: int) -> None:
    assert exit_code_for(_ended(*endings)) == code
    assert exit_code_for(_ended(*reversed(endings))) == code


def test_looks_at_vms_give_codes_by_the_same_rules() -> None:
    seen = VmView("vm", machine=VirtualMachine(vm_id("sub", "g", "vm"), "westus", IdentityState()))
    lost = VmView("no such", error=NotFound("x"))
    assert exit_code_for([seen, seen]) is ExitCode.DONE
    assert exit_code_for([seen, lost]) is ExitCode.SOME_FAILED
    assert exit_code_for([lost, lost]) is ExitCode.NOT_FOUND


def test_no_time_no_sign_in_and_no_journal_end_a_run_and_nothing_else_does() -> None:
    def below(error: type[VmidentError]) -> set[type[VmidentError]]:
        return {error}.union(*map(below, error.__subclasses__()))

    ending = {error.__name__ for error in below(VmidentError) if error.ends_run}

    assert ending == {"TimedOut", "Interrupted", "NotSignedIn", "JournalUnusable", "TakenOver"}
