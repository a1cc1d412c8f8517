"""Lists in pages: `nextLink` carries a token that must come back as it was handed out."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from vmident.sandbox import errors
from vmident.sandbox.http_messages import Response, json_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vmident.sandbox.protocol.call import Call
    from vmident.sandbox.rows import Record

SKIP_OPTION = "$skiptoken"


def sealed(content: object) -> str:
    """Seal a JSON value as a token; an altered token is recognized."""
    text = json.dumps(content)
    return base64.urlsafe_b64encode(f"{_seal(text)}{text}".encode()).decode().rstrip("=")


def unsealed(token: str) -> object:
    """Read a token back; raises 400 for one that was not handed out."""
    try:
        text = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
    except (binascii.Error, ValueError) as bad:
        raise errors.skip_token_invalid() from bad
    seal, content = text[:16], text[16:]
    # The decoder skips what it does not know, so a token is compared with the one that would have been made.
    if seal != _seal(content) or sealed(json.loads(content)) != token:
        raise errors.skip_token_invalid()
    value: object = json.loads(content)
    return value


def _seal(text: str) -> str:
    return hashlib.sha256(f"vmident sandbox {text}".encode()).hexdigest()[:16]


def page_of(
    call: Call,
    kind: str,
    group: str | None,
    shown: Callable[[Record], dict[str, Any]],
    fits: Callable[[Record], bool] | None = None,
) -> Response:
    """Answer one page of a kind's resources, in one group or in the subscription; the person sees what they may read.

    A page of which something may not be seen, or does not fit, is short, as pages of ARM's are.
    """
    where = f"{kind}/{(group or '').lower()}"
    after = ("", "")
    if SKIP_OPTION in call.query:
        token = unsealed(call.query[SKIP_OPTION])
        if not isinstance(token, list) or len(token) != 3 or token[0] != where:
            raise errors.skip_token_invalid()
        after = (token[1], token[2])
    size = call.settings.vm_page_size if kind == "vm" else call.settings.page_size
    records = call.rows.page(kind, group, after, size + 1)
    fitting = [record for record in records[:size] if fits is None or fits(record)]
    content: dict[str, object] = {"value": [one for one in map(shown, fitting) if call.shows(one["id"])]}
    if len(records) > size:
        last = records[size - 1]
        content["nextLink"] = _link(call, [where, last["group"].lower(), last["name"].lower()])
    return json_answer(200, content)


def page_of_all(call: Call, shown: Sequence[dict[str, Any]]) -> Response:
    """Answer one page of what was found; its token says where in it the next begins, and is of its filter alone."""
    where = f"{call.path.lower()}?{call.query.get('$filter', '')}"
    first = 0
    if SKIP_OPTION in call.query:
        token = unsealed(call.query[SKIP_OPTION])
        if not isinstance(token, list) or len(token) != 2 or token[0] != where:
            raise errors.skip_token_invalid()
        first = token[1]
    seen = [one for one in shown if call.shows(one["id"])]
    end = first + call.settings.page_size
    content: dict[str, object] = {"value": seen[first:end]}
    if end < len(seen):
        content["nextLink"] = _link(call, [where, end])
    return json_answer(200, content)


def _link(call: Call, token: list[object]) -> str:
    """Build the URL of the next page of the same query."""
    own = ("api-version", SKIP_OPTION)
    asked = "".join(f"&{quote(name)}={quote(value)}" for name, value in call.query.items() if name not in own)
    link = f"{call.settings.endpoint}{call.path}?api-version={quote(call.api_version)}"
    return f"{link}{asked}&%24skiptoken={sealed(token)}"
