"""The sandbox's Microsoft Graph is as strict as Microsoft's: tokens, rights, limits, and what it leaves out."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.sandbox.cloud import Cloud
from vmident.sandbox.authorization.token import GRAPH_TOKEN, TOKEN
from vmident.sandbox.http_messages import Request, Response
from vmident.sandbox.tenant import EMPTY_TENANT, GRAPH_ENDPOINT, PERSON_ID

CREW, INNER, HIDDEN = (f"c{at}000000-0000-4000-8000-000000000000" for at in range(3))
ANN, BOB = (f"a{at}000000-0000-4000-8000-000000000000" for at in range(2))
LOST = "f0000000-0000-4000-8000-000000000000"
ADVANCED = {"consistencylevel": "eventual"}
MEMBERS = f"/v1.0/groups/{CREW}/transitiveMembers"


def asked(
    cloud: Cloud, method: str, path: str, body: Any = None, token: str | None = GRAPH_TOKEN, **headers: str
) -> Response:
    sent = {"content-type": "application/json", **({"authorization": f"Bearer {token}"} if token else {}), **headers}
    url = path if "://" in path else GRAPH_ENDPOINT + path
    return cloud.sandbox.answer(Request(method, url, sent, json.dumps(body).encode()))


def by_ids(cloud: Cloud, *ids: str, **more: Any) -> Response:
    return asked(cloud, "POST", "/v1.0/directoryObjects/getByIds", {"ids": list(ids), **more})


def robot_of(cloud: Cloud) -> str:
    """The service principal of the seed's VM webVM."""
    return str(cloud.vm("webVM")["identity"]["principalId"])


@pytest.fixture
def crew(cloud: Cloud) -> Cloud:
    """Groups that are members of each other, with a user each and a service principal."""
    cloud.sandbox.add_directory_groups(
        {CREW: ("Crew", [INNER, ANN, robot_of(cloud)]), INNER: ("Inner", [BOB, CREW]), HIDDEN: ("Hidden", [ANN])},
        hidden=[HIDDEN],
    )
    return cloud


@pytest.mark.parametrize("token", [None, TOKEN, "no-token"])
def test_a_token_of_another_service_is_refused_in_graphs_own_shape(cloud: Cloud, token: str | None) -> None:
    answer = asked(cloud, "GET", MEMBERS, token=token)
    error = answer.json()["error"]
    assert (answer.status, error["code"]) == (401, "InvalidAuthenticationToken")
    assert set(error) == {"code", "message", "innerError"}
    assert answer.headers["request-id"]
    # And the other way round.
    arm = cloud.send("GET", "/subscriptions?api-version=2022-12-01", authorization=f"Bearer {GRAPH_TOKEN}")
    assert arm.status == 401


def test_objects_are_answered_by_id_and_those_that_do_not_exist_left_out(crew: Cloud) -> None:
    types = ["user", "group", "servicePrincipal"]
    found = by_ids(crew, PERSON_ID, CREW, HIDDEN, LOST, robot_of(crew), types=types).json()["value"]
    assert [(one["@odata.type"].rpartition(".")[2], one["displayName"]) for one in found] == [
        ("user", "Sandbox User"), ("group", "Crew"), ("group", "Hidden"), ("servicePrincipal", "webVM"),
    ]  # fmt: skip
    assert [one.get("visibility") for one in found] == [None, None, "HiddenMembership", None]
    # As in Azure, the default is not all types.
    assert [one["displayName"] for one in by_ids(crew, PERSON_ID, robot_of(crew)).json()["value"]] == ["Sandbox User"]


def test_members_are_transitive_once_each_and_service_principals_only_in_an_advanced_query(crew: Cloud) -> None:
    plain = asked(crew, "GET", MEMBERS).json()
    assert {one["id"] for one in plain["value"]} == {INNER, ANN, BOB}
    assert "@odata.count" not in plain
    advanced = asked(crew, "GET", f"{MEMBERS}?$count=true&$select=id", **ADVANCED).json()
    assert {one["id"] for one in advanced["value"]} == {INNER, ANN, BOB, robot_of(crew)}
    assert (advanced["@odata.count"], set(advanced["value"][0])) == (4, {"id", "@odata.type"})
    assert asked(crew, "GET", MEMBERS.replace(CREW, HIDDEN)).json()["value"] == []


def test_members_come_in_pages(crew: Cloud) -> None:
    page = asked(crew, "GET", f"{MEMBERS}?$count=true&$top=3", **ADVANCED).json()
    assert len(page["value"]) == 3
    last = asked(crew, "GET", page["@odata.nextLink"], **ADVANCED).json()
    assert (len(last["value"]), "@odata.nextLink" in last) == (1, False)


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", "directoryObjects/getByIds", {"ids": [LOST] * 1001}, 400, "Request_BadRequest"),
        ("POST", "directoryObjects/getByIds", {"ids": ["x"]}, 400, "Request_BadRequest"),
        ("POST", "directoryObjects/getByIds", {}, 400, "Request_BadRequest"),
        ("POST", "directoryObjects/getByIds", [], 400, "Request_BadRequest"),
        ("GET", f"groups/{LOST}/transitiveMembers", None, 404, "Request_ResourceNotFound"),
        ("GET", f"groups/{ANN}/transitiveMembers", None, 404, "Request_ResourceNotFound"),
        ("GET", f"groups/{CREW}/transitiveMembers?$top=1000", None, 400, "Request_BadRequest"),
        ("GET", f"groups/{CREW}/transitiveMembers?$filter=x", None, 501, "NotSupportedBySandbox"),
        ("GET", "users", None, 501, "NotSupportedBySandbox"),
        ("GET", "../beta/users", None, 501, "NotSupportedBySandbox"),
        ("POST", "$batch", {"requests": []}, 400, "Request_BadRequest"),
        ("POST", "$batch", {"requests": [{"id": "1"}] * 21}, 400, "Request_BadRequest"),
        ("POST", "$batch", {"requests": [{"id": "1"}] * 2}, 400, "Request_BadRequest"),
    ],
)
def test_requests_that_graph_does_not_take_are_refused(
    crew: Cloud, method: str, path: str, body: Any, status: int, code: str
) -> None:
    answer = asked(crew, method, f"/v1.0/{path}".replace("/v1.0/../", "/"), body)
    assert (answer.status, answer.json()["error"]["code"]) == (status, code)


def test_a_batch_answers_each_of_its_requests(crew: Cloud) -> None:
    urls = [MEMBERS.removeprefix("/v1.0"), f"/groups/{LOST}/transitiveMembers"]
    requests = [{"id": str(at), "method": "GET", "url": url} for at, url in enumerate(urls)]
    found = asked(crew, "POST", "/v1.0/$batch", {"requests": requests}).json()["responses"]
    assert [(one["id"], one["status"]) for one in found] == [("0", 200), ("1", 404)]
    assert found[1]["body"]["error"]["code"] == "Request_ResourceNotFound"


def test_a_caller_without_rights_is_refused_and_one_of_another_tenant_sees_nothing(crew: Cloud, tmp_path: Any) -> None:
    elsewhere = Cloud(tmp_path / "sandbox", tenant_of_graph_token=lambda _token: EMPTY_TENANT)
    assert by_ids(elsewhere, PERSON_ID).json()["value"] == []
    elsewhere.sandbox.close()
    crew.sandbox.hide_directory()
    answer = by_ids(crew, PERSON_ID)
    assert (answer.status, answer.json()["error"]["code"]) == (403, "Authorization_RequestDenied")


def test_requests_are_throttled_by_what_they_cost(crew: Cloud) -> None:
    statuses = [by_ids(crew, PERSON_ID).status for _ in range(1_167)]
    assert set(statuses[:1_166]) == {200}
    refused = by_ids(crew, PERSON_ID)
    assert (statuses[-1], refused.json()["error"]["code"]) == (429, "TooManyRequests")
    assert int(refused.headers["retry-after"]) >= 1
