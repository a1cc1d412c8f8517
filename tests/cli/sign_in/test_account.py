"""`account list` and `account set`: the subscriptions, the one in use, and where that setting comes from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.program import TERMINAL, Program, answering_with
from vmident.cli.config.chosen_subscription import FILE_NAME
from vmident.core.resources import Subscription
from vmident.render.account import subscription_lines
from vmident.results.account import SubscriptionList
from vmident.sandbox.sandbox import SUBSCRIPTION, SUBSCRIPTION_NAME, TOKEN

PROD, DEV = "11111111-2222-3333-4444-555555555555", "22222222-3333-4444-5555-666666666666"
TENANT = "99999999-8888-7777-6666-555555555555"
CHOSEN = "vmident account set"


@pytest.fixture
def azure(program: Program) -> Program:
    """The program with a token for Azure, which lists two subscriptions, and an Azure CLI whose default is 'Prod'."""
    profile = [
        {"id": one, "name": name, "isDefault": one == PROD, "environmentName": "AzureCloud", "tenantId": TENANT}
        for one, name in ((PROD, "Prod"), (DEV, "Dev"))
    ]
    folder = program.folder / "home" / ".azure"
    folder.mkdir()
    (folder / "azureProfile.json").write_text(json.dumps({"subscriptions": profile}), encoding="utf-8-sig")
    program.environ = {"VMIDENT_ACCESS_TOKEN": TOKEN}
    program.when(
        "GET",
        "azure.com/subscriptions?",
        answering_with(200, {"value": [_body(PROD, "Prod"), _body(DEV, "Dev")]}),
        times=99,
    )
    return program


def _body(subscription: str, name: str) -> dict[str, Any]:
    return {"subscriptionId": subscription, "displayName": name, "state": "Enabled", "tenantId": TENANT}


def _current(program: Program, words: str = "") -> tuple[str, str]:
    """The subscription in use and its source: `account list` and `whoami` must say the same."""
    ((name, origin, subscription),) = [
        (one["name"], one["from"], one["id"]) for one in program(f"account list {words}").json if one["isDefault"]
    ]
    who = program(f"whoami {words}").json
    assert (who["subscriptionId"], who["from"]["subscription"]) == (subscription, origin)
    return name, origin


def _azure_cli_files(program: Program) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in (program.folder / "home").rglob("*") if path.is_file()}


def test_the_list_has_the_members_of_the_azure_clis_and_the_source_of_the_setting(azure: Program) -> None:
    assert azure("account list").json == [
        {"name": "Dev", "id": DEV, "tenantId": TENANT, "state": "Enabled", "isDefault": False, "from": None},
        {
            "name": "Prod",
            "id": PROD,
            "tenantId": TENANT,
            "state": "Enabled",
            "isDefault": True,
            "from": "the Azure CLI's azureProfile.json",
        },
    ]


@pytest.mark.parametrize("words", ["dev", DEV.upper(), f"/subscriptions/{DEV}", "--subscription Dev"])
def test_a_choice_comes_after_option_and_variables_and_before_the_azure_clis_default(
    azure: Program, words: str
) -> None:
    before = _azure_cli_files(azure)

    chosen = azure(f"account set {words}")

    assert (chosen.code, chosen.json["id"], chosen.json["isDefault"], chosen.json["from"]) == (0, DEV, True, CHOSEN)
    assert _current(azure) == ("Dev", CHOSEN)
    assert _current(azure, "--subscription Prod") == ("Prod", "option --subscription")
    azure.environ["ARM_SUBSCRIPTION_ID"] = PROD
    assert _current(azure) == ("Prod", "ARM_SUBSCRIPTION_ID")
    assert "ARM_SUBSCRIPTION_ID is set and overrides" in azure("account set Dev").err
    del azure.environ["ARM_SUBSCRIPTION_ID"]
    assert azure("account set --clear").json["status"] == "cleared"
    assert _current(azure) == ("Prod", "the Azure CLI's azureProfile.json")
    assert _azure_cli_files(azure) == before


def test_a_choice_holds_for_its_cloud_alone(azure: Program) -> None:
    azure("account set Dev")

    government = azure("whoami --cloud AzureUSGovernment")
    sandbox = azure("account set --sandbox --subscription 'vmident sandbox'")

    assert "subscription" not in government.json["from"]
    assert (sandbox.json["id"], _current(azure, "--sandbox")) == (SUBSCRIPTION, (SUBSCRIPTION_NAME, CHOSEN))
    assert _current(azure) == ("Dev", CHOSEN)


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ("Prud", 3, "Subscription 'Prud' not found. Did you mean 'Prod'?"),
        (SUBSCRIPTION, 3, f"Subscription '{SUBSCRIPTION}' not found."),
        ("", 2, "account set requires one subscription."),
        ("Dev --subscription Prod", 2, "account set requires one subscription."),
        ("Dev --clear", 2, "--clear cannot be used with a subscription."),
    ],
)
def test_what_is_not_one_subscription_is_not_chosen(azure: Program, words: str, code: int, message: str) -> None:
    outcome = azure(f"account set {words}")

    assert (outcome.code, outcome.error["message"][: len(message)]) == (code, message)
    assert "vmident account list" in outcome.error["hint"]
    assert not (azure.folder / FILE_NAME).exists()


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"subscriptions": {"cloud azurecloud": ["one"]}}'])
def test_a_choice_that_cannot_be_read_stops_every_command_and_can_be_made_again(azure: Program, content: str) -> None:
    (azure.folder / FILE_NAME).write_text(content)

    stopped = azure("list")

    assert (stopped.code, azure.sent) == (2, [])
    assert str(azure.folder / FILE_NAME) in stopped.error["message"]
    assert azure("account set --subscription Dev").code == 0
    assert _current(azure) == ("Dev", CHOSEN)


def test_people_see_a_table_and_the_subscription_in_use(azure: Program) -> None:
    azure.terminal = TERMINAL

    listed = azure("account list").out.splitlines()

    assert [line.split() for line in listed] == [
        ["name", "subscription", "state", "isDefault"],
        ["-" * 65],
        ["Dev", DEV, "Enabled", "false"],
        ["Prod", PROD, "Enabled", "true"],
        ["Commands", "use", "'Prod'", "(the", "Azure", "CLI's", "azureProfile.json)."],
    ]
    assert azure("account set Dev").out == f"Subscription set to 'Dev' ({DEV}).\n"
    assert azure("account list -o tsv").out == (
        f"Dev\t{DEV}\t{TENANT}\tEnabled\ttrue\nProd\t{PROD}\t{TENANT}\tEnabled\tfalse\n"
    )


@pytest.mark.parametrize(("width", "has_tenants"), [(80, False), (100, False), (120, True)])
def test_names_are_cut_and_ids_are_not(width: int, has_tenants: bool) -> None:
    long = "A subscription with a name that is longer than a line of any terminal could be, in all the years to come"
    listed = (Subscription(PROD, long, "Enabled", TENANT), Subscription(DEV, "Dev", "Disabled", DEV))

    lines = [line.text for line in subscription_lines(SubscriptionList(listed, PROD, CHOSEN), width)]

    table = lines[:4]
    assert all(len(line) <= width for line in table)
    assert PROD in table[2]
    assert "…" in table[2]
    assert DEV in table[3]
    assert (TENANT in table[2]) is has_tenants


def test_a_setting_that_is_none_of_the_list_is_named(azure: Program) -> None:
    outcome = azure(f"account list --subscription {SUBSCRIPTION}")

    assert (outcome.code, [one["isDefault"] for one in outcome.json]) == (0, [False, False])
    assert outcome.err == (
        f"warning: Subscription '{SUBSCRIPTION}' from option --subscription is not available to this account.\n"
    )
