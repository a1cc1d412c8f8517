"""Initiatives (policy set definitions): create, read, list and delete.

Shape: Microsoft's REST reference for 'Policy Set Definitions', version 2025-03-01, and the page 'Azure Policy
initiative definition structure'. Each reference to a definition has an id of its own, unique in the initiative; Azure
makes one up where the request has none.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from vmident.sandbox.authorization.scopes import covers
from vmident.sandbox.deployments.expressions import Literal, applications
from vmident.sandbox.http_messages import Response, json_answer
from vmident.sandbox.policy import errors, store
from vmident.sandbox.policy.definitions import check_owner, check_unused, rule_of
from vmident.sandbox.policy.parameters import Parameter, check_names, check_update, read_parameters, read_values
from vmident.sandbox.policy.rule_errors import RuleInvalid
from vmident.sandbox.policy.rule_expressions import LONGEST, check_expressions
from vmident.sandbox.policy.views import checked_properties, listed, shown, stamped

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vmident.sandbox.protocol.call import Call
    from vmident.sandbox.rows import Record

_MEMBERS = (
    "displayName",
    "policyType",
    "description",
    "metadata",
    "parameters",
    "policyDefinitions",
    "policyDefinitionGroups",
    "version",
    "versions",
)
_REFERENCE_MEMBERS = {
    "policyDefinitionId",
    "policyDefinitionReferenceId",
    "parameters",
    "groupNames",
    "definitionVersion",
    "latestDefinitionVersion",
    "effectiveDefinitionVersion",
}
_MOST_REFERENCES, MOST_PARAMETERS = 1000, 400


def write_initiative(call: Call) -> Response:
    """Answer PUT: 201 for a new initiative, 200 for one that was there."""
    scope, name = call.words["scope"], call.words["name"]
    check_owner(call)
    properties = checked_properties(call, _MEMBERS, store.INITIATIVE)
    parameters = read_parameters(properties.get("parameters"), f"policy set '{name}'", MOST_PARAMETERS)
    raw = properties.get("policyDefinitions")
    if not isinstance(raw, list) or not raw:
        raise errors.set_invalid(name, "At least one policy definition must be referenced.")
    if len(raw) > _MOST_REFERENCES:
        raise errors.set_invalid(name, f"At most '{_MOST_REFERENCES}' policy definitions can be referenced.")
    references = [_read_reference(call, one, parameters) for one in raw]
    _check_doubles(references)
    used = {
        str(one.arguments[0].value).lower()
        for one in applications([each.get("parameters") for each in references], LONGEST)
        if one.name.lower() == "parameters" and one.arguments and isinstance(one.arguments[0], Literal)
    }
    unused = [one.name for key, one in parameters.items() if key not in used]
    if unused:
        raise errors.parameters_unused(f"policy set '{name}'", unused)
    version = properties.get("version") or "1.0.0"
    own = {"policyType": "Custom", "version": version, "versions": [version], "policyDefinitions": references}
    held = call.rows.find(store.INITIATIVE.row, scope, name)
    if held is not None:
        check_update(read_parameters(held["properties"].get("parameters"), "policy set", MOST_PARAMETERS), parameters)
    record = stamped(call, store.INITIATIVE, {"scope": scope, "properties": {**properties, **own}})
    store.write(call.rows, store.INITIATIVE, record, call.now)
    return json_answer(201 if held is None else 200, shown(store.INITIATIVE, record))


def read_initiative(call: Call) -> Response:
    """Answer GET of one initiative, at its own scope."""
    return json_answer(200, shown(store.INITIATIVE, _found(call)))


def list_initiatives(call: Call) -> Response:
    """Answer the initiatives at a scope and above it; the sandbox has no built-in ones."""
    return listed(call, store.INITIATIVE)


def delete_initiative(call: Call) -> Response:
    """Answer DELETE: 200, 204 for an initiative that was not there, 400 for one that is assigned."""
    scope, name = call.words["scope"], call.words["name"]
    if call.rows.find(store.INITIATIVE.row, scope, name) is None:
        return Response(204)
    check_unused(call, store.INITIATIVE)
    record = _found(call)
    call.rows.soft_delete(store.INITIATIVE.row, scope, name, deleted=call.now)
    return json_answer(200, shown(store.INITIATIVE, record))


def _read_reference(call: Call, raw: Any, parameters: Mapping[str, Parameter]) -> dict[str, Any]:
    """Read one reference; what it refers to must be there, at or above the initiative's scope."""
    name = call.words["name"]
    if not isinstance(raw, dict) or not isinstance(raw.get("policyDefinitionId"), str):
        raise errors.reference_invalid(
            f"A reference of the policy set definition '{name}' has no 'policyDefinitionId'."
        )
    unknown = set(raw) - _REFERENCE_MEMBERS
    if unknown:
        raise errors.reference_invalid(f"A reference of the policy set definition has the members '{unknown}'.")
    definition_id = raw["policyDefinitionId"]
    definition = store.find(call.rows, store.DEFINITION, definition_id)
    if definition is None:
        raise errors.not_found("PolicyDefinitionNotFound", "policy definition", definition_id.rpartition("/")[2])
    if definition["group"] and not covers(definition["group"], call.words["scope"]):
        reason = f"The policy definition '{definition_id}' is not at or above the scope of the policy set definition."
        raise errors.set_invalid(name, reason)
    owner = f"policy set definition '{name}'"
    values = read_values(raw.get("parameters"), owner)
    _, defined = rule_of(definition)
    check_names(defined, values, owner, definition["name"])
    for each, value in values.items():
        _check_value(defined[each.lower()], value, owner, parameters)
    kept = {member: value for member, value in raw.items() if value is not None}
    reference_id = raw.get("policyDefinitionReferenceId") or _made_up(f"{definition_id}{values}")
    return {**kept, "policyDefinitionReferenceId": reference_id}


def _check_value(defined: Parameter, value: Any, owner: str, parameters: Mapping[str, Parameter]) -> None:
    """Check a value that a reference passes on; one with expressions is known when the initiative is assigned."""
    try:
        check_expressions(value, set(parameters))
    except RuleInvalid as invalid:
        raise errors.parameters_invalid(invalid.message) from invalid
    if not any(True for _ in applications(value, LONGEST)):
        defined.check(value, owner)


def _check_doubles(references: list[dict[str, Any]]) -> None:
    seen: set[str] = set()
    for one in references:
        reference_id = one["policyDefinitionReferenceId"].lower()
        if reference_id in seen:
            raise errors.reference_invalid(f"The policy definition reference ID '{reference_id}' is not unique.")
        seen.add(reference_id)


def _made_up(text: str) -> str:
    """Return a number of some twenty digits, as Azure makes up for references without an id."""
    return str(int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big"))


def _found(call: Call) -> Record:
    scope, name = call.words["scope"], call.words["name"]
    found = call.rows.find(store.INITIATIVE.row, scope, name)
    if found is None:
        raise errors.not_found("PolicySetDefinitionNotFound", "policy set definition", name)
    return found
