"""The script of `vmident verify`, run by real shells with real programs against a token service on loopback.

No PowerShell can be installed where the tests run. Of the script for Windows, a grammar of PowerShell that others
maintain (tree-sitter-powershell) reads every line; what it does there is not run.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import tree_sitter_powershell
from tree_sitter import Language, Parser

from tests.loopback import Loopback
from tests.token_service import jwt
from vmident.core.verification.checks import TokenRequest
from vmident.core.verification.output import read_output
from vmident.core.verification.script import powershell_script, shell_script
from vmident.sandbox.http_messages import Request, Response, json_answer

NONCE = "0123456789ab"
OID, APPID = "11111111-0000-4000-8000-000000000001", "22222222-0000-4000-8000-000000000002"
VM = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/web"
OTHER = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/other"
RESOURCE = "https://vault.azure.net"
SECRET = jwt({"oid": "a-token-in-an-error-text"})
REQUESTS = [
    TokenRequest("", VM),
    TokenRequest("client_id=other", VM),
    TokenRequest("client_id=stale", OTHER),
    TokenRequest("client_id=updating", OTHER),
    TokenRequest("client_id=guarded", OTHER),
    TokenRequest("client_id=empty", OTHER),
]
ALWAYS = ("sed", "tr", "cut", "head", "grep")


class Imds:
    """The token service of a VM; `given` are the tokens that it gave. One identity is being updated at every 2nd try.

    Errors are those of Microsoft's page on the token service; the claims hold what base64 has `-` and `_` for.
    """

    def __init__(self) -> None:
        self.given: list[str] = []
        self.is_updating = False

    def answer(self, request: Request) -> Response:
        url = urlsplit(request.url)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        expected = {"api-version": "2018-02-01", "resource": RESOURCE}
        if url.path != "/metadata/identity/oauth2/token" or not expected.items() <= query.items():
            return json_answer(404, {"error": "not_found"})
        if request.headers.get("metadata") != "true":
            return _refused(400, "Required metadata header not specified")
        match query.get("client_id", ""):
            case "":
                return self._token(VM.upper())
            case "other":
                return self._token(f"{OTHER}???>>>")
            case "stale":
                return _refused(400, "Identity not found")
            case "updating":
                self.is_updating = not self.is_updating
                return _refused(410, "Try again") if self.is_updating else self._token(OTHER)
            case "guarded":
                return _refused(403, f"\x1b[31mDenied; {SECRET}\r\n{NONCE} 0 200 forged forged forged")
            case _:
                return json_answer(200, {"token_type": "Bearer"})

    def _token(self, resource_id: str) -> Response:
        self.given.append(jwt({"xms_mirid": resource_id, "oid": OID, "sub": "?" * 50, "appid": APPID}))
        return json_answer(200, {"access_token": self.given[-1], "token_type": "Bearer"})


def _refused(status: int, description: str) -> Response:
    return json_answer(status, {"error": "invalid_request", "error_description": description})


@pytest.fixture(scope="module")
def imds() -> Imds:
    return Imds()


@pytest.fixture(scope="module")
def service(imds: Imds) -> Iterator[str]:
    with Loopback(imds.answer) as server:
        yield server.endpoint


def installed(program: str) -> str:
    """Return where a program is; a machine that lacks it skips the test."""
    path = shutil.which(program)
    if path is None:
        pytest.skip(f"{program} is not installed")
    return path


def programs(folder: Path, *names: str, **others: str) -> Path:
    """Make a folder with these programs alone; `sleep` takes no time. `others` are found under another name."""
    paths = {name: sys.executable if name == "python3" else installed(name) for name in (*ALWAYS, *names)}
    for name, path in {**paths, **others, "sleep": installed("true")}.items():
        (folder / name).symlink_to(path)
    return folder


def run(shell: Sequence[str], script: str, path: Path) -> subprocess.CompletedProcess[str]:
    # A proxy that does not answer: a request that goes there fails.
    environ = {"PATH": str(path), "http_proxy": "http://127.0.0.1:9", "ALL_PROXY": "http://127.0.0.1:9"}
    # Read as a file, as Azure's agent has the shell read it.
    file = path / "script.sh"
    file.write_text(script, encoding="utf-8")
    command = [installed(shell[0]), *shell[1:], str(file)]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)


EXPECTED = {
    0: f"200 {OID} {APPID} =",
    1: f"200 {OID} {APPID} {OTHER}",
    2: "400 Identity not found",
    3: f"200 {OID} {APPID} =",
    5: "200 ",
}


@pytest.mark.allow_hosts(["127.0.0.1"])
@pytest.mark.parametrize(
    ("shell", "tool"),
    [
        (["dash"], "curl"),
        (["dash"], "wget"),
        (["dash"], "python3"),
        (["bash"], "curl"),
        (["bash", "--posix"], "wget"),
        (["busybox", "sh"], "curl"),
        (["busybox", "sh"], "wget"),
    ],
)
def test_each_shell_asks_with_whatever_is_there_and_prints_no_token(
    shell: Sequence[str], tool: str, imds: Imds, service: str, tmp_path: Path
) -> None:
    imds.is_updating = False
    script = shell_script(REQUESTS, RESOURCE, NONCE, service=service)
    ran = run(shell, script, programs(tmp_path, tool, "base64"))

    lines = ran.stdout.splitlines()
    assert (ran.returncode, ran.stderr, lines[0]) == (0, "", f"{NONCE} tool {tool}")
    said = {int(line.split()[1]): line.removeprefix(f"{NONCE} ").partition(" ")[2] for line in lines[1:]}
    assert EXPECTED.items() <= said.items()
    # The line break of a hostile answer ends no line, and what else could mean anything to a terminal is left out.
    assert sorted(said) == [0, 1, 2, 3, 4, 5]
    assert ran.stdout.isascii()
    assert ran.stdout.replace("\n", "").isprintable()
    assert imds.given
    assert not [token for token in imds.given if any(part in ran.stdout for part in token.split(".")[:2])]
    assert said[4] == f"403 u001b31mDenied ***rn{NONCE} 0 200 forged forged forged"
    assert len(ran.stdout) < 4096

    answers = read_output(ran.stdout, NONCE, REQUESTS)
    assert (answers.is_forged, len(answers.answers)) == (False, len(REQUESTS))


@pytest.mark.allow_hosts(["127.0.0.1"])
@pytest.mark.parametrize("decoder", ["openssl", "python3"])
def test_a_vm_without_base64_decodes_with_what_it_has(decoder: str, service: str, tmp_path: Path) -> None:
    script = shell_script(REQUESTS[:2], RESOURCE, NONCE, service=service)
    ran = run(("dash",), script, programs(tmp_path, "curl", decoder))
    assert ran.stdout.splitlines()[1:] == [f"{NONCE} 0 {EXPECTED[0]}", f"{NONCE} 1 {EXPECTED[1]}"]


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_busyboxs_wget_tells_the_status_of_an_error_and_not_its_text(service: str, tmp_path: Path) -> None:
    busybox = installed("busybox")
    script = shell_script(REQUESTS[1:3], RESOURCE, NONCE, service=service)
    ran = run(("busybox", "sh"), script, programs(tmp_path, "base64", wget=busybox))
    assert ran.stdout.splitlines()[1:] == [f"{NONCE} 0 {EXPECTED[1]}", f"{NONCE} 1 400 "]


@pytest.mark.parametrize("there", [(), ("base64",), ("curl",)], ids=["nothing", "base64 alone", "curl alone"])
def test_a_vm_that_has_nothing_to_ask_or_to_read_with_says_so(there: tuple[str, ...], tmp_path: Path) -> None:
    ran = run(("dash",), shell_script(REQUESTS, RESOURCE, NONCE), programs(tmp_path, *there))
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, f"{NONCE} tool none\n", "")


@pytest.mark.allow_hosts(["127.0.0.1"])
@pytest.mark.parametrize("tool", ["curl", "wget", "python3"])
def test_a_service_that_cannot_be_reached_is_tried_once(tool: str, tmp_path: Path) -> None:
    with Loopback() as gone:
        nowhere = gone.endpoint
    ran = run(
        ("dash",), shell_script(REQUESTS[:2], RESOURCE, NONCE, service=nowhere), programs(tmp_path, tool, "base64")
    )
    assert ran.stdout.splitlines()[1:] == [f"{NONCE} 0 000 ", f"{NONCE} 1 000 "]


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_the_texts_of_many_identities_fit_into_what_run_command_returns(tmp_path: Path) -> None:
    long = f"/{'x' * 300}"
    token = jwt({"oid": OID, "appid": APPID, "xms_mirid": long})
    with Loopback(lambda _request: json_answer(200, {"access_token": token})) as server:
        requests = [TokenRequest(f"client_id={number}", VM) for number in range(30)]
        script = shell_script(requests, RESOURCE, NONCE, service=server.endpoint)
        ran = run(("dash",), script, programs(tmp_path, "curl", "base64"))
    assert len(ran.stdout.encode()) < 4096
    found = read_output(ran.stdout, NONCE, requests).answers
    assert {answer.principal.principal_id for answer in found.values() if answer.principal} == {OID}
    assert len(found) == 30


def test_powershell_reads_the_script_for_windows() -> None:
    parser = Parser(Language(tree_sitter_powershell.language()))
    script = powershell_script(REQUESTS, RESOURCE, NONCE)
    assert not parser.parse(script.encode()).root_node.has_error
    assert parser.parse(script.replace("\n}\n", "\n\n", 1).encode()).root_node.has_error
    assert f"Check 0 '{VM}' 'http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01" in script


def test_a_name_that_a_shell_could_read_as_code_is_in_no_script() -> None:
    hostile = TokenRequest("", "/subscriptions/s/'$(reboot)'")
    for script in (
        shell_script([hostile], "https://x/'`id`", NONCE),
        powershell_script([hostile], "https://x/'", NONCE),
    ):
        last = script.splitlines()[-1]
        assert last.startswith("Check 0 '' 'http://169.254.169.254/")
        assert last.count("'") == 4
        assert "`" not in last
