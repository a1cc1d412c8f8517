"""The whole program on a sandbox of its own, in virtual time: what tests type, and what it prints.

A `Program` runs `vmident.cli.main.main`, the function behind the console script, with a `Runtime` whose clock stands
still until the program sleeps. Its door to the sandbox can be told to misbehave, or to let a colleague in.
"""

from __future__ import annotations

import json
import shlex
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.requests_adapter import SenderAdapter, built
from tests.seeded import seeded
from vmident.cli.main import main
from vmident.cli.runtime import Runtime, Terminal
from vmident.ports.http import HttpSender, RawResponse
from vmident.private_files import create_private
from vmident.sandbox.authorization.token import COLLEAGUE_TOKEN
from vmident.sandbox.http_messages import Request, Response, json_answer
from vmident.sandbox.sandbox import FILE_NAME, SUBSCRIPTION, Sandbox
from vmident.sandbox.transport.in_process import SandboxNetwork

GROUP = "myResourceGroup"
NO_TERMINAL = Terminal(input=False, output=False, error=False, colour=False)
TERMINAL = Terminal(input=True, output=True, error=True, colour=False, width_columns=100)
# For tests of what is said, and not of how it wraps.
WIDE_TERMINAL = Terminal(input=True, output=True, error=True, colour=False, width_columns=10_000)

Misbehaviour = Callable[[requests.PreparedRequest, Callable[[], requests.Response]], requests.Response]


def vm_id(name: str, group: str = GROUP) -> str:
    return f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}/providers/Microsoft.Compute/virtualMachines/{name}"


def identity_id(name: str, group: str = GROUP) -> str:
    return (
        f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}/providers/"
        f"Microsoft.ManagedIdentity/userAssignedIdentities/{name}"
    )


class VirtualTime:
    """A clock that only sleeping moves; `at` lets something happen when it comes to a moment."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self.slept: list[float] = []
        self._plans: list[tuple[float, Callable[[], object]]] = []

    def read(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        due = [plan for plan in self._plans if plan[0] <= self.now]
        self._plans = [plan for plan in self._plans if plan[0] > self.now]
        for _, act in due:
            act()

    def after(self, seconds: float, act: Callable[[], object]) -> None:
        self._plans.append((self.now + seconds, act))


@dataclass(frozen=True)
class Sent:
    """One request as it left the program."""

    method: str
    url: str
    body: Any
    headers: dict[str, str]

    @property
    def path(self) -> str:
        return self.url.split("?")[0].removeprefix("https://management.sandbox.invalid")

    @property
    def is_poll(self) -> bool:
        return "/operations/" in self.url


@dataclass
class Rule:
    """Misbehave for matching requests, `times` times, after `skip` of them."""

    method: str
    part: str
    act: Misbehaviour
    times: int
    skip: int = 0

    def applies(self, request: requests.PreparedRequest) -> bool:
        if request.method != self.method or self.part.lower() not in (request.url or "").lower() or not self.times:
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.times -= 1
        return True


class TestSender:
    """Keeps what was sent, and answers as the rules say, else as what is behind it does."""

    __test__ = False

    def __init__(self, behind: HttpSender | None, rules: list[Rule], sent: list[Sent]) -> None:
        self._behind = behind
        self._rules = rules
        self._sent = sent

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> RawResponse:
        self._sent.append(Sent(method, url, json.loads(body) if body else None, dict(headers)))
        request = requests.Request(method, url, dict(headers), data=body).prepare()
        rule = next((rule for rule in self._rules if rule.applies(request)), None)

        def onward() -> requests.Response:
            if self._behind is None:
                raise requests.ConnectionError("no network in tests", request=request)
            return SenderAdapter(self._behind).send(request)

        try:
            answer = rule.act(request, onward) if rule else onward()
        except requests.RequestException as failure:
            raise ConnectionError(failure) from failure
        return Response(answer.status_code, dict(answer.headers), answer.content)

    def close(self) -> None:
        if self._behind:
            self._behind.close()


@dataclass(frozen=True)
class Outcome:
    """The triple that a user sees."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def error(self) -> Any:
        """The one document on standard error."""
        return json.loads(self.err)["error"]


@dataclass
class Program:
    """Type into it with `program("show myVM")`; look behind it with `sandbox`, `sent` and `patches`."""

    folder: Path
    capture: pytest.CaptureFixture[str]
    time: VirtualTime = field(default_factory=VirtualTime)
    terminal: Terminal = NO_TERMINAL
    environ: dict[str, str] = field(default_factory=lambda: {"VMIDENT_SANDBOX": "1"})
    standard_input: str | bytes = ""
    secrets: list[str] = field(default_factory=list)
    operation_seconds: float = 1.5
    with_examples: bool = False
    new_uuid: Callable[[], str] = lambda: str(uuid.uuid4())
    rules: list[Rule] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.sandbox = Sandbox(
            self.folder / "sandbox",
            now=self.time.read,
            new_uuid=self.new_uuid,
            operation_seconds=lambda: self.operation_seconds,
            with_examples=self.with_examples,
        )
        file = self.sandbox.folder / FILE_NAME
        if not self.with_examples and not file.exists():
            create_private(file)
            file.write_bytes(seeded(self.time.now))

    def __call__(self, words: str) -> Outcome:
        self.sent.clear()
        self.capture.readouterr()
        code = main(shlex.split(words), self.runtime())
        out, err = self.capture.readouterr()
        return Outcome(code, out, err)

    def runtime(self) -> Runtime:
        return Runtime(
            environ={"VMIDENT_STATE_DIR": str(self.folder), **self.environ},
            terminal=self.terminal,
            home=self.folder / "home",
            monotonic=self.time.read,
            sleep=self.time.sleep,
            wall=self.time.read,
            new_uuid=self.new_uuid,
            read_input=self._read_input,
            read_secret=lambda _question: self.secrets.pop(0),
            through=lambda sender: TestSender(SandboxNetwork(self.sandbox) if sender else None, self.rules, self.sent),
        )

    def _read_input(self) -> bytes:
        typed = self.standard_input
        return typed if isinstance(typed, bytes) else typed.encode()

    @property
    def patches(self) -> list[Any]:
        """The bodies of the PATCHes that the last command sent."""
        return [one.body for one in self.sent if one.method == "PATCH"]

    @property
    def shape(self) -> list[str]:
        """The methods that the last command sent, polls named as such."""
        return ["POLL" if one.is_poll else one.method for one in self.sent]

    def when(self, method: str, part: str, act: Misbehaviour, *, times: int = 1, skip: int = 0) -> None:
        """Have requests of that method, whose URL holds `part`, meet `act`."""
        self.rules.append(Rule(method, part, act, times, skip))

    def identity_of(self, name: str, group: str = GROUP) -> Any:
        """What Azure holds of a VM's identity, asked for behind the program's back."""
        return self.colleague("GET", vm_id(name, group)).json().get("identity")

    def colleague(self, method: str, path: str, body: Any = None, version: str = "2024-07-01") -> Response:
        """A request of another user; an operation that it starts is over at once only when time has passed."""
        version = "2023-01-31" if "userassignedidentities" in path.lower() else version
        headers = {"authorization": f"Bearer {COLLEAGUE_TOKEN}", "content-type": "application/json"}
        content = b"" if body is None else json.dumps(body).encode()
        url = f"{self.sandbox.endpoint}{path}?api-version={version}"
        return self.sandbox.answer(Request(method, url, headers, content))


def answering(
    status: int, code: str = "", message: str = "A message of Azure's.", headers: dict[str, str] | None = None
) -> Misbehaviour:
    """Answer with an error in ARM's shape instead of passing the request on."""

    def act(request: requests.PreparedRequest, _onward: Callable[[], requests.Response]) -> requests.Response:
        return _as_requests(request, json_answer(status, {"error": {"code": code, "message": message}}, headers))

    return act


def answering_with(status: int, content: Any, headers: dict[str, str] | None = None) -> Misbehaviour:
    """Answer with this document instead of passing the request on."""
    return lambda request, _onward: _as_requests(request, json_answer(status, content, headers))


def answering_about_it(content: dict[str, Any], headers: dict[str, str] | None = None) -> Misbehaviour:
    """Answer with this document about the very resource that is asked for."""

    def act(request: requests.PreparedRequest, onward: Callable[[], requests.Response]) -> requests.Response:
        path = "/" + str(request.url).split("?")[0].split("/", 3)[3]
        about = {"id": path, "subscriptionId": path.split("/")[2]}
        return answering_with(200, {**about, **content}, headers)(request, onward)

    return act


def losing_the_answer(request: requests.PreparedRequest, onward: Callable[[], requests.Response]) -> requests.Response:
    """Pass the request on and lose the answer."""
    onward()
    raise requests.ConnectionError("connection reset", request=request)


def losing_the_request(
    request: requests.PreparedRequest, _onward: Callable[[], requests.Response]
) -> requests.Response:
    """Lose the request on the way."""
    raise requests.ConnectionError("connection refused", request=request)


def interrupting(request: requests.PreparedRequest, _onward: Callable[[], requests.Response]) -> requests.Response:
    """Press Ctrl-C."""
    raise KeyboardInterrupt


def letting_in(act: Callable[[], object]) -> Misbehaviour:
    """Act as another client just before the request is passed on."""

    def acting(_request: requests.PreparedRequest, onward: Callable[[], requests.Response]) -> requests.Response:
        act()
        return onward()

    return acting


def _as_requests(request: requests.PreparedRequest, answer: Response) -> requests.Response:
    return built(request, Response(answer.status, {"x-ms-request-id": "11111111-2222", **answer.headers}, answer.body))
