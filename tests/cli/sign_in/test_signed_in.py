"""Being signed in, by which of several ways, and signing out."""

from __future__ import annotations

import json
import urllib.parse
from importlib.metadata import version

import pytest

from tests.contoso import AS_AN_APP, CODE, MARKS, Contoso
from tests.token_service import APP, APP_OBJECT_ID, PERSON, PERSON_ID, SECRET, TENANT, jwt
from vmident.sandbox.sandbox import SUBSCRIPTION

pytestmark = MARKS


def test_signing_out_forgets_the_tokens_and_who_it_was(contoso: Contoso) -> None:
    contoso(CODE)
    signed_out = contoso("logout")
    again = contoso("logout")

    assert (signed_out.code, signed_out.json["status"], signed_out.json["name"]) == (0, "signedOut", PERSON)
    assert (again.code, again.json["status"]) == (0, "nothingToDo")
    assert not contoso.kept.exists()
    left = contoso.cache.read_text()
    assert [secret for secret in contoso.service.secrets + contoso.service.given if secret in left] == []
    assert PERSON not in left


def test_signing_in_as_another_forgets_the_first(contoso: Contoso) -> None:
    contoso.program.environ["AZURE_CLIENT_SECRET"] = SECRET
    contoso(CODE)
    contoso(AS_AN_APP)

    assert contoso("whoami --query type").json == "servicePrincipal"
    assert PERSON not in contoso.cache.read_text()
    contoso("logout")
    assert APP_OBJECT_ID not in contoso.cache.read_text()
    assert [token for token in contoso.service.given if token in contoso.cache.read_text()] == []


def test_the_same_person_in_another_tenant_stays_signed_in(contoso: Contoso) -> None:
    contoso(CODE)
    contoso.service.tenant = "11111111-0000-4000-8000-000000000009"

    assert contoso(CODE).json["tenantId"] == contoso.service.tenant
    assert contoso("list").code == 0


def test_a_store_that_is_locked_does_not_keep_another_from_signing_in(contoso: Contoso) -> None:
    contoso(CODE)
    _forbid_plain_files(contoso)
    contoso.program.environ["AZURE_CLIENT_SECRET"] = SECRET

    assert contoso(AS_AN_APP).code == 0
    assert contoso("whoami --query type").json == "servicePrincipal"


def test_signing_out_of_a_store_that_is_locked_says_so_and_forgets_nothing(contoso: Contoso) -> None:
    contoso(CODE)
    _forbid_plain_files(contoso)

    outcome = contoso("logout")

    assert (outcome.code, outcome.error["code"]) == (1, "no-token-store")
    assert contoso.kept.exists()


def _forbid_plain_files(contoso: Contoso) -> None:
    record = json.loads(contoso.kept.read_text())
    contoso.kept.write_text(json.dumps({**record, "allow_unencrypted": False}))


# Before that version nothing keeps azure-identity from asking the network for a managed identity.
@pytest.mark.skipif(
    tuple(map(int, version("azure-identity").split(".")[:2])) < (1, 23), reason="azure-identity asks the network"
)
def test_whoever_has_signed_out_is_not_signed_in(contoso: Contoso, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "dev")
    monkeypatch.setenv("PATH", str(contoso.program.folder))
    contoso(CODE)
    contoso("logout")

    for words in ("whoami", "list"):
        outcome = contoso(words)
        assert (outcome.code, outcome.error["code"]) == (4, "not-signed-in")
        assert "Run 'az login' or 'vmident login'" in outcome.error["hint"]


def test_a_sign_in_of_another_authority_is_not_used(contoso: Contoso, monkeypatch: pytest.MonkeyPatch) -> None:
    contoso(CODE)
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "EnvironmentCredential")
    contoso.program.environ["AZURE_AUTHORITY_HOST"] = "https://127.0.0.1:1"

    outcome = contoso("list")

    assert (outcome.code, contoso.arm.received) == (4, [])


def test_a_token_handed_over_comes_before_the_sign_in(contoso: Contoso) -> None:
    contoso(CODE)
    contoso.program.environ["VMIDENT_ACCESS_TOKEN"] = jwt({"oid": APP_OBJECT_ID})

    who = contoso("whoami")

    assert (who.code, who.json["name"], who.json["type"], who.json["expiresOn"]) == (0, None, None, None)
    assert who.json["from"]["token"] == "VMIDENT_ACCESS_TOKEN"
    assert "subscriptionName" not in who.json


def test_a_service_principal_in_the_environment_comes_before_the_sign_in(
    contoso: Contoso, monkeypatch: pytest.MonkeyPatch
) -> None:
    contoso(CODE)
    for name, value in (("AZURE_CLIENT_ID", APP), ("AZURE_TENANT_ID", TENANT), ("AZURE_CLIENT_SECRET", SECRET)):
        monkeypatch.setenv(name, value)

    who = contoso("whoami")

    assert (who.json["name"], who.json["from"]["token"]) == (
        "The pipeline",
        "the AZURE_CLIENT_ID environment variables",
    )


def test_a_record_that_cannot_be_read_is_nobody_else(contoso: Contoso) -> None:
    contoso.kept.write_text("{")

    outcome = contoso("list")

    assert (outcome.code, outcome.error["code"], contoso.arm.received) == (4, "not-signed-in", [])
    assert contoso("logout").code == 0
    assert not contoso.kept.exists()


def test_the_tokens_of_a_sign_in_that_lost_its_store_are_asked_for_in_vain(contoso: Contoso) -> None:
    contoso(CODE)
    _forbid_plain_files(contoso)

    outcome = contoso("list")

    assert (outcome.code, outcome.error["code"]) == (1, "no-token-store")


def test_no_token_and_no_secret_is_shown_or_left_but_in_the_token_cache(contoso: Contoso) -> None:
    contoso.program.environ["AZURE_CLIENT_SECRET"] = SECRET
    said = ""
    for words in (CODE, "whoami", "list", AS_AN_APP, "whoami", "list", "logout"):
        outcome = contoso(f"{words} --debug")
        assert outcome.code == 0, outcome
        said += outcome.out + outcome.err
        files = [path for path in contoso.program.folder.rglob("*") if path.is_file() and path != contoso.cache]
        said += "".join(path.read_bytes().decode("latin-1") for path in files)

    assert [secret for secret in contoso.service.secrets + contoso.service.given if secret in said] == []


def test_a_cloud_that_the_azure_cli_has_registered_signs_in_at_its_own_authority(contoso: Contoso) -> None:
    folder = contoso.program.folder / "home" / ".azure"
    folder.mkdir()
    (folder / "config").write_text("[cloud]\nname = Private\n")
    (folder / "clouds.config").write_text(
        f"[Private]\nendpoint_resource_manager = {contoso.arm.endpoint}/\n"
        f"endpoint_active_directory = {contoso.authority.endpoint}/\n"
        "endpoint_active_directory_resource_id = https://arm.private.example/\n"
        f"subscription = {SUBSCRIPTION}\n"
    )
    contoso.program.environ = {}

    credential_for = contoso(CODE)
    who = contoso("whoami")

    assert (credential_for.code, credential_for.json["cloud"]) == (0, "Private")
    assert (who.json["cloud"], who.json["endpoint"], who.json["subscriptionId"]) == (
        "Private",
        contoso.arm.endpoint,
        SUBSCRIPTION,
    )
    assert who.json["from"]["cloud"] == "the Azure CLI's config"
    assert who.json["from"]["subscription"] == "the Azure CLI's clouds.config"
    scopes = {dict(urllib.parse.parse_qsl(one.body.decode())).get("scope") for one in contoso.authority.received}
    assert any(scope and "https://arm.private.example//.default" in scope for scope in scopes)


def test_the_azure_clis_sign_in_is_used_and_named(contoso: Contoso, monkeypatch: pytest.MonkeyPatch) -> None:
    token = jwt({"upn": PERSON, "oid": PERSON_ID, "tid": TENANT})
    contoso.service.given.append(token)
    answer = {"accessToken": token, "expires_on": 4102444800, "expiresOn": "2100-01-01 00:00:00.000000"}
    az = contoso.program.folder / "bin" / "az"
    az.parent.mkdir()
    az.write_text(f"#!/bin/sh\necho '{json.dumps(answer)}'\n")
    az.chmod(0o755)
    monkeypatch.setenv("PATH", str(az.parent))
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "dev")

    who = contoso("whoami")

    assert (who.json["name"], who.json["from"]["token"]) == (PERSON, "the Azure CLI's sign-in")
    assert (who.json["expiresOn"], contoso("list").code) == ("2100-01-01T00:00:00Z", 0)
