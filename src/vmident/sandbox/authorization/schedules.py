"""Lists of Microsoft.Authorization that are read alone here: deny assignments, and roles that are eligible or end.

Azure creates deny assignments itself, for managed applications and deployment stacks; the sandbox has neither, so there
are none. Eligible roles come from the seed. Shape: the REST reference of 'Role Eligibility Schedule Instances',
version 2020-10-01.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vmident.sandbox.authorization.role_definitions import definition_id
from vmident.sandbox.authorization.scopes import check_scope, covers
from vmident.sandbox.http_messages import Response, json_answer

if TYPE_CHECKING:
    from vmident.sandbox.protocol.call import Call
    from vmident.sandbox.rows import Record, Rows

KIND = "eligibility"
_INSTANCES = "Microsoft.Authorization/roleEligibilityScheduleInstances"


def add_eligibility(rows: Rows, name: str, scope: str, role: str, principal: str, *, ends: str, made: float) -> None:
    """Write an eligible role of a user; `ends` is ISO 8601."""
    record = {"name": name, "scope": scope, "role": role, "principal": principal, "kind": "User", "ends": ends}
    rows.add(KIND, principal, name, record, made=made)


def list_eligible(call: Call) -> Response:
    """Answer the eligible roles at the scope, above and below it."""
    scope = call.words["scope"]
    check_scope(call.rows, scope)
    found = [one for one in call.rows.every(KIND) if covers(one["scope"], scope) or covers(scope, one["scope"])]
    return json_answer(200, {"value": [_shown(one) for one in found]})


def list_none(call: Call) -> Response:
    """Answer an empty list: nothing in the sandbox is of the type asked for."""
    check_scope(call.rows, call.words["scope"])
    return json_answer(200, {"value": []})


def _shown(one: Record) -> dict[str, Any]:
    return {
        "id": f"{one['scope']}/providers/{_INSTANCES}/{one['name']}",
        "name": one["name"],
        "type": _INSTANCES,
        "properties": {
            "scope": one["scope"],
            "roleDefinitionId": definition_id(one["role"]),
            "principalId": one["principal"],
            "principalType": one["kind"],
            "status": "Provisioned",
            "endDateTime": one["ends"],
            "memberType": "Direct",
        },
    }
