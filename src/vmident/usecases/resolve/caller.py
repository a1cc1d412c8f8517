"""The account that requests are made as."""

from __future__ import annotations

from vmident.core.auth.caller import Caller, caller_of
from vmident.errors import NotSignedIn
from vmident.ports.auth import Token, Tokens


def read_caller(tokens: Tokens) -> tuple[Token, Caller]:
    """Read the token that requests are signed with; raises `NotSignedIn` for none, and for text that is not a token."""
    token = tokens.read()
    caller = caller_of(token.text)
    if caller == Caller():
        raise NotSignedIn(
            f"The token from {token.origin} is not an Azure access token: it does not identify an account.",
            hint="Get a token: az account get-access-token --query accessToken -o tsv",
        )
    return token, caller
