from __future__ import annotations

import pytest
from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError, ServiceResponseError

from vmident.arm.auth.errors import authority_options, sign_in_error, token_failure
from vmident.arm.cloud import known_cloud
from vmident.errors import NotSignedIn, Unreachable

AZURE = known_cloud("AzureCloud")


def _wrapped(cause: Exception) -> ClientAuthenticationError:
    failure = ClientAuthenticationError(f"Authentication failed: {cause}")
    failure.__cause__ = cause
    return failure


@pytest.mark.parametrize(
    "failure",
    [
        ServiceRequestError("no route"),
        _wrapped(ServiceRequestError("no route")),
        _wrapped(ServiceResponseError("connection reset")),
    ],
)
def test_an_authority_that_does_not_answer_is_no_refusal(failure: Exception) -> None:
    setting = token_failure(failure, AZURE, "Sign-in failed", "Try again.")
    assert isinstance(setting, Unreachable)
    assert "no answer from login.microsoftonline.com" in setting.message


@pytest.mark.parametrize("failure", [ClientAuthenticationError("AADSTS1:\nno."), _wrapped(ValueError("no tenant"))])
def test_a_refusal_keeps_its_reason_on_one_line(failure: Exception) -> None:
    setting = token_failure(failure, AZURE, "Sign-in failed", "Try again.")
    assert isinstance(setting, NotSignedIn)
    assert setting.message.startswith("Sign-in failed: A")
    assert "\n" not in setting.message
    assert setting.hint == "Try again."


def test_where_nothing_is_set_up_every_way_in_is_named() -> None:
    setting = sign_in_error(ClientAuthenticationError("Attempted credentials:\n\tX: X authentication unavailable"))
    assert setting.message == "Not signed in: no sign-in method returned a token."
    for way in ("vmident login", "az login", "--sandbox"):
        assert way in (setting.hint or "")


@pytest.mark.parametrize(("authority", "is_disabled"), [(None, False), ("login.example", True)])
def test_a_foreign_authority_is_not_looked_up_at_microsofts(authority: str | None, is_disabled: bool) -> None:
    assert authority_options(AZURE.signed_in_by(authority))["disable_instance_discovery"] is is_disabled
