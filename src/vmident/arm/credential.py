"""Who signs requests: a token handed over, or one of azure-identity's ways of signing in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from vmident.arm.cloud import Cloud
from vmident.errors import UsageError

if TYPE_CHECKING:
    from azure.core.credentials import AccessToken, TokenCredential

_BEARER_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")  # RFC 6750, section 2.1
_GIVEN_TOKENS_ARE_TAKEN_TO_LAST_SECONDS = 24 * 3600


class GivenToken:
    """A bearer token that somebody else got, from `VMIDENT_ACCESS_TOKEN` or the sandbox's own.

    When it ends is not known: Azure says so with a 401.
    """

    def __init__(self, token: str, now: float) -> None:
        # A header that cannot be sent would be quoted, token and all, by whoever refuses to send it.
        if not _BEARER_TOKEN.fullmatch(token):
            raise UsageError(
                "The access token holds characters that no bearer token has.",
                hint="Check VMIDENT_ACCESS_TOKEN: it takes the token alone, without quotes or line breaks.",
            )
        self._token = token
        self._expires_on = int(now) + _GIVEN_TOKENS_ARE_TAKEN_TO_LAST_SECONDS

    def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        """Give the token, whatever is asked for; azure-core's credential protocol."""
        from azure.core.credentials import AccessToken

        return AccessToken(self._token, self._expires_on)

    def __repr__(self) -> str:
        return "GivenToken(…)"


def signed_in(cloud: Cloud, authority: str | None = None) -> TokenCredential:
    """Give azure-identity's credential: environment, workload identity, managed identity, the Azure CLI's sign-in.

    `authority` is `AZURE_AUTHORITY_HOST` where it is set. Nothing is asked for before the first request. Raises
    `UsageError` for an authority that azure-identity does not take, and for other settings that it cannot use.
    """
    from azure.identity import DefaultAzureCredential

    host = authority or cloud.authority
    try:
        return DefaultAzureCredential(
            authority=host,
            disable_instance_discovery=not Cloud(cloud.name, cloud.endpoint, host).has_microsofts_authority,
            exclude_shared_token_cache_credential=True,
            exclude_visual_studio_code_credential=True,
            exclude_powershell_credential=True,
            exclude_developer_cli_credential=True,
            exclude_interactive_browser_credential=True,
            exclude_broker_credential=True,
        )
    except ValueError as unusable:
        raise UsageError(
            f"'{host}' cannot sign anybody in: {unusable}", hint="Check AZURE_AUTHORITY_HOST."
        ) from unusable
