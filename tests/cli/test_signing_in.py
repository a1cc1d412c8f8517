"""Signing in, being signed in and signing out, against a token service and a Resource Manager on loopback."""

from __future__ import annotations

import gc
import json
import shlex
import sys
import threading
import urllib.parse
import urllib.request
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

import pytest
from pytest_mock import MockerFixture

from tests.certificates import Certificates, certificates
from tests.loopback import Loopback
from tests.program import TERMINAL, Outcome, Program
from tests.token_service import APP, APP_OBJECT_ID, PERSON, PERSON_ID, SECRET, TENANT, USER_CODE, TokenService, jwt
from vmident.cli.main import main
from vmident.sandbox.http import Request, Response, json_answer
from vmident.sandbox.sandbox import SUBSCRIPTION, SUBSCRIPTION_NAME, TOKEN, Sandbox

pytestmark = [
    # Nothing but this machine itself can be reached from here.
    pytest.mark.allow_hosts(["127.0.0.1"]),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="would write to the user's own keychain"),
]

CODE = "login --use-device-code --allow-unencrypted"
AS_AN_APP = f"login --service-principal --client-id {APP} --tenant {TENANT} --allow-unencrypted"


@pytest.fixture(scope="module")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return certificates(tmp_path_factory.mktemp("certificates"))


@dataclass
class Azure:
    """Who signs people in, and what they then reach: a sandbox that takes the newest token alone."""

    program: Program
    service: TokenService
    authority: Loopback
    arm: Loopback

    def __call__(self, words: str, secret: str | None = None) -> Outcome:
        """Type words into the program, with the network itself; `secret` is what a person types where asked."""

        def read_secret(_question: str) -> str:
            if secret is None:
                raise EOFError
            return secret

        self.program.capture.readouterr()
        runtime = replace(self.program.runtime(), through=lambda door: door, read_secret=read_secret)
        code = main(shlex.split(words), runtime)
        return Outcome(code, *self.program.capture.readouterr())

    def reached(self, request: Request) -> Response:
        newest = f"Bearer {self.service.given[-1]}" if self.service.given else ""
        is_newest = request.headers.get("authorization") == newest
        headers = {**request.headers, "authorization": f"Bearer {TOKEN}"} if is_newest else request.headers
        return self.program.sandbox.answer(replace(request, headers=headers))


@pytest.fixture
def azure(program: Program, trusted: Certificates, monkeypatch: pytest.MonkeyPatch) -> Iterator[Azure]:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(trusted.authority))
    # No keyring of this machine's may be found, wherever the tests run.
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "disabled:")
    service = TokenService()
    with Loopback(service.answer, trusted.server) as authority, Loopback() as arm:
        service.endpoint = authority.endpoint
        program.sandbox = Sandbox(
            program.folder / "azure",
            now=program.time.read,
            new_uuid=lambda: str(uuid.uuid4()),
            operation_seconds=0.0,
            endpoint=arm.endpoint,
        )
        program.environ = {
            "AZURE_AUTHORITY_HOST": authority.endpoint,
            "VMIDENT_ARM_ENDPOINT": arm.endpoint,
            "VMIDENT_SUBSCRIPTION": SUBSCRIPTION,
        }
        made = Azure(program, service, authority, arm)
        arm.answer = made.reached
        yield made


def kept(program: Program) -> Path:
    return program.folder / "sign-in.json"


def cache(program: Program) -> Path:
    return program.folder / "home" / ".IdentityService" / "vmident.nocae"


def test_a_person_signs_in_with_a_code_and_is_signed_in_for_the_commands_that_follow(azure: Azure) -> None:
    signed_in = azure(CODE)
    asked = len(azure.authority.received)
    who = azure("whoami")
    listed = azure("list --query [].name")

    assert signed_in.code == 0
    assert (signed_in.json["status"], signed_in.json["name"], signed_in.json["tenantId"]) == (
        "signedIn",
        PERSON,
        TENANT,
    )
    assert f"open {azure.authority.endpoint}/device and enter the code {USER_CODE}" in signed_in.err
    assert (who.code, listed.code) == (0, 0)
    assert (who.json["name"], who.json["objectId"], who.json["type"]) == (PERSON, PERSON_ID, "user")
    assert (who.json["tenantId"], who.json["subscriptionId"]) == (TENANT, SUBSCRIPTION)
    assert who.json["subscriptionName"] == SUBSCRIPTION_NAME
    assert who.json["from"] == {
        "token": "vmident login",
        "subscription": "VMIDENT_SUBSCRIPTION",
        "cloud": "default",
        "endpoint": "VMIDENT_ARM_ENDPOINT",
        "authority": "AZURE_AUTHORITY_HOST",
    }
    assert sorted(listed.json) == ["appVM", "dbVM", "myVM", "webVM"]
    assert azure.service.grants == ["device_code", "device_code"]
    assert all("configuration" in path for path in azure.authority.paths[asked:])


def test_the_end_of_the_token_is_told_in_utc(azure: Azure) -> None:
    azure(CODE)

    ends = azure("whoami --query expiresOn -o tsv").out.strip()

    assert len(ends) == len("2026-01-01T00:00:00Z")
    assert ends.endswith("Z")


def test_a_token_that_ends_soon_is_refreshed_without_a_question(azure: Azure) -> None:
    azure.service.expires_in = 60
    azure(CODE)

    listed = azure("list")

    assert listed.code == 0
    assert azure.service.grants[-1] == "refresh_token"
    assert USER_CODE not in listed.err


def test_a_sign_in_that_cannot_be_refreshed_has_ended(azure: Azure) -> None:
    azure.service.expires_in = 60
    azure(CODE)
    azure.service.refreshes = False

    outcome = azure("list")

    assert (outcome.code, outcome.error["code"]) == (4, "not-signed-in")
    assert f"'{PERSON}' has ended" in outcome.error["message"]
    assert "vmident login" in outcome.error["hint"]
    assert azure.arm.received == []


def test_a_browser_signs_in_too(azure: Azure, mocker: MockerFixture) -> None:
    visits: list[threading.Thread] = []

    def visit(url: str) -> bool:
        asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))
        azure.service.nonce = asked.get("nonce")
        address = asked["redirect_uri"].replace("localhost", "127.0.0.1")
        body = urllib.parse.urlencode({"code": "a-code", "state": asked["state"]}).encode()
        visits.append(threading.Thread(target=lambda: urllib.request.urlopen(address, body).close()))
        visits[-1].start()
        return True

    mocker.patch("webbrowser.open", visit)

    signed_in = azure("login --allow-unencrypted")
    visits[0].join()

    assert (signed_in.code, signed_in.json["name"]) == (0, PERSON)
    assert azure.service.grants == ["authorization_code"]
    assert azure("list").code == 0


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
def test_where_no_browser_opens_the_code_is_named(azure: Azure, mocker: MockerFixture) -> None:
    mocker.patch("webbrowser.open", return_value=False)

    outcome = azure("login --allow-unencrypted")
    # azure-identity forgets the socket that it waits on for the browser: it goes here, and not in another test.
    gc.collect()

    assert (outcome.code, outcome.error["code"]) == (4, "not-signed-in")
    assert "vmident login --use-device-code" in outcome.error["hint"]
    assert not kept(azure.program).exists()


def test_an_app_signs_in_with_the_secret_of_the_environment(azure: Azure) -> None:
    azure.program.environ |= {"AZURE_CLIENT_ID": APP, "AZURE_TENANT_ID": TENANT, "AZURE_CLIENT_SECRET": SECRET}
    signed_in = azure("login --service-principal --allow-unencrypted")
    del azure.program.environ["AZURE_CLIENT_SECRET"]
    who = azure("whoami")

    assert (signed_in.code, signed_in.json["name"]) == (0, "The pipeline")
    assert (who.json["type"], who.json["objectId"]) == ("servicePrincipal", APP_OBJECT_ID)
    assert who.json["from"]["token"] == "vmident login"
    assert azure("list").code == 0
    assert azure.service.grants == ["client_credentials"]


def test_an_app_signs_in_with_a_secret_that_is_typed(azure: Azure) -> None:
    azure.program.terminal = TERMINAL

    signed_in = azure(AS_AN_APP, secret=SECRET)

    assert (signed_in.code, azure("list").code) == (0, 0)
    assert "Signed in to AzureCloud as The pipeline" in signed_in.out


def test_an_app_in_a_tenant_named_by_its_domain_is_found_again(azure: Azure) -> None:
    azure.program.environ["AZURE_CLIENT_SECRET"] = SECRET

    signed_in = azure(AS_AN_APP.replace(TENANT, "contoso.example"))

    assert (signed_in.code, signed_in.json["tenantId"], azure("list").code) == (0, TENANT, 0)


def test_an_app_whose_token_has_ended_has_to_sign_in_again(azure: Azure) -> None:
    azure.service.expires_in = -1
    azure.program.environ["AZURE_CLIENT_SECRET"] = SECRET
    azure(AS_AN_APP)

    outcome = azure("list")

    assert (outcome.code, outcome.error["code"]) == (4, "not-signed-in")
    assert "'The pipeline' has ended" in outcome.error["message"]


def test_a_wrong_secret_is_refused_even_after_a_right_one(azure: Azure) -> None:
    azure.program.environ["AZURE_CLIENT_SECRET"] = SECRET
    azure(AS_AN_APP)
    azure.program.environ["AZURE_CLIENT_SECRET"] = "wrong"

    outcome = azure(AS_AN_APP)

    assert (outcome.code, outcome.error["code"]) == (4, "not-signed-in")
    assert "AADSTS7000215" in outcome.error["message"]


def test_a_secret_that_nobody_can_be_asked_for_is_wrong_usage(azure: Azure) -> None:
    outcome = azure(AS_AN_APP)

    assert (outcome.code, outcome.error["code"]) == (2, "usage")
    assert "AZURE_CLIENT_SECRET" in outcome.error["hint"]
    assert azure.authority.received == []


@pytest.mark.parametrize("secret", ["", None], ids=["Enter", "end of input"])
def test_a_secret_that_is_not_typed_is_wrong_usage(azure: Azure, secret: str | None) -> None:
    azure.program.terminal = TERMINAL

    outcome = azure(AS_AN_APP, secret)

    assert (outcome.code, azure.authority.received) == (2, [])
    assert "No secret was given." in outcome.err


@pytest.mark.parametrize("missing", ["--client-id", "--tenant"])
def test_an_app_without_id_or_tenant_is_wrong_usage(azure: Azure, missing: str) -> None:
    words = AS_AN_APP.split()
    at = words.index(missing)

    outcome = azure(" ".join(words[:at] + words[at + 2 :]))

    assert outcome.code == 2
    assert missing in outcome.error["hint"]


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ("login --use-device-code --identity", "Leave all but one out"),
        ("login --client-id x", "--service-principal"),
        ("login --identity --tenant x", "Leave --tenant out"),
    ],
)
def test_options_that_do_not_go_together_are_wrong_usage(azure: Azure, words: str, hint: str) -> None:
    outcome = azure(words)

    assert (outcome.code, outcome.error["code"]) == (2, "usage")
    assert hint in outcome.error["hint"]


def test_a_tenant_that_cannot_be_one_is_wrong_usage(azure: Azure) -> None:
    outcome = azure(f"{CODE} --tenant 'no such tenant'")

    assert (outcome.code, outcome.error["code"]) == (2, "usage")
    assert "--tenant" in outcome.error["hint"]


def test_a_managed_identity_signs_in_and_keeps_no_token(azure: Azure, monkeypatch: pytest.MonkeyPatch) -> None:
    identity = f"/subscriptions/{SUBSCRIPTION}/resourcegroups/g/providers/Microsoft.ManagedIdentity/x/builder"
    token = jwt({"idtyp": "app", "xms_mirid": identity, "oid": APP_OBJECT_ID, "tid": TENANT, "appid": APP})
    with Loopback(lambda _request: json_answer(200, _managed(token))) as machine:
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{machine.endpoint}/token")
        monkeypatch.setenv("IDENTITY_HEADER", "header")
        signed_in = azure(f"login --identity --client-id {APP}")
        azure.service.given.append(token)
        who = azure("whoami")

    assert (signed_in.code, signed_in.json["type"], signed_in.json["name"]) == (0, "managedIdentity", "builder")
    assert (who.json["type"], who.json["from"]["token"]) == ("managedIdentity", "vmident login")
    assert not cache(azure.program).exists()
    assert azure("logout --query status").json == "signedOut"


def test_a_machine_without_a_managed_identity_signs_nobody_in(azure: Azure, monkeypatch: pytest.MonkeyPatch) -> None:
    refusal = json_answer(400, {"error": "invalid_request", "error_description": "Identity not found"})
    with Loopback(lambda _request: refusal) as machine:
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{machine.endpoint}/token")
        monkeypatch.setenv("IDENTITY_HEADER", "header")
        outcome = azure("login --identity")

    assert (outcome.code, outcome.error["code"]) == (4, "not-signed-in")
    assert not kept(azure.program).exists()


def test_a_managed_identity_that_is_gone_is_said_to_give_no_token(
    azure: Azure, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Loopback(lambda _request: json_answer(200, _managed(jwt({"oid": APP_OBJECT_ID})))) as machine:
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{machine.endpoint}/token")
        monkeypatch.setenv("IDENTITY_HEADER", "header")
        azure("login --identity")
        machine.answer = lambda _request: json_answer(400, {"error": "invalid_request"})
        outcome = azure("list")

    assert (outcome.code, outcome.error["code"]) == (4, "not-signed-in")
    assert "'the system-assigned identity' gives no token" in outcome.error["message"]


def _managed(token: str) -> dict[str, str]:
    return {"access_token": token, "expires_on": "4102444800", "resource": "arm", "token_type": "Bearer"}


def test_where_there_is_no_encrypted_store_nobody_is_signed_in(azure: Azure) -> None:
    outcome = azure("login --use-device-code")

    assert (outcome.code, outcome.error["code"]) == (1, "no-token-store")
    assert "az login" in outcome.error["hint"]
    assert "--allow-unencrypted" in outcome.error["hint"]
    assert azure.authority.received == []
    assert not kept(azure.program).exists()
    assert not cache(azure.program).exists()


def test_tokens_in_a_plain_file_are_warned_of_and_for_their_owner_alone(azure: Azure) -> None:
    signed_in = azure(CODE)

    assert "warning: Tokens are kept in a plain file" in signed_in.err
    assert [path.stat().st_mode & 0o077 for path in (kept(azure.program), cache(azure.program))] == [0, 0]


def test_signing_out_forgets_the_tokens_and_who_it_was(azure: Azure) -> None:
    azure(CODE)
    signed_out = azure("logout")
    again = azure("logout")

    assert (signed_out.code, signed_out.json["status"], signed_out.json["name"]) == (0, "signedOut", PERSON)
    assert (again.code, again.json["status"]) == (0, "nothingToDo")
    assert not kept(azure.program).exists()
    left = cache(azure.program).read_text()
    assert [secret for secret in azure.service.secrets + azure.service.given if secret in left] == []
    assert PERSON not in left


def test_signing_in_as_another_forgets_the_first(azure: Azure) -> None:
    azure.program.environ["AZURE_CLIENT_SECRET"] = SECRET
    azure(CODE)
    azure(AS_AN_APP)

    assert azure("whoami --query type").json == "servicePrincipal"
    assert PERSON not in cache(azure.program).read_text()
    azure("logout")
    assert APP_OBJECT_ID not in cache(azure.program).read_text()
    assert [token for token in azure.service.given if token in cache(azure.program).read_text()] == []


def test_the_same_person_in_another_tenant_stays_signed_in(azure: Azure) -> None:
    azure(CODE)
    azure.service.tenant = "11111111-0000-4000-8000-000000000009"

    assert azure(CODE).json["tenantId"] == azure.service.tenant
    assert azure("list").code == 0


def test_a_store_that_is_locked_does_not_keep_another_from_signing_in(azure: Azure) -> None:
    azure(CODE)
    _forbid_plain_files(azure.program)
    azure.program.environ["AZURE_CLIENT_SECRET"] = SECRET

    assert azure(AS_AN_APP).code == 0
    assert azure("whoami --query type").json == "servicePrincipal"


def test_signing_out_of_a_store_that_is_locked_says_so_and_forgets_nothing(azure: Azure) -> None:
    azure(CODE)
    _forbid_plain_files(azure.program)

    outcome = azure("logout")

    assert (outcome.code, outcome.error["code"]) == (1, "no-token-store")
    assert kept(azure.program).exists()


def _forbid_plain_files(program: Program) -> None:
    record = json.loads(kept(program).read_text())
    kept(program).write_text(json.dumps({**record, "allow_unencrypted": False}))


# Before that version nothing keeps azure-identity from asking the network for a managed identity.
@pytest.mark.skipif(
    tuple(map(int, version("azure-identity").split(".")[:2])) < (1, 23), reason="azure-identity asks the network"
)
def test_whoever_has_signed_out_is_not_signed_in(azure: Azure, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "dev")
    monkeypatch.setenv("PATH", str(azure.program.folder))
    azure(CODE)
    azure("logout")

    for words in ("whoami", "list"):
        outcome = azure(words)
        assert (outcome.code, outcome.error["code"]) == (4, "not-signed-in")
        assert "`vmident login` or `az login`" in outcome.error["hint"]


def test_a_sign_in_of_another_authority_is_not_used(azure: Azure, monkeypatch: pytest.MonkeyPatch) -> None:
    azure(CODE)
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "EnvironmentCredential")
    azure.program.environ["AZURE_AUTHORITY_HOST"] = "https://127.0.0.1:1"

    outcome = azure("list")

    assert (outcome.code, azure.arm.received) == (4, [])


def test_a_token_handed_over_comes_before_the_sign_in(azure: Azure) -> None:
    azure(CODE)
    azure.program.environ["VMIDENT_ACCESS_TOKEN"] = "opaque"

    who = azure("whoami")

    assert (who.code, who.json["name"], who.json["type"], who.json["expiresOn"]) == (0, None, None, None)
    assert who.json["from"]["token"] == "VMIDENT_ACCESS_TOKEN"
    assert "subscriptionName" not in who.json


def test_a_service_principal_in_the_environment_comes_before_the_sign_in(
    azure: Azure, monkeypatch: pytest.MonkeyPatch
) -> None:
    azure(CODE)
    for name, value in (("AZURE_CLIENT_ID", APP), ("AZURE_TENANT_ID", TENANT), ("AZURE_CLIENT_SECRET", SECRET)):
        monkeypatch.setenv(name, value)

    who = azure("whoami")

    assert (who.json["name"], who.json["from"]["token"]) == ("The pipeline", "AZURE_CLIENT_ID and its companions")


def test_a_record_that_cannot_be_read_is_nobody_else(azure: Azure) -> None:
    kept(azure.program).write_text("{")

    outcome = azure("list")

    assert (outcome.code, outcome.error["code"], azure.arm.received) == (4, "not-signed-in", [])
    assert azure("logout").code == 0
    assert not kept(azure.program).exists()


def test_the_tokens_of_a_sign_in_that_lost_its_store_are_asked_for_in_vain(azure: Azure) -> None:
    azure(CODE)
    _forbid_plain_files(azure.program)

    outcome = azure("list")

    assert (outcome.code, outcome.error["code"]) == (1, "no-token-store")


def test_no_token_and_no_secret_is_shown_or_left_but_in_the_token_cache(azure: Azure) -> None:
    azure.program.environ["AZURE_CLIENT_SECRET"] = SECRET
    said = ""
    for words in (CODE, "whoami", "list", AS_AN_APP, "whoami", "list", "logout"):
        outcome = azure(f"{words} --debug")
        assert outcome.code == 0, outcome
        said += outcome.out + outcome.err
        files = [path for path in azure.program.folder.rglob("*") if path.is_file() and path != cache(azure.program)]
        said += "".join(path.read_bytes().decode("latin-1") for path in files)

    assert [secret for secret in azure.service.secrets + azure.service.given if secret in said] == []


def test_a_cloud_that_the_azure_cli_has_registered_signs_in_at_its_own_authority(azure: Azure) -> None:
    folder = azure.program.folder / "home" / ".azure"
    folder.mkdir()
    (folder / "config").write_text("[cloud]\nname = Private\n")
    (folder / "clouds.config").write_text(
        f"[Private]\nendpoint_resource_manager = {azure.arm.endpoint}/\n"
        f"endpoint_active_directory = {azure.authority.endpoint}/\n"
        "endpoint_active_directory_resource_id = https://arm.private.example/\n"
        f"subscription = {SUBSCRIPTION}\n"
    )
    azure.program.environ = {}

    signed_in = azure(CODE)
    who = azure("whoami")

    assert (signed_in.code, signed_in.json["cloud"]) == (0, "Private")
    assert (who.json["cloud"], who.json["endpoint"], who.json["subscriptionId"]) == (
        "Private",
        azure.arm.endpoint,
        SUBSCRIPTION,
    )
    assert who.json["from"]["cloud"] == "the Azure CLI's config"
    assert who.json["from"]["subscription"] == "the Azure CLI's clouds.config"
    scopes = {dict(urllib.parse.parse_qsl(one.body.decode())).get("scope") for one in azure.authority.received}
    assert any(scope and "https://arm.private.example//.default" in scope for scope in scopes)


def test_the_azure_clis_sign_in_is_used_and_named(azure: Azure, monkeypatch: pytest.MonkeyPatch) -> None:
    token = jwt({"upn": PERSON, "oid": PERSON_ID, "tid": TENANT})
    azure.service.given.append(token)
    answer = {"accessToken": token, "expires_on": 4102444800, "expiresOn": "2100-01-01 00:00:00.000000"}
    az = azure.program.folder / "bin" / "az"
    az.parent.mkdir()
    az.write_text(f"#!/bin/sh\necho '{json.dumps(answer)}'\n")
    az.chmod(0o755)
    monkeypatch.setenv("PATH", str(az.parent))
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "dev")

    who = azure("whoami")

    assert (who.json["name"], who.json["from"]["token"]) == (PERSON, "the Azure CLI's sign-in")
    assert (who.json["expiresOn"], azure("list").code) == ("2100-01-01T00:00:00Z", 0)
