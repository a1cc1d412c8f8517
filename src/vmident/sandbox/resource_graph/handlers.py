"""The Resource Graph: queries over VMs and user-assigned identities, as they were some seconds ago.

What is there lags (wire facts); what a resource holds is shown as it is now. Shape: Microsoft's REST reference for
'Resources - Resources', version 2021-03-01, and its page on working with large data sets: `$skipToken` comes only
where `id` is projected, and without an `order by` the pages are random.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from vmident.core.resource_id import USER_ASSIGNED_IDENTITY, VIRTUAL_MACHINE
from vmident.sandbox.api_versions import COMPUTE, IDENTITIES
from vmident.sandbox.compute.vm_view import shown_identity as identity_of_vm
from vmident.sandbox.compute.vm_view import shown_vm
from vmident.sandbox.errors import NOT_IN_THE_SANDBOX, Refused, content_invalid, not_in_the_sandbox
from vmident.sandbox.http_messages import Response, json_answer
from vmident.sandbox.managed_identity.handlers import shown_identity
from vmident.sandbox.protocol import throttling
from vmident.sandbox.protocol.call import SUBSCRIPTION, TENANT
from vmident.sandbox.protocol.paging import sealed, unsealed
from vmident.sandbox.resource_graph.kql import COLUMNS, BadQuery, Query, Row, read_query

if TYPE_CHECKING:
    from vmident.sandbox.protocol.call import Call
    from vmident.sandbox.store import Record

_MOST_ROWS = 1000
_INVALID = "Query is invalid. Please refer to the documentation for the Azure Resource Graph service and fix the error before retrying."  # noqa: E501 - Azure's own line
_SUPPORTED = (
    "The sandbox reads: Resources | where COLUMN =~ 'TEXT' [and|or|not(…) …] | project COLUMN, … | "
    "order by COLUMN [asc|desc]; =~, !~, ==, !=, contains, startswith or endswith with a text column, "
    "tags['NAME'] or tostring(COLUMN.MEMBER)."
)


def answer_query(call: Call) -> Response:
    """Answer one page of a query's rows."""
    call.meter.draw(throttling.graph())
    content = call.content()
    _check_members(call, content)
    query = _read(call, content["query"])
    options = _checked_options(call, content.get("options") or {})
    skip = _first_row(content, options)
    found = query.answer(_rows(call, query))
    page = found[skip : skip + options["$top"]]
    more = skip + len(page) < len(found)
    answer: dict[str, Any] = {
        "totalRecords": len(found),
        "count": len(page),
        "data": page,
        "facets": [],
        "resultTruncated": "true" if more else "false",
    }
    if more and "id" in query.columns:
        answer["$skipToken"] = sealed([_fingerprint(content), skip + len(page)])
    return json_answer(200, answer)


def _rows(call: Call, query: Query) -> list[Row]:
    """Give what was there, as far as the person may read it."""
    moment = call.now - call.settings.graph_lag_seconds
    records = [(vm, VIRTUAL_MACHINE) for vm in call.rows.as_of("vm", moment)]
    records += [(one, USER_ASSIGNED_IDENTITY) for one in call.rows.as_of("identity", moment)]
    everywhere = {
        kind: call.grants.may(f"{kind}/read", f"/subscriptions/{SUBSCRIPTION}")
        for kind in (VIRTUAL_MACHINE, USER_ASSIGNED_IDENTITY)
    }
    rows = [
        _row(record, kind, _more(record, kind, query.needed))
        for record, kind in records
        if everywhere[kind] or call.grants.may(f"{kind}/read", record["id"])
    ]
    if not query.order:
        rows.sort(key=lambda row: hashlib.sha256(f"{row['id']}{call.now}".encode()).digest())
    return rows


def _more(record: Record, kind: str, needed: frozenset[str]) -> Row:
    """Give the columns that take work: what is not asked for is not made, as there may be thousands of rows."""
    more: Row = {}
    if "properties" in needed:
        shown = shown_vm(record, COMPUTE[-1]) if kind == VIRTUAL_MACHINE else shown_identity(record, IDENTITIES[-1])
        more["properties"] = shown["properties"]
    if "identity" in needed and kind == VIRTUAL_MACHINE:
        more["identity"] = identity_of_vm(record)
    return more


def _row(record: Record, kind: str, more: Row) -> Row:
    row: Row = dict.fromkeys(COLUMNS)
    return row | {
        "id": record["id"],
        "name": record["name"],
        "type": kind.lower(),
        "tenantId": TENANT,
        "kind": "",
        "location": record["location"],
        "resourceGroup": record["group"].lower(),
        "subscriptionId": SUBSCRIPTION,
        "managedBy": "",
        "tags": record["tags"],
        **more,
    }


def _check_members(call: Call, content: dict[str, Any]) -> None:
    for member in content:
        if member not in ("query", "subscriptions", "options"):
            raise not_in_the_sandbox(f"'{member}' in a query")
    if not isinstance(content.get("query"), str):
        raise _bad_request(call, {"code": "InvalidQuery", "message": "Query can not be null or empty."})
    subscriptions = content.get("subscriptions")
    if subscriptions is None:
        return
    if not isinstance(subscriptions, list) or not all(isinstance(each, str) for each in subscriptions):
        raise content_invalid("Error converting value to type 'System.String[]'. Path 'subscriptions'.")
    if SUBSCRIPTION not in (each.lower() for each in subscriptions):
        message = (
            "There must be at least one subscription that is eligible to contain resources. "
            f"Given: '{','.join(subscriptions)}'."
        )
        raise _bad_request(call, {"code": "NoValidSubscriptionsInQueryRequest", "message": message})


def _read(call: Call, text: str) -> Query:
    try:
        return read_query(text)
    except BadQuery as bad:
        place = {"line": 1, "characterPositionInLine": bad.position, "token": bad.token}
        raise _bad_request(
            call,
            {"code": "InvalidQuery", "message": _INVALID},
            {"code": "ParserFailure", "message": "ParserFailure", **place},
            {"code": NOT_IN_THE_SANDBOX, "message": _SUPPORTED},
        ) from bad


def _checked_options(call: Call, options: object) -> dict[str, Any]:
    if not isinstance(options, dict):
        raise content_invalid("Error converting value to type 'QueryRequestOptions'. Path 'options'.")
    for option in options:
        if option not in ("$top", "$skip", "$skipToken", "resultFormat"):
            raise not_in_the_sandbox(f"the query option '{option}'")
    result_format = options.get("resultFormat") or "objectArray"
    if not isinstance(result_format, str) or result_format.lower() != "objectarray":
        raise not_in_the_sandbox(f"the result format '{result_format}'")
    for option, least, most in (("$top", 1, _MOST_ROWS), ("$skip", 0, 2**31 - 1)):
        value = options.get(option, least)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            message = f"The value of '{option}' must be a whole number from {least} to {most}."
            raise _bad_request(call, {"code": "InvalidParameter", "message": message})
    return {"$top": _MOST_ROWS, "$skip": 0, **options}


def _first_row(content: dict[str, Any], options: dict[str, Any]) -> int:
    """Give the row to begin at: what a token says goes before `$skip`; it holds for its own query alone."""
    token = options.get("$skipToken")
    if not token:
        return int(options["$skip"])
    said = unsealed(token) if isinstance(token, str) else None
    if not isinstance(said, list) or len(said) != 2 or said[0] != _fingerprint(content):
        raise Refused(400, "BadRequest", "The skip token is invalid, or it is not of this query.")
    return int(said[1])


def _fingerprint(content: dict[str, Any]) -> str:
    return hashlib.sha256(f"{content['query']}\0{content.get('subscriptions')}".encode()).hexdigest()


def _bad_request(call: Call, *details: dict[str, Any]) -> Refused:
    moment = datetime.fromtimestamp(call.now, timezone.utc)
    message = (
        f"Please provide below info when asking for support: timestamp = {moment:%Y-%m-%dT%H:%M:%S.%f}0Z, "
        f"correlationId = {call.settings.new_uuid()}."
    )
    return Refused(400, "BadRequest", message, details=details)
