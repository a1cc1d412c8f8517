"""The Azure CLI's sign-in as a credential: the token that it has kept, without starting it where there is one.

Its files are read anew each time and never written, and no token is kept here.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from msgspec import Struct

from vmident.arm.auth.azure_cli_errors import azure_cli_error
from vmident.arm.auth.errors import AZURE_CLI_SIGN_IN
from vmident.arm.cloud import Cloud
from vmident.core.auth.azure_cli_cache import AzureCliAccount, CachedToken, cached_token

if TYPE_CHECKING:
    from azure.core.credentials import AccessToken
    from azure.identity import AzureCliCredential

# The resource that the Azure CLI requests tokens for; source: `active_directory_resource_id` in azure-cli 2.91's
# `cloud.py`. By endpoint, not by name: no other host is sent such a token.
_AZURE_CLIS_RESOURCES = {
    "https://management.azure.com": "https://management.core.windows.net/",
    "https://management.usgovcloudapi.net": "https://management.core.usgovcloudapi.net/",
    "https://management.chinacloudapi.cn": "https://management.core.chinacloudapi.cn/",
    "https://management.sovcloud-api.fr": "https://management.sovcloud-api.fr/",
}

_AZURE_CLI_SECONDS = 10.0  # azure-identity's own limit


class TokenCache(Struct, frozen=True):
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

    It is the same account both ways, and no other sign-in takes its place. `accounts` begins with the one in use; the
    others are those of other tenants. `trace` receives which source was used, and why. `remaining_seconds` returns the
    rest of the command's time, `None` without a limit, and raises `TimedOut` where nothing is left.
    """

    origin = AZURE_CLI_SIGN_IN

    def __init__(
        self,
        accounts: Sequence[AzureCliAccount],
        cache: TokenCache,
        cloud: Cloud,
        now: Callable[[], float],
        *,
        trace: Callable[[str], None],
        remaining_seconds: Callable[[], float | None],
    ) -> None:
        self._accounts = accounts
        self._cache = cache
        self._cloud = cloud
        self._now = now
        self._trace = trace
        self._remaining_seconds = remaining_seconds

    def get_token(self, *scopes: str, tenant_id: str | None = None, **options: Any) -> AccessToken:
        """Return a token for the Resource Manager; azure-identity starts the Azure CLI for any other."""
        from azure.core.credentials import AccessToken

        account = self._account_in(tenant_id)
        try:
            kept = self._kept(account, scopes, options)
        except (OSError, ValueError, LookupError) as reason:
            self._trace(f"token: starting the Azure CLI, because its cache has no usable token: {_told(reason)}")
            return self._started_token(account, tenant_id, scopes, options)
        self._trace("token: from the Azure CLI's cache")
        return AccessToken(kept.token, kept.expires_on)

    def close(self) -> None:
        """Return at once: nothing stays open."""

    def _started_token(
        self, account: AzureCliAccount | None, tenant: str | None, scopes: tuple[str, ...], options: Mapping[str, Any]
    ) -> AccessToken:
        from azure.core.exceptions import ClientAuthenticationError

        left = self._remaining_seconds()
        seconds = _AZURE_CLI_SECONDS if left is None else min(_AZURE_CLI_SECONDS, left)
        try:
            token: AccessToken = _azure_cli(account, tenant, seconds).get_token(*scopes, **options)
        except ClientAuthenticationError as failure:
            self._remaining_seconds()  # raises `TimedOut` where that is why no token was given
            if account is None:
                raise
            raise azure_cli_error(failure, account) from failure
        return token

    def _account_in(self, tenant: str | None) -> AzureCliAccount | None:
        """Return the account in use for no tenant, else one of that tenant, `None` where the profile has none."""
        if tenant is None:
            return self._accounts[0]
        return next((one for one in self._accounts if one.tenant_id.lower() == tenant.lower()), None)

    def _kept(
        self, account: AzureCliAccount | None, scopes: tuple[str, ...], options: Mapping[str, Any]
    ) -> CachedToken:
        if account is None:
            raise LookupError("the profile has no account in that tenant")
        if scopes != (self._cloud.scope,) or options.get("claims"):
            # What Azure refused with a claims challenge is in the cache still.
            raise LookupError("a different token was requested")
        host = urlsplit(f"//{self._cloud.authority_host}").hostname or ""
        return cached_token(self._cache.read(), account, host, _scopes(self._cloud), self._now())


def _azure_cli(account: AzureCliAccount | None, tenant: str | None, seconds: float) -> AzureCliCredential:
    """Return a credential that starts the Azure CLI for the account's subscription, else for the tenant.

    `az account get-access-token` takes one of the two, never both. `seconds` is how long it may take.
    """
    from azure.identity import AzureCliCredential

    allowed: Any = seconds  # declared as whole seconds, and passed on to `subprocess`, which takes fractions
    if account:
        return AzureCliCredential(subscription=account.subscription_id, process_timeout=allowed)
    return AzureCliCredential(tenant_id=str(tenant), process_timeout=allowed)


def _scopes(cloud: Cloud) -> tuple[str, ...]:
    resource = _AZURE_CLIS_RESOURCES.get(cloud.endpoint)
    return (cloud.scope, f"{resource}/.default") if resource else (cloud.scope,)


def _told(reason: Exception) -> str:
    """Return what is wrong without quoting the file, as a decoder's own message may."""
    if isinstance(reason, LookupError):
        return str(reason.args[0])
    return "it cannot be read" if isinstance(reason, OSError) else "it is not valid JSON"


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
        raise LookupError("the system's encrypted store cannot decrypt it") from failure
