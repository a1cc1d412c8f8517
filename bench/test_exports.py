"""How long an export of many rules takes; `nox -s bench` runs it, on a machine that does nothing else."""

from __future__ import annotations

import time

import pytest

from tests.core.export.states import APP, SUB, assignment, existing, grant, machine, rule
from vmident.core.desired_state.plan import rules_for_each
from vmident.core.desired_state.rules import Selector, goal_for
from vmident.core.export.bicep.export import bicep_export
from vmident.core.export.exported_state import ExportedState
from vmident.core.export.managed_resources import SelectedMachine
from vmident.core.export.terraform.export import terraform_export
from vmident.core.resource_id import user_identity_id, vm_id
from vmident.render.export.bicep import bicep_files
from vmident.render.export.terraform import terraform_files

RULES = 1_000


def thousand_rules() -> ExportedState:
    """Return a state with a rule for each of a thousand VMs, each with an identity and a role of its own."""
    users = [user_identity_id(SUB, "prod", f"app{number}") for number in range(RULES)]
    rules = [
        rule(line=10 * number, include=(user, APP), selector=Selector(names=(f"web{number}",)))
        for number, user in enumerate(users)
    ]
    machines = [machine(vm=vm_id(SUB, "prod", f"web{number}")) for number in range(RULES)]
    selected = []
    for one, said in rules_for_each(machines, rules):
        goal = goal_for(one, said)
        assert goal is not None
        selected.append(SelectedMachine(one, tuple(said), goal, ((grant(), said[0].include[0].beside(one.id)),)))
    there = existing(APP, *users[: RULES // 2], assignments=(assignment(),))
    return ExportedState("identities.yaml", tuple(rules), tuple(selected), there)


@pytest.mark.parametrize("engine", ["terraform", "bicep"])
def test_an_export_of_a_thousand_rules_takes_less_than_two_seconds(engine: str) -> None:
    began = time.process_time()
    state = thousand_rules()
    if engine == "terraform":
        files = terraform_files(terraform_export(state), state)
    else:
        files = bicep_files(bicep_export(state), state)
    assert len(files) >= 4
    assert time.process_time() - began < 2
