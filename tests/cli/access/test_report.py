"""`vmident report`: the whole program over the sandbox, and the files that it saves."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from tests.program import TERMINAL, Program


def test_it_reports_counts_and_findings_and_writes_nothing_to_azure(seeded: Program) -> None:
    outcome = seeded("report")
    assert (outcome.code, outcome.json["summary"]["missing"]) == (0, 1)
    assert {one["rule"] for one in outcome.json["findings"]} >= {"privileged-identity-reachable", "unused-identity"}
    assert {one.method for one in seeded.sent} <= {"GET", "POST"}
    assert seeded("report --fail-on high").code == 10


def test_a_system_assigned_identity_that_an_extension_uses_by_default_is_not_to_be_disabled(seeded: Program) -> None:
    found = seeded("report --rule system-identity-without-role").json["findings"]
    assert {one["identity"].split("/")[-1] for one in found} & {"monitoredVM", "webScaleSet", "signInVM"} == set()
    assert len(found) > 0


@pytest.mark.parametrize(
    ("name", "options", "begins"),
    [
        ("report.html", "", "<!doctype html>"),
        ("report.md", "", "# Managed identity report"),
        ("report.sarif", "", '{\n  "$schema"'),
        ("report.json", "", '{\n  "subscriptions"'),
        ("graph.json", "--format opengraph", '{\n  "graph"'),
        ("page", "--format html", "<!doctype html>"),
    ],
)
def test_a_report_is_saved_for_its_owner_alone(
    seeded: Program, tmp_path: Path, name: str, options: str, begins: str
) -> None:
    file = tmp_path / name
    outcome = seeded(f"report --save {file} {options} -o none")
    assert (outcome.code, outcome.out) == (0, "")
    assert file.read_text(encoding="utf-8").startswith(begins)
    if os.name != "nt":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("words", "part"),
    [
        ("report --save report.pdf", "The format of 'report.pdf' is not clear"),
        ("report --format html", "--format requires --save"),
        ("report -g myResourceGroup", "-g cannot be used with 'report'"),
        ("report --save -", "The format of '-' is not clear"),
        ("report --save missing/report.html", "cannot be saved"),
        ("report --save report.html --format pdf", "is not one of html, md, sarif, json, or opengraph"),
    ],
)
def test_mistakes_are_wrong_usage(seeded: Program, words: str, part: str) -> None:
    outcome = seeded(words)
    assert (outcome.code, outcome.out, part in outcome.err) == (2, "", True)


def test_on_a_terminal_findings_come_after_the_counts(seeded: Program) -> None:
    seeded.terminal = TERMINAL
    first, *rest = seeded("report").out.splitlines()
    assert first.startswith("14 VMs and scale sets, 14 identities (1 with a privileged role), ")
    assert "findings: 3 high" in "\n".join(rest)


@pytest.mark.parametrize("file", ["-", "/dev/stdout"])
def test_a_report_is_saved_to_standard_output_alone(seeded: Program, file: str) -> None:
    outcome = seeded(f"report --save {file} --format md")
    assert outcome.out.startswith("# Managed identity report")
    assert '"findings"' not in outcome.out
    assert (outcome.err, Path("-").exists()) == ("", False)


def test_on_a_terminal_a_saved_report_is_only_summarized(seeded: Program, tmp_path: Path) -> None:
    seeded.terminal = TERMINAL
    outcome = seeded(f"report --save {tmp_path / 'report.html'}")
    first, second, unread = outcome.out.splitlines()
    assert (
        first.startswith("14 VMs and scale sets")
        and "findings: 3 high" in second
        and "Group members not read" in unread
    )
    assert "Report saved to" in outcome.err


def test_ignored_findings_are_not_in_the_page(seeded: Program, tmp_path: Path) -> None:
    ignored = tmp_path / "accepted.txt"
    ignored.write_text("unused-identity\n", encoding="utf-8")
    file = tmp_path / "report.json"
    seeded(f"report --save {file} --ignore {ignored} -o none")
    assert "unused-identity" not in {one["rule"] for one in json.loads(file.read_text())["findings"]}
