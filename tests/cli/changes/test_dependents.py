"""What a change breaks on a VM is warned of by name, from the GET that is made anyway."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Typing
from tests.program import TERMINAL, Program, vm_id

GROUP = "otherResourceGroup"
SIGN_IN, CONFIGURATION, MONITOR = "Microsoft Entra sign-in", "Machine configuration", "Azure Monitor Agent"


@pytest.fixture
def program(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Program]:
    made = Program(tmp_path, capsys, with_examples=True)
    yield made
    made.sandbox.close()


@pytest.mark.parametrize(
    ("words", "code", "names"),
    [
        ("disable-system signInVM", "dependent-extension", [SIGN_IN, CONFIGURATION]),
        ("set signInVM --type none", "dependent-extension", [SIGN_IN, CONFIGURATION]),
        ("disable-system monitoredVM", "dependent-extension", [MONITOR]),
        ("remove-user encryptedVM --identity diskKeys", "dependent-encryption", ["Disk encryption"]),
        ("remove-user encryptedVM --identity monitoring", "dependent-extension", [MONITOR]),
        ("set encryptedVM --type none", "dependent-encryption", ["Disk encryption"]),
    ],
)
def test_each_dependent_is_named_before_it_breaks_at_no_extra_request(
    program: Program, words: str, code: str, names: list[str]
) -> None:
    refused = program(f"{words} -g {GROUP}")
    assert refused.code == 2
    assert program.patches == []

    planned = program(f"{words} -g {GROUP} --dry-run -o json")
    found = [one["message"] for one in planned.json["warnings"] if one["code"] == code]
    assert len(found) == len(names)
    assert all(message.startswith(name) for message, name in zip(found, names, strict=True))
    reads_of_vm = [one for one in program.sent if "/virtualmachines/" in one.path.lower()]
    assert [one.method for one in reads_of_vm] == ["GET"]
    assert "expand" not in reads_of_vm[0].url

    human = program(f"{words} -g {GROUP} --yes -o human")
    assert human.code == 0
    assert all(name in human.err for name in names)


def test_disabling_the_system_assigned_identity_breaks_no_encryption(program: Program) -> None:
    """Only a user-assigned identity can be an encryption identity (`dependents_in` has the sources), and it stays."""
    vm = f"encryptedVM -g {GROUP}"
    assert program(f"enable-system {vm} --yes").code == 0
    path = f"{vm_id('encryptedVM', GROUP)}/extensions/HybridWorkerExtension"
    worker = {"publisher": "Microsoft.Azure.Automation.HybridWorker", "type": "HybridWorkerForLinux"}
    body = {"location": "eastus", "properties": {**worker, "typeHandlerVersion": "1.1"}}
    assert program.colleague("PUT", path, body).status < 300
    program.time.sleep(600)

    planned = program(f"disable-system {vm} --dry-run -o json")
    assert [one.method for one in program.sent if "/virtualmachines/" in one.path.lower()] == ["GET"]
    human = program(f"disable-system {vm} --yes -o human")
    assert [one["code"] for one in planned.json["warnings"]] == [
        "dependent-extension",
        "principal-lost",
        "default-identity-ambiguous",
    ]
    assert planned.json["warnings"][0]["message"].startswith(
        "Hybrid Runbook Worker (extension 'HybridWorkerExtension')"
    )
    assert ("Hybrid Runbook Worker" in human.err, "encryption" in human.err, MONITOR in human.err) == (
        True,
        False,
        False,
    )


def test_a_question_names_what_breaks(program: Program, typing: Typing) -> None:
    program.terminal = TERMINAL
    typing("n\n")

    asked = program(f"disable-system signInVM -g {GROUP}")

    assert asked.code == 1
    assert f"! {SIGN_IN}" in asked.err
    assert program.patches == []


def test_a_new_default_identity_is_a_warning_and_no_question(program: Program) -> None:
    vm = f"signInVM -g {GROUP}"
    assert program(f"set {vm} --type user --identity monitoring --yes").code == 0
    agent = {"publisher": "Microsoft.Azure.Monitor", "type": "AzureMonitorLinuxAgent", "typeHandlerVersion": "1.0"}
    path = f"{vm_id('signInVM', GROUP)}/extensions/AzureMonitorLinuxAgent"
    assert program.colleague("PUT", path, {"location": "eastus", "properties": agent}).status < 300
    program.time.sleep(600)

    done = program(f"enable-system {vm} -o json")

    assert done.code == 0
    (message,) = (one["message"] for one in done.json["warnings"] if one["message"].startswith(MONITOR))
    assert "it uses 'monitoring' now, and uses the system-assigned identity after the change" in message


def test_undo_warns_of_what_it_breaks(program: Program) -> None:
    vm = f"encryptedVM -g {GROUP}"
    program(f"remove-user {vm} --identity diskKeys --yes")
    program("runs undo --yes")
    undone = program("runs undo --yes -o json")
    assert undone.json[0]["warnings"][0]["code"] == "dependent-encryption"


def test_a_vm_of_a_list_is_read_only_where_its_extensions_may_be_affected(program: Program) -> None:
    """Lists name extensions by ID alone, so what a selection breaks costs a GET of each VM that has extensions."""
    planned = program(f"disable-system --all -g {GROUP} --dry-run -o json").json
    paths = [one.path for one in program.sent if "/virtualmachines/" in one.path.lower()]
    read = {path.rpartition("/")[2] for path in paths}
    warned = {one["name"] for one in planned if any(w["code"] == "dependent-extension" for w in one["warnings"])}

    assert warned == {"signInVM", "monitoredVM"}
    assert (read, len(paths)) == (warned, len(warned))
