"""Etags of VMs and scale sets, and the conditions on them that a write carries.

Etags are known from API version 2024-03-01 on; an older one ignores the headers, as it shows no etag.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vmident.sandbox import errors
from vmident.sandbox.api_versions import FIRST_WITH_ETAG

if TYPE_CHECKING:
    from vmident.sandbox.protocol.call import Call
    from vmident.sandbox.rows import Record


def etag(record: Record) -> str:
    """Return the strong etag, quotes included."""
    return f'"{record["etag"]}"'


def shows_etag(call: Call) -> bool:
    """Return whether answers in the request's API version carry an etag."""
    return call.api_version >= FIRST_WITH_ETAG


def check_condition(call: Call, record: Record) -> None:
    """Compare `If-Match` strongly, as RFC 9110 section 13.1.1 has it: a weak etag matches nothing."""
    if not shows_etag(call):
        return
    condition = call.request.headers.get("if-match", "*")
    if condition.strip() != "*" and etag(record) not in re.findall(r'(?:W/)?"[^"]*"', condition):
        raise errors.precondition_failed(condition, etag(record))
    if call.request.headers.get("if-none-match", "").strip() == "*":
        raise errors.already_there(etag(record))
