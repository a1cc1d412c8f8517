"""Queries that Resource Graph refuses: `BadRequest`, a line for Microsoft's support, and the reason in `details`.

Shapes, from answers that users have published: `InvalidQuery` and then `ParserFailure` with `line`,
`characterPositionInLine` (absent where it is 0) and `token`, or `UnknownFunction`; `DisallowedLogicalTableName` alone.
`SemanticError`, for what else Kusto refuses, is assumed.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from vmident.sandbox.errors import NOT_IN_THE_SANDBOX, Refused

if TYPE_CHECKING:
    from vmident.sandbox.protocol.call import Call
    from vmident.sandbox.resource_graph.kql.errors import QueryError

_INVALID_QUERY = {
    "code": "InvalidQuery",
    "message": "Query is invalid. Please refer to the documentation for the Azure Resource Graph service and fix the "
    "error before retrying.",
}


def bad_request(call: Call, *details: dict[str, Any]) -> Refused:
    """Return a refusal with its reasons."""
    moment = datetime.fromtimestamp(call.now, timezone.utc)
    message = (
        f"Please provide below info when asking for support: timestamp = {moment:%Y-%m-%dT%H:%M:%S.%f}0Z, "
        f"correlationId = {call.settings.new_uuid()}."
    )
    return Refused(400, "BadRequest", message, details=details)


def query_refused(call: Call, error: QueryError) -> Refused:
    """Return the refusal of a query."""
    from vmident.sandbox.resource_graph.kql.errors import NotSupported, SemanticFailure, SyntaxFailure, TableUnknown

    if isinstance(error, SyntaxFailure):
        place: dict[str, Any] = {"line": error.line}
        if error.position:
            place["characterPositionInLine"] = error.position
        failure = {"code": "ParserFailure", "message": "ParserFailure", **place, "token": error.token}
        return bad_request(call, _INVALID_QUERY, failure)
    if isinstance(error, TableUnknown):
        return bad_request(call, {"code": "DisallowedLogicalTableName", "message": str(error)})
    if isinstance(error, NotSupported):
        message = f"The sandbox's Resource Graph does not support {error.what}."
        return bad_request(call, {"code": NOT_IN_THE_SANDBOX, "message": message})
    assert isinstance(error, SemanticFailure)
    return bad_request(call, _INVALID_QUERY, {"code": error.code, "message": str(error)})
