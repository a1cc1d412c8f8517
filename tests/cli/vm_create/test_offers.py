"""`vm create` checks region, size and image before the deployment, and says what to use instead."""

from __future__ import annotations

import pytest

from tests.cli.vm_create.scenario import CREATE, PASSWORD, give_key, writes
from tests.program import GROUP, TERMINAL, Program, answering, answering_with

IMAGE = f"vm create newVM -g {GROUP} --image"
MANY = 99


@pytest.fixture(autouse=True)
def _with_a_key(program: Program) -> None:
    give_key(program)


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        (f"{CREATE} --location westuss", 2, "Region 'westuss' not found. Did you mean 'westus', "),
        (
            f"{CREATE} --size Standard_D2s_v55",
            2,
            "VM size 'Standard_D2s_v55' not found in region 'westus'. Did you mean",
        ),
        (f"{CREATE} --size Standard_D2s_v55 -l eastus", 2, "VM size 'Standard_D2s_v55' not found in region 'eastus'."),
        (f"{CREATE} --size standard_nc6", 1, "VM size 'standard_nc6' is not available to this subscription in region"),
        (
            f"{IMAGE} Canonical:ubuntu-24_04-lts:servr:latest",
            2,
            ":servr:latest' not found in region 'westus'. Did you mean 'server'",
        ),
        (f"{IMAGE} canonical:ubuntu-24_04-ltss:server:latest", 2, "Did you mean 'ubuntu-24_04-lts'?"),
        (f"{IMAGE} Canonicall:ubuntu-24_04-lts:server:latest --os-type linux", 2, "Did you mean 'Canonical'?"),
        (f"{IMAGE} Canonical:ubuntu-24_04-lts:server:24.04.202410171", 2, "Did you mean '24.04.202410170'?"),
        (f"{IMAGE} Canonical:ubuntu-24_04-lts:server:0.1", 2, "not found in region 'westus'."),
        (f"{CREATE.replace(GROUP, 'myResourceGrup')}", 3, "Did you mean 'myResourceGroup'"),
    ],
)
@pytest.mark.parametrize("option", ["", " --dry-run"], ids=["create", "dry run"])
def test_what_the_region_does_not_offer_ends_before_the_deployment(
    program: Program, command: str, code: int, said: str, option: str
) -> None:
    outcome = program(f"{command}{option}")

    assert (outcome.code, writes(program), outcome.out) == (code, [], "")
    assert said in outcome.error["message"]
    assert outcome.error["hint"]


def test_a_restricted_size_has_a_code_of_its_own(program: Program) -> None:
    assert program(f"{CREATE} --size Standard_NC6").error["code"] == "size-not-available"


@pytest.mark.parametrize("part", ["/locations?", "/skus?", "/publishers"])
@pytest.mark.parametrize(
    "trouble",
    [answering(403, "AuthorizationFailed"), answering_with(200, {"value": []}), answering_with(200, {"value": [7]})],
    ids=["refused", "empty", "strange"],
)
def test_what_cannot_be_read_leaves_the_decision_to_azure(program: Program, part: str, trouble: object) -> None:
    program.when("GET", part, trouble, times=MANY)  # type: ignore[arg-type]

    assert program(f"{CREATE} -l westus").code == 0


def test_a_sign_in_that_ends_during_the_checks_ends_the_command(program: Program) -> None:
    program.when("GET", "/skus?", answering(401, "ExpiredAuthenticationToken"))

    assert (program(CREATE).code, writes(program)) == (4, [])


def test_the_rules_of_a_password_are_said_before_it_is_asked_for(program: Program) -> None:
    program.terminal = TERMINAL
    program.secrets = [PASSWORD, PASSWORD]

    outcome = program(f"{IMAGE} Win2022Datacenter --dry-run")

    assert outcome.code == 0
    assert outcome.err.startswith("The administrator password must have 12 to 123 characters, including three of: ")
