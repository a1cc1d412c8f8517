"""Role assignments: give a principal a role at a scope, read, list and take away.

Shape, and what a list holds: Microsoft's REST reference for 'Role Assignments', version 2022-04-01; the version
2015-07-01 knows no principal types, and shows less. An assignment is kept below its principal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vmident.sandbox import errors
from vmident.sandbox.api_versions import FIRST_NAMING_ASSIGNMENTS, OLDEST_ROLES
from vmident.sandbox.authorization import directory
from vmident.sandbox.authorization import errors as authorization_errors
from vmident.sandbox.authorization.assignment_request import AssignmentRequest, read_assignment_request
from vmident.sandbox.authorization.role_definitions import definition_id
from vmident.sandbox.authorization.role_store import role_of
from vmident.sandbox.authorization.scopes import check_scope, covers
from vmident.sandbox.http_messages import Response, json_answer
from vmident.sandbox.protocol import throttling
from vmident.sandbox.protocol.call import is_guid
from vmident.sandbox.protocol.odata_filter import read_filter
from vmident.sandbox.protocol.timestamps import wire_time
from vmident.sandbox.tenant import PERSON_ID, TENANT

if TYPE_CHECKING:
    from vmident.sandbox.protocol.call import Call
    from vmident.sandbox.rows import Record, Rows


_OLDEST_MEMBERS = ("roleDefinitionId", "principalId", "scope", "createdOn", "updatedOn", "createdBy", "updatedBy")


def add_assignment(rows: Rows, name: str, scope: str, requested: AssignmentRequest, *, made: float) -> Record:
    """Write an assignment that is not there yet; give its record."""
    record = {
        "name": name.lower(),
        "scope": scope,
        "role": requested.role.lower(),
        "principal": requested.principal.lower(),
        "kind": requested.kind,
        "description": requested.description,
        "condition": requested.condition,
        "made": made,
        "changed": made,
    }
    rows.add("assignment", requested.principal, name, record, made=made)
    return record


def write_assignment(call: Call) -> Response:
    """Answer PUT: 201 for a new assignment, and for the same again.

    Again with the same role, principal and scope, description and condition are replaced (recordings
    `role-assignments-aso.json` and `refusals.json`); version 2015-07-01 answers 409 (azure-sdk-for-go issue 19060).
    The same role for the same principal at the same scope under another name is 409 always.
    """
    name, scope = call.words["name"], call.words["scope"]
    if not is_guid(name):
        raise authorization_errors.assignment_name_invalid(name)
    check_scope(call.rows, scope)
    requested = read_assignment_request(call, name, scope)
    if role_of(call.rows, requested.role) is None:
        raise authorization_errors.role_not_found(requested.role, status=400)
    call.meter.draw(throttling.assignment_write())
    held = call.rows.named("assignment", name)
    if held is not None:
        return _written_again(call, held, scope, requested)
    for other in call.rows.every("assignment", requested.principal):
        if _is_same(other, scope, requested):
            raise authorization_errors.assignment_exists(_named(call, other))
    kind = _checked_kind(call, requested)
    made = add_assignment(call.rows, name, scope, requested.of_kind(kind), made=call.now)
    return json_answer(201, shown_assignment(made, call.api_version, is_answer_to_put=True))


def read_assignment(call: Call) -> Response:
    """Answer GET of one assignment, at its own scope."""
    held = _held(call)
    if held is None:
        raise authorization_errors.assignment_not_found(call.words["name"])
    return json_answer(200, shown_assignment(held, call.api_version))


def delete_assignment(call: Call) -> Response:
    """Answer DELETE: 200 and what it was, 204 for one that was not there."""
    call.meter.draw(throttling.assignment_write())
    held = _held(call)
    if held is None:
        return Response(204)
    call.rows.soft_delete("assignment", held["principal"], held["name"], deleted=call.now)
    return json_answer(200, shown_assignment(held, call.api_version))


def list_assignments(call: Call) -> Response:
    """Answer the assignments at the scope, above and below it; with `atScope()` at the scope and above alone.

    `principalId eq '…'` and `assignedTo('…')` leave those of one principal; there are no groups here, through which
    the second would find more.
    """
    scope = call.words["scope"]
    check_scope(call.rows, scope)
    principal, has_below = None, True
    for clause in read_filter(call.query.get("$filter", "")):
        if clause.value is not None and (clause.name, clause.is_call) in (("principalid", False), ("assignedto", True)):
            principal = clause.value
        elif (clause.name, clause.is_call, clause.value) == ("atscope", True, None):
            has_below = False
        else:
            raise errors.not_in_the_sandbox(f"the filter '{clause.name}' of role assignments")
    found = [
        one
        for one in call.rows.every("assignment", principal)
        if covers(one["scope"], scope) or (has_below and covers(scope, one["scope"]))
    ]
    return json_answer(200, {"value": [shown_assignment(one, call.api_version) for one in found]})


def _held(call: Call) -> Record | None:
    held = call.rows.named("assignment", call.words["name"])
    return held if held is not None and held["scope"].lower() == call.words["scope"].lower() else None


def _written_again(call: Call, held: Record, scope: str, requested: AssignmentRequest) -> Response:
    if not _is_same(held, scope, requested):
        raise authorization_errors.assignment_fixed()
    if call.api_version == OLDEST_ROLES:
        raise authorization_errors.assignment_exists(None)
    held |= {"description": requested.description, "condition": requested.condition, "changed": call.now}
    call.rows.replace("assignment", held["principal"], held["name"], held)
    return json_answer(201, shown_assignment(held, call.api_version, is_answer_to_put=True))


def _is_same(held: Record, scope: str, requested: AssignmentRequest) -> bool:
    known = (held["scope"].lower(), held["principal"], held["role"])
    return known == (scope.lower(), requested.principal.lower(), requested.role.lower())


def _named(call: Call, other: Record) -> str | None:
    name: str = other["name"]
    return name if call.api_version >= FIRST_NAMING_ASSIGNMENTS else None


def _checked_kind(call: Call, requested: AssignmentRequest) -> str:
    """Return the principal's type, from the directory; who says the type is believed where the directory knows nothing.

    Source: Azure's own message (`denials.principal_not_found`).
    """
    known = directory.known_kind(call, requested.principal)
    if known is None and (requested.kind is None or call.settings.strict_directory):
        raise authorization_errors.principal_not_found(requested.principal, TENANT)
    if known is not None and requested.kind not in (None, known):
        raise authorization_errors.principal_type_differs(requested.principal, known, str(requested.kind))
    return str(known or requested.kind)


def shown_assignment(held: Record, api_version: str, *, is_answer_to_put: bool = False) -> dict[str, Any]:
    """Return an assignment as answers carry it; the answer to a PUT leaves `createdBy` out (recordings)."""
    properties = {
        "roleDefinitionId": definition_id(held["role"]),
        "principalId": held["principal"],
        "principalType": held["kind"],
        "scope": held["scope"],
        "condition": held["condition"],
        "conditionVersion": None if held["condition"] is None else "2.0",
        "createdOn": _moment(held["made"]),
        "updatedOn": _moment(held["changed"]),
        "createdBy": None if is_answer_to_put else PERSON_ID,
        "updatedBy": PERSON_ID,
        "delegatedManagedIdentityResourceId": None,
        "description": held["description"],
    }
    if api_version == OLDEST_ROLES:
        properties = {name: properties[name] for name in _OLDEST_MEMBERS}
    return {
        "properties": properties,
        "id": f"{held['scope']}/providers/Microsoft.Authorization/roleAssignments/{held['name']}",
        "type": "Microsoft.Authorization/roleAssignments",
        "name": held["name"],
    }


def _moment(epoch_seconds: float) -> str:
    return wire_time(epoch_seconds).replace("+00:00", "Z")
