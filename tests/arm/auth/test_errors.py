from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError, ServiceResponseError

from vmident.arm.auth.errors import (
    authority_options,
    reason_of,
    right_tenant_in,
    sign_in_error,
    token_failure,
    wrong_tenant_in,
)
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
    assert "no response from login.microsoftonline.com" in setting.message


@pytest.mark.parametrize("failure", [ClientAuthenticationError("AADSTS1:\nno."), _wrapped(ValueError("no tenant"))])
def test_a_refusal_keeps_its_reason_on_one_line(failure: Exception) -> None:
    setting = token_failure(failure, AZURE, "Sign-in failed", "Try again.")
    assert isinstance(setting, NotSignedIn)
    assert setting.message.startswith("Sign-in failed: A")
    assert "\n" not in setting.message
    assert setting.hint == "Try again."


@pytest.mark.parametrize(
    ("credential", "hint"),
    [
        (
            "EnvironmentCredential: Authentication failed: AADSTS7000215: Invalid client secret provided.",
            "Correct the AZURE_CLIENT_ID environment variables, or unset them to use another sign-in.",
        ),
        (
            "EnvironmentCredential: Authentication failed: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed",
            "Check the network, HTTPS_PROXY, ALL_PROXY, REQUESTS_CA_BUNDLE and AZURE_AUTHORITY_HOST.",
        ),
        (
            "AzureCliCredential: Failed to invoke it",
            "Run 'az login' or 'vmident login', or use --sandbox to try vmident without Azure.",
        ),
    ],
)
def test_the_hint_fits_the_sign_in_that_failed(credential: str, hint: str) -> None:
    assert sign_in_error(ClientAuthenticationError(f"Attempted credentials:\n\t{credential}")).hint == hint


@pytest.mark.parametrize(
    ("reason", "message", "hint"),
    [
        (
            "AADSTS7000215: Invalid client secret.",
            "AADSTS7000215: Invalid client secret.",
            "Correct the AZURE_CLIENT_ID",
        ),
        (
            "('Unable to connect to proxy', OSError('Tunnel connection failed: 407 Proxy Authentication Required'))",
            "Unable to connect to proxy: Tunnel connection failed: 407 Proxy Authentication Required",
            "The proxy requires a user name and a password: HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT",
        ),
    ],
)
def test_the_sign_in_that_was_refused_is_named_first(reason: str, message: str, hint: str) -> None:
    text = (
        f"Attempted credentials:\n\tEnvironmentCredential: Authentication failed: {reason}\nTo mitigate this issue, x"
    )
    error = sign_in_error(ClientAuthenticationError(text))
    assert error.message == f"Sign-in with the AZURE_CLIENT_ID environment variables failed: {message}"
    assert (error.hint or "").startswith(hint)


def test_where_nothing_is_set_up_every_way_in_is_named() -> None:
    setting = sign_in_error(ClientAuthenticationError("Attempted credentials:\n\tX: X authentication unavailable"))
    assert setting.message == "Not signed in: no sign-in method returned a token."
    for way in ("vmident login", "az login", "--sandbox"):
        assert way in (setting.hint or "")


class _Expired(ClientAuthenticationError):
    """An `AuthenticationRequiredError` of azure-identity's, whose answer has Microsoft Entra's body."""

    def __init__(self) -> None:
        super().__init__("Interactive authentication is required to get a token.")
        why = "AADSTS700082: The token has expired.\\r\\nTrace ID: 1"
        self.response: Any = SimpleNamespace(text=lambda: f'{{"error": "x", "error_description": "{why}"}}')


CHAIN = """DefaultAzureCredential failed to retrieve a token from the included credentials.
Attempted credentials:
\tEnvironmentCredential: EnvironmentCredential authentication unavailable. Environment variables are not set.
\tManagedIdentityCredential: ManagedIdentityCredential authentication unavailable, no response from the endpoint.
\tAzureCliCredential: {}
To mitigate this issue, please refer to the troubleshooting guidelines here at https://aka.ms/azsdk"""


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (_Expired(), "AADSTS700082: The token has expired."),
        (
            ClientAuthenticationError(
                "Authentication failed: AADSTS7000215: Invalid client secret. Ensure it is the value, not the ID. "
                "Trace ID: 1 Correlation ID: 2 Timestamp: 3"
            ),
            "AADSTS7000215: Invalid client secret. Ensure it is the value, not the ID.",
        ),
        (
            ClientAuthenticationError(
                CHAIN.format("ERROR: AADSTS50173: The grant was revoked.\nTrace ID: 1\naz login")
            ),
            "AADSTS50173: The grant was revoked.",
        ),
        (
            ClientAuthenticationError(CHAIN.format("Failed to invoke it")),
            "the Azure CLI's sign-in: Failed to invoke it",
        ),
        (
            ClientAuthenticationError(
                CHAIN.format(
                    "Authentication failed: ('Unable to connect to proxy', "
                    "NewConnectionError(\"HTTPSConnection(host='10.0.0.1', port=8080): Failed to connect\"))"
                )
            ),
            (
                "the Azure CLI's sign-in: Authentication failed: Unable to connect to proxy 10.0.0.1:8080: Failed to "
                "connect"
            ),
        ),
        (ClientAuthenticationError(CHAIN.format("Azure CLI not found on path")), ""),
        (
            ClientAuthenticationError("EnvironmentCredential.get_token failed: ClientAuthenticationError: no"),
            "no",
        ),
    ],
)
def test_a_reason_is_entras_line_else_what_says_something_and_never_a_class(failure: Exception, reason: str) -> None:
    assert reason_of(failure) == reason


WRONG_TENANT = (
    "The access token is from the wrong issuer 'https://sts.windows.net/11111111-0000-4000-8000-000000000001/'. It "
    "must match {} associated with this subscription. Please use the authority (URL) "
    "'https://login.windows.net/22222222-0000-4000-8000-000000000002' to get the token. Note, if …"
)


@pytest.mark.parametrize(
    "named",
    [
        "the tenant 'https://sts.windows.net/22222222-0000-4000-8000-000000000002/'",
        "one of the tenants 'https://sts.windows.net/3/,https://sts.windows.net/22222222-0000-4000-8000-000000000002/'",
    ],
)
def test_azures_message_about_the_tenant_says_where_to_sign_in(named: str) -> None:
    error = wrong_tenant_in(WRONG_TENANT.format(named), code="InvalidAuthenticationTokenTenant", status=401)
    assert error.message == (
        "The subscription is in tenant 22222222-0000-4000-8000-000000000002, but Azure received a token for tenant "
        "11111111-0000-4000-8000-000000000001."
    )
    assert "az login --tenant 22222222-0000-4000-8000-000000000002" in (error.hint or "")


@pytest.mark.parametrize("message", ["Wrong.", "Use the authority (URL) 'https://evil/../tenant' to get the token."])
def test_a_tenant_that_is_no_guid_is_not_used(message: str) -> None:
    assert right_tenant_in(message) is None
    assert wrong_tenant_in(message).message == message


@pytest.mark.parametrize(("authority", "is_disabled"), [(None, False), ("login.example", True)])
def test_a_foreign_authority_is_not_looked_up_at_microsofts(authority: str | None, is_disabled: bool) -> None:
    assert authority_options(AZURE.signed_in_by(authority))["disable_instance_discovery"] is is_disabled
