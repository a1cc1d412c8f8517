"""`--groups` of `vmident access` and `report`: what is asked of Microsoft Graph, and what its refusals leave."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.program import TERMINAL, Outcome, Program, answering_with, losing_the_answer
from vmident.sandbox.sandbox import GRAPH_ENDPOINT, GRAPH_TOKEN, PERSON_ID, SUBSCRIPTION, TOKEN
from vmident.sandbox.seeded_access import DATA_ENGINEER, OPERATORS, WEB_ENGINEER

CREW = "c0000000-0000-4000-8000-000000000000"
READER, CONTRIBUTOR = "acdd72a7-3385-48ef-bd42-f606fba81ae7", "b24988ac-6180-42a0-ab88-20f7382dd24c"
DENIED = {"error": {"code": "Authorization_RequestDenied", "message": "Insufficient privileges.", "innerError": {}}}
GONE, PERHAPS = "orphaned-role-assignment", "possibly-orphaned-role-assignment"


def to_graph(seeded: Program) -> list[Any]:
    return [one for one in seeded.sent if one.url.startswith(GRAPH_ENDPOINT)]


def rules(outcome: Outcome) -> set[str]:
    return {one["rule"] for one in outcome.json["findings"]}


def unread(outcome: Outcome) -> dict[str, str]:
    return {one["what"]: one["why"] for one in outcome.json["unread"]}


def give_role(seeded: Program, group: str, role: str = CONTRIBUTOR) -> None:
    """Assign a role on the subscription to a group, as another user would."""
    scope = f"/subscriptions/{SUBSCRIPTION}"
    definition = f"{scope}/providers/Microsoft.Authorization/roleDefinitions/{role}"
    body = {"properties": {"roleDefinitionId": definition, "principalId": group, "principalType": "Group"}}
    path = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{group}"
    assert seeded.colleague("PUT", path, body, "2022-04-01").status == 201


def test_people_are_named_and_members_of_a_group_are_listed_with_the_group(seeded: Program) -> None:
    edges = seeded("access signInVM --groups").json["identities"][0]["canBecome"]
    login = [one for one in edges if one["how"] == "login"]
    assert [(one["principalName"], one["via"], one["groupName"], one["members"]) for one in login] == [
        ("Web Operators", "direct", None, 2),
        ("web.engineer@sandbox.invalid", "group", "Web Operators", None),
        ("data.engineer@sandbox.invalid", "group", "Web Operators", None),
    ]
    assert [one["groupId"] for one in login] == [None, OPERATORS, OPERATORS]
    seeded.terminal = TERMINAL
    out = " ".join(seeded("access signInVM --groups").out.split())
    assert "Group 'Web Operators' with 2 members sign in to the VM: role 'Virtual Machine User Login'" in out
    assert "members: web.engineer@sandbox.invalid, data.engineer@sandbox.invalid" in out
    assert "Group members not read" not in out


def test_an_orphan_is_proven_and_microsoft_graph_is_asked_only_with_the_option(seeded: Program) -> None:
    outcome = seeded("report")
    assert (to_graph(seeded), rules(outcome) & {GONE, PERHAPS}) == ([], {PERHAPS})
    assert "use --groups" in unread(outcome)["group members"]
    outcome = seeded("report --groups")
    assert (rules(outcome) & {GONE, PERHAPS}, outcome.json["unread"]) == ({GONE}, [])
    # One request for all principals, one for the members of all groups; each token goes to its own service alone.
    assert [one.url.removeprefix(GRAPH_ENDPOINT) for one in to_graph(seeded)] == [
        "/v1.0/directoryObjects/getByIds", "/v1.0/$batch",
    ]  # fmt: skip
    tokens = {one.url.split("/")[2]: one.headers["Authorization"] for one in seeded.sent}
    assert tokens == {"management.sandbox.invalid": f"Bearer {TOKEN}", "graph.sandbox.invalid": f"Bearer {GRAPH_TOKEN}"}


@pytest.mark.parametrize("hide", [lambda seeded: seeded.sandbox.hide_directory(), lambda seeded: seeded.when(
    "POST", "getByIds", answering_with(403, DENIED))])  # fmt: skip
def test_a_refusal_is_reported_and_leaves_an_orphan_possible(seeded: Program, hide: Callable[[Program], None]) -> None:
    hide(seeded)
    outcome = seeded("report --groups")
    assert (outcome.code, rules(outcome) & {GONE, PERHAPS}) == (0, {PERHAPS})
    ((what, why),) = unread(outcome).items()
    assert what.startswith("groups and names of ")
    assert "[Authorization_RequestDenied]" in why
    assert "permission Directory.Read.All or the Microsoft Entra role Directory Readers" in why


def test_the_trace_has_microsoft_graphs_request_id(seeded: Program) -> None:
    traced = [line for line in seeded("access signInVM --groups --debug -o none").err.splitlines() if "$batch" in line]
    assert len(traced) == 1
    assert re.search(r"-> 200 \(.*, request id [0-9a-f-]{36}\)$", traced[0])


def test_an_answer_that_leaves_out_a_type_proves_nothing_about_it(seeded: Program) -> None:
    people = (WEB_ENGINEER, DATA_ENGINEER, PERSON_ID)
    users = [{"@odata.type": "#microsoft.graph.user", "id": one, "displayName": None} for one in people]
    seeded.when("POST", "getByIds", answering_with(200, {"value": users}))
    assert rules(seeded("report --groups")) & {GONE, PERHAPS} == {PERHAPS}


def test_throttling_is_waited_out_in_a_batch_too(seeded: Program) -> None:
    busy = {"error": {"code": "TooManyRequests", "message": "Too many requests"}}
    seeded.when("POST", "getByIds", answering_with(429, busy, {"Retry-After": "7"}))
    step = {"id": "0", "status": 429, "headers": {"Retry-After": "9"}, "body": busy}
    seeded.when("POST", "$batch", answering_with(200, {"responses": [step, {**step, "id": "1"}]}))
    outcome = seeded("access signInVM --groups")
    assert outcome.json["unread"] == []
    assert 7 in seeded.time.slept
    assert [one.method for one in to_graph(seeded)] == ["POST", "POST", "POST", "GET"]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ({"id": "0", "status": 403, "body": DENIED}, "[Authorization_RequestDenied]"),
        ({"id": "0", "status": 200, "body": {"value": [{"id": WEB_ENGINEER}], "@odata.count": 3}}, "returned 1 of 3"),
        ({"id": "0", "status": 200, "body": {"value": "?"}}, "cannot be read as members of a group"),
        (
            {"id": "0", "status": 200, "body": {"value": [], "@odata.nextLink": "https://evil.example/v1.0/x"}},
            "links to another host",
        ),
    ],
)
def test_members_that_are_not_known_all_are_unknown(seeded: Program, answer: dict[str, Any], why: str) -> None:
    seeded.when("POST", "$batch", answering_with(200, {"responses": [answer]}))
    outcome = seeded("access signInVM --groups")
    assert why in unread(outcome)["members of group 'Web Operators'"]
    (edge,) = (one for one in outcome.json["identities"][0]["canBecome"] if one["how"] == "login")
    assert (edge["principalName"], edge["members"]) == ("Web Operators", None)
    assert {one.url.split("/")[2] for one in seeded.sent} == {"management.sandbox.invalid", "graph.sandbox.invalid"}


def test_a_lost_batch_leaves_groups_unread(seeded: Program) -> None:
    seeded.when("POST", "$batch", losing_the_answer, times=99)
    outcome = seeded("access signInVM --groups")
    assert (outcome.code, list(unread(outcome))) == (0, ["members of 1 group"])


def test_large_groups_are_read_page_by_page_and_hidden_ones_are_unread(seeded: Program) -> None:
    hidden = CREW.replace("c", "d")
    crowd = [f"e0000000-0000-4000-8000-{at:012}" for at in range(2_500)]
    seeded.sandbox.add_directory_groups({CREW: ("Crowd", crowd), hidden: ("Hidden", crowd[:2])}, hidden=[hidden])
    give_role(seeded, CREW)
    give_role(seeded, hidden)
    outcome = seeded("access signInVM --groups")
    assert unread(outcome) == {
        "members of group 'Hidden'": "its membership is hidden; reading it requires the permission Member.Read.Hidden"
    }
    counted = {one["principalName"]: one["members"] for one in outcome.json["identities"][0]["canBecome"]}
    assert (counted["Crowd"], counted["Hidden"]) == (2_500, None)
    assert [one.method for one in to_graph(seeded)] == ["POST", "POST", "GET", "GET"]
    # A member of so large a group has no edge of its own, and is found all the same.
    assert "signInVM" in {one["name"] for one in seeded(f"access --principal {crowd[-1]} --groups").json["identities"]}
    unknown = seeded(f"access --principal {crowd[-1]}")
    assert (unknown.code, "--groups" in unknown.err) == (3, True)


def test_an_identity_in_a_group_has_the_roles_of_the_group(seeded: Program) -> None:
    principal = seeded.identity_of("signInVM", "otherResourceGroup")["principalId"]
    seeded.sandbox.add_directory_groups({CREW: ("Robots", [principal, DATA_ENGINEER])})
    give_role(seeded, CREW)
    outcome = seeded("access signInVM --groups")
    (role,) = outcome.json["identities"][0]["canDo"]
    assert (role["role"], role["via"], role["groupId"], role["groupName"]) == ("Contributor", "group", CREW, "Robots")
    assert "privileged-identity-reachable" in rules(outcome)
    # Its own membership is no edge to itself.
    assert principal not in {one["principalId"] for one in outcome.json["identities"][0]["canBecome"]}
