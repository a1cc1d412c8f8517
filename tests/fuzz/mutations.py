"""What may become of an answer on its way: cut, retyped, nested, mislabelled, about something else, or lost."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import requests

from vmident.sandbox.http_messages import Response, json_answer

JUNK: list[Any] = [
    None, True, 0, -1, 7.5, 1e300, "", " ", "x", "\x00\x1b[31m", "a" * 5000, "None", "Failed", "\ud800",
    [], [None], ["x"], [[]], {}, {"id": 7}, {"x": {"y": []}}, {"code": ["x"], "message": {}}, 10**40,
]  # fmt: skip
BODIES = [
    b"", b" ", b"null", b"[]", b"{}", b"0", b'"x"', b"<html>Sign in</html>", b"\xff\xfe\x00", b'{"id": "\xff"}',
    b"[" * 5000, b'{"value": ' * 5000, b'{"value": [' + b"null," * 50 + b"null]}", b'{"id": 1e999}', b"\xef\xbb\xbf{}",
    b'{"error": ["x"]}', b'{"error": {"code": ["x"], "message": 7, "details": [7]}}', b'{"error": "words"}',
    b'{"error": {"code": "DeploymentFailed", "details": [null, {"message": {}}]}}',
    b'{"error": {"message": "{\\"error\\": ' + b"[" * 3000 + b'"}}', b'{"code": "FailedIdentityOperation"}',
]  # fmt: skip
# 2xx and 5xx say nothing for certain; a refusal is only ever made of a request that went nowhere.
DOUBTFUL_STATUSES = [200, 201, 202, 204, 206, 299, 300, 301, 302, 304, 307, 500, 502, 503, 504, 599]
REFUSALS = [400, 401, 403, 404, 405, 408, 409, 410, 412, 418, 422, 429, 451]
HEADERS = {
    "Retry-After": ["0", "-5", "86400", "1e300", "nan", "inf", "soon", "", "٣"],
    "Azure-AsyncOperation": ["", "x", "http://[", "https://elsewhere.example/operations/1", "https://u:p@x/", "//"],
    "Location": ["", "https://elsewhere.example/", "http://["],
    "ETag": ["", "x", "\xff"],
    "Content-Type": ["text/html", "application/json; charset=utf-99", "application/json; charset", "x", ""],
    "x-ms-ratelimit-remaining-subscription-reads": ["²", "9" * 5000, "-1", "x"],
    "x-ms-ratelimit-remaining-resource": [";;;,,,", "Microsoft.Compute/x;²", "x;" + "9" * 5000],
    "WWW-Authenticate": ["Bearer", 'Bearer claims="x"', 'Bearer error="insufficient_claims", claims="!!"', "=", ","],
    "Date": ["x", "Tue, 99 Jan 0000 99:99:99 GMT"],
    "x-ms-request-id": ["\x1b[31m", "x" * 5000],
}


class Mutator:
    """Takes each answer of a run, and lets about one in `one_in` through as something else."""

    def __init__(self, choices: random.Random, one_in: int) -> None:
        self._choices = choices
        self._one_in = one_in
        self.made: list[str] = []

    def __call__(self, request: requests.PreparedRequest, send: Callable[[], Response]) -> Response:
        """Answer a request; raises `requests.ConnectionError` where the answer is lost."""
        if self._choices.randrange(self._one_in):
            return send()
        act = self._choices.choice(
            [self._retype, self._retype, self._retype, self._body, self._cut, self._status, self._header, self._lost]
        )
        asked = f"{request.method} {str(request.url).split('?')[0].rsplit('/', 1)[-1]}"
        self.made.append(f"{asked}: {act.__name__.strip('_')}")
        return act(request, send)

    def _retype(self, _request: requests.PreparedRequest, send: Callable[[], Response]) -> Response:
        """Put junk in the place of one member, or take it away."""
        answer = send()
        try:
            body = json.loads(answer.body)
        except ValueError:
            return answer
        places = list(_places(body))
        if not places:
            return answer
        holder, key = self._choices.choice(places)
        if self._choices.randrange(4):
            holder[key] = copy.deepcopy(self._choices.choice(JUNK))
        else:
            del holder[key]
        return Response(answer.status, answer.headers, json.dumps(body).encode())

    def _body(self, _request: requests.PreparedRequest, send: Callable[[], Response]) -> Response:
        answer = send()
        return Response(answer.status, answer.headers, self._choices.choice(BODIES))

    def _cut(self, _request: requests.PreparedRequest, send: Callable[[], Response]) -> Response:
        answer = send()
        return Response(answer.status, answer.headers, answer.body[: self._choices.randrange(len(answer.body) + 1)])

    def _status(self, _request: requests.PreparedRequest, send: Callable[[], Response]) -> Response:
        if self._choices.randrange(2):
            error = {"error": {"code": self._choices.choice(["X", "Conflict", "TooManyRequests"]), "message": "No."}}
            return json_answer(self._choices.choice(REFUSALS), error, {"x-ms-request-id": "1"})
        answer = send()
        return Response(self._choices.choice(DOUBTFUL_STATUSES), answer.headers, answer.body)

    def _header(self, _request: requests.PreparedRequest, send: Callable[[], Response]) -> Response:
        answer = send()
        name = self._choices.choice(sorted(HEADERS))
        kept = {one: value for one, value in answer.headers.items() if one.lower() != name.lower()}
        if self._choices.randrange(5):
            kept[name] = self._choices.choice(HEADERS[name])
        return Response(answer.status, kept, answer.body)

    def _lost(self, request: requests.PreparedRequest, send: Callable[[], Response]) -> Response:
        if self._choices.randrange(2):
            send()
        raise requests.ConnectionError("the connection was reset", request=request)


def _places(body: Any) -> Iterator[tuple[Any, Any]]:
    """List every member and item of a document, as the object or list that holds it and its name or number."""
    entries = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for key, value in entries:
        yield body, key
        yield from _places(value)
