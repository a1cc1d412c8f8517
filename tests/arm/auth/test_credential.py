from __future__ import annotations

import pytest

from vmident.arm.auth.credential import StaticTokenCredential, credential_for
from vmident.arm.cloud import known_cloud
from vmident.errors import UsageError


def test_a_given_token_is_handed_on_and_never_shown() -> None:
    given = StaticTokenCredential("abc.DEF-_~+/==", now=1000.0)

    assert given.get_token("https://management.azure.com/.default").token == "abc.DEF-_~+/=="
    assert given.get_token("scope").expires_on > 1000
    assert "abc" not in repr(given)


@pytest.mark.parametrize("token", ["hush hush", "hush\nx: y", '"hush"', "hüsh", ""])
def test_a_token_that_no_header_can_carry_is_refused_without_being_quoted(token: str) -> None:
    with pytest.raises(UsageError) as refused:
        StaticTokenCredential(token, now=0.0)

    assert "hush" not in f"{refused.value.message} {refused.value.hint}"


def test_an_authority_without_tls_is_wrong_usage() -> None:
    with pytest.raises(UsageError, match="is not a valid authority"):
        credential_for(known_cloud("AzureCloud"), "http://login.example")


def test_a_foreign_authority_is_taken() -> None:
    assert callable(credential_for(known_cloud("AzureCloud"), "login.example").get_token)
