"""Commands in hints can be pasted into a shell, whatever Azure's names hold."""

from __future__ import annotations

import shlex

import pytest

from tests.program import Program, answering, vm_id
from vmident.sandbox.sandbox import SUBSCRIPTION

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

    words = shlex.split(error["hint"].partition(": ")[2])
    assert words[:3] == ["vmident", "enable-system", vm_id("web01", GROUP)]
    assert words[-1].endswith(f"/resourceGroups/{GROUP}")
