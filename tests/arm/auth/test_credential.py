from __future__ import annotations

import pytest

from vmident.arm.auth.credential import StaticTokenCredential, credential_for
from vmident.arm.cloud import known_cloud
from vmident.errors import NotSignedIn, UsageError


def test_a_given_token_is_handed_on_and_never_shown() -> None:
    scope = "https://management.azure.com/.default"
    given = StaticTokenCredential({scope: "abc.DEF-_~+/=="}, now=1000.0)

    assert given.get_token(scope).token == "abc.DEF-_~+/=="
    assert given.get_token(scope).expires_on > 1000
    assert "abc" not in repr(given)
    with pytest.raises(
        NotSignedIn, match=r"The token of VMIDENT_ACCESS_TOKEN is not for https://graph\.microsoft\.com"
    ):
        given.get_token("https://graph.microsoft.com/.default")


@pytest.mark.parametrize("token", ["hush hush", "hush\nx: y", '"hush"', "hüsh", ""])
def test_a_token_that_no_header_can_carry_is_refused_without_being_quoted(token: str) -> None:
    with pytest.raises(UsageError) as refused:
        StaticTokenCredential({"scope": token}, now=0.0)

    assert "hush" not in f"{refused.value.message} {refused.value.hint}"


def test_an_authority_without_tls_is_wrong_usage() -> None:
    with pytest.raises(UsageError, match="is not a valid authority"):
        credential_for(known_cloud("AzureCloud").signed_in_by("http://login.example"))


def test_a_foreign_authority_is_taken() -> None:
    assert callable(credential_for(known_cloud("AzureCloud").signed_in_by("login.example")).get_token)
