"""Commands in hints can be pasted into a shell, whatever Azure's names hold."""

from __future__ import annotations

import shlex

import pytest

from tests.program import GROUP as GROUP_OF_SEED
from tests.program import Program, answering, identity_id, vm_id
from vmident.sandbox.sandbox import SUBSCRIPTION

UNAUTHORIZED = (
    "The client 'me' with object id '1' does not have authorization to perform action "
    f"'Microsoft.Compute/virtualMachines/write' over scope '{vm_id('myVM')}' or the scope is invalid."
)
# Azure allows parentheses in the names of groups.
GROUP = "team(a)"


@pytest.fixture
def program(program: Program) -> Program:
    path = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}"
    assert program.colleague("PUT", path, {"location": "westus"}, version="2021-04-01").status == 201
    program.sandbox.add_vm(GROUP, "web01")
    return program


def test_a_group_with_parentheses_is_quoted(program: Program) -> None:
    error = program(f'show nosuchVM -g "{GROUP}"').error

    command = error["hint"].partition(": ")[2]
    assert shlex.split(command) == ["vmident", "list", "-g", GROUP]
    assert command == f'vmident list -g "{GROUP}"'


def test_a_role_that_is_refused_is_granted_by_a_command_with_quoted_ids(program: Program) -> None:
    program.when("PUT", "roleAssignments", answering(403, "AuthorizationFailed"))

    error = program(f'enable-system web01 -g "{GROUP}" --role Reader --scope group').json["error"]

    words = shlex.split(error["hint"].partition("To complete the change: ")[2])
    assert words[:5] == ["vmident", "enable-system", "web01", "-g", GROUP]
    assert words[-1].endswith(f"/resourceGroups/{GROUP}")


ASSIGNMENTS = "roleAssignments"


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("myVM", ["myVM", "-g", "myResourceGroup"]),
        (
            "myVM --subscription 'vmident sandbox'",
            ["myVM", "-g", "myResourceGroup", "--subscription", "vmident sandbox"],
        ),
        (vm_id("myVM"), [vm_id("myVM")]),
    ],
)
def test_a_hint_names_vms_and_identities_as_they_were_typed(program: Program, words: str, named: list[str]) -> None:
    program.when("PUT", ASSIGNMENTS, answering(403, "AuthorizationFailed"))

    error = program(f"add-user {words} --identity otherIdentity --role Reader --scope {vm_id('myVM')}").json["error"]

    command = shlex.split(error["hint"].partition("To complete the change: ")[2])
    identity = ["--identity", "otherIdentity"]
    assert command == ["vmident", "add-user", *named, *identity, "--role", "Reader", "--scope", vm_id("myVM")]
    program.rules.clear()
    assert program(shlex.join(command[1:])).code == 0


def test_an_identity_that_was_typed_by_its_id_stays_one(program: Program) -> None:
    program.when("PUT", ASSIGNMENTS, answering(403, "AuthorizationFailed"))
    other = identity_id("otherIdentity")

    error = program(f"add-user myVM --identity {other} --role Reader --scope group").json["error"]

    assert f"vmident add-user myVM -g myResourceGroup --identity {other} " in error["hint"]


def test_commands_of_the_azure_cli_keep_ids(program: Program) -> None:
    program.when("PATCH", "myVM", answering(403, "AuthorizationFailed", UNAUTHORIZED))

    hint = program("enable-system myVM").json["error"]["hint"]

    assert hint.endswith(f"--scope {vm_id('myVM')}")


def test_what_fails_for_every_vm_alike_is_said_once_and_of_none(program: Program) -> None:
    program.environ = {}

    outcome = program("enable-system myVM webVM -o none")

    assert outcome.err.splitlines()[0].startswith("error: Not signed in")
    assert outcome.err.count("error: ") == 1
    named = program(f"enable-system myVM webVM -g {GROUP_OF_SEED} -o none --subscription {SUBSCRIPTION}")
    assert (named.err.count("error: "), "myVM: " in named.err) == (1, False)


def test_a_mistyped_word_for_a_scope_is_suggested(program: Program) -> None:
    error = program("enable-system myVM --role Reader --scope grup").error

    assert error["message"] == "'grup' is not a valid scope. Did you mean 'group'?"
