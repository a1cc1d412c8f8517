"""Signing in: a person, an app, a managed identity, and what is kept of it."""

from __future__ import annotations

import threading
import urllib.parse
import urllib.request

import pytest
from azure.identity._credentials import browser
from pytest_mock import MockerFixture

from tests.contoso import AS_AN_APP, CODE, MARKS, Contoso
from tests.loopback import Loopback
from tests.program import TERMINAL
from tests.token_service import APP, APP_OBJECT_ID, PERSON, PERSON_ID, SECRET, TENANT, USER_CODE, jwt
from vmident.cli.config.chosen_subscription import ChosenSubscription, choose_subscription
from vmident.core.auth.caller import caller_of
from vmident.sandbox.errors import tenant_of_token_wrong
from vmident.sandbox.http_messages import Request, Response, json_answer
from vmident.sandbox.sandbox import SUBSCRIPTION, SUBSCRIPTION_NAME

pytestmark = MARKS

OTHER_TENANT = "22222222-0000-4000-8000-000000000002"


def test_a_person_signs_in_with_a_code_and_is_signed_in_for_the_commands_that_follow(contoso: Contoso) -> None:
    credential_for = contoso(CODE)
    overrides = len(contoso.authority.received)
    who = contoso("whoami")
    listed = contoso("list --query [].name")

    assert credential_for.code == 0
    assert (credential_for.json["status"], credential_for.json["name"], credential_for.json["tenantId"]) == (
        "signedIn",
        PERSON,
        TENANT,
    )
    assert [(one["name"], one["isDefault"]) for one in credential_for.json["subscriptions"]] == [
        (SUBSCRIPTION_NAME, True)
    ]
    assert f"open {contoso.authority.endpoint}/device and enter the code {USER_CODE}" in credential_for.err
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
    assert contoso.service.grants == ["device_code", "device_code"]
    assert all("configuration" in path for path in contoso.authority.paths[overrides:])


def test_the_end_of_the_token_is_told_in_utc(contoso: Contoso) -> None:
    contoso(CODE)

    ends = contoso("whoami --query expiresOn -o tsv").out.strip()

    assert len(ends) == len("2026-01-01T00:00:00Z")
    assert ends.endswith("Z")


def test_a_token_that_ends_soon_is_refreshed_without_a_question(contoso: Contoso) -> None:
    contoso.service.expires_in = 60
    contoso(CODE)

    listed = contoso("list")

    assert listed.code == 0
    assert contoso.service.grants[-1] == "refresh_token"
    assert USER_CODE not in listed.err


def _refusing_tokens_of(contoso: Contoso, tenant: str, right: str) -> None:
    """Have Azure refuse tokens of one tenant as it does for a subscription of another."""
    answer = contoso.arm.answer

    def refuse(request: Request) -> Response:
        if caller_of(request.headers["authorization"].partition(" ")[2]).tenant_id == tenant:
            return tenant_of_token_wrong(tenant, right).answer()
        return answer(request)

    contoso.arm.answer = refuse


def test_a_person_gets_a_token_of_the_tenant_that_azure_names(contoso: Contoso) -> None:
    contoso(CODE)
    _refusing_tokens_of(contoso, TENANT, OTHER_TENANT)

    listed = contoso("list --query [].name")

    assert (listed.code, len(listed.json)) == (0, 4)
    assert [one.url for one in contoso.arm.received[:1]] == [one.url for one in contoso.arm.received[1:2]]
    assert contoso.service.grants[-1] == "refresh_token"
    assert any(OTHER_TENANT in path for path in contoso.authority.paths)


def test_an_app_without_its_secret_has_no_token_of_another_tenant(contoso: Contoso) -> None:
    contoso.program.environ["AZURE_CLIENT_SECRET"] = SECRET
    contoso(AS_AN_APP)
    _refusing_tokens_of(contoso, TENANT, OTHER_TENANT)

    outcome = contoso("list")

    assert (outcome.code, outcome.error["code"], len(contoso.arm.received)) == (4, "wrong-tenant", 1)
    assert outcome.error["message"] == (
        f"Subscription '{SUBSCRIPTION}' is in tenant {OTHER_TENANT}, which you are not signed in to."
    )
    assert f"vmident login --tenant {OTHER_TENANT}" in outcome.error["hint"]


def test_a_sign_in_deletes_a_choice_that_the_account_cannot_access(contoso: Contoso) -> None:
    del contoso.program.environ["VMIDENT_SUBSCRIPTION"]
    choose_subscription(contoso.program.folder, f"endpoint {contoso.arm.endpoint}", ChosenSubscription(APP, "Old"))

    signed_in = contoso(CODE)

    assert "The setting was cleared." in signed_in.err
    assert contoso("whoami").json["subscriptionId"] is None
    assert contoso("list").code == 0


def test_a_sign_in_counts_where_the_subscriptions_cannot_be_listed(contoso: Contoso) -> None:
    contoso.arm.answer = lambda _request: json_answer(403, {"error": {"code": "Nope", "message": "Not today."}})

    signed_in = contoso(CODE)

    assert (signed_in.code, signed_in.json["status"], "subscriptions" in signed_in.json) == (0, "signedIn", False)
    assert "could not be listed: Not today." in signed_in.err


def test_a_sign_in_that_cannot_be_refreshed_has_ended(contoso: Contoso) -> None:
    contoso.service.expires_in = 60
    contoso(CODE)
    contoso.service.refreshes = False

    outcome = contoso("list")

    assert (outcome.code, outcome.error["code"]) == (4, "not-signed-in")
    assert outcome.error["message"] == (
        f"The sign-in of '{PERSON}' is no longer valid: AADSTS700082: The refresh token has expired."
    )
    assert "vmident login" in outcome.error["hint"]
    assert contoso.arm.received == []


@pytest.mark.filterwarnings("ignore:response_mode:UserWarning")
def test_a_browser_signs_in_too(contoso: Contoso, mocker: MockerFixture) -> None:
    visits: list[threading.Thread] = []

    def visit(url: str) -> bool:
        overrides = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))
        contoso.service.nonce = overrides.get("nonce")
        address = overrides["redirect_uri"].replace("localhost", "127.0.0.1")
        code = urllib.parse.urlencode({"code": "a-code", "state": overrides["state"]})
        # Older versions of azure-identity take the code in the address, newer ones in a form.
        in_form = overrides.get("response_mode") == "form_post"
        visited = (address, code.encode()) if in_form else (f"{address}?{code}", None)
        visits.append(threading.Thread(target=lambda: urllib.request.urlopen(*visited).close()))
        visits[-1].start()
        return True

    mocker.patch("webbrowser.open", visit)

    credential_for = contoso("login --allow-unencrypted")
    visits[0].join()

    assert (credential_for.code, credential_for.json["name"]) == (0, PERSON)
    assert contoso.service.grants == ["authorization_code"]
    assert contoso("list").code == 0


def test_where_no_browser_opens_the_code_is_named(contoso: Contoso, mocker: MockerFixture) -> None:
    mocker.patch("webbrowser.open", return_value=False)
    # azure-identity forgets the server that waits for the browser: it is closed here, and not found in another test.
    waiting = mocker.spy(browser, "AuthCodeRedirectServer")

    outcome = contoso("login --allow-unencrypted")
    for server in waiting.spy_return_list:
        server.server_close()

    assert (outcome.code, outcome.error["code"]) == (4, "not-signed-in")
    assert "vmident login --use-device-code" in outcome.error["hint"]
    assert not contoso.kept.exists()


def test_an_app_signs_in_with_the_secret_of_the_environment(contoso: Contoso) -> None:
    contoso.program.environ |= {"AZURE_CLIENT_ID": APP, "AZURE_TENANT_ID": TENANT, "AZURE_CLIENT_SECRET": SECRET}
    credential_for = contoso("login --service-principal --allow-unencrypted")
    del contoso.program.environ["AZURE_CLIENT_SECRET"]
    who = contoso("whoami")

    assert (credential_for.code, credential_for.json["name"]) == (0, "The pipeline")
    assert (who.json["type"], who.json["objectId"]) == ("servicePrincipal", APP_OBJECT_ID)
    assert who.json["from"]["token"] == "vmident login"
    assert contoso("list").code == 0
    assert contoso.service.grants == ["client_credentials"]


def test_an_app_signs_in_with_a_secret_that_is_typed(contoso: Contoso) -> None:
    contoso.program.terminal = TERMINAL

    credential_for = contoso(AS_AN_APP, secret=SECRET)

    assert (credential_for.code, contoso("list").code) == (0, 0)
    assert "Signed in to AzureCloud as The pipeline" in credential_for.out


def test_an_app_in_a_tenant_named_by_its_domain_is_found_again(contoso: Contoso) -> None:
    contoso.program.environ["AZURE_CLIENT_SECRET"] = SECRET

    credential_for = contoso(AS_AN_APP.replace(TENANT, "contoso.example"))

    assert (credential_for.code, credential_for.json["tenantId"], contoso("list").code) == (0, TENANT, 0)


def test_an_app_whose_token_has_ended_has_to_sign_in_again(contoso: Contoso) -> None:
    contoso.service.expires_in = -1
    contoso.program.environ["AZURE_CLIENT_SECRET"] = SECRET
    contoso(AS_AN_APP)

    outcome = contoso("list")

    assert (outcome.code, outcome.error["code"]) == (4, "not-signed-in")
    assert "'The pipeline' is no longer valid" in outcome.error["message"]


def test_a_wrong_secret_is_refused_even_after_a_right_one(contoso: Contoso) -> None:
    contoso.program.environ["AZURE_CLIENT_SECRET"] = SECRET
    contoso(AS_AN_APP)
    contoso.program.environ["AZURE_CLIENT_SECRET"] = "wrong"

    outcome = contoso(AS_AN_APP)

    assert (outcome.code, outcome.error["code"]) == (4, "not-signed-in")
    assert "AADSTS7000215" in outcome.error["message"]


def test_a_secret_that_nobody_can_be_asked_for_is_wrong_usage(contoso: Contoso) -> None:
    outcome = contoso(AS_AN_APP)

    assert (outcome.code, outcome.error["code"]) == (2, "usage")
    assert "AZURE_CLIENT_SECRET" in outcome.error["hint"]
    assert contoso.authority.received == []


@pytest.mark.parametrize("secret", ["", None], ids=["Enter", "end of input"])
def test_a_secret_that_is_not_typed_is_wrong_usage(contoso: Contoso, secret: str | None) -> None:
    contoso.program.terminal = TERMINAL

    outcome = contoso(AS_AN_APP, secret)

    assert (outcome.code, contoso.authority.received) == (2, [])
    assert "Enter the secret, or set AZURE_CLIENT_SECRET." in outcome.err


@pytest.mark.parametrize("missing", ["--client-id", "--tenant"])
def test_an_app_without_id_or_tenant_is_wrong_usage(contoso: Contoso, missing: str) -> None:
    words = AS_AN_APP.split()
    at = words.index(missing)

    outcome = contoso(" ".join(words[:at] + words[at + 2 :]))

    assert outcome.code == 2
    assert missing in outcome.error["hint"]


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ("login --use-device-code --identity", "Use only one of them."),
        ("login --client-id x", "remove --client-id"),
        ("login --identity --tenant x", "Remove --tenant."),
        ("login --identity --allow-unencrypted", "Remove --allow-unencrypted."),
    ],
)
def test_options_that_do_not_go_together_are_wrong_usage(contoso: Contoso, words: str, hint: str) -> None:
    outcome = contoso(words)

    assert (outcome.code, outcome.error["code"]) == (2, "usage")
    assert hint in outcome.error["hint"]


def test_a_tenant_that_cannot_be_one_is_wrong_usage(contoso: Contoso) -> None:
    outcome = contoso(f"{CODE} --tenant 'no such tenant'")

    assert (outcome.code, outcome.error["code"]) == (2, "usage")
    assert "--tenant" in outcome.error["hint"]


def test_a_managed_identity_signs_in_and_keeps_no_token(contoso: Contoso, monkeypatch: pytest.MonkeyPatch) -> None:
    identity = f"/subscriptions/{SUBSCRIPTION}/resourcegroups/g/providers/Microsoft.ManagedIdentity/x/builder"
    token = jwt({"idtyp": "app", "xms_mirid": identity, "oid": APP_OBJECT_ID, "tid": TENANT, "appid": APP})
    with Loopback(lambda _request: json_answer(200, _managed(token))) as machine:
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{machine.endpoint}/token")
        monkeypatch.setenv("IDENTITY_HEADER", "header")
        credential_for = contoso(f"login --identity --client-id {APP}")
        contoso.service.given.append(token)
        who = contoso("whoami")

    assert (credential_for.code, credential_for.json["type"], credential_for.json["name"]) == (
        0,
        "managedIdentity",
        "builder",
    )
    assert (who.json["type"], who.json["from"]["token"]) == ("managedIdentity", "vmident login")
    assert not contoso.cache.exists()
    assert contoso("logout --query status").json == "signedOut"


def test_a_machine_without_an_identity_signs_nobody_in(contoso: Contoso, monkeypatch: pytest.MonkeyPatch) -> None:
    refusal = json_answer(400, {"error": "invalid_request", "error_description": "Identity not found"})
    with Loopback(lambda _request: refusal) as machine:
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{machine.endpoint}/token")
        monkeypatch.setenv("IDENTITY_HEADER", "header")
        outcome = contoso("login --identity")

    assert (outcome.code, outcome.error["code"]) == (4, "not-signed-in")
    assert not contoso.kept.exists()


def test_a_managed_identity_that_is_gone_is_said_to_give_no_token(
    contoso: Contoso, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Loopback(lambda _request: json_answer(200, _managed(jwt({"oid": APP_OBJECT_ID})))) as machine:
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{machine.endpoint}/token")
        monkeypatch.setenv("IDENTITY_HEADER", "header")
        contoso("login --identity")
        machine.answer = lambda _request: json_answer(400, {"error": "invalid_request"})
        outcome = contoso("list")

    assert (outcome.code, outcome.error["code"]) == (4, "not-signed-in")
    assert "Could not get a token for 'the system-assigned identity'" in outcome.error["message"]


def _managed(token: str) -> dict[str, str]:
    return {"access_token": token, "expires_on": "4102444800", "resource": "arm", "token_type": "Bearer"}


def test_where_there_is_no_encrypted_store_nobody_is_signed_in(contoso: Contoso) -> None:
    outcome = contoso("login --use-device-code")

    assert (outcome.code, outcome.error["code"]) == (1, "no-token-store")
    assert "az login" in outcome.error["hint"]
    assert "--allow-unencrypted" in outcome.error["hint"]
    assert contoso.authority.received == []
    assert not contoso.kept.exists()
    assert not contoso.cache.exists()


def test_tokens_in_a_plain_file_are_warned_of_and_for_their_owner_alone(contoso: Contoso) -> None:
    credential_for = contoso(CODE)

    assert "warning: Tokens are stored in a plain file, in .IdentityService in your home folder." in credential_for.err
    assert [path.stat().st_mode & 0o077 for path in (contoso.kept, contoso.cache)] == [0, 0]
