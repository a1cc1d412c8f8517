"""Two runs on one VM at the same moment, and waiting for as long as Azure needs and no longer."""

from __future__ import annotations

import pytest

from tests.program import GROUP, Program, answering, answering_with, identity_id, letting_in, vm_id
from vmident.cli.main import main

USER = "myUserAssignedIdentity"


def test_two_add_user_runs_at_the_same_moment_both_survive(program: Program) -> None:
    """The second run happens whole between the first one's read and its write."""
    codes: list[int] = []

    def act() -> None:
        directly = Program(program.folder, program.capture, time=program.time)
        codes.append(main(["add-user", "myVM", "-g", GROUP, "--identity", "otherIdentity"], directly.runtime()))
        directly.sandbox.close()

    program.when("PATCH", "virtualMachines/myVM", letting_in(act))
    code = program(f"add-user myVM -g {GROUP} --identity {USER}").code

    assert (code, codes) == (0, [0])
    held = program.identity_of("myVM")["userAssignedIdentities"]
    assert sorted(held) == [identity_id(USER), identity_id("otherIdentity")]


@pytest.mark.parametrize("seconds", [2.0, 2.2, 3.3, 4.0, 5.4, 7.1, 7.8, 8.0])
def test_waiting_ends_within_a_second_and_a_half_of_the_operations_own_end(program: Program, seconds: float) -> None:
    program.operation_seconds = seconds

    assert program(f"enable-system myVM -g {GROUP}").code == 0

    assert seconds <= sum(program.time.slept) <= seconds + 1.5


def test_a_ten_minute_operation_is_polled_at_most_45_times_in_any_minute(program: Program) -> None:
    program.operation_seconds = 600

    assert program(f"enable-system myVM -g {GROUP}").code == 0

    moments = [sum(program.time.slept[: count + 1]) for count in range(len(program.time.slept))]
    assert max(sum(start <= one < start + 60 for one in moments) for start in moments) <= 45


def test_a_vm_that_resource_graph_does_not_know_yet_is_found_by_its_bare_name(program: Program) -> None:
    program.sandbox.add_vm(GROUP, "newVM")
    program.when("POST", "ResourceGraph", answering_with(200, {"totalRecords": 0, "count": 0, "data": []}))

    assert program("enable-system newVM").json["id"] == vm_id("newVM")


@pytest.mark.parametrize("status", [403, 429, 500])
def test_without_resource_graph_the_list_finds_the_vm(program: Program, status: int) -> None:
    program.when("POST", "ResourceGraph", answering(status, "NoGraph"), times=99)

    assert program("enable-system myVM").json["status"] == "changed"
