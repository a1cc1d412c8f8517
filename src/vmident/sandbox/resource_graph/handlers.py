"""The Resource Graph's one endpoint: a query in, one page of its rows out.

Shape: Microsoft's REST reference for 'Resources - Resources', version 2021-03-01, and its page 'Working with large
Azure resource data sets': `$skipToken` comes only where `id` is among the columns, and otherwise rows are cut off,
which `resultTruncated` says; `$skip` is ignored where the query itself limits its rows.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from vmident.sandbox.errors import Refused, content_invalid, not_in_the_sandbox
from vmident.sandbox.http_messages import Response, json_answer
from vmident.sandbox.protocol import throttling
from vmident.sandbox.protocol.paging import sealed, unsealed
from vmident.sandbox.resource_graph.errors import bad_request, query_refused
from vmident.sandbox.tenant import MANAGEMENT_GROUP_TITLES, SUBSCRIPTION

if TYPE_CHECKING:
    from vmident.sandbox.protocol.call import Call
    from vmident.sandbox.resource_graph.kql.operators import Table

_MOST_ROWS = 1000
# azure-mgmt-resourcegraph 8.0 sends `allowPartialScopes` unasked; with one subscription it changes nothing.
_SCOPE_OPTIONS = ("allowPartialScopes", "authorizationScopeFilter")
# Which levels `authorizationresources` shows, and whether those above the subscription are among them (REST reference).
_SHOWS_ABOVE = {
    "atscopeandbelow": False,
    "atscopeexact": False,
    "atscopeandabove": True,
    "atscopeaboveandbelow": True,
}
# Kusto's names of types, as the columns of a table carry them.
_TYPE_NAMES = {"long": "integer", "real": "number", "bool": "boolean", "dynamic": "object"}


def answer_query(call: Call) -> Response:
    """Answer one page of a query's rows."""
    call.meter.draw(throttling.graph())
    content = call.content()
    _check_members(call, content)
    options = _checked_options(call, content.get("options") or {})
    shows_above = _SHOWS_ABOVE[options["authorizationScopeFilter"]]
    table, is_limited = _evaluated(call, content["query"], shows_above=shows_above)
    skip = _first_row(content, options, is_limited=is_limited)
    page = table.rows[skip : skip + options["$top"]]
    more = skip + len(page) < len(table.rows)
    has_token = more and "id" in table.columns
    answer: dict[str, Any] = {
        "totalRecords": len(table.rows),
        "count": len(page),
        "data": _data(table, page, options["resultFormat"]),
        "facets": [],
        "resultTruncated": "true" if more and not has_token else "false",
    }
    if has_token:
        answer["$skipToken"] = sealed([_fingerprint(content), skip + len(page)])
    return json_answer(200, answer)


def _evaluated(call: Call, query: str, *, shows_above: bool) -> tuple[Table, bool]:
    """Return the table that a query makes, and whether it limits its rows; raises what Resource Graph refuses it with.

    The query language is loaded here: most commands never ask the graph.
    """
    from vmident.sandbox.resource_graph.kql.errors import QueryError
    from vmident.sandbox.resource_graph.kql.evaluator import evaluate
    from vmident.sandbox.resource_graph.tables import table_named

    try:
        now = datetime.fromtimestamp(call.now, timezone.utc)
        return evaluate(query, lambda name, types: table_named(call, name, types, shows_above=shows_above), now)
    except QueryError as error:
        raise query_refused(call, error) from error


def _data(table: Table, page: Any, result_format: str) -> Any:
    from vmident.sandbox.resource_graph.kql.values import to_wire

    rows = [[to_wire(row[name]) for name in table.columns] for row in page]
    if result_format == "table":
        columns = [{"name": name, "type": _TYPE_NAMES.get(kind, kind)} for name, kind in table.columns.items()]
        return {"columns": columns, "rows": rows}
    return [dict(zip(table.columns, row, strict=True)) for row in rows]


def _check_members(call: Call, content: dict[str, Any]) -> None:
    for member in content:
        if member not in ("query", "subscriptions", "managementGroups", "options"):
            raise not_in_the_sandbox(f"'{member}' in a query")
    if not isinstance(content.get("query"), str):
        raise bad_request(call, {"code": "InvalidQuery", "message": "Query can not be null or empty."})
    _check_management_groups(content.get("managementGroups"))
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
        raise bad_request(call, {"code": "NoValidSubscriptionsInQueryRequest", "message": message})


def _check_management_groups(names: object) -> None:
    """Take the names of management groups above the subscription; what Azure answers for others is assumed."""
    if names is None:
        return
    if not isinstance(names, list) or not all(isinstance(each, str) for each in names):
        raise content_invalid("Error converting value to type 'System.String[]'. Path 'managementGroups'.")
    unknown = [each for each in names if each.lower() not in {name.lower() for name in MANAGEMENT_GROUP_TITLES}]
    if unknown:
        raise Refused(403, "AccessDenied", f"Access to the management group '{unknown[0]}' is denied.")


def _checked_options(call: Call, options: object) -> dict[str, Any]:
    if not isinstance(options, dict):
        raise content_invalid("Error converting value to type 'QueryRequestOptions'. Path 'options'.")
    given = {name: value for name, value in options.items() if value is not None}
    for option in given:
        if option not in ("$top", "$skip", "$skipToken", "resultFormat", *_SCOPE_OPTIONS):
            raise not_in_the_sandbox(f"the query option '{option}'")
    result_format = given.get("resultFormat", "objectArray")
    if not isinstance(result_format, str) or result_format.lower() not in ("objectarray", "table"):
        raise not_in_the_sandbox(f"the result format '{result_format}'")
    for option, least, most in (("$top", 1, _MOST_ROWS), ("$skip", 0, 2**31 - 1)):
        value = given.get(option, least)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            message = f"The value of '{option}' must be a whole number from {least} to {most}."
            raise bad_request(call, {"code": "InvalidParameter", "message": message})
    levels = str(given.get("authorizationScopeFilter", "AtScopeAndBelow")).lower()
    if levels not in _SHOWS_ABOVE:
        raise content_invalid(f"Error converting value \"{levels}\" to type 'AuthorizationScopeFilter'.")
    checked = {"resultFormat": result_format.lower(), "authorizationScopeFilter": levels}
    return {"$top": _MOST_ROWS, "$skip": 0, **given, **checked}


def _first_row(content: dict[str, Any], options: dict[str, Any], *, is_limited: bool) -> int:
    """Return the row to begin at: a token goes before `$skip`, and is valid for its own query alone."""
    token = options.get("$skipToken")
    if not token:
        return 0 if is_limited else int(options["$skip"])
    said = unsealed(token) if isinstance(token, str) else None
    if not isinstance(said, list) or len(said) != 2 or said[0] != _fingerprint(content):
        raise Refused(400, "BadRequest", "The skip token is invalid, or it is not of this query.")
    return int(said[1])


def _fingerprint(content: dict[str, Any]) -> str:
    return hashlib.sha256(f"{content['query']}\0{content.get('subscriptions')}".encode()).hexdigest()
