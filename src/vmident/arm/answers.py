"""Where answers are judged: bytes from another machine in, declared types or one named error out.

The law. For any sequence of answers, whole or cut, well-formed or not, each VM of a command ends as one of: done and
seen; failed and certainly not changed; `unknown`, on record, and settled by `vmident runs resume`. Never as a defect of
vmident, never past `--timeout`, and never at the cost of another VM's result.

What follows from it here:

L1  Nothing of an answer is used that has not been read by `read`, which raises `InvalidResponse` and nothing else. The
    message names the member that is wrong. `InvalidResponse.outcome_is_unknown`, so a write is read back.
L2  An answer of status 200 to 299 is a success only if it reads as what was asked for. One of 400 and above is a
    refusal. Everything else is neither: `InvalidResponse`.
L3  An answer about another resource than the one in the request is `WrongResource`. Nothing is computed from it.
L4  In a list, an item that cannot be read is that item's error. A list that cannot be read is the list's.
L5  Every answer is bounded: see `vmident.arm.limits`.

tests/fuzz mutates every answer of whole runs and holds all of it; tests/contract/test_hostile_answers.py does it over
real sockets.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from itertools import accumulate
from typing import Any, TypeVar, cast

import msgspec
from msgspec import Struct

from vmident.arm.limits import JSON_LEVELS
from vmident.errors import InvalidResponse, WrongResource

T = TypeVar("T")

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_BRACKETS = b"[]{}"
_NOT_BRACKETS = bytes(set(range(256)) - set(_BRACKETS))
_TEXT = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}


class ArmResponse(Struct, frozen=True):
    """A success, not read yet. `request` says what was asked, such as `GET https://…`; `content` is the body."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    request: str

    def read(self, kind: type[T], what: str) -> T:
        """Read the body as `kind`; `what` names it for people, such as `a VM`."""
        return read(self.content, kind, what, self.request)


def read(content: bytes | msgspec.Raw, kind: type[T], what: str, request: str = "") -> T:
    """Decode JSON into a declared type (`vmident.arm.wire.types`).

    Raises `InvalidResponse`, whose message ends in what is wrong and where: 'Expected `str`, got `int` - at `$.id`'.
    """
    try:
        plain = bytes(content).removeprefix(_BYTE_ORDER_MARK)
        if not plain.strip():
            raise unreadable(what, "it is empty", request)
        _check_levels(plain)
        decoded: T = _decoder(cast("Any", kind)).decode(plain)
    except (msgspec.MsgspecError, ValueError, RecursionError) as failure:
        raise unreadable(what, str(failure), request) from failure
    return decoded


def read_error(content: bytes) -> Any:
    """Decode the body of an error response; `None` if it is not JSON."""
    try:
        return read(content, object, "an error")
    except InvalidResponse:
        return None


def unreadable(what: str, why: str = "", request: str = "") -> InvalidResponse:
    """Return the error for an answer that is not what it should be."""
    response = f"The response to {request}" if request else "Azure's response"
    return InvalidResponse(
        f"{response} cannot be read as {what}{f': {why}' if why else ''}.",
        hint="Check for a proxy or sign-in page between this machine and Azure. Run with --debug to see the requests.",
    )


def check_about(asked: object, answered: object) -> None:
    """Raise `WrongResource` unless both ids are the same; case does not count."""
    if str(asked).lower() != str(answered).lower():
        raise WrongResource(
            f"The request was for {asked}, but the response is for {str(answered)[:300]}.",
            hint="Check for a proxy between this machine and Azure.",
        )


def check_same_name(asked: str, answered: str) -> None:
    """Raise `WrongResource` unless both ids end in the same name: a role's id may come back with another scope."""
    if asked.rsplit("/", 1)[-1].lower() != answered.rsplit("/", 1)[-1].lower():
        check_about(asked, answered)


@cache
def _decoder(kind: Any) -> Any:
    return msgspec.json.Decoder(kind)


def _check_levels(content: bytes) -> None:
    """Raise `ValueError` for JSON that is nested too deeply, in time linear in its size.

    Brackets in texts are counted with the others at first, which is fast, and left out only where that may matter.
    """
    if _levels(content) > JSON_LEVELS and _levels(_without_texts(content)) > JSON_LEVELS:
        raise ValueError(f"it is nested more than {JSON_LEVELS} levels deep")


def _levels(content: bytes) -> int:
    return max(accumulate(map(_STEPS.__getitem__, content.translate(None, _NOT_BRACKETS))), default=0)


def _without_texts(content: bytes) -> bytes:
    return _TEXT.sub(b"", content)
