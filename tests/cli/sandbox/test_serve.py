"""`vmident sandbox serve` as a process: clients sign in over TLS and see what the sandbox holds."""

from __future__ import annotations

import base64
import json
import os
import shlex
import signal
import socket
import ssl
import stat
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sandbox.cloud import Cloud
from tests.served import Served
from vmident.cli.commands.sandbox_serve import with_commands

pytestmark = [
    pytest.mark.allow_hosts(["127.0.0.1"]),
    pytest.mark.skipif(os.name == "nt", reason="a process group is interrupted in another way on Windows"),
]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    made = Served(tmp_path / "served", "--vms", "3", "--operation-seconds", "0")
    yield made
    made.kill()


def test_vmident_signs_in_changes_and_sees_what_it_changed(served: Served) -> None:
    changed = served.vmident("enable-system", "vm-00002")
    shown = served.vmident("show", "vm-00002")
    assert (changed.returncode, changed.stderr, shown.returncode) == (0, "", 0)
    assert json.loads(shown.stdout)["identity"] == json.loads(changed.stdout)["after"]


def test_groups_are_read_with_a_token_of_microsoft_graphs_own(served: Served) -> None:
    shown = served.vmident("access", "signInVM", "--groups", "-o", "json")
    assert (shown.returncode, shown.stderr) == (0, "")
    document = json.loads(shown.stdout)
    names = {one["groupName"] for one in document["identities"][0]["canBecome"] if one["how"] == "login"}
    assert (names, document["unread"]) == ({None, "Web Operators"}, [])


def test_the_commands_survive_a_secret_and_a_folder_of_any_kind() -> None:
    facts = {
        "endpoint": "https://127.0.0.1:10443",
        "graphEndpoint": "https://localhost:10443",
        "tenantId": "tenant",
        "clientId": "client",
        "clientSecret": "-p",
        "subscriptionId": "sub",
        "certificates": "/home/o'neill/my state/ca.pem",
        "azureConfig": '/home/"me"/$HOME',
    }
    commands = with_commands(facts)

    login = shlex.split(commands["azureCli"][-1])
    assert (login[:3], login[-3:]) == (["az", "login", "--service-principal"], ["--password=-p", "--tenant", "tenant"])
    exports = [shlex.split(line) for line in (*commands["azureCli"][:2], commands["vmident"][0])]
    certificates, azure_config = (
        f"REQUESTS_CA_BUNDLE={facts['certificates']}",
        f"AZURE_CONFIG_DIR={facts['azureConfig']}",
    )
    assert exports == [["export", certificates], ["export", azure_config], ["export", certificates]]


def test_a_wrong_secret_is_exit_4(served: Served) -> None:
    refused = served.vmident("list", AZURE_CLIENT_SECRET="another")
    assert refused.returncode == 4
    assert "AADSTS7000215" in refused.stderr


def test_only_who_trusts_its_certificate_and_has_a_token_is_answered(served: Served) -> None:
    url = f"{served.facts['endpoint']}/subscriptions?api-version=2022-12-01"
    with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
        urllib.request.urlopen(url)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(url, context=ssl.create_default_context(cafile=served.facts["certificates"]))
    assert refused.value.code == 401
    refused.value.close()


def test_ctrl_c_ends_it_quietly_and_leaves_no_certificate_and_no_sign_in(served: Served) -> None:
    assert served.vmident("list").returncode == 0
    azure_config = Path(served.exported("azureCli")["AZURE_CONFIG_DIR"])
    (azure_config / "inside").mkdir(parents=True)
    assert served.stop() == (0, "")
    assert not Path(served.facts["certificates"]).exists()
    assert not azure_config.exists()
    refused = served.vmident("list")
    assert refused.returncode != 0


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "vmident", "sandbox", "serve", "--port", port]
        environ = {**os.environ, "VMIDENT_SANDBOX_DIR": str(tmp_path)}
        ran = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=60)
    assert ran.returncode == 1
    assert f"Port {port}" in ran.stderr
    assert "--port" in ran.stderr


def test_every_request_is_noted_without_what_it_carries(tmp_path: Path) -> None:
    log = tmp_path / "requests.jsonl"
    served = Served(tmp_path / "served", "--operation-seconds", "0", "--log", str(log))
    try:
        assert served.vmident("enable-system", "myVM", "-g", "myResourceGroup").returncode == 0
    finally:
        served.stop()
    noted = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    assert [one["method"] for one in noted if "/virtualMachines/" in one["path"]] == ["GET", "PATCH"]
    assert {*noted[0]} == {"method", "path", "status", "received", "sent"}
    assert "eyJ" not in log.read_text(encoding="utf-8")


def test_two_servers_of_one_sandbox_do_not_disturb_each_other(tmp_path: Path) -> None:
    first, second = (Served(tmp_path / "served", "--operation-seconds", "0") for _ in range(2))
    try:
        assert first.vmident("enable-system", "myVM").returncode == 0
        assert json.loads(second.vmident("show", "myVM").stdout)["identity"]["type"] == "SystemAssigned"
        assert second.stop() == (0, "")
        assert first.vmident("list").returncode == 0
    finally:
        second.kill()
        first.kill()


def test_what_a_killed_server_left_goes_and_what_a_running_one_has_stays(tmp_path: Path) -> None:
    sandbox = Cloud(tmp_path).sandbox
    first = Served(tmp_path)
    first.kill()
    second = Served(tmp_path)
    sandbox.reset()
    while_it_runs = [Path(one.facts["certificates"]).exists() for one in (first, second)]
    second.kill()
    sandbox.reset()
    sandbox.close()
    assert while_it_runs == [False, True]
    assert list(tmp_path.glob("serve-*")) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_leaves_the_sandbox_and_what_serve_did_not_make(tmp_path: Path, number: int) -> None:
    foreign = tmp_path / "served" / "azure-cli" / "config"
    foreign.parent.mkdir(parents=True)
    foreign.write_text("the user's own")
    served = Served(tmp_path / "served", "--operation-seconds", "0", "--log", str(tmp_path / "log"))
    try:
        azure_config = Path(served.exported("azureCli")["AZURE_CONFIG_DIR"])
        azure_config.mkdir()
        (azure_config / "msal_token_cache.json").write_text("a token")
        made = [Path(served.facts["certificates"]), tmp_path / "log", tmp_path / "served" / "sandbox.sqlite3"]
        assert {stat.S_IMODE(path.stat().st_mode) for path in made} == {0o600}
        served.process.send_signal(number)
        assert (served.process.wait(30), served.process.stderr and served.process.stderr.read()) == (0, "")
    finally:
        served.kill()
    left = {path.relative_to(tmp_path / "served").as_posix() for path in (tmp_path / "served").rglob("*")}
    assert left == {"azure-cli", "azure-cli/config", "sandbox.sqlite3"}


def test_a_token_that_is_nested_without_end_is_401(served: Served) -> None:
    nested = base64.urlsafe_b64encode(b"[" * 5_000).decode()  # as much as fits into a header
    url = f"{served.facts['endpoint']}/subscriptions?api-version=2022-12-01"
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer a.{nested}.b"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, context=ssl.create_default_context(cafile=served.facts["certificates"]))
    assert refused.value.code == 401
    refused.value.close()


def test_it_stops_by_itself_when_its_time_has_run_out(tmp_path: Path) -> None:
    served = Served(tmp_path / "served", "--timeout", "2")
    try:
        _, err = served.process.communicate(timeout=60)
    finally:
        served.kill()
    assert (served.process.returncode, "timed-out" in err) == (7, True)
    assert not Path(served.facts["certificates"]).exists()
