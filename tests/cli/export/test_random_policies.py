"""Whatever file is exported, its template deploys, and the plan is then empty but for VMs that policy skips."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml

from tests.deployments import deploy
from tests.program import GROUP, Program, vm_id
from vmident.sandbox.tenant import SUBSCRIPTION

SCOPE = f"/subscriptions/{SUBSCRIPTION}"
VMS = ("appVM", "dbVM", "myVM", "webVM")
VALUES = ("web", "Web", "[a]", "it's", "v1.2")
PATTERNS = ("*", "*VM", "my*", "*b*", "webVM", "d*M", "*p*V", "nosuch")


def random_rules(random: Random) -> list[dict[str, Any]]:
    rules = []
    for _ in range(random.randint(1, 3)):
        attaches = random.random() < 0.4
        vms: dict[str, Any] = {} if attaches else {"names": random.sample(PATTERNS, random.randint(1, 3))}
        if attaches or random.random() < 0.3:
            vms["groups"] = [GROUP]
        if not attaches and random.random() < 0.5:
            vms["tags"] = {"Team's": random.choice([*VALUES, "*", "w*", "*]", "v1.*"])}
        if random.random() < 0.3:
            vms["regions"] = random.sample(["West US", "westus", "eastus"], 2)
        if random.random() < 0.3:
            vms["kinds"] = ["vm", "vmss"]
        wanted = {"identities": {"include": ["otherIdentity"]}} if attaches else {"system": True}
        rules.append({"vms": vms, **wanted})
    return rules


def is_skipped(identity: dict[str, Any]) -> bool:
    """Return whether the built-in policy leaves a VM alone."""
    return identity.get("type") == "UserAssigned" and len(identity["userAssignedIdentities"]) == 1


def check(program: Program, folder: Path, seed: int) -> None:
    random = Random(seed)
    for vm in VMS:
        if random.random() < 0.7:
            program.colleague("PATCH", vm_id(vm), {"tags": {"TEAM'S": random.choice(VALUES)}})
    program.time.sleep(60)
    program.standard_input = yaml.safe_dump({"version": 1, "rules": random_rules(random)})
    exported = program(f"export policy -f - --scope {SCOPE} -l westus --to '{folder}'")
    assert exported.code == 0, (seed, exported)
    for _ in range(2):
        assert deploy(program, SCOPE, folder / "policy.json")["provisioningState"] == "Succeeded", seed
    pending = program("plan -f - -o json --query 'vms[?request].name' --only-show-errors").json
    assert [name for name in pending if not is_skipped(program.identity_of(name) or {})] == [], seed


def test_a_random_policy_deploys_and_leaves_nothing_for_the_plan(program: Program, tmp_path: Path) -> None:
    check(program, tmp_path / "policy", 3)


@pytest.mark.once
@pytest.mark.parametrize("seed", range(100, 125))
def test_random_policies_deploy_and_leave_nothing_for_the_plan(program: Program, tmp_path: Path, seed: int) -> None:
    check(program, tmp_path / "policy", seed)
