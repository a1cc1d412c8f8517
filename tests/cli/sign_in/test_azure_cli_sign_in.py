"""Being signed in by the Azure CLI: its kept token without starting it, else the one that it gives."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.azure_cli_home import AzureCliHome, account, entry, persons
from tests.contoso import AS_AN_APP, MARKS, Contoso
from tests.token_service import APP, APP_OBJECT_ID, PERSON, PERSON_ID, SECRET, TENANT, jwt
from vmident.sandbox.sandbox import SUBSCRIPTION

pytestmark = MARKS

KEPT = jwt({"idtyp": "app", "appid": APP, "oid": APP_OBJECT_ID, "tid": TENANT, "app_displayname": "kept"})
STARTED = jwt({"idtyp": "app", "appid": APP, "oid": APP_OBJECT_ID, "tid": TENANT, "app_displayname": "started"})
ADAS = jwt({"idtyp": "user", "upn": PERSON, "oid": PERSON_ID, "tid": TENANT})
ENDS = 1_800_003_600
ORIGIN = "the Azure CLI's sign-in"


class Signed:
    """Whoever has done `az login` as the app."""

    def __init__(self, contoso: Contoso, home: AzureCliHome, overrides: Path) -> None:
        self.contoso, self.home, self.overrides = contoso, home, overrides
        self.entry = entry(KEPT, contoso.arm.endpoint, expires_on=ENDS)
        self.environ = contoso.program.environ
        home.sign_in(account())
        home.keep(self.entry)

    def who(self, words: str = "") -> str:
        outcome = self.contoso(f"whoami {words}")
        assert outcome.code == 0, outcome.err
        assert outcome.json["from"]["token"] == ORIGIN
        return str(outcome.json["name"])

    @property
    def starts(self) -> list[str]:
        """The command lines that the Azure CLI was started with."""
        return self.overrides.read_text().splitlines() if self.overrides.exists() else []


@pytest.fixture
def signed(contoso: Contoso, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Signed:
    home = AzureCliHome(tmp_path / "home" / ".azure")
    overrides = home.start_with(tmp_path / "bin", STARTED)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    return Signed(contoso, home, overrides)


def test_a_kept_token_signs_requests_without_starting_the_azure_cli(signed: Signed) -> None:
    signed.contoso.service.given.append(KEPT)
    before = {path: path.read_bytes() for path in signed.home.folder.iterdir()}

    listed = signed.contoso("list --debug")

    assert (listed.code, signed.starts) == (0, [])
    assert "token: from the Azure CLI's cache" in listed.err
    assert KEPT not in listed.out + listed.err
    assert {path: path.read_bytes() for path in signed.home.folder.iterdir()} == before
    assert [path for path in signed.contoso.program.folder.rglob("*.json") if KEPT in path.read_text()] == [
        signed.home.cache
    ]


def test_a_persons_token_is_found_by_the_name_in_the_profile(signed: Signed) -> None:
    signed.home.sign_in(account(user={"name": PERSON, "type": "user"}))
    signed.home.keep(persons(signed.entry, ADAS), signed.entry)

    assert (signed.who(), signed.starts) == (PERSON, [])


def test_signing_out_counts_at_the_next_command(signed: Signed, monkeypatch: pytest.MonkeyPatch) -> None:
    assert signed.who() == "kept"
    signed.home.sign_in()
    signed.home.keep()
    monkeypatch.setenv("PATH", str(signed.home.folder))
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "AzureCliCredential")

    outcome = signed.contoso("list")

    assert (outcome.code, outcome.error["code"]) == (4, "not-signed-in")


def test_another_account_counts_at_the_next_command(signed: Signed) -> None:
    signed.home.keep(signed.entry, persons(signed.entry, ADAS))
    assert signed.who() == "kept"
    signed.home.sign_in(account(user={"name": PERSON, "type": "user"}))

    assert (signed.who(), signed.starts) == (PERSON, [])


def test_another_subscription_is_reached_as_its_own_account(signed: Signed) -> None:
    second = "22222222-0000-4000-8000-000000000001"
    signed.home.sign_in(account(), account(second, default=False, user={"name": PERSON, "type": "user"}))
    signed.home.keep(signed.entry, persons(signed.entry, ADAS))

    assert signed.who(f"--subscription {SUBSCRIPTION}") == "kept"
    assert signed.who(f"--subscription {second}") == PERSON
    signed.home.keep(signed.entry)
    assert signed.who(f"--subscription {second}") == "started"
    assert signed.starts[0].endswith(f"--subscription {second}")


def _a_folder(signed: Signed) -> None:
    signed.home.cache.unlink()
    signed.home.cache.mkdir()


Spoiling = Callable[[Signed], Any]
SPOILT: dict[str, Spoiling] = {
    "no cache": lambda signed: signed.home.cache.unlink(),
    "no JSON": lambda signed: signed.home.cache.write_text("{"),
    "no text": lambda signed: signed.home.cache.write_bytes(b"\xff\xfe\xff"),
    "nested too deep": lambda signed: signed.home.cache.write_text("[" * 100_000),
    "a folder": _a_folder,
    "ended": lambda signed: signed.home.keep({**signed.entry, "expires_on": str(1_800_000_299)}),
    "another tenant": lambda signed: signed.home.keep({**signed.entry, "realm": "another"}),
    "another endpoint": lambda signed: signed.home.keep({**signed.entry, "target": "https://elsewhere/.default"}),
    "several": lambda signed: signed.home.keep(signed.entry, {**signed.entry, "secret": ADAS}),
    "encrypted, and not there": lambda signed: signed.environ.update(AZURE_CORE_ENCRYPT_TOKEN_CACHE="true"),
    "encrypted, and locked": lambda signed: (
        (signed.home.folder / "msal_token_cache.bin").write_bytes(b"sealed"),
        (signed.home.folder / "config").write_text("[core]\nencrypt_token_cache = yes\n"),
    ),
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT.keys())
def test_whatever_is_unexpected_starts_the_azure_cli_for_the_same_account(signed: Signed, spoil: Spoiling) -> None:
    spoil(signed)

    quiet, traced = signed.contoso("whoami"), signed.contoso("whoami --debug")

    assert (quiet.code, quiet.err, quiet.json["name"], quiet.json["from"]["token"]) == (0, "", "started", ORIGIN)
    assert len(signed.starts) == 2
    assert signed.starts[0].endswith(f"--subscription {SUBSCRIPTION}")
    assert "token: starting the Azure CLI" in traced.err
    assert KEPT not in traced.err


def test_a_claims_challenge_is_not_answered_with_the_kept_token(signed: Signed) -> None:
    challenge = 'Bearer realm="", error="insufficient_claims", claims="eyJhY2Nlc3NfdG9rZW4iOnt9fQ=="'
    answer = signed.contoso.arm.answer

    def refuse(request: Any) -> Any:
        response = answer(request)
        return type(response)(401, {**response.headers, "www-authenticate": challenge}, response.body)

    signed.contoso.arm.answer = refuse

    outcome = signed.contoso("list --debug")

    assert outcome.code == 4
    assert "a different token was requested" in outcome.err
    error = json.loads(outcome.err.splitlines()[-1])["error"]
    assert error["message"] == (
        f"Azure requires more than the Azure CLI's sign-in of '{APP}', such as multi-factor authentication."
    )
    assert error["hint"] == (
        f"Sign in again: az login --service-principal --username {APP} --tenant {TENANT} "
        "--claims-challenge eyJhY2Nlc3NfdG9rZW4iOnt9fQ=="
    )
    # What the Azure CLI gives then, where azure-identity asks it at all, is for Azure to judge.
    sent = [request.headers["authorization"] for request in signed.contoso.arm.received]
    assert sent.count(sent[0]) == 1


def test_a_sign_in_that_has_ended_is_said_and_nobody_else_takes_its_place(
    signed: Signed, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed.home.keep()
    monkeypatch.setenv("PATH", str(signed.home.folder))
    # Where a managed identity would be had for the asking, as on a machine of App Service.
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"{signed.contoso.arm.endpoint}/msi/token")
    monkeypatch.setenv("IDENTITY_HEADER", "header")

    outcome = signed.contoso("list")

    assert (outcome.code, outcome.error["code"], signed.contoso.arm.received) == (4, "not-signed-in", [])


# What azure-cli 2.91 printed; the reasons are Microsoft Entra's, from public issues.
AGAIN = f"""Trace ID: d580793e-e9a6-4b1e-8bcf-a868e4628700
Correlation ID: 37ed27a4-c7c0-46aa-82d5-78c1b329ef95
Timestamp: 2026-11-29 00:28:43Z
Run the command below to authenticate interactively; additional arguments may be added as needed:
az logout
az login --tenant "{TENANT}" --scope "https://management.core.windows.net//.default"
"""
TRACEBACK = """ERROR: The command failed with an unexpected error. Here is the traceback:
ERROR: HTTPSConnectionPool(host='login.example', port=443): Max retries exceeded with url: /t/v2.0/.well-known (Caused \
by NewConnectionError("HTTPSConnection(host='login.example', port=443): Failed to establish a new connection: \
[Errno 111] Connection refused"))
Traceback (most recent call last):
  File "/opt/az/lib/python3.12/site-packages/urllib3/connection.py", line 239, in _new_conn
    sock = connection.create_connection(
           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
ConnectionRefusedError: [Errno 111] Connection refused
To check existing issues, please visit: https://github.com/Azure/azure-cli/issues
"""
SIGN_IN_AGAIN = f"Sign in again: az login --tenant {TENANT}"
CHECK = "Check the Azure CLI: az account get-access-token --output none"
IDLE = "The token was issued on 2026-08-20T11:50:24.4394320Z and was inactive for 90.00:00:00."
REVOKED = "AADSTS50173: The provided grant has expired due to it being revoked, a fresh auth token is needed."
UNTRUSTED = """ERROR: HTTPSConnectionPool(host='l', port=443): Max retries exceeded with url: /t (Caused by \
SSLError(SSLCertVerificationError(1, '[SSL: X] certificate verify failed: unable (_ssl.c:1000)')))
Certificate verification failed. This typically happens when using Azure CLI behind a proxy that intercepts traffic \
with a self-signed certificate. Please add this certificate to the trusted CA bundle.
"""
NO_TOKEN = f"The Azure CLI could not get a token for '{PERSON}': "
AZURE_CLI_FAILURES = [
    (
        # Microsoft Entra has a no-break space after the first sentence, and no line break after the second.
        f"WARNING: old\nERROR: AADSTS700082: The refresh token has expired due to inactivity.\u00a0{IDLE} {AGAIN}",
        f"{NO_TOKEN}AADSTS700082: The refresh token has expired due to inactivity. {IDLE}",
        SIGN_IN_AGAIN,
    ),
    (f"ERROR: {REVOKED}\n{AGAIN}", f"{NO_TOKEN}{REVOKED}", SIGN_IN_AGAIN),
    (
        f"ERROR: User '{PERSON}' does not exist in MSAL token cache. Run `az login`.\n",
        f"The Azure CLI's sign-in of '{PERSON}' has ended.",
        SIGN_IN_AGAIN,
    ),
    (
        TRACEBACK,
        f"{NO_TOKEN}Failed to establish a new connection: [Errno 111] Connection refused",
        "Check the network, HTTPS_PROXY, ALL_PROXY, REQUESTS_CA_BUNDLE and AZURE_AUTHORITY_HOST.",
    ),
    (
        'Traceback (most recent call last):\n  File "az.py", line 1\nImportError: no azure\n',
        f"{NO_TOKEN}Failed to invoke the Azure CLI",
        CHECK,
    ),
    (
        UNTRUSTED,
        f"{NO_TOKEN}[SSL: X] certificate verify failed: unable (_ssl.c:1000)",
        "Check the network, HTTPS_PROXY, ALL_PROXY, REQUESTS_CA_BUNDLE and AZURE_AUTHORITY_HOST.",
    ),
    ("ERROR: It broke.\n", f"{NO_TOKEN}It broke.", CHECK),
]


@pytest.mark.parametrize(("printed", "reason", "hint"), AZURE_CLI_FAILURES)
def test_an_azure_cli_without_a_token_is_reported_with_its_reason(
    signed: Signed, tmp_path: Path, printed: str, reason: str, hint: str
) -> None:
    signed.home.sign_in(account(user={"name": PERSON, "type": "user"}))
    signed.home.fail_with(tmp_path / "bin", printed)

    error = signed.contoso("list").error

    assert (error["message"], error["hint"]) == (reason, hint)


def test_a_missing_azure_cli_is_reported(signed: Signed, monkeypatch: pytest.MonkeyPatch) -> None:
    signed.home.keep()
    monkeypatch.setenv("PATH", str(signed.home.folder))

    error = signed.contoso("list").error

    assert error["message"] == (
        f"The Azure CLI could not get a token for '{APP}': a new token requires 'az', which is not on PATH."
    )
    assert error["hint"] == "Install the Azure CLI or correct PATH, or sign in with 'vmident login'."


def test_vmidents_own_sign_in_comes_before_the_azure_clis(signed: Signed) -> None:
    signed.environ["AZURE_CLIENT_SECRET"] = SECRET
    assert signed.contoso(AS_AN_APP).code == 0

    outcome = signed.contoso("whoami")

    assert (outcome.json["name"], outcome.json["from"]["token"]) == ("The pipeline", "vmident login")


def test_a_service_principal_in_the_environment_comes_before_the_azure_clis_sign_in(
    signed: Signed, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("AZURE_CLIENT_ID", APP), ("AZURE_TENANT_ID", TENANT), ("AZURE_CLIENT_SECRET", SECRET)):
        monkeypatch.setenv(name, value)
        signed.environ[name] = value

    outcome = signed.contoso("whoami")

    assert (outcome.json["name"], outcome.json["from"]["token"]) == (
        "The pipeline",
        "the AZURE_CLIENT_ID environment variables",
    )
