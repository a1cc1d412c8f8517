"""A policy's refusal: which policy, by which assignment, as Azure names both.

Azure names them in `additionalInfo` (`PolicyViolation`), in the message ('Policy identifiers: […]'), or in both; shapes
as in Microsoft's 'Resolve errors for request disallowed by policy' and in public reports.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from vmident.core.shell import command_line

_IDENTIFIERS = "Policy identifiers: '"
_ASSIGNMENTS = "/providers/microsoft.authorization/policyassignments/"


class _Violation(Struct, frozen=True):
    policy: str
    assignment: str
    assignment_id: str


def without_identifiers(message: str) -> str:
    """Return Azure's message without the JSON that follows its first sentence."""
    return message.partition(_IDENTIFIERS)[0].strip()


def policy_hint(error: dict[str, Any]) -> str:
    """Name each policy and assignment of a refusal, and the command that shows the first assignment."""
    violations = [*_in_additional_info(error.get("additionalInfo"))] or [*_in_message(error.get("message"))]
    if not violations:
        return "Azure does not name the policy. Ask the owner of the policy for an exemption."
    named = "; ".join(f"policy '{one.policy}', assignment '{one.assignment}'" for one in violations)
    return f"Denied by {named}. Ask its owner for an exemption, or change the request.{_show(violations[0])}"


def _show(violation: _Violation) -> str:
    at = violation.assignment_id.lower().find(_ASSIGNMENTS)
    if at < 0:
        return ""
    scope, name = violation.assignment_id[:at], violation.assignment_id[at + len(_ASSIGNMENTS) :]
    return f" To see it: {command_line('az', 'policy', 'assignment', 'show', '--name', name, '--scope', scope or '/')}"


def _in_additional_info(found: Any) -> Iterator[_Violation]:
    for one in found if isinstance(found, list) else ():
        info = one.get("info") if isinstance(one, dict) and one.get("type") == "PolicyViolation" else None
        if isinstance(info, dict):
            policy = info.get("policyDefinitionDisplayName") or info.get("policyDefinitionName")
            assignment = info.get("policyAssignmentDisplayName") or info.get("policyAssignmentName")
            yield _Violation(str(policy), str(assignment), str(info.get("policyAssignmentId")))


def _in_message(message: Any) -> Iterator[_Violation]:
    _, _, identifiers = str(message).partition(_IDENTIFIERS)
    try:
        found = json.JSONDecoder().raw_decode(identifiers)[0] if identifiers else []
    except (ValueError, RecursionError):
        return
    for one in found if isinstance(found, list) else ():
        if not isinstance(one, dict):
            continue
        policy, assignment = one.get("policyDefinition"), one.get("policyAssignment")
        if isinstance(policy, dict) and isinstance(assignment, dict):
            yield _Violation(str(policy.get("name")), str(assignment.get("name")), str(assignment.get("id")))
