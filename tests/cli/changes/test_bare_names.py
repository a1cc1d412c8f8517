"""A bare name is never acted on where another VM of that name exists, also where Resource Graph has not heard of it."""

from __future__ import annotations

import pytest

from tests.cli.vm_create.scenario import give_key
from tests.program import GROUP, Program, answering, identity_id, vm_id

CREATE = "vm create myVM -g other --image Ubuntu2204 --system"
COMMANDS = ["enable-system myVM", "show myVM", "add-user myVM --identity otherIdentity", "enable-system myVM webVM"]


@pytest.fixture
def twice(program: Program) -> Program:
    """A second VM of the name, made a moment ago by the program itself; Resource Graph knows the first one alone."""
    program("group create other --location westus")
    give_key(program)
    created = program(CREATE)
    assert created.code == 0, created.err
    return program


@pytest.mark.parametrize("command", COMMANDS)
def test_a_vm_made_a_moment_ago_makes_its_name_ambiguous(twice: Program, command: str) -> None:
    outcome = twice(command)
    assert outcome.code == (5 if "webVM" in command else 2)
    assert "2 VMs are named 'myVM'" in outcome.err + outcome.out
    assert vm_id("myVM", "other") in outcome.err + outcome.out
    assert not any("virtualMachines/myVM" in one.path for one in twice.sent if one.method == "PATCH")


@pytest.mark.parametrize("command", COMMANDS)
def test_in_a_large_subscription_the_program_remembers_what_it_made(twice: Program, command: str) -> None:
    twice.sandbox.add_vms(120)
    outcome = twice(command)
    assert "2 VMs are named 'myVM'" in outcome.err + outcome.out
    assert [one.method for one in twice.sent].count("POST") == (2 if "webVM" in command else 1)
    assert not any("virtualMachines/myVM" in one.path for one in twice.sent if one.method == "PATCH")


def test_what_was_seen_once_and_is_gone_makes_no_name_ambiguous(twice: Program) -> None:
    twice.sandbox.add_vms(120)
    twice.colleague("DELETE", vm_id("myVM", "other"))
    twice.time.sleep(600)
    twice.when("GET", vm_id("myVM", "other"), answering(404, "NotFound"))
    assert twice("enable-system myVM").json["id"] == vm_id("myVM")


def test_a_small_subscription_costs_one_list(program: Program) -> None:
    assert program("show myVM").code == 0
    assert program.shape == ["GET", "GET"]
    program("show myVM webVM dbVM")
    assert program.shape == ["GET"] * 4


def test_a_list_that_may_not_be_read_leaves_the_graph(program: Program) -> None:
    program.when("GET", "/providers/Microsoft.Compute/virtualMachines?", answering(403, "AuthorizationFailed"))
    assert program("show myVM").json["name"] == "myVM"
    assert program.shape == ["GET", "POST", "GET"]


def test_an_identity_made_a_moment_ago_makes_its_name_ambiguous(program: Program) -> None:
    program("group create other --location westus")
    program("group create third --location westus")
    program("identity create newId -g other")
    program.time.sleep(60)
    program("identity create newId -g third")
    refused = program(f"add-user myVM -g {GROUP} --identity newId")
    assert (refused.code, program.patches) == (2, [])
    assert identity_id("newId", "third") in refused.json["error"]["message"]
