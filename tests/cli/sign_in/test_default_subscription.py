"""Which subscription is used where no setting names one, and what is said where there is no sign-in."""

from __future__ import annotations

from typing import Any

import pytest

from tests.program import Program, answering, answering_with
from vmident.sandbox.sandbox import SUBSCRIPTION, TOKEN

OTHER = "11111111-2222-3333-4444-555555555555"
TENANT = "99999999-8888-7777-6666-555555555555"


def _body(subscription: str, name: str, state: str = "Enabled") -> dict[str, Any]:
    """A subscription as `GET /subscriptions` lists it."""
    return {"subscriptionId": subscription, "displayName": name, "state": state, "tenantId": TENANT}


@pytest.fixture
def azure(program: Program) -> Program:
    """The program with a token for Azure, and no subscription."""
    program.environ = {"VMIDENT_ACCESS_TOKEN": TOKEN}
    return program


def _lists(program: Program, *subscriptions: dict[str, Any]) -> None:
    program.when("GET", "/subscriptions?", answering_with(200, {"value": list(subscriptions)}), times=9)


def test_the_only_subscription_is_used_and_named(azure: Program) -> None:
    _lists(azure, _body(SUBSCRIPTION, "Prod"), _body(OTHER, "Old", "Disabled"))
    azure.when("GET", f"/subscriptions/{SUBSCRIPTION}/resourcegroups", answering_with(200, {"value": []}))

    outcome = azure("group list")

    assert (outcome.code, outcome.json) == (0, [])
    assert outcome.err == f"Using subscription 'Prod' ({SUBSCRIPTION}), the only one available.\n"


def test_several_subscriptions_are_listed_with_the_command_to_choose_one(azure: Program) -> None:
    _lists(azure, _body(SUBSCRIPTION, "Prod"), _body(OTHER, "Development"))

    outcome = azure("list -o human")

    assert (outcome.code, [one.method for one in azure.sent]) == (2, ["GET"])
    assert outcome.err.splitlines() == [
        "error: No subscription selected, and 2 are available:",
        f"  Development   {OTHER}",
        f"  Prod          {SUBSCRIPTION}",
        "  Choose one with 'vmident account set NAME', or use --subscription.",
    ]


def test_an_account_without_subscriptions_is_not_asked_to_choose_one(azure: Program) -> None:
    _lists(azure)

    outcome = azure("list")

    assert (outcome.code, outcome.error["message"]) == (3, "The signed-in account has no subscriptions.")
    assert "tenant" in outcome.error["hint"]


@pytest.mark.parametrize("words", ["list", "enable-system myVM", "show myVM", "group list"])
def test_without_a_sign_in_that_is_said_first(azure: Program, words: str) -> None:
    azure.when("GET", "/subscriptions", answering(401, "InvalidAuthenticationToken"), times=9)

    outcome = azure(f"{words} -o human")

    assert outcome.code == 4
    assert "subscription" not in outcome.err.lower()
    for way in ("az login", "vmident login", "--sandbox"):
        assert way in outcome.err
