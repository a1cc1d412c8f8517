"""DELETE of a resource group with all that is in it, and the operation that says when it is done.

The group is there, `Deleting`, until the end; writes into it are refused meanwhile (409). Principals of what is deleted
go with it, and so do role assignments at scopes inside. `Retry-After: 15` is what Azure says (public traces).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vmident.sandbox.authorization.scopes import covers
from vmident.sandbox.http_messages import Response
from vmident.sandbox.protocol import operations
from vmident.sandbox.resource_graph import change_log
from vmident.sandbox.tenant import SUBSCRIPTION

if TYPE_CHECKING:
    from vmident.sandbox.protocol.call import Call
    from vmident.sandbox.rows import Record, Rows

    Row = tuple[str, str, str, dict[str, Any] | None]

_LENGTH = 4.0
_RETRY_AFTER_SECONDS = 15
# Rows that are kept below a group and outlive it.
_OUTLIVING = ("change", "group")
_POLICY_KINDS = ("policyassignment", "remediation")


def delete_group(call: Call) -> Response:
    """Answer DELETE: 202, and the URL that answers 200 when the group is gone; 404 for a group that is not there."""
    group = call.group()
    name = group["name"]
    call.rows.replace("group", name, "", {**group, "state": "Deleting"})
    record = {"id": id_of(name), "group": name, "name": "", "location": group["location"]}
    token = call.settings.new_uuid()
    effects = operations.Effects({"state": "Deleting"}, [*_inside(call.rows, group), ("group", name, "", None)])
    seconds = call.settings.operation_seconds() * _LENGTH
    sent = change_log.traced(call.request.headers)
    operations.start(call.rows, record, token, now=call.now, seconds=seconds, effects=effects, kind="group", sent=sent)
    return Response(202, _headers(call, token))


def read_deletion(call: Call) -> Response:
    """Answer GET of the deletion's URL: 202 while it runs, then 200."""
    token = call.words["token"]
    found = call.rows.find_operation(token)
    if found is None or found.get("target", [""])[0] != "group":
        from vmident.sandbox.deployments.what_if import read_prediction

        return read_prediction(call)
    return Response(200) if found["status"] == "Succeeded" else Response(202, _headers(call, token))


def id_of(group: str) -> str:
    """Return the id of a group."""
    return f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}"


def _headers(call: Call, token: str) -> dict[str, str]:
    path = f"/subscriptions/{call.words['subscription']}/operationresults/{token}"
    url = f"{call.settings.endpoint}{path}?api-version={call.api_version}"
    wait = operations.at_pace(_RETRY_AFTER_SECONDS, call.settings.operation_seconds())
    return {"Location": url, "Retry-After": str(wait)}


def _inside(rows: Rows, group: Record) -> list[Row]:
    """List the rows that go with a group."""
    found: list[Row] = []
    for kind, record in rows.below(group["name"]):
        if kind in _OUTLIVING:
            continue
        found.append((kind, group["name"], record["name"], None))
        found += [("principal", "", record[member], None) for member in ("system", "principalId") if record.get(member)]
    own = id_of(group["name"])
    # Policy objects are kept below the id of their scope.
    for kind in _POLICY_KINDS:
        for one in rows.every(kind):
            if covers(own, one["group"]):
                found.append((kind, one["group"], one["name"], None))
                principal = (one.get("identity") or {}).get("principalId")
                found += [("principal", "", principal, None)] if principal else []
    for assignment in rows.every("assignment"):
        if covers(own, assignment["scope"]):
            found.append(("assignment", assignment["principal"], assignment["name"], None))
    return found
