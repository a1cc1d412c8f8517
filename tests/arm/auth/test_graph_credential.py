"""Tokens for Microsoft Graph are of the tenant whose principals are looked up, or there are none."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from azure.core.credentials import AccessToken

from vmident.arm.microsoft_graph.credential import GraphCredential
from vmident.errors import NotSignedIn, WrongTenant

GRAPH = "https://graph.microsoft.com/.default"


class Tokens:
    """A credential with a token of its own tenant, and of those that are named."""

    origin = "a test"

    def __init__(self, own: str, *others: str) -> None:
        self._own = own
        self._others = others
        self.asked: list[tuple[str, str | None]] = []

    def get_token(self, *scopes: str, tenant_id: str | None = None, **_options: Any) -> AccessToken:
        self.asked.append((scopes[0], tenant_id))
        if tenant_id is not None and tenant_id not in self._others:
            raise NotSignedIn("Not signed in to that tenant.")
        claims = {"tid": (tenant_id or self._own).upper(), "oid": "me"}
        return AccessToken(f"x.{base64.urlsafe_b64encode(json.dumps(claims).encode()).decode()}.x", 0)

    def close(self) -> None:
        """Nothing is open."""


def test_the_sign_ins_own_token_is_used_where_it_is_of_the_tenant() -> None:
    tokens = Tokens("home")
    credential = GraphCredential(tokens, "home")
    credential.get_token(GRAPH)
    assert (tokens.asked, credential.caller.object_id) == ([(GRAPH, None)], "me")


def test_another_tenant_is_asked_for_a_token_of_its_own() -> None:
    tokens = Tokens("home", "other")
    GraphCredential(tokens, "other").get_token(GRAPH)
    assert tokens.asked == [(GRAPH, None), (GRAPH, "other")]


def test_principals_of_one_tenant_are_not_looked_up_in_another() -> None:
    with pytest.raises(NotSignedIn, match=r"^No token for Microsoft Graph: Not signed in to that tenant"):
        GraphCredential(Tokens("home"), "other").get_token(GRAPH)

    class Stubborn(Tokens):
        def get_token(self, *scopes: str, **_options: Any) -> AccessToken:
            return super().get_token(*scopes)

    with pytest.raises(WrongTenant, match="The token from a test is for tenant HOME"):
        GraphCredential(Stubborn("home"), "other").get_token(GRAPH)
