from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmident.core.auth.caller import Caller, CallerType, caller_of


def token_of(claims: Any) -> str:
    encoded = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{encoded}.x"


@pytest.mark.parametrize(
    ("claims", "name", "kind"),
    [
        ({"upn": "ada@contoso.example", "idtyp": "user", "appid": "cli", "name": "Ada"}, "ada@contoso.example", "user"),
        ({"preferred_username": "ada@contoso.example", "azp": "cli"}, "ada@contoso.example", "user"),
        ({"unique_name": "live.com#ada@example"}, "live.com#ada@example", "user"),
        ({"name": "Ada", "idtyp": "user"}, "Ada", "user"),
        ({"app_displayname": "pipeline", "appid": "app", "idtyp": "app"}, "pipeline", "servicePrincipal"),
        ({"appid": "app"}, "app", "servicePrincipal"),
        ({"azp": "app"}, "app", "servicePrincipal"),
        ({"appid": "app", "idtyp": "app", "xms_mirid": "/subscriptions/s/x/builder"}, "builder", "managedIdentity"),
    ],
)
def test_a_caller_is_named_and_told_apart_by_the_claims_of_its_token(
    claims: dict[str, Any], name: str, kind: str
) -> None:
    caller = caller_of(token_of(claims))
    assert (caller.name, caller.type) == (name, CallerType(kind))


def test_ids_and_the_end_are_read() -> None:
    claims = {"oid": "object", "tid": "tenant", "appid": "app", "exp": 1_800_000_000}
    caller = caller_of(token_of(claims))
    assert (caller.object_id, caller.tenant_id, caller.client_id) == ("object", "tenant", "app")
    assert caller.expires_on == 1_800_000_000.0


@pytest.mark.parametrize(
    "token", ["", "opaque", "a.b", "a.b.c", "a.!!.c", "..", "e30.W10.x", "e30.eyI.x", f"e30.{'W1tb' * 40_000}.x"]
)
def test_a_token_that_is_no_jwt_says_nothing(token: str) -> None:
    assert caller_of(token) == Caller()


@pytest.mark.parametrize(
    "claims",
    [{"upn": 7, "oid": None, "tid": [], "exp": "soon"}, {"exp": True}, {"exp": -1}, {"exp": 1e300}, {"upn": ""}],
)
def test_a_claim_of_another_shape_says_nothing(claims: dict[str, Any]) -> None:
    assert caller_of(token_of(claims)) == Caller()


@given(st.text())
def test_no_text_is_too_strange_for_a_token(token: str) -> None:
    caller_of(token)
    caller_of(f"a.{token}.c")
