"""The sandbox as a whole: one request in, one answer out, and the state kept in a folder between processes."""

from __future__ import annotations

import dataclasses
import itertools
from collections import deque
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

from vmident.sandbox import errors, settling
from vmident.sandbox.authorization import role_store
from vmident.sandbox.authorization.built_in_roles import BUILT_IN_ROLES
from vmident.sandbox.authorization.token import COLLEAGUE_TOKEN, GRAPH_TOKEN, TOKEN
from vmident.sandbox.clock import SandboxClock
from vmident.sandbox.contents import Contents
from vmident.sandbox.http_messages import JSON_CONTENT, Request, Response
from vmident.sandbox.protocol import throttling
from vmident.sandbox.protocol.bucket_levels import BucketLevels
from vmident.sandbox.protocol.call import Busy, SandboxSettings
from vmident.sandbox.resource_graph import change_log
from vmident.sandbox.routing.request_handler import handled, internal_client
from vmident.sandbox.rows import Rows
from vmident.sandbox.store import Store
from vmident.sandbox.tenant import (
    ENDPOINT,
    GRAPH_ENDPOINT,
    PERSON_ID,
    PERSON_NAME,
    SUBSCRIPTION,
    SUBSCRIPTION_NAME,
    TENANT,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path
    from types import ModuleType

    from vmident.sandbox.token_bucket import Level

__all__ = [
    "ENDPOINT",
    "GRAPH_ENDPOINT",
    "GRAPH_TOKEN",
    "PERSON_ID",
    "PERSON_NAME",
    "SUBSCRIPTION",
    "SUBSCRIPTION_NAME",
    "TENANT",
    "TOKEN",
    "Sandbox",
]

FILE_NAME = "sandbox.sqlite3"

_REQUESTS_KEPT = 2000
_FORGETS_EVERY = 1000
# The recorded deployments of a VM took 42 to 78 seconds, changes of one 2 to 8; that is too long to wait here.
_CREATION_FACTOR = 4


class Sandbox(Contents):
    """One subscription of a small Azure.

    `now` gives epoch seconds and is the only clock: an operation ends when `now` has come to its end.
    Making a VM takes four times as long as an operation, unless `creation_seconds` says otherwise. `busy` says how a
    write meets one that runs: Azure was seen to refuse it (`reject`, `conflict`), to let it end the other (`preempt`)
    and to let both run (`allow`). `tenant_of_token` returns the tenant of a valid token for Azure Resource Manager,
    `None` for any other; `tenant_of_graph_token` the same for its Microsoft Graph, which answers at `graph_endpoint`.
    A new sandbox holds the seed, `with_examples` in a second group.
    The buckets of requests are shared by all who use the folder, unless `shares_buckets` is false.
    `requests` holds the last requests that this instance answered, without their tokens.
    Every method raises `SandboxUnusable` where the folder's file cannot be used; `reset` mends what can be mended.
    """

    def __init__(
        self,
        folder: Path,
        *,
        now: Callable[[], float],
        new_uuid: Callable[[], str],
        operation_seconds: Callable[[], float] | float = 1.5,
        creation_seconds: Callable[[], float] | float | None = None,
        endpoint: str = ENDPOINT,
        graph_lag_seconds: float = 20.0,
        page_size: int = 500,
        vm_page_size: int = 50,
        directory_lag_seconds: float = 6.0,
        strict_directory: bool = False,
        is_throttling: bool = True,
        shares_buckets: bool = True,
        tenant_of_token: Callable[[str], str | None] = lambda token: (
            TENANT if token in (TOKEN, COLLEAGUE_TOKEN) else None
        ),
        graph_endpoint: str = GRAPH_ENDPOINT,
        tenant_of_graph_token: Callable[[str], str | None] = lambda token: TENANT if token == GRAPH_TOKEN else None,
        busy: Busy = "reject",
        with_examples: bool = True,
    ) -> None:
        self.folder = folder
        self.endpoint = endpoint.rstrip("/")
        self.graph_endpoint = graph_endpoint.rstrip("/")
        self.requests: deque[Request] = deque(maxlen=_REQUESTS_KEPT)
        self._numbers = itertools.count()
        self._now = now
        self._clock = SandboxClock(now)
        seconds = _seconds(operation_seconds)
        self._settings = SandboxSettings(
            endpoint=self.endpoint,
            new_uuid=new_uuid,
            operation_seconds=seconds,
            creation_seconds=_seconds(creation_seconds)
            if creation_seconds is not None
            else lambda: _CREATION_FACTOR * seconds(),
            graph_lag_seconds=graph_lag_seconds,
            page_size=page_size,
            vm_page_size=min(page_size, vm_page_size),
            directory_lag_seconds=directory_lag_seconds,
            strict_directory=strict_directory,
            busy=busy,
        )
        self._is_throttling = is_throttling
        self._levels: dict[str, Level] | None = None if shares_buckets else {}
        self._tenant_of_token = tenant_of_token
        self._tenant_of_graph_token = tenant_of_graph_token
        store = Store(
            folder / FILE_NAME, lambda rows: _seed().plant(rows, new_uuid, now=now(), with_examples=with_examples)
        )
        super().__init__(store, new_uuid, self._clock.time)

    def answer(self, request: Request) -> Response:
        """Answer one request, in one transaction."""
        self.requests.append(_without_token(request))
        if request.url.startswith(f"{self.graph_endpoint}/"):
            return self._answer_of_graph(request)
        usual_headers = self._usual_headers(request)
        correlation_id = usual_headers[change_log.CORRELATION_ID]
        sent = {**request.headers, **_caller_headers(request), change_log.CORRELATION_ID: correlation_id}
        request = dataclasses.replace(request, headers=sent)
        remaining: dict[str, str] = {}
        try:
            tenant = _tenant_of(request, self._tenant_of_token)
            response = self._answered(request, remaining) if tenant == TENANT else _empty_tenant(tenant, request)
        except errors.Refused as refused:
            response = refused.answer()
        headers = {**usual_headers, **remaining, **response.headers}
        if not response.body:
            headers.pop("content-type", None)
        return Response(response.status, headers, b"" if request.method == "HEAD" else response.body)

    def _answer_of_graph(self, request: Request) -> Response:
        """Answer one request to Microsoft Graph: whatever it asks for, it changes nothing."""
        from vmident.sandbox.microsoft_graph.service import GraphService

        with self._store.transaction() as rows:
            levels = rows if self._levels is None else BucketLevels(self._levels)
            meter = throttling.Meter(levels, self._clock.time(rows), SUBSCRIPTION, self._is_throttling)
            service = GraphService(self.graph_endpoint, rows, meter, self._settings, self._tenant_of_graph_token)
            response = service.answer(request)
            if isinstance(levels, BucketLevels):
                levels.keep()
            return response

    def status(self) -> dict[str, Any]:
        """Return the location and the contents of the sandbox."""
        with self._store.transaction() as rows:
            now = self._clock.time(rows)
            settling.settle(rows, now, internal_client(rows, self._settings), self._settings)
            return {
                "folder": str(self.folder),
                "endpoint": self.endpoint,
                "subscriptionId": SUBSCRIPTION,
                "subscriptionName": SUBSCRIPTION_NAME,
                "tenantId": TENANT,
                "user": PERSON_NAME,
                "roles": _signed_in_user().roles_of_person(rows),
                "groups": rows.count("group"),
                "vms": rows.count("vm"),
                "identities": rows.count("identity"),
                "runningOperations": rows.count_running_operations(),
                "runningDeployments": rows.count("run"),
            }

    def reset(self, roles_at: Iterable[tuple[str, str]] = ()) -> None:
        """Go back to the seed, also from a file that cannot be read; with roles, as `limit_person` takes them.

        Deletes what servers left in the folder that are gone.
        Raises `UsageError` before anything is lost.
        """
        from vmident.sandbox.transport.server_folders import remove_abandoned

        limits = _signed_in_user().read_limits(BUILT_IN_ROLES, roles_at)
        remove_abandoned(self.folder)
        self._store.reset()
        if limits:
            self.limit_person(limits)

    def limit_person(self, roles_at: Iterable[tuple[str, str]]) -> None:
        """Have the signed-in person hold these roles and no other: of each its name or GUID, and where it holds.

        That is a scope's id, `subscription`, or `group`. Raises `UsageError` for a role or a scope that is not there.
        """
        with self._store.transaction() as rows:
            limits = _signed_in_user().read_limits(role_store.all_roles(rows), roles_at)
            _signed_in_user().limit(rows, limits, self._new_uuid, now=self._clock.time(rows))

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        self._store.close()

    def _answered(self, request: Request, remaining: dict[str, str]) -> Response:
        """Answer within a transaction: a refusal keeps what was drawn, but a 429 draws nothing.

        A read that finds nothing to settle is answered from a snapshot where the levels of buckets are in memory: it
        writes nothing then, and waits for no writer.
        """
        if self._levels is not None and request.method in ("GET", "HEAD"):
            with self._store.snapshot() as rows:
                now, is_new = self._clock.latest(rows)
                if not is_new and not settling.is_due(rows, now):
                    return self._metered(request, rows, now, remaining)
        with self._store.transaction() as rows:
            now = self._clock.time(rows)
            settling.settle(rows, now, internal_client(rows, self._settings), self._settings)
            change_log.record_changes(rows, {}, now)
            if next(self._numbers) % _FORGETS_EVERY == 0:
                rows.forget_before(now)
            return self._metered(request, rows, now, remaining)

    def _metered(self, request: Request, rows: Rows, now: float, remaining: dict[str, str]) -> Response:
        """Answer one request; its draws count, unless one of them is refused."""
        levels = rows if self._levels is None else BucketLevels(self._levels)
        meter = throttling.Meter(levels, now, SUBSCRIPTION, self._is_throttling, remaining)
        try:
            response = handled(request, rows, meter, self._settings)
        except errors.Refused as refused:
            if refused.status == 429:
                raise
            response = refused.answer()
        if isinstance(levels, BucketLevels):
            levels.keep()
        return response

    def _usual_headers(self, request: Request) -> dict[str, str]:
        request_id, now = self._new_uuid(), self._now()
        return {
            "cache-control": "no-cache",
            "content-type": JSON_CONTENT,
            "date": formatdate(now, usegmt=True),
            "x-ms-request-id": request_id,
            change_log.CORRELATION_ID: request.headers.get(change_log.CORRELATION_ID, request_id),
        }


def _seconds(value: Callable[[], float] | float) -> Callable[[], float]:
    return value if callable(value) else lambda: value


def _without_token(request: Request) -> Request:
    headers = {name: value for name, value in request.headers.items() if name.lower() != "authorization"}
    return Request(request.method, request.url, headers, request.body)


def _caller_headers(request: Request) -> dict[str, str]:
    return change_log.caller_headers(request.headers.get("authorization", "").partition(" ")[2])


def _tenant_of(request: Request, tenant_of_token: Callable[[str], str | None]) -> str:
    authorization = request.headers.get("authorization")
    if not authorization:
        raise errors.authorization_missing(TENANT)
    scheme, _, token = authorization.partition(" ")
    tenant = tenant_of_token(token) if scheme.lower() == "bearer" else None
    if tenant is None:
        raise errors.token_invalid(TENANT)
    return tenant


# What only a new sandbox and a few commands need is imported there: the first command on a sandbox that is there
# never pays for it.


def _seed() -> ModuleType:
    from vmident.sandbox import seed

    return seed


def _empty_tenant(tenant: str, request: Request) -> Response:
    from vmident.sandbox.routing.empty_tenant import answer_in

    return answer_in(tenant, request)


def _signed_in_user() -> ModuleType:
    from vmident.sandbox.authorization import signed_in_user

    return signed_in_user
