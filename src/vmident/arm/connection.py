"""One connection to a Resource Manager: signs, sends and answers; repeats reads, never writes.

The token goes to the endpoint's own host and nowhere else.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from msgspec import Raw

from vmident.arm.answers import ArmResponse, unreadable
from vmident.arm.auth.credential import Credential
from vmident.arm.auth.tenant_policy import SUBSCRIPTION_OPTION, TenantAuthenticationPolicy
from vmident.arm.cloud import Cloud, is_same_origin
from vmident.arm.pipeline_policy import RequestPolicy, WritePolicy, request_of
from vmident.core.polling import RetrySchedule
from vmident.errors import VmidentError

if TYPE_CHECKING:
    from azure.core.rest import HttpRequest, HttpResponse

    from vmident.arm.http.transport import SenderTransport
    from vmident.ports.clock import Clock
    from vmident.ports.http import HttpSender

READ_TRIES = 4
_READS = RetrySchedule(READ_TRIES)
_WRITES = frozenset({"PATCH", "PUT", "DELETE"})
_CORRELATION_ID = "x-ms-correlation-request-id"
_NO_OPTIONS: Mapping[str, str] = {}

T = TypeVar("T")


class _Metered(threading.local):
    """What is left by the answers of this thread's requests; `None` while they are not paced."""

    remaining: dict[str, int] | None = None


class Connection:
    """Requests to one cloud; made once for a command.

    `tenants` are the tenants of subscriptions in another tenant than the sign-in's own, by ID, in lower case.
    `sender` sends the requests: by default, the network. `trace` receives each request and its answer; `progress`
    receives what is waited for, and `see` the text of each answer. `correlation_id` returns what writes carry for
    Azure's logs, `None` to leave it to Azure.
    """

    def __init__(
        self,
        cloud: Cloud,
        credential: Credential,
        clock: Clock,
        *,
        version: str,
        trace: Callable[[str], None],
        progress: Callable[[str], None],
        see: Callable[[str], None] = lambda _text: None,
        sender: HttpSender | None = None,
        tenants: Mapping[str, str] = _NO_OPTIONS,
        correlation_id: Callable[[], str | None] = lambda: None,
    ) -> None:
        from azure.core import PipelineClient

        self._cloud = cloud
        self._credential = credential
        self._clock = clock
        self._version = version
        self._trace = trace
        self._tell = progress
        self._see = see
        self._tenants = dict(tenants)
        self._correlation_id = correlation_id
        self._metered = _Metered()
        self.has_written = False
        self._transport = _transport(cloud, clock, sender)
        self._client: PipelineClient[HttpRequest, HttpResponse] = PipelineClient(
            cloud.endpoint, transport=self._transport, policies=self._policies()
        )

    @property
    def endpoint(self) -> str:
        """The URL that requests go to, without a path."""
        return self._cloud.endpoint

    def read(self, path: str, api_version: str, *, expand: str = "", condition: str = "") -> ArmResponse:
        """GET a resource; tried again, a bounded number of times, where Azure throttles or has trouble."""
        options = {"$filter": condition, "$expand": expand}
        return self.patiently(lambda: self._send("GET", self._url(path, api_version, options)))

    def follow(self, url: str, *, headers: Mapping[str, str] = _NO_OPTIONS) -> ArmResponse:
        """GET a URL that Azure gave, exactly as given; raises `AzureErrorResponse` for one that leads elsewhere."""
        return self.patiently(lambda: self._send("GET", url, headers=headers))

    def pose(self, url: str, question: Any) -> ArmResponse:
        """POST a question that changes nothing to a URL, exactly as given; repeated like a read."""
        return self.patiently(lambda: self._send("POST", url, body=question))

    def is_own_address(self, url: str) -> bool:
        """Return whether a URL that Azure gave leads to Azure's own endpoint, and so may be followed."""
        return is_same_origin(url, self._cloud.endpoint)

    def ask(self, path: str, api_version: str, question: Any, *, subscription: str) -> ArmResponse:
        """POST a question that changes nothing; repeated like a read.

        `subscription` is the one whose tenant's token signs it, where the path names none.
        """
        url = self._url(path, api_version)
        return self.patiently(lambda: self._send("POST", url, body=question, subscription=subscription))

    def write(self, path: str, api_version: str, body: Any, *, etag: str | None = None) -> ArmResponse:
        """PATCH a resource once, with `If-Match` where there is an etag."""
        return self._send("PATCH", self._url(path, api_version), body=body, headers={"If-Match": etag} if etag else {})

    def put(self, path: str, api_version: str, body: Any) -> ArmResponse:
        """PUT a resource once."""
        return self._send("PUT", self._url(path, api_version), body=body)

    def delete(self, path: str, api_version: str) -> ArmResponse:
        """DELETE a resource once."""
        return self._send("DELETE", self._url(path, api_version))

    def by_tenant(self, subscriptions: Sequence[str]) -> list[list[str]]:
        """Return the subscriptions in groups whose requests one tenant's token signs."""
        groups: dict[str | None, list[str]] = {}
        for one in subscriptions:
            groups.setdefault(self._tenants.get(one.lower()), []).append(one)
        return list(groups.values())

    def sdk(self, client: Callable[..., T], subscription: str) -> T:
        """Create one of the SDK's clients on this connection's policies and transport.

        Its methods are run through `call`. Each request is sent once: `patiently` repeats reads.
        """
        return client(
            self._credential,
            subscription,
            base_url=self._cloud.endpoint,
            credential_scopes=[self._cloud.scope],
            policies=self._policies(for_a_client=True),
            transport=self._transport,
        )

    def call(self, act: Callable[[], Any]) -> Any:
        """Call a method of one of the SDK's clients; raises `vmident.errors` alone."""
        with _naming_failures("the request"):
            return act()

    def patiently(self, ask: Callable[[], T]) -> T:
        """Ask what changes nothing; tried again, a bounded number of times, where Azure throttles or has trouble."""
        if self._metered.remaining is not None:
            return ask()
        tries = 0
        while True:
            tries += 1
            try:
                return ask()
            except VmidentError as failure:
                pause = _READS.pause_after(failure, tries)
                if pause is None:
                    raise
                self._tell(f"{failure.code}: {failure.message} Retrying in {pause:.0f} s")
                self._clock.sleep(pause)

    @contextmanager
    def metered(self) -> Iterator[Mapping[str, int]]:
        """Send this thread's requests once, paced by the caller; yields what their answers say is left.

        That is by the names that Azure has for its budgets: see `arm.rate_limit_headers`.
        """
        remaining: dict[str, int] = {}
        self._metered.remaining = remaining
        try:
            yield remaining
        finally:
            self._metered.remaining = None

    def _wrote(self) -> None:
        self.has_written = True

    def _hear(self, headers: Mapping[str, str]) -> None:
        if self._metered.remaining is not None:
            from vmident.arm.rate_limit_headers import remaining_in

            self._metered.remaining.update(remaining_in(headers))

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _policies(self, *, for_a_client: bool = False) -> list[Any]:
        """Build the policies of one pipeline; pipelines cannot share them, as each links its own."""
        from azure.core.pipeline import policies

        enforce_https = not self._cloud.is_plain_http
        # The SDK's own clients read what this has decoded; our own requests read it themselves.
        decoding = [policies.ContentDecodePolicy()] if for_a_client else []
        return [
            RequestPolicy(
                self._cloud.endpoint, self._clock, self._trace, self._see, self._hear, enforce_https=enforce_https
            ),
            WritePolicy(self._wrote),
            *decoding,
            policies.RequestIdPolicy(),
            policies.UserAgentPolicy(base_user_agent=f"vmident/{self._version}"),
            TenantAuthenticationPolicy(self._credential, self._cloud.scope, self._tenants, self._trace),
        ]

    def _url(self, path: str, api_version: str, options: Mapping[str, str] = _NO_OPTIONS) -> str:
        query = [f"{name}={quote(value)}" for name, value in options.items() if value]
        return f"{self._cloud.endpoint}{_quoted(path)}?{'&'.join([*query, f'api-version={api_version}'])}"

    def _send(
        self,
        method: str,
        url: str,
        *,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        subscription: str | None = None,
    ) -> ArmResponse:
        from azure.core.rest import HttpRequest

        sent = {"Accept": "application/json", **(headers or {})}
        correlation_id = self._correlation_id() if method in _WRITES else None
        if correlation_id:
            sent[_CORRELATION_ID] = correlation_id
        request = HttpRequest(method, url, json=body, headers=sent)
        with _naming_failures(f"{method} {url.partition('?')[0]}"):
            options: dict[str, Any] = {SUBSCRIPTION_OPTION: subscription} if subscription else {}
            response = self._client.send_request(request, **options)
        answer = ArmResponse(response.status_code, response.headers, response.content, request_of(response))
        # Half of a document is another lost answer, and a read is repeated for it. Nothing at all may be an answer.
        if answer.content:
            answer.read(Raw, "JSON")
        return answer


@contextmanager
def _naming_failures(request: str) -> Iterator[None]:
    """Turn what azure-core and the SDK's clients raise over an answer that surprises them into `InvalidResponse`.

    `RequestPolicy` has met the failures of the network. What is left are a status that a client does not know, a model
    that does not fit the body, a header that a policy cannot read.
    """
    from azure.core.exceptions import AzureError

    try:
        yield
    except VmidentError:
        raise
    except (AzureError, ValueError, TypeError, LookupError, AttributeError, RecursionError) as failure:
        # What may be quoted of a URL is not its query, which may be signed.
        why = re.sub(r"\?\S*", "?…", " ".join(str(failure).split()))[:300]
        raise unreadable("the response", f"{type(failure).__name__}: {why}", request) from failure


def _transport(cloud: Cloud, clock: Clock, sender: HttpSender | None) -> SenderTransport:
    from vmident.arm.http.network import Network
    from vmident.arm.http.transport import SenderTransport

    # Proxies have no say over what never leaves this machine.
    return SenderTransport(sender or Network(clock.remaining_seconds, use_environment=not cloud.is_plain_http))


def _quoted(path: str) -> str:
    return quote(path, safe="/()'")
