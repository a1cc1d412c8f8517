from __future__ import annotations

from pathlib import Path

import pytest

from vmident.arm.auth.azure_cli_credential import CachedAzureCliCredential, TokenCache
from vmident.arm.auth.credential import StaticTokenCredential, credential_for
from vmident.arm.cloud import known_cloud
from vmident.core.auth.azure_cli_cache import AzureCliAccount
from vmident.core.auth.caller import CallerType
from vmident.errors import NotSignedIn, TimedOut, UsageError


def test_a_given_token_is_handed_on_and_never_shown() -> None:
    scope = "https://management.azure.com/.default"
    given = StaticTokenCredential({scope: "abc.DEF-_~+/=="}, now=1000.0)

    assert given.get_token(scope).token == "abc.DEF-_~+/=="
    assert given.get_token(scope).expires_on > 1000
    assert "abc" not in repr(given)
    with pytest.raises(
        NotSignedIn, match=r"The token from VMIDENT_ACCESS_TOKEN is not for https://graph\.microsoft\.com"
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


def test_an_azure_cli_that_hangs_ends_with_the_commands_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "az").write_text("#!/bin/sh\nexec /bin/sleep 60\n")
    (tmp_path / "az").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    left = iter([0.05])

    def remaining_seconds() -> float:
        for seconds in left:
            return seconds
        raise TimedOut("Timed out.")

    account = AzureCliAccount("5a4db0c5-0e5a-4d5b-8f2b-1b7a5c0ffee1", "tenant", "ada", CallerType.USER)
    cache = TokenCache(tmp_path, is_encrypted=False)
    cloud = known_cloud("AzureCloud")
    credential = CachedAzureCliCredential(
        [account], cache, cloud, lambda: 0.0, trace=lambda _: None, remaining_seconds=remaining_seconds
    )

    with pytest.raises(TimedOut):
        credential.get_token(cloud.scope)
