"""The sign-in of a command, asked for tokens of Microsoft Graph in one tenant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vmident.arm.auth.credential import Credential
from vmident.core.auth.caller import Caller, caller_of
from vmident.errors import NotSignedIn, WrongTenant

if TYPE_CHECKING:
    from azure.core.credentials import AccessToken


class GraphCredential:
    """A credential's tokens of one tenant; `caller` is the caller of the last one."""

    def __init__(self, credential: Credential, tenant: str) -> None:
        self._credential = credential
        self._tenant = tenant
        self.caller = Caller()

    @property
    def origin(self) -> str:
        """Where the last token came from."""
        return self._credential.origin

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        """Return a token of the tenant: the sign-in's own, else one that is asked for in the tenant.

        Raises `NotSignedIn` where the sign-in has no token for Microsoft Graph, `WrongTenant` where it has none of the
        tenant: principals of one tenant are not looked up in another.
        """
        try:
            token = self._credential.get_token(*scopes, **options)
            if not self._is_of_tenant(token):
                token = self._credential.get_token(*scopes, **{**options, "tenant_id": self._tenant})
        except NotSignedIn as failure:
            raise NotSignedIn(f"No token for Microsoft Graph: {failure.message}") from failure
        self.caller = caller_of(token.token)
        if not self._is_of_tenant(token):
            raise WrongTenant(f"The token from {self.origin} is for tenant {self.caller.tenant_id}.")
        return token

    def close(self) -> None:
        """Leave the credential open: it is the command's."""

    def _is_of_tenant(self, token: AccessToken) -> bool:
        return (caller_of(token.token).tenant_id or self._tenant).lower() == self._tenant
