"""`vmident identity create`, `show` and `list`: identities as resources of their own."""

from __future__ import annotations

from typing import Any

import pytest

from tests.program import (
    GROUP,
    TERMINAL,
    Program,
    answering,
    answering_with,
    identity_id,
    interrupting,
    losing_the_answer,
    losing_the_request,
)
from vmident.sandbox.sandbox import TENANT

USER = "myUserAssignedIdentity"
OTHER = "otherIdentity"


def held(program: Program, name: str, group: str = GROUP) -> Any:
    """What Azure holds of an identity."""
    return program.colleague("GET", identity_id(name, group)).json()


def puts(program: Program) -> list[Any]:
    return [one.body for one in program.sent if one.method == "PUT"]


def test_an_identity_is_made_in_the_location_of_its_group(program: Program) -> None:
    program.sandbox.add_group("far", location="eastus")

    outcome = program("identity create webId -g far --tags team=web")

    assert (outcome.code, outcome.err, program.shape) == (0, "", ["GET", "GET", "PUT"])
    known = held(program, "webId", "far")
    assert (known["location"], known["tags"]) == ("eastus", {"team": "web"})
    assert outcome.json == {
        "id": identity_id("webId", "far"),
        "name": "webId",
        "resourceGroup": "far",
        "location": "eastus",
        "clientId": known["properties"]["clientId"],
        "principalId": known["properties"]["principalId"],
        "tenantId": TENANT,
        "tags": {"team": "web"},
        "status": "changed",
        "warnings": [],
        "error": None,
    }


def test_a_location_that_is_given_spares_the_look_at_the_group(program: Program) -> None:
    outcome = program(f"identity create webId -g {GROUP} -l 'East US'")

    assert (outcome.code, outcome.json["location"], program.shape) == (0, "eastus", ["GET", "PUT"])


@pytest.mark.parametrize("words", ["", "-l westus", "--location 'West US'", "--tags TEAM=web"])
def test_one_that_is_there_is_success_and_nothing_is_sent(program: Program, words: str) -> None:
    first = program(f"identity create webId -g {GROUP} --tags team=web").json

    outcome = program(f"identity create WEBID -g {GROUP.upper()} {words}")

    assert (outcome.code, outcome.err, program.shape) == (0, "", ["GET"])
    assert outcome.json == {**first, "status": "unchanged"}


def test_one_in_another_location_is_an_error_that_says_where(program: Program) -> None:
    outcome = program(f"identity create {USER} -g {GROUP} -l eastus")

    assert (outcome.code, outcome.out, puts(program)) == (1, "", [])
    assert outcome.error["code"] == "already-exists"
    assert "in 'westus', not in 'eastus'" in outcome.error["message"]


def test_tags_that_differ_are_sent_with_those_that_are_there(program: Program) -> None:
    first = program(f"identity create webId -g {GROUP} --tags team=web").json

    outcome = program(f"identity create webId -g {GROUP} --tags env=test")

    assert (outcome.code, outcome.json["status"], program.shape) == (0, "changed", ["GET", "PUT"])
    assert held(program, "webId")["tags"] == {"team": "web", "env": "test"}
    assert outcome.json["principalId"] == first["principalId"]


def test_a_dry_run_reads_and_writes_nothing(program: Program) -> None:
    outcome = program(f"identity create webId -g {GROUP} --dry-run")

    assert (outcome.code, outcome.json["status"], program.shape) == (0, "planned", ["GET", "GET"])
    assert (outcome.json["location"], outcome.json["clientId"]) == ("westus", None)


def test_a_long_name_is_warned_of_and_made(program: Program) -> None:
    name = "a" * 25

    outcome = program(f"identity create {name} -g {GROUP}")

    assert (outcome.code, [one["code"] for one in outcome.json["warnings"]]) == (0, ["long-identity-name"])
    assert outcome.err == f"warning: {name}: {outcome.json['warnings'][0]['message']}\n"
    assert held(program, name)["name"] == name


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (f"ab -g {GROUP}", "3 to 128"),
        (f"-- -webId -g {GROUP}", ""),
        (f"{'a' * 129} -g {GROUP}", "3 to 128"),
        (f"{identity_id('webId')} -g {GROUP}", "3 to 128"),
        ("webId", "vmident identity create webId -g myResourceGroup"),
        (f"webId -g {GROUP} --tags =web", "NAME=VALUE"),
    ],
)
def test_wrong_words_are_wrong_usage_and_nothing_is_sent(program: Program, words: str, said: str) -> None:
    outcome = program(f"identity create {words}")

    assert (outcome.code, outcome.out, program.sent) == (2, "", [])
    assert said in outcome.err


def test_the_group_may_come_from_the_environment(program: Program) -> None:
    program.environ["VMIDENT_RESOURCE_GROUP"] = GROUP

    assert program("identity create webId").json["resourceGroup"] == GROUP


@pytest.mark.parametrize("words", ["", "-l westus", "--dry-run"])
def test_a_group_that_is_not_there_is_not_found_with_near_names(program: Program, words: str) -> None:
    outcome = program(f"identity create webId -g myResorceGroup {words}")

    assert (outcome.code, outcome.error["code"], puts(program)) == (3, "ResourceGroupNotFound", [])
    assert f"Did you mean '{GROUP}'?" in outcome.error["message"]


def test_a_subscription_that_is_not_there_is_said_to_be_so(program: Program) -> None:
    outcome = program(f"identity create webId -g {GROUP} --subscription 00000000-0000-0000-0000-000000000000")

    assert (outcome.code, outcome.error["code"], puts(program)) == (3, "SubscriptionNotFound", [])


@pytest.mark.parametrize("trouble", [losing_the_answer, losing_the_request, answering(500), answering(429)])
def test_an_identity_whose_making_meets_trouble_is_made_once(program: Program, trouble: Any) -> None:
    program.when("PUT", "/webId", trouble)

    outcome = program(f"identity create webId -g {GROUP}")

    assert (outcome.code, outcome.json["status"]) == (0, "changed")
    assert len(puts(program)) == (1 if trouble is losing_the_answer else 2)
    assert outcome.json["principalId"] == held(program, "webId")["properties"]["principalId"]


def test_who_may_not_make_it_is_told_the_role(program: Program) -> None:
    program.sandbox.limit_person([("Reader", "subscription")])

    outcome = program(f"identity create webId -g {GROUP}")

    assert (outcome.code, outcome.error["code"]) == (4, "AuthorizationFailed")
    assert "Managed Identity Contributor" in outcome.error["hint"]


def test_ctrl_c_after_the_request_says_where_to_look(program: Program) -> None:
    program.when("PUT", "/webId", interrupting)

    outcome = program(f"identity create webId -g {GROUP}")

    assert outcome.code == 130
    assert outcome.error["hint"] == f"To see the current state: vmident identity show {identity_id('webId')}"


def test_people_read_what_became_of_it(program: Program) -> None:
    program.terminal = TERMINAL

    planned = program(f"identity create webId -g {GROUP} --dry-run").out
    assert planned == f"webId ({GROUP}): would be created\n  location  westus\n  id        {identity_id('webId')}\n"
    created = program(f"identity create webId -g {GROUP}").out
    properties = held(program, "webId")["properties"]
    assert created == (
        f"webId ({GROUP}): created\n  location   westus\n  client     {properties['clientId']}\n"
        f"  principal  {properties['principalId']}\n  tenant     {TENANT}\n  id         {identity_id('webId')}\n"
    )
    assert program("identity show webId").out == created.replace(": created", "")


# --- looking


def test_a_bare_name_is_the_only_one_in_the_subscription(program: Program) -> None:
    program.sandbox.add_group("far")
    program.sandbox.add_identity("far", "farId")

    outcome = program("identity show FARID")

    assert (outcome.code, outcome.err, outcome.json["id"]) == (0, "", identity_id("farId", "far"))
    assert "status" not in outcome.json


def test_a_bare_name_in_a_group_is_taken_at_its_word(program: Program) -> None:
    outcome = program(f"identity show {USER} -g {GROUP}")

    assert (outcome.code, outcome.json["name"], program.shape) == (0, USER, ["GET"])


def test_a_name_that_two_groups_have_is_ambiguous(program: Program) -> None:
    program.sandbox.add_group("far")
    program.sandbox.add_identity("far", USER)

    outcome = program(f"identity show {USER}")

    assert (outcome.code, outcome.error["code"]) == (2, "ambiguous-name")
    assert identity_id(USER, "far") in outcome.error["message"]


@pytest.mark.parametrize("words", ["otherIdentty", f"otherIdentty -g {GROUP}", identity_id("otherIdentty")])
def test_one_that_is_not_there_is_not_found_with_near_names(program: Program, words: str) -> None:
    outcome = program(f"identity show {words}")

    assert (outcome.code, outcome.out) == (3, "")
    assert f"Did you mean '{OTHER}'?" in outcome.error["message"]
    assert "vmident identity list" in outcome.error["hint"]


def test_a_group_that_is_not_there_is_azures_to_say(program: Program) -> None:
    outcome = program(f"identity show {USER} -g nowhere")

    assert (outcome.code, outcome.error["code"]) == (3, "ResourceGroupNotFound")


def test_one_missing_does_not_stop_the_others(program: Program) -> None:
    outcome = program(f"identity show {USER} nosuchId {OTHER}")

    assert (outcome.code, [one["name"] for one in outcome.json]) == (5, [USER, OTHER])
    assert outcome.error["code"] == "identity-not-found"


@pytest.mark.parametrize(
    "words", ["", "'a b'", "[system]", "/subscriptions/x", identity_id(USER).replace("Id", "Ix", 1)]
)
def test_words_that_name_no_identity_are_wrong_usage(program: Program, words: str) -> None:
    assert program(f"identity show {words}").code == 2
    assert program.sent == []


@pytest.mark.parametrize("answer", [[], {}, {"id": "x"}, {"id": identity_id("webId"), "properties": {"clientId": 5}}])
def test_an_answer_that_is_no_identity_is_said_to_be_unreadable(program: Program, answer: Any) -> None:
    program.when("GET", "/webId", answering_with(200, answer))

    outcome = program(f"identity show webId -g {GROUP}")

    assert (outcome.code, outcome.error["code"]) == (1, "invalid-response")


def test_listing_is_of_the_group_else_of_the_subscription(program: Program) -> None:
    program.sandbox.add_group("far")
    program.sandbox.add_identity("far", "farId", tags={"team": "web"})

    assert sorted(one["name"] for one in program("identity list").json) == ["farId", USER, OTHER]
    outcome = program("identity list -g far")
    assert (outcome.code, [one["name"] for one in outcome.json]) == (0, ["farId"])
    row = program("identity list -g far -o tsv").out.split("\t")
    assert (row[:3], row[-1]) == (["farId", "far", "westus"], "team=web\n")


def test_listing_a_group_that_is_not_there_names_near_ones(program: Program) -> None:
    outcome = program("identity list -g myResorceGroup")

    assert (outcome.code, outcome.error["code"]) == (3, "ResourceGroupNotFound")
    assert f"Did you mean '{GROUP}'?" in outcome.error["message"]


def test_people_see_a_table_without_principals(program: Program) -> None:
    program.terminal = TERMINAL
    program.sandbox.add_group("far")

    heading, _, first, *_ = program("identity list").out.splitlines()
    assert heading.split() == ["name", "resourceGroup", "location", "tags"]
    assert first.split()[:2] == [USER, GROUP]
    assert program("identity list -g far").out == "No identities.\n"
