"""Where azure-identity keeps the tokens of `vmident login`: the system's encrypted store, in a cache of our own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vmident.arm.auth.login_record import SignIn
from vmident.core.auth.caller import CallerType
from vmident.errors import NoTokenStore

if TYPE_CHECKING:
    from azure.identity import TokenCachePersistenceOptions

# No other program uses a cache of this name, the Azure CLI least of all.
_NAME = "vmident"


def cache_options(*, allow_unencrypted: bool) -> TokenCachePersistenceOptions:
    """Name the cache for a credential of azure-identity."""
    from azure.identity import TokenCachePersistenceOptions

    return TokenCachePersistenceOptions(name=_NAME, allow_unencrypted_storage=allow_unencrypted)


def open_cache(*, allow_unencrypted: bool) -> Any:
    """Open the cache that credentials use, msal's `PersistedTokenCache`; raises `NoTokenStore`.

    azure-identity has no public way to try or to empty its cache; this one is the same from 1.21 to 1.27.
    """
    from azure.identity._persistent_cache import _load_persistent_cache

    try:
        return _load_persistent_cache(cache_options(allow_unencrypted=allow_unencrypted))
    except (ValueError, RuntimeError) as missing:  # which are libsecret's absence, and an unknown system
        raise NoTokenStore(
            "No encrypted token store is available on this system.",
            hint="Sign in with 'az login', or store tokens in a plain file with 'vmident login --allow-unencrypted'.",
        ) from missing


def owner_of_tokens(sign_in: SignIn) -> dict[str, str | None] | None:
    """Return what tells the tokens of a sign-in from others in the cache; `None` where it keeps none.

    A person's are found by the home account, which is the same in every tenant, an app's by its client id; source:
    msal's `remove_account` and `remove_tokens_for_client`.
    """
    if sign_in.record is not None:
        from azure.identity import AuthenticationRecord

        return {"home_account_id": AuthenticationRecord.deserialize(sign_in.record).home_account_id}
    if sign_in.type is CallerType.MANAGED_IDENTITY:
        return None
    return {"home_account_id": None, "client_id": sign_in.client_id}


def forget_tokens(sign_in: SignIn) -> None:
    """Take the tokens of one sign-in out of our own cache, and no others; raises `NoTokenStore`."""
    owner = owner_of_tokens(sign_in)
    if owner is None:
        return
    cache = open_cache(allow_unencrypted=sign_in.allow_unencrypted)
    kinds = cache.CredentialType
    for kind, remove in (
        (kinds.REFRESH_TOKEN, cache.remove_rt),
        (kinds.ACCESS_TOKEN, cache.remove_at),
        (kinds.ID_TOKEN, cache.remove_idt),
        (kinds.ACCOUNT, cache.remove_account),
    ):
        for entry in list(cache.search(kind, query=owner)):
            remove(entry)
