"""Findings as SARIF 2.1.0, which code scanning tools read.

Source: OASIS 'Static Analysis Results Interchange Format (SARIF) Version 2.1.0'. Azure resources are no files, so a
result names them as logical locations; its fingerprint is the rule with the resources, and stays the same between runs.
"""

from __future__ import annotations

import hashlib
from typing import Any

from vmident.core.access.estate import lower, name_of
from vmident.core.access.finding import Finding, Severity
from vmident.core.access.findings import RULES
from vmident.results.access import EstateReport

_LEVELS = {Severity.HIGH: "error", Severity.MEDIUM: "warning", Severity.LOW: "note"}
# GitHub shows 7.0 and more as high, 4.0 and more as medium.
_SCORES = {Severity.HIGH: "8.0", Severity.MEDIUM: "5.0", Severity.LOW: "2.0"}
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def report_sarif(report: EstateReport, version: str) -> dict[str, Any]:
    """Return a SARIF log with one run; `version` is vmident's."""
    rules = [{"id": one.id, "shortDescription": {"text": one.title}} for one in RULES]
    driver = {"name": "vmident", "semanticVersion": version, "rules": rules}
    notes = [{"level": "note", "message": {"text": f"Not read: {one.what}: {one.why}"}} for one in report.unread]
    invocation = {"executionSuccessful": True, "toolExecutionNotifications": notes}
    run = {"tool": {"driver": driver}, "invocations": [invocation], "results": list(map(_result, report.findings))}
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _result(one: Finding) -> dict[str, Any]:
    indexes = {rule.id: at for at, rule in enumerate(RULES)}
    resources = list(dict.fromkeys([*([one.identity] if one.identity else []), *one.resources]))
    logical = [{"name": name_of(each), "fullyQualifiedName": each, "kind": "resource"} for each in resources]
    identity = f"{one.rule}|{'|'.join(sorted(map(lower, resources)))}"
    return {
        "ruleId": one.rule,
        "ruleIndex": indexes[one.rule],
        "level": _LEVELS[one.severity],
        "message": {"text": f"{one.message} Fix: {one.remediation}"},
        "locations": [{"logicalLocations": logical}],
        "partialFingerprints": {"vmident/v1": hashlib.sha256(identity.encode()).hexdigest()},
        "properties": {"severity": one.severity.value, "security-severity": _SCORES[one.severity]},
    }
