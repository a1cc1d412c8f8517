"""Answers that are cut, slow, endless or packed too well, under the real transport and over real sockets.

The in-process door cannot show any of this: it hands over whole answers.
"""

from __future__ import annotations

import gzip
import shlex
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from tests.certificates import Certificates, certificates
from tests.hostile import Hostile, Peer, chunked, head, seconds_of, whole
from tests.program import GROUP, Outcome, Program, identity_id, vm_id
from vmident.cli.main import main
from vmident.sandbox.http_messages import Request, Response
from vmident.sandbox.sandbox import SUBSCRIPTION, TOKEN, Sandbox

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

Fault = Callable[[Peer, Response], None]
USER = "myUserAssignedIdentity"
INTERIM = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n"


def sent(answer: Response) -> bytes:
    return whole(answer.body, answer.status, answer.headers)


@dataclass
class Rule:
    method: str
    part: str
    fault: Fault
    times: int


@dataclass
class Azure:
    """The sandbox behind a real socket; an answer that a rule is about is sent as its fault has it."""

    program: Program
    server: Hostile
    rules: list[Rule] = field(default_factory=list)
    answers_at_once: threading.Lock = field(default_factory=threading.Lock)

    def serve(self, peer: Peer) -> None:
        method, target = peer.method.decode(), peer.target.decode()
        with self.answers_at_once:
            rule = next((one for one in self.rules if one.times and method == one.method and one.part in target), None)
            if rule:
                rule.times -= 1
            headers = {"authorization": f"Bearer {TOKEN}", "content-type": "application/json", **peer.headers}
            answer = self.program.sandbox.answer(Request(method, self.server.endpoint + target, headers, peer.body))
        if rule:
            rule.fault(peer, answer)
        else:
            peer.send(sent(answer))

    def when(self, method: str, part: str, fault: Fault, times: int = 1) -> None:
        self.rules.append(Rule(method, part, fault, times))

    def __call__(self, words: str, *, in_real_time: bool = False) -> Outcome:
        runtime = replace(self.program.runtime(), through=lambda sender: sender)
        if in_real_time:
            runtime = replace(runtime, monotonic=time.monotonic, sleep=time.sleep)
        self.program.capture.readouterr()
        self.server.asked.clear()
        code = main(shlex.split(words), runtime)
        return Outcome(code, *self.program.capture.readouterr())

    def count(self, method: str) -> int:
        return sum(one.startswith(f"{method} ") for one in self.server.asked)


@pytest.fixture(scope="session")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(params=[True], ids=["https"])
def azure(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    trusted: Certificates,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> Iterator[Azure]:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(trusted.authority))
    program = Program(tmp_path, capsys)
    tls = trusted.server if request.param else None
    with Hostile(lambda peer: made.serve(peer), tls) as server:  # noqa: PLW0108 - made below
        made = Azure(program, server)
        program.environ = {
            "VMIDENT_ARM_ENDPOINT": server.endpoint,
            "VMIDENT_SUBSCRIPTION": SUBSCRIPTION,
            "VMIDENT_ACCESS_TOKEN": TOKEN,
        }
        program.sandbox.close()
        program.sandbox = Sandbox(
            tmp_path / "azure",
            now=program.time.read,
            new_uuid=program.runtime().new_uuid,
            operation_seconds=lambda: program.operation_seconds,
            endpoint=server.endpoint,
        )
        yield made
        program.sandbox.close()


def cut_in_the_middle(peer: Peer, answer: Response) -> None:
    peer.send(sent(answer)[: -max(1, len(answer.body) // 2)])


def cut_by_a_reset(peer: Peer, answer: Response) -> None:
    cut_in_the_middle(peer, answer)
    peer.reset()


def cut_in_a_chunk(peer: Peer, answer: Response) -> None:
    peer.send(chunked(answer.body, headers=answer.headers)[: -len(answer.body) // 2])


def cut_before_the_last_chunk(peer: Peer, answer: Response) -> None:
    peer.send(chunked(answer.body, headers=answer.headers, ends=False))


def cut_in_packed_bytes(peer: Peer, answer: Response) -> None:
    body = gzip.compress(answer.body)[:-9]
    peer.send(whole(body, answer.status, {**answer.headers, "content-encoding": "gzip"}))


def cut_in_the_headers(peer: Peer, answer: Response) -> None:
    peer.send(sent(answer)[:30])


def not_a_byte(_peer: Peer, _answer: Response) -> None:
    pass


def without_a_length(peer: Peer, answer: Response) -> None:
    """Half of a document, and nothing in HTTP that says so."""
    headers = {name: value for name, value in answer.headers.items() if name.lower() != "content-length"}
    peer.send(head(answer.status, {**headers, "connection": "close"}) + answer.body[: len(answer.body) // 2])


CUTS = [
    cut_in_the_middle,
    cut_by_a_reset,
    cut_in_a_chunk,
    cut_before_the_last_chunk,
    cut_in_packed_bytes,
    cut_in_the_headers,
    not_a_byte,
    without_a_length,
]


@pytest.mark.parametrize("azure", [False, True], ids=["http", "https"], indirect=True)
@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("part", ["virtualMachines/myVM", "operations/"], ids=["vm", "poll"])
def test_a_read_that_is_cut_is_repeated(azure: Azure, cut: Fault, part: str) -> None:
    azure.when("GET", part, cut)

    outcome = azure(f"enable-system myVM -g {GROUP}")

    assert (outcome.code, outcome.json["status"]) == (0, "changed")
    assert azure.count("PATCH") == 1


@pytest.mark.parametrize("cut", CUTS)
def test_a_list_that_is_cut_is_asked_for_again(azure: Azure, cut: Fault) -> None:
    azure.when("GET", "virtualMachines?", cut)
    assert {one["name"] for one in azure("list").json} >= {"appVM", "dbVM", "myVM", "webVM"}


@pytest.mark.parametrize("cut", CUTS)
def test_a_write_whose_answer_is_cut_is_read_back_and_not_repeated(azure: Azure, cut: Fault) -> None:
    azure.when("PATCH", "virtualMachines/myVM", cut)

    outcome = azure(f"enable-system myVM -g {GROUP}")

    assert (outcome.code, outcome.json["status"], outcome.json["after"]["type"]) == (0, "changed", "SystemAssigned")
    assert azure.count("PATCH") == 1


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize(
    ("method", "part", "words"),
    [
        ("PUT", "userAssignedIdentities/new", f"identity create new -g {GROUP}"),
        ("PUT", "resourcegroups/new", "group create new --location westus"),
        ("DELETE", "userAssignedIdentities/otherIdentity", f"identity delete otherIdentity -g {GROUP} --yes"),
    ],
    ids=["identity", "group", "deletion"],
)
def test_a_cut_answer_of_the_sdks_clients_is_read_back(
    azure: Azure, method: str, part: str, words: str, cut: Fault
) -> None:
    azure.when(method, part, cut)

    outcome = azure(words)

    assert outcome.code == 0, outcome
    assert azure.count(method) == 1


@pytest.mark.parametrize("cut", CUTS)
def test_a_cut_answer_about_a_role_is_read_back(azure: Azure, cut: Fault) -> None:
    azure.when("PUT", "roleAssignments", cut)
    group = identity_id("x").partition("/providers")[0]

    outcome = azure(f"enable-system myVM -g {GROUP} --role Reader --scope {group}")

    assert outcome.code == 0, outcome
    assert azure.count("PUT") == 1


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("a byte now and then", lambda peer, answer: peer.drip(sent(answer))),
        ("headers without end", lambda peer, answer: peer.drip(b"HTTP/1.1 200 OK\r\n" + b"x-more: 1\r\n" * 999)),
        ("one interim answer after another", lambda peer, answer: peer.flood(INTERIM)),
        ("nothing", lambda peer, answer: peer.drip(b"H", every_seconds=30)),
        ("chunks without end", lambda peer, answer: peer.drip(chunked(*[b" "] * 9999))),
    ],
)
@pytest.mark.parametrize("words", [f"disable-system webVM -g {GROUP} --yes", f"identity create new -g {GROUP}"])
def test_the_timeout_holds_however_an_answer_comes(azure: Azure, name: str, fault: Fault, words: str) -> None:
    azure.when("GET", "", fault, times=99)

    took, outcome = seconds_of(lambda: azure(f"{words} --timeout 0.7", in_real_time=True))

    assert outcome.code == 7, (name, outcome)
    assert took < 2.5


def test_an_answer_that_is_too_large_is_not_read(azure: Azure) -> None:
    headers = {"content-type": "application/json", "content-length": str(10**12)}
    azure.when("GET", "virtualMachines/myVM", lambda peer, _: _endless(peer, head(200, headers)), times=99)

    outcome = azure(f"show myVM -g {GROUP}")

    assert (outcome.code, outcome.error["code"]) == (1, "invalid-response")
    assert "32 MiB" in outcome.error["message"]


def test_an_answer_that_unpacks_to_too_much_is_not_unpacked(azure: Azure) -> None:
    bomb = gzip.compress(b" " * (100 * 1024 * 1024))
    answer = whole(bomb, 200, {"content-encoding": "gzip"})
    azure.when("GET", "virtualMachines/myVM", lambda peer, _: peer.send(answer), times=99)

    outcome = azure(f"show myVM -g {GROUP}")

    assert (outcome.code, outcome.error["code"]) == (1, "invalid-response")
    assert "decompressed response has more than 32 MiB" in outcome.error["message"]


def test_an_answer_that_is_packed_is_read(azure: Azure) -> None:
    def fault(peer: Peer, answer: Response) -> None:
        assert peer.headers["accept-encoding"] == "gzip"
        members = gzip.compress(answer.body[:50]), gzip.compress(b""), gzip.compress(answer.body[50:]), b"\0"
        packed = b"".join(members)
        pieces = [packed[at : at + 7] for at in range(0, len(packed), 7)]
        peer.send(chunked(*pieces, headers={**answer.headers, "content-encoding": "gzip"}))

    azure.when("GET", "virtualMachines/webVM", fault)
    assert azure(f"show webVM -g {GROUP}").json["id"] == vm_id("webVM")


def _endless(peer: Peer, begin: bytes) -> None:
    peer.send(begin)
    peer.flood(b" " * 65536)


def retyped(peer: Peer, answer: Response) -> None:
    peer.send(whole(answer.body.replace(b'"location"', b'"etag": 7, "location"'), answer.status, answer.headers))


def of_another_vm(peer: Peer, answer: Response) -> None:
    peer.send(whole(answer.body.replace(b"vm-00003", b"vm-00009"), answer.status, answer.headers))


def a_page(peer: Peer, _answer: Response) -> None:
    peer.send(whole(b"<html>Sign in</html>", headers={"content-type": "text/html"}))


def a_redirect(peer: Peer, _answer: Response) -> None:
    peer.send(whole(b"", 302, {"location": "https://elsewhere.example/"}))


@pytest.mark.parametrize("fault", [*CUTS, retyped, of_another_vm, a_page, a_redirect])
def test_the_other_eleven_of_a_fleet_are_done_and_reported(azure: Azure, fault: Fault) -> None:
    azure.program.operation_seconds = 0.0
    azure.program.environ["VMIDENT_TIME_SCALE"] = "20"
    azure.program.sandbox.add_vms(12)
    names = [f"vm-{number:05}" for number in range(1, 13)]
    azure.when("PATCH", "vm-00003", fault, times=99)

    outcome = azure(f"enable-system {' '.join(names)} -g {GROUP} --timeout 400", in_real_time=True)

    statuses = {one["name"]: one["status"] for one in outcome.json}
    third = statuses.pop("vm-00003")
    assert set(statuses.values()) == {"changed"}, outcome
    assert len(statuses) == 11
    # The fault is on the answer alone: the change is made, and the VM itself says so.
    assert third in {"changed", "unknown"}
    assert all(azure.program.identity_of(name)["type"] == "SystemAssigned" for name in [*statuses, "vm-00003"])


@pytest.mark.parametrize("asked_for", ["86400", "1e300"])
def test_a_retry_after_beyond_two_hours_is_not_waited_for(azure: Azure, asked_for: str) -> None:
    error = {"error": {"code": "TooManyRequests", "message": "Too many."}}
    azure.when("GET", "virtualMachines/myVM", lambda peer, _: peer.send(whole(error, 429, {"retry-after": asked_for})))

    assert azure(f"show myVM -g {GROUP}").error["code"] == "TooManyRequests"
    assert azure.program.time.slept == []


def test_a_list_that_leads_back_to_itself_ends(azure: Azure) -> None:
    def fault(peer: Peer, _answer: Response) -> None:
        peer.send(whole({"value": [], "nextLink": f"{azure.server.endpoint}/subscriptions/again?virtualMachines"}))

    azure.when("GET", "virtualMachines", fault, times=99)

    outcome = azure("list")

    assert (outcome.code, azure.count("GET")) == (1, 2)
    assert "repeats a page link" in outcome.err
