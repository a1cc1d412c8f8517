"""Recorded traffic of identities, their federated credentials and role assignments, replayed on the sandbox.

Status, body and `Location` must be the recorded ones, GUIDs and the moments of role assignments aside. Of the recorded
refusals, each that the sandbox can be brought to make must have Azure's status, code and message; the others are of
resources and limits that it does not have.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.contract.test_recordings_against_sandbox import (
    RECORDINGS,
    Renamer,
    with_subscription,
)
from tests.sandbox.cloud import (
    IDENTITIES,
    IN_GROUP,
    Cloud,
    assignment_url,
    code_of,
    message_of,
    role_body,
)
from vmident.sandbox.http_messages import Response
from vmident.sandbox.sandbox import PERSON_ID, SUBSCRIPTION, TENANT

pytestmark = pytest.mark.skipif(not RECORDINGS.is_dir(), reason="the recordings are not beside this checkout")

FILES = ("federated-credentials-2023.json", "user-assigned-identities-aso.json", "role-assignments-aso.json")
# After the last exchange of this file its group was being deleted, which the recording does not show.
LAST = {"role-assignments-aso.json": 13}
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")
WITHOUT_DASHES = re.compile(r"\b[0-9a-f]{32}\b")
# The recorded region is a preview one, which the sandbox does not have.
REGIONS = {"eastus2euap": "eastus2"}


def recorded(file: str) -> list[Any]:
    exchanges: list[Any] = json.loads((RECORDINGS / file).read_text(encoding="utf-8"))
    return exchanges[: LAST.get(file)]


def in_a_known_region(value: Any) -> Any:
    text = json.dumps(value)
    for there, here in REGIONS.items():
        text = text.replace(there, here)
    return json.loads(text)


def comparable(status: int, location: str | None, body: Any) -> Any:
    text = WITHOUT_DASHES.sub("principal", MOMENT.sub("moment", json.dumps(body)))
    return {"status": status, "location": location, "body": json.loads(text)}


class Replay:
    """One recording on a sandbox; principals have the names that the recording's answers gave them."""

    def __init__(self, folder: Path) -> None:
        self.cloud = Cloud(folder)
        self._ours: dict[str, str] = {}

    def played(self, exchange: Any) -> Response:
        request, response = exchange["request"], exchange["response"]
        url = with_subscription(request["url"].replace("https://management.azure.com", ""))
        group = url.split("/")[4]
        if self.cloud.send("GET", f"{url.partition('/providers/')[0]}?api-version=2021-04-01").status == 404:
            self.cloud.sandbox.add_group(group, location="westus2")
        body = with_subscription(in_a_known_region(request["body"]))
        for theirs, mine in self._ours.items():
            body = json.loads(json.dumps(body).replace(theirs, mine))
        # The directory learns of a principal late; the recorded client asked until it knew.
        self.cloud.now += 60 if "/roleAssignments/" in url and response["status"] == 201 else 0.1
        answer = self.cloud.send(request["method"], url, body)
        if answer.status == 201 and "principalId" in json.dumps(response["body"]):
            theirs, mine = response["body"]["properties"]["principalId"], answer.json()["properties"]["principalId"]
            self._ours[theirs] = mine
        return answer


@pytest.mark.parametrize("file", FILES)
def test_the_sandbox_answers_as_azure_answered(file: str, tmp_path: Path) -> None:
    replay, azure, ours = Replay(tmp_path), Renamer(), Renamer()
    for exchange in recorded(file):
        request, response = exchange["request"], exchange["response"]
        answer = replay.played(exchange)
        headers = {name.lower(): value for name, value in response["headers"].items()}
        theirs = in_a_known_region(comparable(response["status"], headers.get("location"), response["body"]))
        mine = comparable(answer.status, answer.headers.get("location"), answer.json() if answer.body else None)
        where = f"{request['method']} {request['url']}"
        assert (where, azure.renamed(with_subscription(theirs))) == (where, ours.renamed(in_one_tenant(mine, file)))
    replay.cloud.sandbox.close()


def in_one_tenant(answer: Any, file: str) -> Any:
    """Replace the tenant with the subscription, as one of the recorders did."""
    is_replaced = file.endswith("-aso.json")
    return json.loads(json.dumps(answer).replace(TENANT, SUBSCRIPTION)) if is_replaced else answer


def refusals() -> list[Any]:
    exchanges: list[Any] = json.loads((RECORDINGS / "refusals.json").read_text(encoding="utf-8"))
    return exchanges


@pytest.fixture
def lost(tmp_path: Path) -> Any:
    """A sandbox on which `otherIdentity` was deleted while VMs still name it."""
    cloud = Cloud(tmp_path)
    yield cloud
    cloud.sandbox.close()


def spelled(message: str) -> str:
    """Leave the names out of a message: ids, quoted texts and GUIDs."""
    return re.sub(r"'[^' ]*'", "'…'", re.sub(r"/subscriptions/[^'\"\s]*", "ID", message))


def test_an_identity_that_does_not_exist_is_refused_as_recorded(lost: Cloud) -> None:
    said = next(
        one["response"] for one in refusals() if "FailedIdentityOperation" in json.dumps(one["response"]["body"])
    )
    answer = lost.identify("myVM", "UserAssigned", named={f"{IDENTITIES}/gone": {}})
    assert code_of(answer) == (said["status"], said["body"]["error"]["code"])
    assert spelled(message_of(answer)) == spelled(said["body"]["error"]["message"])
    assert answer.headers["x-ms-failure-cause"] == said["headers"]["x-ms-failure-cause"]


def test_an_identity_of_an_unknown_subscription_is_refused_as_recorded(lost: Cloud) -> None:
    said = next(one["response"] for one in refusals() if "linked subscription" in json.dumps(one["response"]["body"]))
    elsewhere = f"{IDENTITIES}/otherIdentity".replace(SUBSCRIPTION, "00000000-0000-4000-8000-000000000009")
    answer = lost.identify("myVM", "UserAssigned", named={elsewhere: {}})
    assert code_of(answer) == (said["status"], said["body"]["error"]["code"])
    assert without_names(message_of(answer)) == without_names(said["body"]["error"]["message"])


def without_names(message: str) -> str:
    return re.sub(r"'[^']*'", "'…'", message)


def test_a_role_that_is_there_is_refused_as_recorded(lost: Cloud) -> None:
    said = next(one["response"] for one in refusals() if "RoleAssignmentExists" in json.dumps(one["response"]["body"]))
    lost.send("PUT", assignment_url(IN_GROUP, 1), role_body(PERSON_ID))
    answer = lost.send("PUT", assignment_url(IN_GROUP, 2), role_body(PERSON_ID))
    assert code_of(answer) == (said["status"], said["body"]["error"]["code"])
    # Newer answers, reported in public, go on to name the assignment that is there.
    assert message_of(answer).startswith(said["body"]["error"]["message"])


def test_the_same_assignment_again_with_another_description_is_created_as_recorded(lost: Cloud) -> None:
    said = next(one["response"] for one in refusals() if one["response"]["status"] == 201)
    lost.send("PUT", assignment_url(IN_GROUP), role_body(PERSON_ID))
    answer = lost.send("PUT", assignment_url(IN_GROUP), role_body(PERSON_ID, description="another"))
    assert answer.status == said["status"]


def test_a_role_without_the_permission_is_refused_as_recorded(lost: Cloud) -> None:
    said = next(one["response"] for one in refusals() if "roleAssignments/write" in json.dumps(one["response"]["body"]))
    lost.sandbox.limit_person([("Reader", "subscription")])
    answer = lost.send("PUT", assignment_url(IN_GROUP), role_body(PERSON_ID))
    assert code_of(answer) == (said["status"], said["body"]["error"]["code"])
    assert spelled(message_of(answer)) == spelled(said["body"]["error"]["message"])
