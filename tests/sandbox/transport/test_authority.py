"""The authority beside the served sandbox: whom it gives tokens, and which tokens it takes."""

from __future__ import annotations

import base64
import json
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmident.sandbox.http_messages import Request, Response
from vmident.sandbox.tenant import EMPTY_TENANT, PERSON_ID, TENANT
from vmident.sandbox.transport.authority import CLIENT_ID, Authority

HERE = "https://127.0.0.1:10443"
NOW = 1_700_000_000.0
AUTHORITY = Authority(HERE, "the-secret", "the-signature")


def asked(path: str, method: str = "GET", **form: str) -> Response | None:
    return AUTHORITY.answer(Request(method, f"{HERE}{path}", {}, urlencode(form).encode()), NOW)


def token_for(**changed: str) -> Response:
    form = {"grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": "the-secret", **changed}
    answer = asked(f"/{TENANT}/oauth2/v2.0/token", "POST", **form)
    assert answer is not None
    return answer


def test_the_right_secret_gives_a_token_that_is_taken_until_it_ends() -> None:
    answer = token_for()
    token = answer.json()["access_token"]
    assert (answer.status, answer.json()["token_type"]) == (200, "Bearer")
    assert AUTHORITY.tenant_of(token, NOW) == TENANT
    assert not AUTHORITY.tenant_of(token, NOW + answer.json()["expires_in"] + 1)


def test_a_token_says_who_it_is_for() -> None:
    claims = json.loads(base64.urlsafe_b64decode(token_for().json()["access_token"].split(".")[1] + "=="))
    assert (claims["oid"], claims["tid"], claims["aud"]) == (PERSON_ID, TENANT, HERE)


def test_a_token_is_for_the_service_that_its_scope_names() -> None:
    graph = "https://localhost:10443"
    authority = Authority(HERE, "the-secret", "the-signature", graph)
    form = {"grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": "the-secret"}
    for scope, audience, other in ((graph, graph, None), (HERE, None, graph)):
        body = urlencode({**form, "scope": f"{scope}/.default"}).encode()
        answer = authority.answer(Request("POST", f"{HERE}/{TENANT}/oauth2/v2.0/token", {}, body), NOW)
        assert answer is not None
        token = answer.json()["access_token"]
        assert (authority.tenant_of(token, NOW, audience), authority.tenant_of(token, NOW, other)) == (TENANT, None)
    metadata = authority.answer(Request("GET", f"{HERE}/metadata/endpoints?api-version=2022-09-01", {}, b""), NOW)
    assert metadata is not None
    assert metadata.json()["microsoftGraphResourceId"] == graph


def test_the_other_tenant_gives_tokens_of_its_own() -> None:
    form = {"grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": "the-secret"}
    answer = asked(f"/{EMPTY_TENANT}/oauth2/v2.0/token", "POST", **form)
    assert answer is not None
    assert AUTHORITY.tenant_of(answer.json()["access_token"], NOW) == EMPTY_TENANT


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"client_secret": "another"}, "invalid_client"),
        ({"client_secret": ""}, "invalid_client"),
        ({"client_id": "another"}, "unauthorized_client"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ],
)
def test_anything_else_gives_none_and_does_not_repeat_the_secret(changed: dict[str, str], error: str) -> None:
    answer = token_for(**changed)
    assert (answer.status // 100, answer.json()["error"]) == (4, error)
    assert b"the-secret" not in answer.body


@given(st.text(max_size=40), st.integers(0, 2))
def test_no_other_token_is_taken(noise: str, part: int) -> None:
    parts = AUTHORITY.token(int(NOW)).split(".")
    parts[part] = noise
    assert not AUTHORITY.tenant_of(".".join(parts), NOW) or noise == AUTHORITY.token(int(NOW)).split(".")[part]
    assert not AUTHORITY.tenant_of(noise, NOW)


def test_a_token_of_another_run_is_not_taken() -> None:
    assert not Authority(HERE, "the-secret", "another").tenant_of(AUTHORITY.token(int(NOW)), NOW)


def test_a_token_whose_end_was_moved_is_not_taken() -> None:
    later = AUTHORITY.token(int(NOW) + 10)
    head, claims, signature = later.split(".")
    moved = json.loads(base64.urlsafe_b64decode(claims + "=="))
    moved["exp"] += 1_000_000
    sealed = base64.urlsafe_b64encode(json.dumps(moved, separators=(",", ":")).encode()).decode().rstrip("=")
    assert not AUTHORITY.tenant_of(".".join((head, sealed, signature)), NOW)


@pytest.mark.parametrize("tenant", [TENANT, "organizations", "common"])
def test_the_configuration_names_endpoints_here_and_nowhere_else(tenant: str) -> None:
    answer = asked(f"/{tenant}/v2.0/.well-known/openid-configuration")
    assert answer is not None
    said = answer.json()
    # What MSAL for JavaScript wants of the document, and refuses one without.
    assert {"authorization_endpoint", "token_endpoint", "issuer", "jwks_uri"} <= said.keys()
    urls = [value for value in said.values() if isinstance(value, str) and "://" in value]
    assert len(urls) == 9
    assert all(url.startswith(HERE) for url in urls)


def test_the_keys_of_the_configuration_are_there() -> None:
    answer = asked(f"/{TENANT}/discovery/v2.0/keys")
    assert answer is not None
    assert (answer.status, answer.json()) == (200, {"keys": []})


def test_another_tenant_is_not_there() -> None:
    answer = asked("/nosuch/v2.0/.well-known/openid-configuration")
    assert answer is not None
    assert answer.json()["error"] == "invalid_tenant"


def test_the_metadata_is_a_list_of_clouds_in_one_version_and_one_cloud_in_the_others() -> None:
    many, one = (asked(f"/metadata/endpoints?api-version={version}") for version in ("2019-05-01", "2022-09-01"))
    assert many is not None
    assert one is not None
    assert many.json() == [one.json()]
    assert one.json()["authentication"] == {
        "loginEndpoint": HERE, "audiences": [HERE], "tenant": TENANT, "identityProvider": "AAD"
    }  # fmt: skip


def test_instance_discovery_knows_this_host_alone() -> None:
    answer = asked("/common/discovery/instance?api-version=1.1")
    assert answer is not None
    assert [one["aliases"] for one in answer.json()["metadata"]] == [["127.0.0.1:10443"]]


@pytest.mark.parametrize("path", ["/", "/subscriptions", f"/{TENANT}", f"/{TENANT}/oauth2/v2.0/devicecode"])
def test_what_is_arms_is_left_to_arm(path: str) -> None:
    assert asked(path) is None


def test_a_token_is_posted_for() -> None:
    answer = asked(f"/{TENANT}/oauth2/v2.0/token")
    assert answer is not None
    assert answer.status == 405
