"""What holds for every request of every client: its time limits, its trace, and Azure's refusals as our errors.

A policy of azure-core's pipeline, the outermost one; it needs nothing of azure-core to be one but `next` and `send`.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from vmident.arm.answers import read_error, unreadable
from vmident.arm.auth.errors import sign_in_error
from vmident.arm.cloud import is_same_origin
from vmident.arm.errors.body import request_id_in
from vmident.arm.errors.network import network_hint, network_reason
from vmident.arm.errors.translation import error_from
from vmident.errors import AzureErrorResponse, InvalidResponse, Unreachable, VmidentError

if TYPE_CHECKING:
    from vmident.ports.clock import Clock

_WRITES = frozenset({"PUT", "PATCH", "DELETE"})
_URL = re.compile(r"[^\s'\"()<>]*\?[^\s'\"()<>]*")


class RequestPolicy:
    """Watches over each request: no wait outlasts the deadline, and every failure is one of `vmident.errors`.

    `trace` receives each request and its answer: method, URL, status, duration; never of a token or a body.
    `see` is shown the text of every answer that is no refusal, `hear` the headers of every answer.
    """

    next: Any

    def __init__(
        self,
        endpoint: str,
        clock: Clock,
        trace: Callable[[str], None],
        see: Callable[[str], None],
        hear: Callable[[Mapping[str, str]], None],
        *,
        enforce_https: bool,
    ) -> None:
        self._endpoint = endpoint
        self._clock = clock
        self._trace = trace
        self._see = see
        self._hear = hear
        self._enforce_https = enforce_https

    def send(self, request: Any) -> Any:
        """Send one request on; raises `vmident.errors` for no token, no answer, and every status but 200 to 299.

        What leads to another host gets neither the token nor a request: the SDK's own lists follow any `nextLink`.
        """
        from azure.core.exceptions import AzureError, ClientAuthenticationError, DecodeError

        if not is_same_origin(request.http_request.url, self._endpoint):
            foreign = _without_opaque_query(request.http_request.url)
            raise AzureErrorResponse(f"Azure's response links to another host. vmident does not follow it: {foreign}")
        self._clock.remaining_seconds()
        request.context.options["enforce_https"] = self._enforce_https
        shown = f"{request.http_request.method} {_without_opaque_query(request.http_request.url)}"
        began = time.perf_counter()
        try:
            response = self.next.send(request)
        except ClientAuthenticationError as failure:
            self._trace(f"{shown} -> no token: {failure}")
            raise sign_in_error(failure) from failure
        except DecodeError as failure:
            # Raised by the policy that decodes for the SDK's clients; without a response where the body was cut.
            if failure.response is None:
                raise _no_answer(failure, self._endpoint) from failure
            if 200 <= (failure.response.status_code or 0) < 300:
                raise unreadable("JSON", request=shown) from failure
            raise _refusal(failure.response) from failure
        except InvalidResponse as failure:
            self._trace(f"{shown} -> {failure.code}")
            raise
        except AzureError as failure:
            self._trace(f"{shown} -> {type(failure).__name__}")
            self._clock.remaining_seconds()
            raise _no_answer(failure, self._endpoint) from failure
        answer = response.http_response
        self._hear(answer.headers)
        request_id = request_id_in(answer.headers) or "none"
        took = f"{time.perf_counter() - began:.3f} s"
        self._trace(f"{shown} -> {answer.status_code} ({took}, request id {request_id})")
        if not 200 <= answer.status_code < 300:
            raise _refusal(answer)
        self._see(answer.content.decode("utf-8", "replace"))
        return response


class WritePolicy:
    """Calls `wrote` before each request that may change something."""

    next: Any

    def __init__(self, wrote: Callable[[], None]) -> None:
        self._wrote = wrote

    def send(self, request: Any) -> Any:
        """Send one request on."""
        if request.http_request.method in _WRITES:
            self._wrote()
        return self.next.send(request)


def raw_content(response: Any, _model: object, _headers: object) -> bytes:
    """Return the body itself, where the SDK's own clients take a function for what they return (`cls`)."""
    content: bytes = response.http_response.content
    return content


def request_of(answer: Any) -> str:
    """Return what an answer is to, such as `GET https://…`."""
    return f"{answer.request.method} {_without_opaque_query(answer.request.url)}"


def _refusal(answer: Any) -> VmidentError:
    return error_from(answer.status_code, answer.headers, read_error(answer.content))


def _without_opaque_query(url: str) -> str:
    """Return the URL of an operation without its signed query, which a trace does not need."""
    address, _, query = url.partition("?")
    kept = [part for part in query.split("&") if part.startswith(("api-version=", "$"))]
    return f"{address}?{'&'.join(kept)}" if kept else address


def _no_answer(failure: Exception, endpoint: str) -> VmidentError:
    # The HTTP library's own messages name the URL, query and all.
    reason = _URL.sub(lambda url: _without_opaque_query(url[0]), network_reason(str(failure)))
    return Unreachable(f"No response from {endpoint}: {reason.rstrip('.')}.", hint=network_hint(reason, "the endpoint"))
