"""`whoami`, `login` and `logout` where there is a sandbox, or a token that was handed over."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.program import TERMINAL, Program, answering
from vmident.sandbox.sandbox import ENDPOINT, SUBSCRIPTION, SUBSCRIPTION_NAME, TOKEN
from vmident.sandbox.tenant import PERSON_ID, PERSON_NAME, TENANT


def test_in_the_sandbox_whoami_shows_the_sandboxs_own_person(program: Program) -> None:
    outcome = program("whoami")

    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.json == {
        "name": PERSON_NAME,
        "objectId": PERSON_ID,
        "type": "user",
        "tenantId": TENANT,
        "subscriptionId": SUBSCRIPTION,
        "subscriptionName": SUBSCRIPTION_NAME,
        "cloud": "sandbox",
        "endpoint": ENDPOINT,
        "expiresOn": None,
        "from": {"token": "the sandbox", "subscription": "default", "cloud": "VMIDENT_SANDBOX"},
    }


def test_whoami_shows_people_what_is_known_alone(program: Program) -> None:
    program.terminal = TERMINAL

    lines = program("whoami -g myResourceGroup").out.splitlines()

    assert any(line.split() == ["name", PERSON_NAME] for line in lines)
    assert any(line.endswith("option --resource-group") for line in lines)
    assert not any(line.startswith("expiresOn") for line in lines)


@pytest.mark.parametrize("words", ["whoami", "whoami -o human", "whoami --debug", "whoami -o tsv"])
def test_whoami_never_shows_the_token(program: Program, words: str) -> None:
    outcome = program(words)

    assert TOKEN not in outcome.out + outcome.err
    assert TOKEN.split(".")[1] not in outcome.out + outcome.err


@pytest.mark.parametrize("token", ["nonsense", "a.b.c", "e30.e30.e30", "e30.W10.x"])
def test_a_token_that_is_none_is_named_and_not_shown(program: Program, token: str) -> None:
    program.environ = {"VMIDENT_ACCESS_TOKEN": token}

    outcome = program("whoami")

    assert (outcome.code, outcome.out, program.sent) == (4, "", [])
    assert outcome.error["message"].startswith("The token from VMIDENT_ACCESS_TOKEN is not an Azure access token")
    assert token not in outcome.err
    check, *others = program("doctor").json["checks"]
    assert [(one["check"], one["verdict"]) for one in others] == [
        ("network", "ok"),
        ("subscription", "skipped"),
        ("clock", "skipped"),
        ("provider", "skipped"),
    ]
    assert (check["check"], check["verdict"], check["message"]) == ("sign-in", "problem", outcome.error["message"])


def test_a_subscription_said_by_name_is_shown_by_its_id(program: Program) -> None:
    outcome = program(f"whoami --subscription '{SUBSCRIPTION_NAME}'")

    assert outcome.json["subscriptionId"] == SUBSCRIPTION
    assert outcome.json["from"]["subscription"] == "option --subscription"


def test_a_subscription_that_may_not_be_read_is_shown_without_its_name(program: Program) -> None:
    program.when("GET", "/subscriptions/", answering(403, "AuthorizationFailed"))

    outcome = program("whoami")

    assert (outcome.code, outcome.json["subscriptionId"]) == (0, SUBSCRIPTION)
    assert "subscriptionName" not in outcome.json


def test_without_a_subscription_whoami_still_tells_the_rest(program: Program) -> None:
    program.environ = {"VMIDENT_ACCESS_TOKEN": TOKEN}

    outcome = program("whoami")

    assert (outcome.code, outcome.json["name"], outcome.json["subscriptionId"]) == (0, PERSON_NAME, None)
    assert "subscription" not in outcome.json["from"]
    assert program.sent == []


def test_a_name_that_the_azure_clis_profile_has_costs_no_request(program: Program) -> None:
    folder = Path(program.folder / "home" / ".azure")
    folder.mkdir()
    mine = {"id": SUBSCRIPTION, "name": "Mine", "isDefault": True, "environmentName": "AzureCloud"}
    (folder / "azureProfile.json").write_text(json.dumps({"subscriptions": [mine]}))
    program.environ = {"VMIDENT_ACCESS_TOKEN": TOKEN}

    outcome = program("whoami")

    assert (outcome.json["subscriptionName"], program.sent) == ("Mine", [])
    assert outcome.json["from"] == {
        "token": "VMIDENT_ACCESS_TOKEN",
        "subscription": "the Azure CLI's azureProfile.json",
        "cloud": "default",
    }


@pytest.mark.parametrize("words", ["login", "login --use-device-code", "login --identity", "logout"])
def test_in_the_sandbox_there_is_nothing_to_sign_in_to(program: Program, words: str) -> None:
    outcome = program(words)

    assert (outcome.code, outcome.json["status"]) == (0, "nothingToDo")
    assert "The sandbox does not need a sign-in." in outcome.json["message"]
    assert program.sent == []


def test_signing_out_where_nobody_is_signed_in_is_done(program: Program) -> None:
    program.environ = {}
    program.terminal = TERMINAL

    outcome = program("logout")

    assert (outcome.code, outcome.err) == (0, "")
    assert "not signed in" in outcome.out
