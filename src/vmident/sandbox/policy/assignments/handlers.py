"""Policy assignments: create, read, list and delete.

Shape: Microsoft's REST reference for 'Policy Assignments', version 2025-03-01. Deleting an assignment deletes the
principal of its system-assigned identity; its role assignments stay, as everywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vmident.sandbox import errors as sandbox_errors
from vmident.sandbox.authorization import directory
from vmident.sandbox.authorization.scopes import check_scope, covers
from vmident.sandbox.http_messages import Response, json_answer
from vmident.sandbox.policy import errors, store
from vmident.sandbox.policy.assignments.assigned import assigned_rules
from vmident.sandbox.policy.assignments.identity import identity_after, read_identity
from vmident.sandbox.policy.assignments.request import MEMBERS, check_selectors, check_texts
from vmident.sandbox.policy.definitions import rule_of
from vmident.sandbox.policy.initiatives import MOST_PARAMETERS
from vmident.sandbox.policy.parameters import check_names, read_parameters, read_values
from vmident.sandbox.policy.rules import needs_identity
from vmident.sandbox.policy.views import checked_properties, listed, shown, stamped

if TYPE_CHECKING:
    from vmident.sandbox.protocol.call import Call
    from vmident.sandbox.rows import Record


def write_assignment(call: Call) -> Response:
    """Answer PUT: 201, for a new assignment and for one that was there."""
    scope, name = call.words["scope"], call.words["name"]
    check_scope(call.rows, scope)
    properties = checked_properties(call, MEMBERS, store.ASSIGNMENT)
    target = _checked_target(call, properties)
    check_texts(call, properties)
    check_selectors(name, properties)
    held = call.rows.find(store.ASSIGNMENT.row, scope, name)
    asked = read_identity(call, held)
    references = [target] if "policyRule" in target["properties"] else _definitions(call, target)
    if asked is None and any(needs_identity(*rule_of(one)) for one in references):
        raise errors.identity_required()
    _check_parameters(call, properties, target)
    _check_messages(name, properties, target)
    kept = {member: value for member, value in properties.items() if member not in ("scope", "instanceId")}
    own = {"scope": scope, "enforcementMode": kept.get("enforcementMode", "Default"), "notScopes": []}
    own["instanceId"] = held["properties"]["instanceId"] if held else call.settings.new_uuid()
    own["parameters"] = kept.get("parameters", {})
    record = stamped(call, store.ASSIGNMENT, {"properties": {**own, **kept, "enforcementMode": own["enforcementMode"]}})
    record |= identity_after(call, held, asked)
    _check_values(call, record)
    store.write(call.rows, store.ASSIGNMENT, record, call.now)
    return json_answer(201, shown(store.ASSIGNMENT, record))


def read_assignment(call: Call) -> Response:
    """Answer GET of one assignment, at its own scope."""
    return json_answer(200, shown(store.ASSIGNMENT, _found(call)))


def list_assignments(call: Call) -> Response:
    """Answer the assignments at a scope and above it."""
    return listed(call, store.ASSIGNMENT)


def delete_assignment(call: Call) -> Response:
    """Answer DELETE: 200, or 204 for an assignment that was not there."""
    scope, name = call.words["scope"], call.words["name"]
    record = call.rows.find(store.ASSIGNMENT.row, scope, name)
    if record is None:
        return Response(204)
    principal = (record.get("identity") or {}).get("principalId")
    if principal:
        directory.leave(call.rows, principal, deleted=call.now)
    call.rows.soft_delete(store.ASSIGNMENT.row, scope, name, deleted=call.now)
    return json_answer(200, shown(store.ASSIGNMENT, record))


def _checked_target(call: Call, properties: dict[str, Any]) -> Record:
    """Return what is assigned: a definition or an initiative, at or above the assignment's scope."""
    target_id = properties.get("policyDefinitionId")
    if not isinstance(target_id, str):
        raise sandbox_errors.content_invalid("Required property 'policyDefinitionId' not found in JSON. Path ''")
    is_set = "/policysetdefinitions/" in target_id.lower()
    kind = store.INITIATIVE if is_set else store.DEFINITION
    found = store.find(call.rows, kind, target_id)
    if found is None:
        raise errors.not_found(f"{kind.code}NotFound", kind.words, target_id.rpartition("/")[2])
    if found["group"] and not covers(found["group"], call.words["scope"]):
        raise errors.out_of_scope(call.words["name"])
    return found


def _definitions(call: Call, initiative: Record) -> list[Record]:
    ids = [one["policyDefinitionId"] for one in initiative["properties"]["policyDefinitions"]]
    return [one for one in (store.find(call.rows, store.DEFINITION, each) for each in ids) if one is not None]


def _check_parameters(call: Call, properties: dict[str, Any], target: Record) -> None:
    owner = f"policy assignment '{call.words['name']}'"
    values = read_values(properties.get("parameters"), owner)
    parameters = read_parameters(target["properties"].get("parameters"), owner, MOST_PARAMETERS)
    check_names(parameters, values, owner, target["name"])
    for name, value in values.items():
        parameters[name.lower()].check(value, owner)


def _check_messages(name: str, properties: dict[str, Any], target: Record) -> None:
    known = {one["policyDefinitionReferenceId"].lower() for one in target["properties"].get("policyDefinitions", [])}
    messages = properties.get("nonComplianceMessages", [])
    if not isinstance(messages, list) or not all(isinstance(one, dict) and one.get("message") for one in messages):
        raise errors.assignment_invalid(name, "'nonComplianceMessages' must be objects with a 'message'.")
    for one in messages:
        reference_id = one.get("policyDefinitionReferenceId")
        if reference_id and reference_id.lower() not in known:
            raise errors.reference_invalid(f"The policy definition reference ID '{reference_id}' could not be found.")


def _check_values(call: Call, record: Record) -> None:
    """Check the values that the definitions of an initiative get, now that they are known."""
    owner = f"policy assignment '{record['name']}'"
    for one in assigned_rules(call.rows, record):
        for name, value in one.values.items():
            one.parameters[name.lower()].check(value, owner)


def _found(call: Call) -> Record:
    scope, name = call.words["scope"], call.words["name"]
    found = call.rows.find(store.ASSIGNMENT.row, scope, name)
    if found is None:
        raise errors.not_found("PolicyAssignmentNotFound", "policy assignment", name)
    return found
