"""The Azure CLI's sign-in as a credential: the token that it has kept, without starting it where there is one.

Its files are read anew each time and never written, and no token is kept here.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from vmident.arm.cloud import Cloud
from vmident.core.auth.azure_cli_cache import AzureCliAccount, CachedToken, cached_token

if TYPE_CHECKING:
    from azure.core.credentials import AccessToken
    from azure.identity import AzureCliCredential

AZURE_CLI_SIGN_IN = "the Azure CLI's sign-in"
# Whom the Azure CLI asks tokens of the public clouds for; source: `active_directory_resource_id` in azure-cli 2.91's
# `cloud.py`. By endpoint, not by name: no other host is sent such a token.
_AZURE_CLIS_RESOURCES = {
    "https://management.azure.com": "https://management.core.windows.net/",
    "https://management.usgovcloudapi.net": "https://management.core.usgovcloudapi.net/",
    "https://management.chinacloudapi.cn": "https://management.core.chinacloudapi.cn/",
    "https://management.sovcloud-api.fr": "https://management.sovcloud-api.fr/",
}


@dataclass(frozen=True)
class TokenCache:
    """Where the Azure CLI keeps tokens: `msal_token_cache.json` in its folder, or the encrypted `.bin`."""

    folder: Path
    is_encrypted: bool

    def read(self) -> Any:
        """Return the cache's document; raises `OSError`, `ValueError`, and `LookupError` where it cannot be opened."""
        file = self.folder / f"msal_token_cache{'.bin' if self.is_encrypted else '.json'}"
        text = _decrypted(file) if self.is_encrypted else file.read_text(encoding="utf-8")
        try:
            return json.loads(text)
        except RecursionError as nested:
            raise ValueError("nested too deep") from nested


class CachedAzureCliCredential:
    """The token that the Azure CLI has kept for an account, else the one that it gives where it is started.

    It is the same account both ways, and no other sign-in takes its place. `trace` is told which way it went, and why.
    """

    origin = AZURE_CLI_SIGN_IN

    def __init__(
        self,
        account: AzureCliAccount,
        cache: TokenCache,
        cloud: Cloud,
        now: Callable[[], float],
        trace: Callable[[str], None],
    ) -> None:
        self._account = account
        self._cache = cache
        self._cloud = cloud
        self._now = now
        self._trace = trace
        self._azure_cli: AzureCliCredential | None = None

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        """Return a token for the Resource Manager; azure-identity starts the Azure CLI for any other."""
        from azure.core.credentials import AccessToken

        try:
            kept = self._kept(scopes, options)
        except (OSError, ValueError, LookupError) as reason:
            self._trace(f"token: the Azure CLI is started, as its cache is of no use: {_told(reason)}")
            token: AccessToken = self._started().get_token(*scopes, **options)
            return token
        self._trace("token: from the Azure CLI's cache")
        return AccessToken(kept.token, kept.expires_on)

    def close(self) -> None:
        """Close azure-identity's credential if it was opened."""
        if self._azure_cli:
            self._azure_cli.close()

    def _kept(self, scopes: tuple[str, ...], options: Mapping[str, Any]) -> CachedToken:
        if scopes != (self._cloud.scope,) or options.get("claims") or options.get("tenant_id"):
            # What Azure refused with a claims challenge is in the cache still.
            raise LookupError("another token than the kept one is asked for")
        host = urlsplit(f"//{self._cloud.authority_host}").hostname or ""
        return cached_token(self._cache.read(), self._account, host, _scopes(self._cloud), self._now())

    def _started(self) -> AzureCliCredential:
        from azure.identity import AzureCliCredential

        self._azure_cli = self._azure_cli or AzureCliCredential(subscription=self._account.subscription_id)
        return self._azure_cli


def _scopes(cloud: Cloud) -> tuple[str, ...]:
    resource = _AZURE_CLIS_RESOURCES.get(cloud.endpoint)
    return (cloud.scope, f"{resource}/.default") if resource else (cloud.scope,)


def _told(reason: Exception) -> str:
    """Return what is wrong without quoting the file, as a decoder's own message may."""
    if isinstance(reason, LookupError):
        return str(reason.args[0])
    return "it cannot be read" if isinstance(reason, OSError) else "it is not the JSON that it should be"


def _decrypted(file: Path) -> str:
    """Decrypt the cache as the Azure CLI does; the names are those of its `auth/persistence.py`."""
    if not file.exists():
        raise FileNotFoundError(file)
    try:
        import msal_extensions as stores  # type: ignore[import-untyped]

        if sys.platform.startswith("win"):
            return str(stores.FilePersistenceWithDataProtection(str(file)).load())
        if sys.platform.startswith("darwin"):
            return str(stores.KeychainPersistence(str(file), "my_service_name", "my_account_name").load())
        attributes = {"my_attr1": "foo", "my_attr2": "bar"}
        return str(stores.LibsecretPersistence(str(file), "my_schema_name", attributes).load())
    # PyGObject's own error is a RuntimeError; the keychain's and the Data Protection API's are OSErrors.
    except (OSError, ValueError, RuntimeError, ImportError, AttributeError) as failure:
        raise LookupError("the system's encrypted store does not open it") from failure
