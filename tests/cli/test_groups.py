"""`vmident group`: resource groups made, shown and listed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.program import (
    GROUP,
    TERMINAL,
    Program,
    answering,
    answering_with,
    interrupting,
    letting_in,
    losing_the_answer,
    losing_the_request,
)
from vmident.sandbox.sandbox import SUBSCRIPTION

IN_SUBSCRIPTION = f"/subscriptions/{SUBSCRIPTION}"
VERSION = "2024-11-01"


def id_of(name: str) -> str:
    return f"{IN_SUBSCRIPTION}/resourceGroups/{name}"


def held(program: Program, name: str) -> Any:
    """What Azure holds of a group."""
    return program.colleague("GET", id_of(name), version=VERSION).json()


def puts(program: Program) -> list[Any]:
    return [one.body for one in program.sent if one.method == "PUT"]


def test_a_group_is_read_and_then_made(program: Program) -> None:
    outcome = program("group create web --location westus --tags team=web --tags empty=")

    assert (outcome.code, outcome.err, program.shape) == (0, "", ["GET", "PUT"])
    tags = {"team": "web", "empty": ""}
    assert outcome.json == {
        "id": id_of("web"), "name": "web", "location": "westus", "tags": tags, "status": "changed"
    }  # fmt: skip
    assert (held(program, "web")["location"], held(program, "web")["tags"]) == ("westus", tags)


@pytest.mark.parametrize("words", ["web -l westus", "WEB -l 'West US'", "web -l WESTUS --tags TEAM=web"])
def test_one_that_is_there_in_that_location_is_success_and_nothing_is_sent(program: Program, words: str) -> None:
    first = program("group create web --location westus --tags team=web").json

    outcome = program(f"group create {words}")

    assert (outcome.code, outcome.err, program.shape) == (0, "", ["GET"])
    assert outcome.json == {**first, "status": "unchanged"}


def test_one_in_another_location_is_an_error_that_says_where(program: Program) -> None:
    outcome = program(f"group create {GROUP} --location eastus")

    assert (outcome.code, outcome.out, program.shape) == (1, "", ["GET"])
    assert outcome.error["code"] == "already-exists"
    assert "in 'westus', not in 'eastus'" in outcome.error["message"]


def test_tags_that_differ_are_sent_with_those_that_are_there(program: Program) -> None:
    program("group create web -l westus --tags team=web --tags env=test")

    outcome = program("group create web -l westus --tags ENV=live")

    assert (outcome.code, outcome.json["status"]) == (0, "changed")
    assert puts(program) == [{"location": "westus", "tags": {"team": "web", "env": "live"}}]
    assert held(program, "web")["tags"] == {"team": "web", "env": "live"}


@pytest.mark.parametrize(
    ("words", "status"), [("web", "planned"), (GROUP, "unchanged"), (f"{GROUP} --tags a=1", "planned")]
)
def test_a_dry_run_reads_and_writes_nothing(program: Program, words: str, status: str) -> None:
    outcome = program(f"group create {words} -l westus --dry-run")

    assert (outcome.code, outcome.json["status"], program.shape) == (0, status, ["GET"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("web. -l westus", "1 to 90"),
        (f"{'x' * 91} -l westus", "1 to 90"),
        ("'' -l westus", "1 to 90"),
        ("web", "--location westus"),
        ("web -l ' '", "--location westus"),
        ("web -l westus --tags team", "NAME=VALUE"),
    ],
)
def test_wrong_words_are_wrong_usage_and_nothing_is_sent(program: Program, words: str, said: str) -> None:
    outcome = program(f"group create {words}")

    assert (outcome.code, outcome.out, program.sent) == (2, "", [])
    assert said in outcome.error["hint"]


def test_a_location_that_azure_does_not_have_is_azures_to_refuse(program: Program) -> None:
    outcome = program("group create web -l nowhere")

    assert (outcome.code, outcome.error["code"]) == (1, "LocationNotAvailableForResourceGroup")


@pytest.mark.parametrize("trouble", [losing_the_answer, losing_the_request, answering(503), answering(429)])
def test_a_group_whose_making_meets_trouble_is_made_once(program: Program, trouble: Any) -> None:
    program.when("PUT", "/resourcegroups/web", trouble)

    outcome = program("group create web -l westus")

    assert (outcome.code, outcome.json["status"]) == (0, "changed")
    lost = trouble is losing_the_answer
    assert program.shape == (["GET", "PUT", "GET"] if lost else ["GET", "PUT", "GET", "PUT"])
    assert held(program, "web")["location"] == "westus"


def test_throttling_is_obeyed_to_the_second(program: Program) -> None:
    program.when("PUT", "/resourcegroups/web", answering(429, "TooManyRequests", headers={"Retry-After": "17"}))

    assert program("group create web -l westus").code == 0
    assert program.time.slept == [17.0]


def test_what_a_colleague_makes_while_we_are_throttled_is_not_made_again(program: Program) -> None:
    program.when("PUT", "/resourcegroups/web", answering(429, "TooManyRequests"))
    made = {"location": "westus", "tags": {"by": "a colleague"}}
    look = letting_in(lambda: program.colleague("PUT", id_of("web"), made, version=VERSION))
    program.when("GET", "/resourcegroups/web", look, skip=1)

    outcome = program("group create web -l westus")

    assert (outcome.code, outcome.json["status"], program.shape) == (0, "unchanged", ["GET", "PUT", "GET"])
    assert outcome.json["tags"] == {"by": "a colleague"}


def test_a_tag_that_a_colleague_adds_before_the_second_try_stays(program: Program) -> None:
    program.when("PUT", f"/resourcegroups/{GROUP}", answering(503))
    tagged = {"location": "westus", "tags": {"by": "a colleague"}}
    look = letting_in(lambda: program.colleague("PUT", id_of(GROUP), tagged, version=VERSION))
    program.when("GET", f"/resourcegroups/{GROUP}", look, skip=1)

    outcome = program(f"group create {GROUP} -l westus --tags team=web")

    assert (outcome.code, outcome.json["status"]) == (0, "changed")
    assert held(program, GROUP)["tags"] == {"by": "a colleague", "team": "web"}


def test_trouble_that_does_not_clear_is_given_up_and_says_what_may_be(program: Program) -> None:
    program.when("PUT", "/resourcegroups/web", answering(503, "ServerBusy", "Busy."), times=1000)

    outcome = program("group create web -l westus")

    assert (outcome.code, outcome.error["code"], len(puts(program))) == (1, "ServerBusy", 6)
    assert "was sent and may still complete." in outcome.error["message"]
    assert "vmident group show web" in outcome.error["hint"]


def test_throttling_that_does_not_clear_is_given_up(program: Program) -> None:
    program.when("PUT", "/resourcegroups/web", answering(429, "TooManyRequests", "Slower."), times=1000)

    outcome = program("group create web -l westus")

    assert (outcome.code, outcome.error["code"], outcome.error["message"]) == (1, "TooManyRequests", "Slower.")


@pytest.mark.parametrize(
    ("trouble", "was_sent"), [(answering(429, "TooManyRequests"), "was not sent"), (losing_the_request, "was sent")]
)
def test_the_end_of_the_time_allowed_says_whether_anything_was_sent(
    program: Program, trouble: Any, was_sent: str
) -> None:
    program.when("PUT", "/resourcegroups/web", trouble, times=1000)

    outcome = program("group create web -l westus --timeout 5")

    assert (outcome.code, outcome.error["code"]) == (7, "timed-out")
    assert f"The request to create resource group 'web' {was_sent}" in outcome.error["message"]


def test_ctrl_c_after_the_request_says_that_azure_may_carry_it_out(program: Program) -> None:
    program.when("PUT", "/resourcegroups/web", interrupting)

    outcome = program("group create web -l westus")

    assert (outcome.code, outcome.error["code"]) == (130, "interrupted")
    assert "was sent" in outcome.error["message"]


def test_a_group_that_is_being_deleted_is_a_conflict(program: Program) -> None:
    going = {**held(program, GROUP), "properties": {"provisioningState": "Deleting"}}
    program.when("GET", f"/resourcegroups/{GROUP}", answering_with(200, going))

    outcome = program(f"group create {GROUP} -l westus")

    assert (outcome.code, puts(program)) == (6, [])
    assert "is being deleted" in outcome.error["message"]


def test_a_subscription_that_is_not_there_is_said_to_be_so(program: Program) -> None:
    outcome = program("group create web -l westus --subscription 00000000-0000-0000-0000-000000000000")

    assert (outcome.code, outcome.error["code"], program.shape) == (3, "SubscriptionNotFound", ["GET"])


@pytest.mark.parametrize("answer", [[], {}, {"id": 5}, {"id": "/x"}, {"id": id_of("web"), "tags": [1]}, "text", None])
def test_an_answer_that_is_no_group_is_said_to_be_unreadable(program: Program, answer: Any) -> None:
    program.when("GET", "/resourcegroups/web", answering_with(200, answer))

    outcome = program("group show web")

    assert (outcome.code, outcome.error["code"]) == (1, "invalid-response")


def test_showing_gives_the_group_without_a_status(program: Program) -> None:
    outcome = program(f"group show {GROUP.upper()}")

    assert (outcome.code, outcome.err, program.shape) == (0, "", ["GET"])
    assert outcome.json == {"id": id_of(GROUP), "name": GROUP, "location": "westus", "tags": {}}


def test_one_that_is_not_there_is_not_found_with_near_names(program: Program) -> None:
    outcome = program("group show myResorceGroup")

    assert (outcome.code, outcome.error["code"], outcome.error["status"]) == (3, "ResourceGroupNotFound", 404)
    assert f"Did you mean '{GROUP}'?" in outcome.error["message"]


def test_names_that_cannot_be_listed_are_no_obstacle(program: Program) -> None:
    program.when("GET", "/resourcegroups?", answering(403, "AuthorizationFailed"))

    outcome = program("group show nothingLikeIt")

    assert (outcome.code, "Did you mean" in outcome.error["message"]) == (3, False)


def test_another_failure_of_showing_stays_what_it_is(program: Program) -> None:
    outcome = program("group show web --subscription 00000000-0000-0000-0000-000000000000")

    assert (outcome.code, outcome.error["code"]) == (3, "SubscriptionNotFound")


def test_listing_gives_every_group(program: Program) -> None:
    program.sandbox.add_group("web", tags={"team": "web"})

    outcome = program("group list")

    assert (outcome.code, [one["name"] for one in outcome.json]) == (0, [GROUP, "web"])
    assert program("group list -o tsv").out == f"{GROUP}\twestus\t\nweb\twestus\tteam=web\n"


def test_people_read_what_became_of_it(program: Program) -> None:
    program.terminal = TERMINAL

    assert program("group create web -l westus --dry-run").out.startswith("web: would be created\n  location  westus\n")
    made = f"web: created\n  location  westus\n  id        {id_of('web')}\n"
    assert program("group create web -l westus").out == made
    assert program("group create web -l westus").out.startswith("web: no changes\n")
    assert program("group create web -l westus --tags a=1 --dry-run").out.startswith("web: would be changed\n")
    assert program("group create web -l westus --tags a=1").out.startswith("web: changed\n")
    assert program("group show web").out.startswith("web\n  location  westus\n  tags      a=1\n")
    assert program("group list").out.splitlines()[-1].split() == ["web", "westus", "a=1"]


def test_a_subscription_without_groups_says_so(program: Program) -> None:
    program.terminal = TERMINAL
    program.when("GET", "/resourcegroups?", answering_with(200, {"value": []}))

    assert program("group list").out == "No resource groups.\n"
