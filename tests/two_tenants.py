"""Two tenants with a subscription each, behind one Resource Manager: each takes tokens of its own tenant alone.

Each is a sandbox whose texts are rewritten: subscription and tenant are what distinguishes them.
"""

from __future__ import annotations

import shlex
import uuid
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from tests.program import GROUP, Outcome, Program, Sent, TestSender
from tests.token_service import APP, APP_OBJECT_ID, jwt
from tests.token_service import TENANT as HOME_TENANT
from vmident.cli.main import main
from vmident.core.auth.caller import caller_of
from vmident.sandbox.http_messages import Request, Response
from vmident.sandbox.sandbox import SUBSCRIPTION, TENANT, Sandbox
from vmident.sandbox.transport.in_process import SandboxNetwork

ENDPOINT = "https://management.azure.com"
OTHER_TENANT = "33333333-0000-4000-8000-000000000001"
HOME, OTHER = "44444444-0000-4000-8000-000000000001", "44444444-0000-4000-8000-000000000002"
TENANTS = {HOME: HOME_TENANT, OTHER: OTHER_TENANT}


def token_of(tenant: str) -> str:
    """Return a token of the app in that tenant."""
    return jwt({"idtyp": "app", "appid": APP, "oid": APP_OBJECT_ID, "tid": tenant, "app_displayname": "app"})


def vm_in(subscription: str, name: str = "myVM") -> str:
    return f"/subscriptions/{subscription}/resourceGroups/{GROUP}/providers/Microsoft.Compute/virtualMachines/{name}"


@dataclass
class TwoTenants:
    """Type words into the program with `tenants("show myVM")`; `signed` are the subscription and tenant of requests."""

    program: Program
    folder: Path
    sent: list[Sent] = field(default_factory=list)
    endpoint: str = ENDPOINT
    graph_endpoint: str = "https://graph.sandbox.invalid"

    def __post_init__(self) -> None:
        self._sandboxes = {one: self._sandbox(one) for one in TENANTS}

    def __call__(self, words: str) -> Outcome:
        self.sent.clear()
        self.program.capture.readouterr()
        sender = TestSender(SandboxNetwork(self), self.program.rules, self.sent)  # type: ignore[arg-type]
        code = main(shlex.split(words), replace(self.program.runtime(), through=lambda _sender: sender))
        return Outcome(code, *self.program.capture.readouterr())

    def close(self) -> None:
        """Close both sandboxes."""
        for one in self._sandboxes.values():
            one.close()

    @property
    def signed(self) -> set[tuple[str, str | None]]:
        """The subscription in each request's path, empty for none, and the tenant of the token that signed it."""
        return {(_subscription_in(one.url), _tenant_of(one.headers["Authorization"])) for one in self.sent}

    def answer(self, request: Request) -> Response:
        tenant = _tenant_of(request.headers["authorization"])
        home = next((one for one, its in TENANTS.items() if its == tenant), HOME)
        subscription = _subscription_in(request.url) or home
        ours = request.body.decode().replace(subscription, SUBSCRIPTION).encode()
        answer = self._sandboxes[subscription].answer(
            Request(request.method, request.url.replace(subscription, SUBSCRIPTION), request.headers, ours)
        )

        def shown(text: str) -> str:
            return text.replace(SUBSCRIPTION, subscription).replace(TENANT, TENANTS[subscription])

        headers = {name: shown(value) for name, value in answer.headers.items()}
        return Response(answer.status, headers, shown(answer.body.decode()).encode())

    def _sandbox(self, subscription: str) -> Sandbox:
        return Sandbox(
            self.folder / subscription,
            now=self.program.time.read,
            new_uuid=lambda: str(uuid.uuid4()),
            with_examples=False,
            endpoint=ENDPOINT,
            tenant_of_token=lambda token: _as_sandboxes(caller_of(token).tenant_id, TENANTS[subscription]),
        )


def _as_sandboxes(tenant: str | None, own: str) -> str | None:
    return TENANT if tenant == own else tenant


def _tenant_of(authorization: str) -> str | None:
    return caller_of(authorization.partition(" ")[2]).tenant_id


def _subscription_in(url: str) -> str:
    segments = urlsplit(url).path.split("/")
    return segments[2] if segments[1] == "subscriptions" and len(segments) > 2 else ""
