"""What the environment says and does, against a Resource Manager behind a real socket on loopback."""

from __future__ import annotations

import json
import shlex
import uuid
from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.loopback import Loopback
from tests.program import GROUP, Outcome, Program, identity_id, vm_id
from vmident.cli.main import main
from vmident.sandbox.http_messages import Request, Response
from vmident.sandbox.sandbox import SUBSCRIPTION, SUBSCRIPTION_NAME, TOKEN, Sandbox

# Nothing but this machine itself can be reached from here.
pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

USER = "myUserAssignedIdentity"


@pytest.fixture
def azure(program: Program) -> Iterator[Loopback]:
    """A small Azure at an address, whose sandbox is the program's, and an environment that leads there."""
    with Loopback() as server:
        program.sandbox = Sandbox(
            program.folder / "azure",
            now=program.time.read,
            new_uuid=lambda: str(uuid.uuid4()),
            operation_seconds=0.0,
            endpoint=server.endpoint,
        )
        server.answer = program.sandbox.answer
        program.environ = {
            "VMIDENT_ARM_ENDPOINT": server.endpoint,
            "VMIDENT_ACCESS_TOKEN": TOKEN,
            "VMIDENT_SUBSCRIPTION": SUBSCRIPTION,
        }
        yield server


@pytest.fixture
def elsewhere() -> Iterator[Loopback]:
    """A server that nothing is ever to be sent to."""
    with Loopback() as server:
        yield server


def typed(program: Program, words: str) -> Outcome:
    """Type into the program where it has the network itself, and no door of ours in between."""
    program.capture.readouterr()
    code = main(shlex.split(words), replace(program.runtime(), through=lambda sender: sender))
    out, err = program.capture.readouterr()
    return Outcome(code, out, err)


def test_every_command_works_over_a_socket_and_brings_the_token(program: Program, azure: Loopback) -> None:
    enabled = typed(program, f"enable-system myVM -g {GROUP}")
    added = typed(program, f"add-user myVM --identity {USER}")
    shown = typed(program, "show myVM")
    listed = typed(program, "list")

    assert [one.code for one in (enabled, added, shown, listed)] == [0, 0, 0, 0]
    assert [enabled.json["status"], added.json["status"]] == ["changed", "changed"]
    assert shown.json["identity"]["type"] == "SystemAssigned, UserAssigned"
    assert list(shown.json["identity"]["userAssignedIdentities"]) == [identity_id(USER)]
    assert {one["name"] for one in listed.json} >= {"appVM", "dbVM", "myVM", "webVM"}
    assert {one.headers.get("authorization") for one in azure.received} == {f"Bearer {TOKEN}"}


def test_a_token_for_azure_resource_manager_is_never_sent_to_microsoft_graph(
    program: Program, azure: Loopback, elsewhere: Loopback
) -> None:
    outcome = typed(program, "access myVM --groups")
    (why,) = (one["why"] for one in outcome.json["unread"])
    assert (outcome.code, "set VMIDENT_GRAPH_ENDPOINT" in why) == (0, True)
    program.environ["VMIDENT_GRAPH_ENDPOINT"] = elsewhere.endpoint
    (why,) = (one["why"] for one in typed(program, "access myVM --groups").json["unread"])
    assert f"The token from VMIDENT_ACCESS_TOKEN is not for {elsewhere.endpoint}." in why
    assert (bool(azure.received), elsewhere.received) == (True, [])


def test_an_operation_on_a_foreign_port_is_never_asked_for_and_the_vm_itself_tells(
    program: Program, azure: Loopback, elsewhere: Loopback
) -> None:
    def answer(request: Request) -> Response:
        answered = program.sandbox.answer(request)
        leading_away = {
            name: value.replace(azure.endpoint, elsewhere.endpoint) for name, value in answered.headers.items()
        }
        assert request.method != "PATCH" or leading_away != answered.headers
        return replace(answered, headers=leading_away)

    azure.answer = answer

    outcome = typed(program, f"enable-system myVM -g {GROUP}")

    assert (outcome.code, outcome.json["status"]) == (0, "changed")
    assert program.identity_of("myVM")["type"] == "SystemAssigned"
    assert elsewhere.received == []


@pytest.mark.parametrize("case", [str.upper, str.lower])
def test_a_proxy_gets_nothing_of_what_stays_on_this_machine(
    program: Program, azure: Loopback, elsewhere: Loopback, monkeypatch: pytest.MonkeyPatch, case: type[str]
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(case(name), elsewhere.endpoint)

    assert typed(program, "enable-system myVM").code == 0

    assert azure.received
    assert elsewhere.received == []


@pytest.mark.parametrize("named", [True, False], ids=["NETRC", "home"])
def test_a_netrc_does_not_take_the_tokens_place(
    program: Program, azure: Loopback, monkeypatch: pytest.MonkeyPatch, named: bool
) -> None:
    netrc = program.folder / ("passwords" if named else "home/.netrc")
    netrc.write_text("machine 127.0.0.1 login somebody password something\ndefault login any password thing\n")
    netrc.chmod(0o600)
    if named:
        monkeypatch.setenv("NETRC", str(netrc))

    assert typed(program, "show myVM").code == 0

    assert {one.headers.get("authorization") for one in azure.received} == {f"Bearer {TOKEN}"}


@pytest.mark.parametrize("status", [302, 307])
@pytest.mark.parametrize("words", [f"show myVM -g {GROUP}", f"enable-system {vm_id('myVM')}"])
def test_a_redirect_is_an_error_and_is_not_followed(
    program: Program, azure: Loopback, elsewhere: Loopback, words: str, status: int
) -> None:
    azure.answer = lambda _request: Response(status, {"location": f"{elsewhere.endpoint}/"})

    outcome = typed(program, words)

    assert outcome.code == 1
    assert str(status) in outcome.err
    assert elsewhere.received == []


@pytest.mark.parametrize(
    "endpoint", ["http://management.example", "http://127.0.0.1.example:8080", "http://10.0.0.1", "ftp://127.0.0.1"]
)
def test_an_endpoint_that_would_carry_the_token_in_the_clear_is_wrong_usage(program: Program, endpoint: str) -> None:
    program.environ = {
        "VMIDENT_ARM_ENDPOINT": endpoint,
        "VMIDENT_ACCESS_TOKEN": TOKEN,
        "VMIDENT_SUBSCRIPTION": SUBSCRIPTION,
    }

    outcome = program("enable-system myVM")

    assert (outcome.code, outcome.error["code"], program.sent) == (2, "usage", [])
    assert "VMIDENT_ARM_ENDPOINT" in outcome.error["hint"]


@pytest.mark.parametrize("token", ["secretWord\nsecretWord", "secretWord\r\nX-Other: secretWord", "\u200bsecretWord"])
def test_a_token_that_no_header_can_carry_is_wrong_usage_and_is_not_shown(
    program: Program, azure: Loopback, token: str
) -> None:
    program.environ["VMIDENT_ACCESS_TOKEN"] = token

    outcome = typed(program, "show myVM --debug")

    assert (outcome.code, azure.received) == (2, [])
    assert "secretWord" not in outcome.out + outcome.err
    assert "VMIDENT_ACCESS_TOKEN" in outcome.err


def test_a_debug_trace_of_a_whole_change_holds_no_token(program: Program, azure: Loopback) -> None:
    outcome = typed(program, "enable-system myVM --debug")

    assert (outcome.code, TOKEN in outcome.out + outcome.err) == (0, False)
    assert "debug: PATCH" in outcome.err


def _profile(folder: Path, name: str) -> None:
    folder.mkdir(exist_ok=True)
    subscription = {"id": SUBSCRIPTION, "name": name, "isDefault": True, "environmentName": "AzureCloud"}
    # As the Azure CLI writes it: with a byte-order mark.
    (folder / "azureProfile.json").write_text(json.dumps({"subscriptions": [subscription]}), encoding="utf-8-sig")


def test_a_subscription_named_in_the_azure_clis_profile_costs_no_request(program: Program, azure: Loopback) -> None:
    _profile(program.folder / "azure-cli", "Täglich Brot")
    program.environ |= {"AZURE_CONFIG_DIR": str(program.folder / "azure-cli")}

    outcome = typed(program, f"show myVM -g {GROUP} --subscription 'täglich brot'")

    assert (outcome.code, outcome.json["id"]) == (0, vm_id("myVM"))
    assert azure.paths == [vm_id("myVM")]


def test_the_azure_clis_default_subscription_holds_where_nothing_else_is_said(
    program: Program, azure: Loopback
) -> None:
    _profile(program.folder / "home" / ".azure", "Mine")
    del program.environ["VMIDENT_SUBSCRIPTION"]

    assert typed(program, f"show myVM -g {GROUP}").code == 0
    assert azure.paths == [vm_id("myVM")]


def test_a_subscription_that_no_profile_names_is_looked_up_in_azure(program: Program, azure: Loopback) -> None:
    outcome = typed(program, f"show myVM -g {GROUP} --subscription '{SUBSCRIPTION_NAME.upper()}'")

    assert (outcome.code, outcome.json["id"]) == (0, vm_id("myVM"))
    assert azure.paths == ["/subscriptions", vm_id("myVM")]


def test_an_unknown_subscription_is_not_found_and_those_that_are_there_are_named(
    program: Program, azure: Loopback
) -> None:
    outcome = typed(program, "show myVM --subscription nobodys")

    assert (outcome.code, outcome.error["code"]) == (3, "subscription-not-found")
    assert "'nobodys'" in outcome.error["message"]
    assert f"'{SUBSCRIPTION_NAME}'" in outcome.error["message"]
    assert azure.paths == ["/subscriptions"]


@pytest.mark.parametrize(("option", "group"), [("", "otherGroup"), (f"-g {GROUP}", GROUP)])
def test_the_azure_clis_default_group_is_the_group_unless_the_option_names_another(
    program: Program, azure: Loopback, option: str, group: str
) -> None:
    program.sandbox.add_group("otherGroup")
    program.sandbox.add_vm("otherGroup", "myVM")
    program.environ["AZURE_DEFAULTS_GROUP"] = "otherGroup"

    outcome = typed(program, f"enable-system myVM {option}")

    assert (outcome.code, outcome.json["id"]) == (0, vm_id("myVM", group))
    assert {vm_id("myVM", group)} == {path for path in azure.paths if "/operations/" not in path}


# Before that version nothing keeps azure-identity from asking the network for a managed identity.
@pytest.mark.skipif(
    tuple(map(int, version("azure-identity").split(".")[:2])) < (1, 23), reason="azure-identity asks the network"
)
def test_without_any_sign_in_the_way_in_is_named(
    program: Program, azure: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "dev")
    monkeypatch.setenv("PATH", str(program.folder))
    del program.environ["VMIDENT_ACCESS_TOKEN"]

    outcome = typed(program, "show myVM")

    assert (outcome.code, outcome.error["code"]) == (4, "not-signed-in")
    assert "az login" in outcome.error["hint"]
    assert azure.received == []
