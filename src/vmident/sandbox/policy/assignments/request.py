"""What the body of an assignment may say, beside what it assigns: modes, exclusions, selectors: pure.

Source: Microsoft's page 'Azure Policy assignment structure'. Limits: the page 'What is Azure Policy', section 'Maximum
count of Azure Policy objects'.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vmident.sandbox import errors as sandbox_errors
from vmident.sandbox.authorization.scopes import covers
from vmident.sandbox.policy import errors

if TYPE_CHECKING:
    from vmident.sandbox.protocol.call import Call

MEMBERS = (
    "displayName",
    "description",
    "metadata",
    "policyDefinitionId",
    "definitionVersion",
    "latestDefinitionVersion",
    "effectiveDefinitionVersion",
    "scope",
    "notScopes",
    "parameters",
    "enforcementMode",
    "nonComplianceMessages",
    "resourceSelectors",
    "overrides",
    "assignmentType",
    "instanceId",
    "selfServeExemptionSettings",
)
ENFORCED, NOT_ENFORCED = "Default", "DoNotEnforce"
LOCATION, TYPE, WITHOUT_LOCATION = "resourceLocation", "resourceType", "resourceWithoutLocation"
_KINDS = {kind.lower(): kind for kind in (LOCATION, TYPE, WITHOUT_LOCATION)}
_MOST_EXCLUSIONS, _MOST_SELECTORS, _MOST_VALUES = 400, 10, 50


def check_texts(call: Call, properties: dict[str, Any]) -> None:
    """Check the mode and the exclusions; spells the mode as Azure does."""
    name, scope = call.words["name"], call.words["scope"]
    mode = properties.get("enforcementMode", ENFORCED)
    known = {one.lower(): one for one in (ENFORCED, NOT_ENFORCED)}
    if not isinstance(mode, str) or mode.lower() not in known:
        raise sandbox_errors.not_in_the_sandbox(f"the enforcement mode '{mode}'")
    properties["enforcementMode"] = known[mode.lower()]
    said = properties.get("scope", scope)
    if not isinstance(said, str) or said.rstrip("/").lower() != scope.lower():
        raise errors.assignment_invalid(name, f"The scope '{said}' is not the scope of the request '{scope}'.")
    excluded = properties.get("notScopes", [])
    if not isinstance(excluded, list) or not all(isinstance(one, str) for one in excluded):
        raise sandbox_errors.content_invalid("'notScopes' is not an array of strings. Path 'properties'")
    if len(excluded) > _MOST_EXCLUSIONS:
        raise errors.assignment_invalid(name, f"At most '{_MOST_EXCLUSIONS}' scopes can be excluded.")
    for one in excluded:
        if not covers(scope, one):
            raise errors.assignment_invalid(name, f"The excluded scope '{one}' is not below the scope '{scope}'.")
    if properties.get("overrides"):
        raise sandbox_errors.not_in_the_sandbox("'overrides' of a policy assignment")


def check_selectors(name: str, properties: dict[str, Any]) -> None:
    """Check the resource selectors: at most ten, each kind once in one, `in` or `notIn` with at most 50 values."""
    selectors = properties.get("resourceSelectors", [])
    if not isinstance(selectors, list) or len(selectors) > _MOST_SELECTORS:
        raise errors.assignment_invalid(name, f"'resourceSelectors' is an array of at most '{_MOST_SELECTORS}'.")
    for one in selectors:
        kinds = [_kind(name, each) for each in one.get("selectors", [])] if isinstance(one, dict) else [""]
        if len(set(kinds)) != len(kinds) or {LOCATION, WITHOUT_LOCATION} <= set(kinds) or "" in kinds:
            raise errors.assignment_invalid(name, "A resource selector has the same kind twice, or kinds that exclude.")


def _kind(name: str, selector: Any) -> str:
    members = selector if isinstance(selector, dict) else {}
    kind = _KINDS.get(str(members.get("kind")).lower())
    lists = [members[one] for one in ("in", "notIn") if members.get(one) is not None]
    if kind is None or not members.keys() <= {"kind", "in", "notIn"}:
        raise errors.assignment_invalid(name, f"The kind '{members.get('kind')}' of a resource selector is not valid.")
    if len(lists) != 1 or not isinstance(lists[0], list) or not 1 <= len(lists[0]) <= _MOST_VALUES:
        reason = f"A resource selector has either 'in' or 'notIn', with 1 to {_MOST_VALUES} values."
        raise errors.assignment_invalid(name, reason)
    return kind
