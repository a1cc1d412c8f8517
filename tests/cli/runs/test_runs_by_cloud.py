"""`runs list` shows the runs of one cloud, counts the others, and shows them with their cloud on request."""

from __future__ import annotations

import pytest

from tests.program import GROUP, TERMINAL, Program, answering, answering_about_it

CONTOSO = "arm.contoso.example:8443"
SIGNED_IN = {"VMIDENT_ACCESS_TOKEN": "token", "AZURE_SUBSCRIPTION_ID": "5a4db0c5-0e5a-4d5b-8f2b-1b7a5c0ffee1"}
SANDBOX = {"VMIDENT_SANDBOX": "1"}
CUSTOM = {**SIGNED_IN, "VMIDENT_ARM_ENDPOINT": f"https://{CONTOSO}/"}


@pytest.fixture
def program(program: Program) -> Program:
    """Record two runs in the sandbox, then one in Azure and one at a custom endpoint, both of which fail."""
    assert program(f"enable-system myVM -g {GROUP}").code == 0
    assert program(f"disable-system myVM -g {GROUP} --yes").code == 0
    vm = {"name": "myVM", "location": "westus", "properties": {"provisioningState": "Succeeded"}, "etag": '"1"'}
    program.when("GET", "virtualMachines/myVM", answering_about_it(vm), times=99)
    program.when("PATCH", "virtualMachines/myVM", answering(409, "ScopeLocked"), times=99)
    for environ in (SIGNED_IN, CUSTOM):
        program.environ = environ
        assert program(f"enable-system myVM -g {GROUP}").code == 1
    return program


@pytest.mark.parametrize(
    ("environ", "words", "clouds", "note"),
    [
        (SANDBOX, "", ["sandbox"] * 2, "2 runs in other clouds not shown. Use --all to see all runs."),
        (SIGNED_IN, "", ["AzureCloud"], "3 runs in other clouds not shown."),
        (CUSTOM, "", [CONTOSO], "3 runs in other clouds not shown."),
        ({**SIGNED_IN, "VMIDENT_CLOUD": "AzureUSGovernment"}, "", [], "4 runs in other clouds not shown."),
        (SANDBOX, "--all", [CONTOSO, "AzureCloud", "sandbox", "sandbox"], ""),
        (SANDBOX, "--all --limit 3", [CONTOSO, "AzureCloud", "sandbox"], "1 older run not shown."),
        (SANDBOX, "--limit 1", ["sandbox"], "1 older run not shown. Use a higher --limit to see more."),
        (SANDBOX, "--limit 1 --only-show-errors", ["sandbox"], ""),
    ],
)
def test_the_runs_of_the_current_cloud_are_listed_and_the_others_counted(
    program: Program, environ: dict[str, str], words: str, clouds: list[str], note: str
) -> None:
    program.environ = environ

    outcome = program(f"runs list {words}")

    assert (outcome.code, [one["cloud"] for one in outcome.json]) == (0, clouds)
    assert outcome.err.startswith(note) if note else outcome.err == ""


def test_people_see_the_cloud_only_among_the_runs_of_all_clouds(program: Program) -> None:
    program.terminal = TERMINAL

    assert program("runs list").out.split()[:5] == ["run", "started", "status", "vms", "command"]
    assert program("runs list --all").out.split()[:6] == ["run", "started", "status", "vms", "cloud", "command"]


def test_a_run_of_another_cloud_is_shown_and_never_resumed(program: Program) -> None:
    program.environ = SANDBOX
    other = program("runs list --all").json[0]["run"]

    assert program(f"runs show {other}").json["cloud"] == CONTOSO
    error = program(f"runs undo {other} --yes").error
    assert (error["code"], CONTOSO in error["message"]) == ("usage", True)


def test_a_mistyped_run_is_suggested(program: Program) -> None:
    run = program("runs list --all").json[0]["run"]

    assert f"Did you mean '{run}'" in program(f"runs show {run[:-1]}").error["message"]


@pytest.mark.parametrize("limit", ["0", "-1", "ten", "1001"])
def test_a_limit_out_of_range_is_wrong_usage(program: Program, limit: str) -> None:
    assert program(f"runs list --limit {limit}").code == 2
