"""What people read of a run of many VMs: what they have in common once, each failure with its reason, and a count."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable

import pytest

from tests.program import GROUP, TERMINAL, Program, answering, interrupting

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NAMES = [f"vm-{number:05}" for number in range(1, 26)]


@pytest.fixture
def program(program: Program) -> Program:
    """Twenty-five VMs more."""
    program.sandbox.add_vms(25)
    return program


def words(*names: str) -> str:
    return f"{' '.join(names or NAMES)} -g {GROUP}"


def refused(program: Program, *names: str, status: int = 403, code: str = "AuthorizationFailed") -> None:
    for name in names:
        act = answering(status, code, f"No right to write virtualMachines/{name}.")
        program.when("PATCH", f"virtualMachines/{name}", act)


def test_vms_that_changed_alike_are_one_block_and_the_last_line_counts_every_vm_once(program: Program) -> None:
    outcome = program(f"enable-system {words(*NAMES, 'dbVM', 'webVM')} -o human")

    assert (outcome.code, _GUID.sub("GUID", outcome.out).splitlines()) == (
        0,
        [
            "25 VMs: changed",
            "  vm-00001, vm-00002, vm-00003, vm-00004, vm-00005 and 20 more",
            "  before  None",
            "  after   SystemAssigned",
            "  + system-assigned identity",
            "dbVM (myResourceGroup): changed",
            "  before  UserAssigned",
            "  after   SystemAssigned, UserAssigned",
            "  + system-assigned identity  principal GUID",
            "webVM (myResourceGroup): no changes",
            "  now     SystemAssigned",
            "  = system-assigned identity  principal GUID",
            "27 VMs: 26 changed, 1 unchanged",
        ],
    )
    assert outcome.err.count("\n") == 1, "the one warning of dbVM"


def test_failures_of_one_reason_are_told_once_and_every_failed_vm_is_found(program: Program) -> None:
    refused(program, *NAMES[:8])
    refused(program, NAMES[10], code="LinkedAuthorizationFailed")

    outcome = program(f"enable-system {words(*NAMES, 'lostVM', 'goneVM')} -o human")

    run = program("runs list").json[0]["run"]
    assert outcome.code == 5
    assert outcome.out.endswith("\n27 VMs: 16 changed, 11 failed\n")
    lines = outcome.err.splitlines()
    first = lines.index("error: 8 VMs: No right to write virtualMachines/.... [AuthorizationFailed]")
    assert lines[first + 1] == (f"  {', '.join(NAMES[:5])} and 3 more. To see all: vmident runs show {run}")
    assert lines[first + 2] == "  Request ID: 11111111-2222 of vm-00001"
    assert [line for line in lines if line.startswith(f"error: {NAMES[10]}: ") and "[LinkedAuth" in line]
    lost = next(place for place, line in enumerate(lines) if line.startswith("error: 2 VMs: "))
    assert lines[lost + 1] == "  lostVM, goneVM"
    failed = [vm["name"] for vm in program(f"runs show {run}").json["vms"] if vm["status"] == "failed"]
    assert failed == [*NAMES[:8], NAMES[10], "lostVM", "goneVM"]


def test_vms_that_no_run_has_on_record_are_all_named(program: Program) -> None:
    outcome = program(f"enable-system {words(*(f'no-{number}' for number in range(30)))} -o json")

    assert (outcome.code, len(outcome.json)) == (3, 30)
    first, names, *_ = outcome.err.splitlines()
    assert first.startswith("error: 30 VMs: ")
    assert names == f"  {', '.join(f'no-{number}' for number in range(30))}"


def test_a_warning_of_many_is_one_line_and_the_document_has_it_for_each(program: Program) -> None:
    program(f"enable-system {words()}")

    outcome = program(f"disable-system {words()} --yes")

    assert [line.split(":")[1] for line in outcome.err.splitlines()] == [
        f" 25 VMs ({', '.join(NAMES[:5])} and 20 more)"
    ] * 2
    assert "Disabling the system-assigned identity permanently deletes its principal ..." in outcome.err
    assert [len(one["warnings"]) for one in outcome.json] == [2] * 25


def test_the_report_of_a_run_that_is_stopped_counts_the_vms_that_it_did_not_come_to(program: Program) -> None:
    program.terminal = TERMINAL
    program.when("PATCH", f"virtualMachines/{NAMES[2]}", interrupting)

    outcome = program(f"enable-system {words()}")

    assert outcome.code == 130
    assert "22 VMs: skipped\n" in outcome.out
    assert outcome.out.splitlines()[-1].startswith("25 VMs: ")
    assert "vmident runs resume " in outcome.err.splitlines()[-1]


def test_twenty_vms_are_told_of_one_by_one(program: Program) -> None:
    outcome = program(f"enable-system {words(*NAMES[:20])} -o human")

    assert outcome.out.count(": changed\n") == 20
    assert outcome.out.endswith("\n20 VMs: 20 changed\n")


def test_what_is_on_record_may_be_unreadable_and_the_report_is_whole(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused(program, *NAMES[:8])
    connect: Callable[..., sqlite3.Connection] = sqlite3.connect

    class Connection(sqlite3.Connection):
        def execute(self, text: str, *values: object) -> sqlite3.Cursor:
            if "record, stage FROM entries" in text:
                raise sqlite3.OperationalError("disk is broken")
            return super().execute(text, *values)  # type: ignore[arg-type]

    monkeypatch.setattr(
        sqlite3,
        "connect",
        lambda file, **options: connect(
            file, **options, **({"factory": Connection} if str(file).endswith("runs.sqlite3") else {})
        ),
    )

    outcome = program(f"enable-system {words()} -o human")

    assert outcome.code == 5
    assert f"  {', '.join(NAMES[:8])}\n" in outcome.err
    assert outcome.out.endswith("\n25 VMs: 17 changed, 8 failed\n")
