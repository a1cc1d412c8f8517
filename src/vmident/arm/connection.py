"""One connection to a Resource Manager: signs, sends and answers; repeats reads, never writes.

The token goes to the endpoint's own host and nowhere else.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from vmident.arm.cloud import Cloud, is_same_origin
from vmident.arm.credential import Credential
from vmident.arm.faults import fault
from vmident.arm.refused_tokens import no_token
from vmident.core.pacing import pause_before_retry
from vmident.errors import AzureRefused, AzureUnavailable, Throttled, Unreachable, VmidentError
from vmident.ports import Clock

if TYPE_CHECKING:
    from azure.core.rest import HttpRequest, HttpResponse
    from requests.adapters import BaseAdapter

READ_TRIES = 4
_CONNECT_SECONDS = 10.0
_ANSWER_SECONDS = 60.0


@dataclass(frozen=True)
class Answer:
    """What Azure said; `body` is the parsed JSON, `None` where there was none."""

    status: int
    headers: Mapping[str, str]
    body: Any


class Connection:
    """Requests to one cloud; made once for a command.

    `door` takes the network's place for the sandbox. `trace` is told of each request and its answer: method, URL,
    status, duration; never of a token. `tell` is told what is waited for.
    """

    def __init__(
        self,
        cloud: Cloud,
        credential: Credential,
        clock: Clock,
        *,
        version: str,
        trace: Callable[[str], None],
        tell: Callable[[str], None],
        door: BaseAdapter | None = None,
    ) -> None:
        from azure.core.pipeline import policies
        from azure.mgmt.core import ARMPipelineClient
        from azure.mgmt.core.policies import ARMChallengeAuthenticationPolicy

        self._endpoint = cloud.endpoint
        self._enforce_https = not cloud.is_plain_http
        self._clock = clock
        self._trace = trace
        self._tell = tell
        self._client: ARMPipelineClient[HttpRequest, HttpResponse] = ARMPipelineClient(
            cloud.endpoint,
            transport=_transport(cloud, door),
            policies=[
                policies.RequestIdPolicy(),
                policies.UserAgentPolicy(base_user_agent=f"vmident/{version}"),
                ARMChallengeAuthenticationPolicy(credential, cloud.scope),
            ],
        )

    def read(self, path: str, api_version: str) -> Answer:
        """GET a resource; tried again, a bounded number of times, where Azure throttles or has trouble."""
        return self._repeatably("GET", f"{self._endpoint}{_quoted(path)}?api-version={api_version}")

    def follow(self, url: str) -> Answer:
        """GET a URL that Azure gave, exactly as given; raises `AzureRefused` for one that leads elsewhere."""
        if not self.leads_home(url):
            raise AzureRefused(f"Azure named a foreign address to go on with, which gets no token: {url}")
        return self._repeatably("GET", url)

    def leads_home(self, url: str) -> bool:
        """Tell whether a URL that Azure gave leads to Azure's own endpoint, and so may be followed."""
        return is_same_origin(url, self._endpoint)

    def ask(self, path: str, api_version: str, question: Any) -> Answer:
        """POST a question that changes nothing; repeated like a read."""
        return self._repeatably("POST", f"{self._endpoint}{_quoted(path)}?api-version={api_version}", body=question)

    def write(self, path: str, api_version: str, body: Any, *, etag: str | None = None) -> Answer:
        """PATCH a resource once, with `If-Match` where there is an etag."""
        headers = {"If-Match": etag} if etag else {}
        url = f"{self._endpoint}{_quoted(path)}?api-version={api_version}"
        return self._send("PATCH", url, body=body, headers=headers)

    def close(self) -> None:
        """Let the connection go."""
        self._client.close()

    def _repeatably(self, method: str, url: str, *, body: Any = None) -> Answer:
        tries = 0
        while True:
            try:
                return self._send(method, url, body=body)
            except (Throttled, AzureUnavailable) as failure:
                tries += 1
                if tries == READ_TRIES:
                    raise
                asked_for = failure.retry_after_seconds if isinstance(failure, Throttled) else None
                pause = pause_before_retry(tries - 1, asked_for)
                self._tell(f"{failure.code}: {failure.message} Trying again in {pause:.0f} s")
                self._clock.sleep(pause)

    def _send(self, method: str, url: str, *, body: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
        from azure.core.exceptions import AzureError, ClientAuthenticationError
        from azure.core.rest import HttpRequest

        left = self._clock.remaining_seconds()
        shown = _without_opaque_query(url)
        request = HttpRequest(method, url, json=body, headers={"Accept": "application/json", **(headers or {})})
        began = time.perf_counter()
        try:
            response = self._client.send_request(
                request,
                enforce_https=self._enforce_https,
                connection_timeout=_CONNECT_SECONDS if left is None else min(_CONNECT_SECONDS, left),
                read_timeout=_ANSWER_SECONDS if left is None else min(_ANSWER_SECONDS, left),
            )
        except ClientAuthenticationError as failure:
            self._trace(f"{method} {shown} -> no token: {failure}")
            raise no_token(failure) from failure
        except AzureError as failure:
            self._trace(f"{method} {shown} -> {type(failure).__name__}")
            self._clock.remaining_seconds()
            raise _no_answer(failure, self._endpoint) from failure
        request_id = response.headers.get("x-ms-request-id", "none")
        took = f"{time.perf_counter() - began:.3f} s"
        self._trace(f"{method} {shown} -> {response.status_code} ({took}, request id {request_id})")
        return _checked(response)


def _transport(cloud: Cloud, door: BaseAdapter | None) -> Any:
    from azure.core.pipeline.transport import RequestsTransport

    # Proxies and other settings of the environment have no say over what never leaves this machine.
    transport = RequestsTransport(use_env_settings=not (cloud.is_plain_http or door))
    transport.open()
    session = transport.session
    # Without an auth of its own, requests puts ~/.netrc's in the place of the token.
    session.auth = _unchanged
    if door:
        session.mount("https://", door)
        session.mount("http://", door)
    return transport


def _unchanged(request: Any) -> Any:
    return request


def _without_opaque_query(url: str) -> str:
    """An operation's URL carries a signed query: whoever reads a trace has no need of it."""
    address, _, query = url.partition("?")
    kept = [part for part in query.split("&") if part.startswith(("api-version=", "$"))]
    return f"{address}?{'&'.join(kept)}" if kept else address


def _quoted(path: str) -> str:
    return quote(path, safe="/()'")


def _checked(response: HttpResponse) -> Answer:
    try:
        body = response.json() if response.content else None
    except ValueError as unreadable:
        if response.status_code < 400:
            raise AzureRefused(
                f"The answer to {response.request.method} {response.request.url} is not JSON.",
                code="unreadable-answer",
                hint="Is there a proxy or a sign-in page between this machine and Azure?",
                status=response.status_code,
            ) from unreadable
        body = None
    if response.status_code >= 300:
        raise fault(response.status_code, response.headers, body)
    return Answer(response.status_code, response.headers, body)


def _no_answer(failure: Exception, endpoint: str) -> VmidentError:
    reason = " ".join(str(failure).split())
    return Unreachable(
        f"No answer from {endpoint}: {reason}",
        hint="Check the network, HTTPS_PROXY, REQUESTS_CA_BUNDLE and the endpoint.",
    )
