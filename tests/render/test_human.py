from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from vmident.core.consequences import Notice, consequences
from vmident.core.identity import IdentityState, SystemIdentity, UserIdentity
from vmident.core.patch import patch_for
from vmident.core.resource_id import ResourceId, user_identity_id, vm_id
from vmident.core.transition import Transition
from vmident.core.virtual_machine import VirtualMachine
from vmident.errors import NotFound, UsageError
from vmident.render.document import vm_row
from vmident.render.human import (
    change_lines,
    difference_lines,
    fact_lines,
    loss_lines,
    summary_line,
    table_lines,
    vm_lines,
    warning_lines,
)
from vmident.render.line import Line, Tone, error_lines
from vmident.results.changes import ChangeResult, Status

VM = vm_id("sub", "myGroup", "myVM")
ONE, TWO = user_identity_id("sub", "myGroup", "one"), user_identity_id("sub", "myGroup", "two")
SYSTEM = SystemIdentity("the-principal", "the-tenant")
HAD = IdentityState(SYSTEM, {ONE: UserIdentity("client-1", "principal-1")})
HAS = IdentityState(users={TWO: UserIdentity()})
NASTY = "x\x1b[2J[bold]\u202e\ny"


def _texts(lines: Iterable[Line]) -> list[str]:
    return [line.text for line in lines]


def _tones(lines: Iterable[Line]) -> list[Tone]:
    return [line.tone for line in lines]


def _change(status: Status) -> ChangeResult:
    return ChangeResult(
        "myvm", status, id=VM, before=HAD, after=HAS, request=patch_for(Transition(HAD, HAS)), error=None
    )


def test_a_change_shows_what_was_what_is_and_who_came_and_went() -> None:
    assert _texts(change_lines(_change(Status.CHANGED))) == [
        "myVM (myGroup): changed",
        "  before  SystemAssigned, UserAssigned",
        "  after   UserAssigned",
        "  - system-assigned identity  principal the-principal",
        "  - one (myGroup)  client client-1",
        "  + two (myGroup)",
    ]
    tones = _tones(change_lines(_change(Status.CHANGED)))
    assert tones == [
        Tone.HEADING,
        Tone.PLAIN,
        Tone.PLAIN,
        Tone.REMOVED,
        Tone.REMOVED,
        Tone.ADDED,
    ]


def test_a_change_only_planned_shows_the_request_as_well() -> None:
    heading, *_, request = _texts(change_lines(_change(Status.PLANNED)))
    assert heading == "myVM (myGroup): would change"
    assert request == (
        '  request {"identity": {"type": "UserAssigned", "userAssignedIdentities": '
        f'{{"{TWO}": {{}}, "{ONE}": null}}}}}}'
    )


def test_an_accepted_change_says_that_azure_is_still_at_it() -> None:
    assert _texts(change_lines(_change(Status.ACCEPTED)))[0].endswith("accepted, still running")


def test_a_change_that_changes_nothing_shows_what_stays() -> None:
    result = ChangeResult("myVM", Status.UNCHANGED, id=VM, before=HAD, after=HAD)
    assert _texts(change_lines(result)) == [
        "myVM (myGroup): no changes",
        "  now     SystemAssigned, UserAssigned",
        "  = system-assigned identity  principal the-principal",
        "  = one (myGroup)  client client-1",
    ]


@pytest.mark.parametrize(
    ("result", "text"),
    [
        (ChangeResult("no such", Status.FAILED), "no such: failed"),
        (ChangeResult("myvm", Status.FAILED, id=VM, before=HAD), "myVM (myGroup): failed"),
        (ChangeResult("myvm", Status.SKIPPED), "myvm: skipped"),
        (ChangeResult("myvm", Status.ACCEPTED, id=VM, before=HAD), "myVM (myGroup): accepted, still running"),
    ],
)
def test_a_change_whose_outcome_is_not_known_is_one_line(result: ChangeResult, text: str) -> None:
    (line,) = _texts(change_lines(result))
    assert line.startswith(text)


@pytest.mark.parametrize("status", list(Status))
def test_every_status_has_a_heading(status: Status) -> None:
    assert _texts(change_lines(_change(status)))[0].startswith("myVM (myGroup): ")


def test_a_change_the_other_way_shows_a_system_identity_that_comes() -> None:
    assert _texts(difference_lines(Transition(HAS, IdentityState.of(system=True, users=[TWO])))) == [
        "  + system-assigned identity"
    ]


def test_what_is_about_to_be_lost_is_shown_with_what_that_breaks_and_what_comes_is_not() -> None:
    lost = Transition(HAD, HAS)
    heading, system, one, *broken = loss_lines(VM, lost, (), consequences(lost))
    assert _texts([heading, system, one]) == [
        "myVM (myGroup) will lose:",
        "  - system-assigned identity  principal the-principal",
        "  - one (myGroup)  client client-1",
    ]
    assert [text[:19] for text in _texts(broken)] == ["  ! Disabling the s", "  ! Programs in the"]
    assert not any("two" in line.text for line in (heading, system, one))


def test_a_machine_is_shown_with_its_type_and_every_identity() -> None:
    assert _texts(vm_lines(VirtualMachine(VM, "westus", HAD))) == [
        "myVM (myGroup, westus)",
        "  type  SystemAssigned, UserAssigned",
        "  * system-assigned identity  principal the-principal",
        "  * one (myGroup)  client client-1",
    ]


def test_a_machine_without_identity_is_two_lines() -> None:
    assert len(_texts(vm_lines(VirtualMachine(VM, "westus", IdentityState())))) == 2


def test_a_list_names_the_identities_without_the_rest_of_their_ids() -> None:
    both = IdentityState.of(system=True, users=[TWO, ONE])
    rows = [vm_row(VirtualMachine(VM, "westus", both)), vm_row(VirtualMachine(VM, "westus", IdentityState()))]
    lines = list(table_lines(rows, 0.0))
    assert lines[0].tone is Tone.HEADING
    assert lines[0].text.split()[:3] == ["name", "resourceGroup", "location"]
    assert lines[2].text.endswith("one, two")
    assert lines[-1].text == "2 VMs"
    assert list(table_lines(rows, 125.0))[-1].text == "2 VMs, read 2 minutes ago"
    assert not any("/" in line.text for line in lines)


def test_an_empty_list_says_so() -> None:
    assert _texts(table_lines([], 0.0)) == ["No VMs."]


def test_facts_stand_in_a_column() -> None:
    assert _texts(fact_lines({"cloud": "AzureCloud", "subscription": None})) == [
        "cloud         AzureCloud",
        "subscription  None",
    ]
    assert _texts(fact_lines({})) == []


def test_an_error_is_what_failed_why_and_what_to_do() -> None:
    error = NotFound("No VM.", code="ResourceNotFound", hint="Look: vmident list", status=404, request_id="r")
    assert _texts(error_lines(error, "web01", "web01, web02")) == [
        "error: web01: No VM. [ResourceNotFound]",
        "  web01, web02",
        "  Request ID: r",
        "  Look: vmident list",
    ]


def test_an_error_without_a_hint_says_how_to_see_more() -> None:
    assert _texts(error_lines(UsageError("Wrong."))) == [
        "error: Wrong.",
        "  Run the command again with --debug to see every request.",
    ]


def test_a_message_of_several_lines_keeps_them() -> None:
    assert _texts(error_lines(UsageError("Several:\n/one\n/two")))[:3] == [
        "error: Several:",
        "  /one",
        "  /two",
    ]


def test_a_warning_names_the_vm_that_it_is_about() -> None:
    warned = (Notice("principal-lost", "It is lost."),)
    assert _texts(warning_lines(ChangeResult("myvm", Status.CHANGED, id=VM, warnings=warned))) == [
        "warning: myVM: It is lost."
    ]
    assert _texts(warning_lines(ChangeResult("no such", Status.FAILED, warnings=warned))) == [
        "warning: no such: It is lost."
    ]


def test_several_changes_are_counted_by_how_they_ended_each_once() -> None:
    statuses = [Status.FAILED, Status.CHANGED, Status.CHANGED, Status.UNCHANGED]
    line = summary_line([ChangeResult("vm", status) for status in statuses])
    assert line.text == "4 VMs: 2 changed, 1 unchanged, 1 failed"


def _nasty_change() -> Iterable[Line]:
    nasty_id = ResourceId("sub", NASTY, "Microsoft.Compute/virtualMachines", NASTY)
    return change_lines(
        ChangeResult(NASTY, Status.PLANNED, id=nasty_id, before=IdentityState(), after=_nasty_state(), request=None)
    )


def _nasty_state() -> IdentityState:
    user = ResourceId("sub", NASTY, "Microsoft.ManagedIdentity/userAssignedIdentities", NASTY)
    return IdentityState(SystemIdentity(NASTY, NASTY), {user: UserIdentity(NASTY, NASTY)})


def _nasty_machine() -> VirtualMachine:
    return VirtualMachine(ResourceId("sub", NASTY, "Microsoft.Compute/virtualMachines", NASTY), NASTY, _nasty_state())


@pytest.mark.parametrize(
    "draw",
    [
        _nasty_change,
        lambda: vm_lines(_nasty_machine()),
        lambda: table_lines([vm_row(_nasty_machine())], 0.0),
        lambda: loss_lines(
            _nasty_machine().id, Transition(_nasty_state(), IdentityState()), (), (Notice(NASTY, NASTY),)
        ),
        lambda: error_lines(UsageError(NASTY, code=NASTY, hint=NASTY, request_id=NASTY), NASTY),
        lambda: warning_lines(ChangeResult(NASTY, Status.FAILED, warnings=(Notice("code", NASTY),))),
        lambda: fact_lines({NASTY: NASTY}),
        lambda: [Line(NASTY)],
    ],
)
def test_text_from_anywhere_is_neither_markup_nor_a_command_to_the_terminal(
    draw: Callable[[], Iterable[Line]],
) -> None:
    texts = _texts(draw())
    assert any("\\x1b[2J[bold]\\u202e" in text for text in texts)
    assert not any({"\x1b", "\u202e", "\n"} & set(text) for text in texts)
