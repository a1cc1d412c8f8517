"""What the Azure CLI's own files say. Read, never written; a file that is missing or malformed says nothing."""

from __future__ import annotations

import configparser
import json
import re
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from vmident.cli.config.setting import Setting, first_set, setting
from vmident.core.auth.azure_cli_cache import AzureCliAccount
from vmident.core.auth.caller import CallerType

_PROFILE = "azureProfile.json"
_CONFIG = "config"
_CLOUDS = "clouds.config"
_MANAGED_IDENTITIES = ("systemAssignedIdentity", "userAssignedIdentity")
_ID = re.compile(r"[0-9A-Za-z._-]+")
_TYPES = {"user": CallerType.USER, "servicePrincipal": CallerType.SERVICE_PRINCIPAL}


class ProfileEntry(Struct, frozen=True):
    """An entry of the Azure CLI's profile; `cloud` is its `environmentName`, `None` where it has none.

    `tenant_id` is the tenant through which the subscription is reached, which need not be its own. `account` is the
    person or app that it is reached as, `None` for a managed identity and for Cloud Shell.
    """

    id: str
    name: str
    cloud: str | None = None
    is_default: bool = False
    account: AzureCliAccount | None = None
    state: str = ""
    tenant_id: str | None = None

    @property
    def is_subscription(self) -> bool:
        """Return whether it is a subscription, and not the account of a tenant that has none.

        `az login --allow-no-subscriptions` writes such an account with the tenant's ID as its own; source:
        `_build_tenant_level_accounts` in azure-cli 2.91's `_profile.py`.
        """
        return self.tenant_id is None or self.id.lower() != self.tenant_id.lower()

    def is_in(self, cloud: str) -> bool:
        """Return whether it may be one of that cloud's."""
        return self.cloud is None or self.cloud.lower() == cloud.lower()


class AzureCliFiles(Struct, frozen=True):
    """What the files say; `clouds` are the sections of `clouds.config`, by name as written."""

    entries: tuple[ProfileEntry, ...] = ()
    clouds: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    group: Setting | None = None
    cloud: Setting | None = None
    encrypts_tokens: bool = False

    def account(self, cloud: str, subscription: str | None) -> AzureCliAccount | None:
        """Return the account that the Azure CLI uses for a subscription, else its default one, `None` without one.

        A subscription that the profile lacks is reached as the default one is: so does the Azure CLI's own token.
        """
        default = self._default_entry(cloud)
        for wanted in (subscription, default.value if default else None):
            found = [one for one in self.entries if one.is_in(cloud) and one.id.lower() == (wanted or "").lower()]
            if found:
                return found[0].account if len(found) == 1 else None
        return None

    def accounts(self, cloud: str, subscription: str | None) -> tuple[AzureCliAccount, ...]:
        """Return the account of a subscription and then those of the cloud's other entries; none without the first."""
        first = self.account(cloud, subscription)
        others = (one.account for one in self.entries if one.is_in(cloud) and one.account not in {None, first})
        return (first, *filter(None, others)) if first else ()

    def default_subscription(self, cloud: str) -> Setting | None:
        """Return the id of the default for one cloud: the profile's, else the one that `clouds.config` keeps for it.

        The profile has one default for all clouds, and `clouds.config` the last one chosen in each. Source: the
        Azure CLI's `cloud.py` and `_profile.py`. `None` where the default is a tenant without subscriptions.
        """
        default = self._default_entry(cloud)
        tenants = {one.id.lower() for one in self.entries if not one.is_subscription}
        return default if default and default.value.lower() not in tenants else None

    def subscriptions(self, cloud: str) -> tuple[ProfileEntry, ...]:
        """Return the entries that are subscriptions and may be in that cloud."""
        return tuple(one for one in self.entries if one.is_subscription and one.is_in(cloud))

    def _default_entry(self, cloud: str) -> Setting | None:
        ids = (one.id for one in self.entries if one.is_default and one.is_in(cloud))
        section = next((keys for name, keys in self.clouds.items() if name.lower() == cloud.lower()), {})
        return first_set(
            setting(next(ids, None), f"the Azure CLI's {_PROFILE}"),
            setting(section.get("subscription"), f"the Azure CLI's {_CLOUDS}"),
        )

    def subscription_ids(self, cloud: str) -> Mapping[str, str]:
        """Return ids by name in lower case; a name that several subscriptions of the cloud have is left to Azure."""
        here = self.subscriptions(cloud)
        counts = Counter(one.name.lower() for one in here)
        return {one.name.lower(): one.id for one in here if counts[one.name.lower()] == 1}


def azure_cli_folder(environ: Mapping[str, str], home: Path) -> Path:
    """Return where the Azure CLI keeps its files."""
    return Path(environ.get("AZURE_CONFIG_DIR") or home / ".azure")


def azure_cli_files(environ: Mapping[str, str], home: Path) -> AzureCliFiles:
    """Read `$AZURE_CONFIG_DIR` or `~/.azure`."""
    folder = azure_cli_folder(environ, home)
    config = _ini(_text(folder / _CONFIG))
    clouds = _ini(_text(folder / _CLOUDS))
    return AzureCliFiles(
        entries=tuple(_entries(folder / _PROFILE)),
        clouds={name: dict(clouds.items(name)) for name in clouds.sections()},
        group=setting(config.get("defaults", "group", fallback=None), f"the Azure CLI's {_CONFIG}"),
        cloud=setting(config.get("cloud", "name", fallback=None), f"the Azure CLI's {_CONFIG}"),
        encrypts_tokens=_encrypts_tokens(environ, config),
    )


def _encrypts_tokens(environ: Mapping[str, str], config: configparser.RawConfigParser) -> bool:
    """Return which of its caches the Azure CLI uses; source: `should_encrypt_token_cache` in its `util.py`."""
    kept: str = config.get("core", "encrypt_token_cache", fallback="")
    said = environ.get("AZURE_CORE_ENCRYPT_TOKEN_CACHE") or kept
    by_default = sys.platform.startswith("win")
    return configparser.RawConfigParser.BOOLEAN_STATES.get(said.strip().lower(), by_default)


def _ini(text: str) -> configparser.RawConfigParser:
    config = configparser.RawConfigParser()
    try:
        config.read_string(text)
    except configparser.Error:
        return configparser.RawConfigParser()
    return config


def _entries(profile: Path) -> list[ProfileEntry]:
    try:
        document = json.loads(_text(profile) or "{}")
    except ValueError:
        return []
    listed = document.get("subscriptions") if isinstance(document, dict) else None
    return [_entry(one) for one in listed if _is_entry(one)] if isinstance(listed, list) else []


def _is_entry(one: Any) -> bool:
    return isinstance(one, dict) and isinstance(one.get("id"), str) and isinstance(one.get("name"), str)


def _entry(one: dict[str, Any]) -> ProfileEntry:
    """Read one of the profile's entries."""
    cloud, state, tenant = (one.get(name) for name in ("environmentName", "state", "tenantId"))
    return ProfileEntry(
        one["id"],
        one["name"],
        cloud if isinstance(cloud, str) else None,
        bool(one.get("isDefault")),
        _account(one),
        state if isinstance(state, str) else "",
        tenant if isinstance(tenant, str) else None,
    )


def _account(one: dict[str, Any]) -> AzureCliAccount | None:
    """Read the account of a subscription; the words are those of azure-cli 2.91's `_profile.py`."""
    tenant, user = one.get("tenantId"), one.get("user")
    if not isinstance(user, dict) or user.get("cloudShellID") or user.get("name") in _MANAGED_IDENTITIES:
        return None
    name, kind = user.get("name"), _TYPES.get(str(user.get("type")))
    if not (
        isinstance(tenant, str) and isinstance(name, str) and tenant and name and kind and _ID.fullmatch(one["id"])
    ):
        return None
    return AzureCliAccount(one["id"], tenant, name, kind)


def _text(path: Path) -> str:
    try:
        # The Azure CLI writes its profile with a byte-order mark on every platform.
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return ""
