"""Which token of the Azure CLI's cache speaks for the account in use; values in, a token out.

Source: azure-cli 2.91's `auth/identity.py` and `auth/msal_credentials.py`, msal's `token_cache.py`, and caches that the
Azure CLI wrote for a service principal and for a user who signed in with a device code.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from vmident.core.auth.caller import CallerType

# The Azure CLI's own client id, which people's tokens are given to; source: its `auth/constants.py`.
AZURE_CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
# msal takes a token that ends sooner for one that has ended.
LEAST_SECONDS_LEFT = 300


class AzureCliAccount(Struct, frozen=True):
    """The account of a subscription in the Azure CLI's profile: a user by name, an app by its client ID."""

    subscription_id: str
    tenant_id: str
    name: str
    type: CallerType


class CachedToken(Struct, frozen=True):
    """An access token, and when it ends, in epoch seconds."""

    token: str
    expires_on: int

    def __repr__(self) -> str:
        """Leave the token out."""
        return f"CachedToken(expires_on={self.expires_on})"


def cached_token(
    document: Any, account: AzureCliAccount, authority: str, scopes: Sequence[str], now: float
) -> CachedToken:
    """Return the one token that is good for the account at an authority, for the first of the scopes that has one.

    `document` is the cache as parsed JSON, `authority` a host without its port, as msal keeps it. Raises `LookupError`,
    saying why and naming no secret, where there is no such token, or where it is ambiguous.
    """
    owner = _owner(document, account, authority.lower())
    entries = [entry for entry in _entries(document, "AccessToken") if _is_of(entry, owner)]
    if not entries:
        raise LookupError("it has no token of the account in this tenant at this authority")
    for scope in scopes:
        good = {_token(entry) for entry in entries if scope in str(entry.get("target")).split()}
        lasting = {one for one in good if one and one.expires_on - now >= LEAST_SECONDS_LEFT}
        if len(lasting) > 1:
            raise LookupError("it has several tokens that differ")
        if lasting:
            return lasting.pop()
    raise LookupError("no token of the account is for the Resource Manager and lasts five minutes more")


def _owner(document: Any, account: AzureCliAccount, authority: str) -> Mapping[str, str | None]:
    """Return what the entries of an account have in common; an app's belong to no home account."""
    here = {"environment": authority, "realm": account.tenant_id.lower()}
    if account.type is CallerType.SERVICE_PRINCIPAL:
        return {**here, "client_id": account.name.lower(), "home_account_id": None}
    homes = {
        str(entry.get("home_account_id"))
        for entry in _entries(document, "Account")
        if str(entry.get("username")).lower() == account.name.lower() and _lower(entry, "environment") == authority
    }
    if len(homes) != 1:
        raise LookupError(f"it has {len(homes) or 'no'} accounts of the name that the profile has")
    return {**here, "client_id": AZURE_CLI, "home_account_id": homes.pop().lower()}


def _is_of(entry: Mapping[str, Any], owner: Mapping[str, str | None]) -> bool:
    # A token with a key is for SSH or of another kind, one with an extended key for something narrower.
    is_bearer = _lower(entry, "token_type") == "bearer" and not entry.keys() & {"key_id", "ext_cache_key"}
    return is_bearer and all(_lower(entry, name) == value for name, value in owner.items())


def _token(entry: Mapping[str, Any]) -> CachedToken | None:
    secret, ends = entry.get("secret"), entry.get("expires_on")
    is_whole = isinstance(secret, str) and secret.isascii() and secret.isprintable() and secret and " " not in secret
    return CachedToken(str(secret), int(ends)) if is_whole and isinstance(ends, str) and ends.isdecimal() else None


def _entries(document: Any, kind: str) -> Iterator[Mapping[str, Any]]:
    kept = document.get(kind) if isinstance(document, dict) else None
    yield from (entry for entry in kept.values() if isinstance(entry, dict)) if isinstance(kept, dict) else ()


def _lower(entry: Mapping[str, Any], name: str) -> str | None:
    value = entry.get(name)
    return value.lower() if isinstance(value, str) else None
