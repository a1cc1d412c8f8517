"""Findings as SARIF 2.1.0, which code scanning tools read.

Source: OASIS 'Static Analysis Results Interchange Format (SARIF) Version 2.1.0', and GitHub's 'SARIF support for code
scanning', which takes a part of it: each result has to be in a file, so the resource ID stands for the path of one; a
result is known again by `primaryLocationLineHash`; and `security-severity` counts at the rule, so it is that of the
rule's most severe finding, while `level` is each finding's own.
"""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import quote

from vmident.core.access.finding import Finding, FindingRule, Severity
from vmident.core.access.findings import RULES
from vmident.core.access.inventory import lower, name_of
from vmident.results.access import SubscriptionReport

RESULTS_AT_MOST = 25_000
"""What GitHub takes in one run; a file with more is rejected."""
_LEVELS = {Severity.HIGH: "error", Severity.MEDIUM: "warning", Severity.LOW: "note"}
# GitHub shows 7.0 and more as high, 4.0 and more as medium.
_SCORES = {Severity.HIGH: "8.0", Severity.MEDIUM: "5.0", Severity.LOW: "2.0"}
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def report_sarif(report: SubscriptionReport, version: str) -> dict[str, Any]:
    """Return a SARIF log with one run; `version` is vmident's. Of too many findings, the most severe are kept."""
    found = report.findings[:RESULTS_AT_MOST]
    notes = [f"Not read: {one.what}: {one.why}" for one in report.unread]
    if len(found) < len(report.findings):
        rest = len(report.findings) - len(found)
        notes.append(
            f"{rest:,} findings are left out: code scanning accepts {RESULTS_AT_MOST:,}. Use --rule or --ignore."
        )
    driver = {"name": "vmident", "semanticVersion": version, "rules": [_rule(one, report) for one in RULES]}
    notifications = [{"level": "note", "message": {"text": one}} for one in notes]
    invocation = {"executionSuccessful": True, "toolExecutionNotifications": notifications}
    run = {"tool": {"driver": driver}, "invocations": [invocation], "results": list(map(_result, found))}
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(one: FindingRule, report: SubscriptionReport) -> dict[str, Any]:
    found = [finding.severity for finding in report.findings if finding.rule == one.id]
    properties: dict[str, Any] = {"tags": ["security", "azure", "managed-identity"]}
    if found:
        properties["security-severity"] = _SCORES[min(found, key=lambda severity: severity.rank)]
    return {
        "id": one.id,
        "name": one.id.title().replace("-", ""),
        "shortDescription": {"text": one.title},
        "fullDescription": {"text": one.meaning},
        "help": {"text": f"{one.meaning} Each result ends with the command or the step that fixes it."},
        "properties": properties,
    }


def _result(one: Finding) -> dict[str, Any]:
    indexes = {rule.id: at for at, rule in enumerate(RULES)}
    resources = list(dict.fromkeys([*([one.identity] if one.identity else []), *one.resources]))
    logical = [{"name": name_of(each), "fullyQualifiedName": each, "kind": "resource"} for each in resources]
    physical = {"artifactLocation": {"uri": quote(resources[0].strip("/"))}, "region": {"startLine": 1}}
    fingerprint = hashlib.sha256(f"{one.rule}|{'|'.join(sorted(map(lower, resources)))}".encode()).hexdigest()
    return {
        "ruleId": one.rule,
        "ruleIndex": indexes[one.rule],
        "level": _LEVELS[one.severity],
        "message": {"text": f"{one.message} Fix: {one.remediation}"},
        "locations": [{"physicalLocation": physical, "logicalLocations": logical}],
        "partialFingerprints": {"vmident/v1": fingerprint, "primaryLocationLineHash": f"{fingerprint[:16]}:1"},
        "properties": {"severity": one.severity.value},
    }
