"""Read Azure's code and message out of the body of an error, however deep it nests them.

A nested message is JSON in a string. Shapes: 'Error codes met in identity work' in the project's wire facts.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from vmident.arm.limits import CODE_CHARACTERS, MESSAGE_CHARACTERS

# Codes that say only that something within failed; it stands in `details`.
_WRAPPERS = frozenset(
    {"DeploymentFailed", "InvalidTemplateDeployment", "ResourceDeploymentFailure", "MultipleErrorsOccurred"}
)

# How every refusal of Resource Graph begins; the reason stands in `details`.
_GRAPH_REFUSAL = "Please provide below info when asking for support"

_NESTED_JSON = re.compile(r"\{\s*\"error\"\s*:")


def code_and_message(body: Any, otherwise: str) -> tuple[str | None, str]:
    """Read Azure's code and message out of an answer, the innermost message where JSON is nested in a string.

    Of a deployment that failed, they are those of the first resource that did; of a query that Resource Graph refuses,
    those of its most specific reason.
    """
    error = innermost_error(body)
    message = error.get("message")
    code = error.get("code")
    text = _unwrapped(message) if isinstance(message, str) and message.strip() else otherwise
    shown = " ".join(text[:MESSAGE_CHARACTERS].split())
    return (code[:CODE_CHARACTERS] if isinstance(code, str) and code else None), shown


def innermost_error(body: Any) -> dict[str, Any]:
    """Return the error object of an answer whose code and message `code_and_message` reads."""
    error = body.get("error", body) if isinstance(body, dict) else {}
    return _innermost(error if isinstance(error, dict) else {"message": error})


def retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """Read `Retry-After`, which ARM gives in whole seconds; `None` where it is absent or is a date."""
    try:
        seconds = float(headers.get("Retry-After", ""))
    except ValueError:
        return None
    return max(0.0, seconds) if math.isfinite(seconds) else None


def request_id_in(headers: Mapping[str, str]) -> str | None:
    """Return the ID that Microsoft's support asks for; `request-id` is Microsoft Graph's name for it."""
    return headers.get("x-ms-request-id") or headers.get("request-id")


def _innermost(error: dict[str, Any]) -> dict[str, Any]:
    """Return the failure that an error wraps: in `details`, or in a message that is JSON itself."""
    message, details = error.get("message"), error.get("details")
    inner = inner_error(message) if isinstance(message, str) and message.lstrip().startswith("{") else None
    reasons = (
        [one for one in details if isinstance(one, dict) and one.get("message")] if isinstance(details, list) else []
    )
    code = error.get("code")
    if inner is None and reasons and isinstance(code, str) and code in _WRAPPERS:
        inner = reasons[0]
    if inner is None and reasons and isinstance(message, str) and message.startswith(_GRAPH_REFUSAL):
        return _graph_reason(reasons)
    return _innermost(inner) if inner else error


def _graph_reason(reasons: list[dict[str, Any]]) -> dict[str, Any]:
    """Return Resource Graph's most specific reason: `InvalidQuery` comes first and says nothing of the query.

    A syntax error carries no text, but the token; its position counts from the start of a query that vmident wrote
    around what the user typed, so it is left out.
    """
    reason = next((one for one in reasons if one.get("code") != "InvalidQuery"), reasons[0])
    unexpected = reason.get("token")
    if not isinstance(unexpected, str):
        return reason
    where = "at the end of the query" if unexpected == "<EOF>" else f"at '{unexpected}'"
    return {**reason, "message": f"Syntax error {where}."}


def _unwrapped(message: str) -> str:
    nested = inner_error(message)
    inner = nested.get("message") if nested else None
    return _unwrapped(inner) if isinstance(inner, str) and inner else message


def inner_error(message: str) -> dict[str, Any] | None:
    """Return the error that a message nests as JSON, or `None`."""
    found = _NESTED_JSON.search(message)
    try:
        inner = json.JSONDecoder().raw_decode(message, found.start())[0] if found else None
    except (ValueError, RecursionError):
        return None
    error = inner.get("error") if isinstance(inner, dict) else None
    return error if isinstance(error, dict) else None
