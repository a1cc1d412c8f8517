from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.cloud import MINE, MSI, OTHER, Cloud, code_of, message_of
from vmident.sandbox.http_messages import Response

GITHUB = {
    "issuer": "https://token.actions.githubusercontent.com",
    "subject": "repo:contoso/web:environment:prod",
    "audiences": ["api://AzureADTokenExchange"],
}


def url(name: str, identity: str = OTHER) -> str:
    return f"{identity}/federatedIdentityCredentials/{name}?api-version={MSI}"


def put(cloud: Cloud, name: str, identity: str = OTHER, **more: Any) -> Response:
    return cloud.send("PUT", url(name, identity), {"properties": {**GITHUB, **more}})


def names(cloud: Cloud, identity: str = OTHER) -> list[str]:
    answer = cloud.send("GET", f"{identity}/federatedIdentityCredentials?api-version={MSI}")
    return [one["name"] for one in answer.json()["value"]]


def test_issuer_and_subject_are_used_once_by_an_identity(cloud: Cloud) -> None:
    assert put(cloud, "prod").status == 201
    assert put(cloud, "PROD").status == 200
    assert code_of(put(cloud, "again")) == (409, "Conflict")
    assert put(cloud, "again", subject="other").status == 201
    assert put(cloud, "prod", MINE).status == 201


def test_an_identity_has_twenty_at_most(cloud: Cloud) -> None:
    for number in range(20):
        assert put(cloud, f"fic-{number:02}", subject=str(number)).status == 201
    assert code_of(put(cloud, "fic-20", subject="20")) == (400, "BadRequest")
    assert put(cloud, "fic-19", subject="20").status == 200


def test_they_go_with_their_identity(cloud: Cloud) -> None:
    put(cloud, "prod")
    cloud.delete_identity(OTHER)
    assert code_of(cloud.send("GET", url("prod"))) == (404, "ParentResourceNotFound")
    cloud.create_identity_resource(OTHER)
    assert names(cloud) == []


@pytest.mark.parametrize(
    ("name", "properties", "message"),
    [
        ("no", {}, "Federated Identity Credential name 'no' is invalid."),
        ("-prod", {}, "Federated Identity Credential name '-prod' is invalid."),
        ("prod", {"audiences": ["a", "b"]}, "Federated identity credentials must have exactly 1 audience."),
        ("prod", {"subject": ""}, "Federated Identity Credential from HTTP body has empty properties"),
        ("prod", {"issuer": "x" * 601}, "Issuer, subject and audience are texts of at most 600 characters."),
        ("prod", {"subject": 1}, "Issuer, subject and audience are texts of at most 600 characters."),
    ],
)
def test_what_is_no_credential_is_refused(cloud: Cloud, name: str, properties: Any, message: str) -> None:
    answer = put(cloud, name, **properties)
    assert (*code_of(answer), message_of(answer)) == (400, "BadRequest", message)
    assert names(cloud) == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "BadRequest"),
        ({"properties": []}, "BadRequest"),
        ({"properties": GITHUB, "tags": {}}, "InvalidRequestContent"),
        ({"properties": {**GITHUB, "claimsMatchingExpression": {}}}, "NotSupportedBySandbox"),
    ],
)
def test_any_other_body_is_refused(cloud: Cloud, body: Any, code: str) -> None:
    assert code_of(cloud.send("PUT", url("prod"), body)) == (400, code)


def test_deleting_one_that_is_not_there_is_204(cloud: Cloud) -> None:
    assert cloud.send("DELETE", url("prod")).status == 204
