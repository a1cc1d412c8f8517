"""The Azure CLI's files as it leaves them after a sign-in, with tokens that tests have made; and an `az` to start."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.token_service import APP, PERSON, PERSON_ID, TENANT
from vmident.core.auth.azure_cli_cache import AZURE_CLI
from vmident.sandbox.sandbox import SUBSCRIPTION

HOME_ACCOUNT = f"{PERSON_ID}.{TENANT}"


class AzureCliHome:
    """A folder for `AZURE_CONFIG_DIR`; shapes: what azure-cli 2.91 wrote for a service principal."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def cache(self) -> Path:
        return self.folder / "msal_token_cache.json"

    def sign_in(self, *accounts: dict[str, Any]) -> None:
        """Write the profile anew."""
        # The Azure CLI puts a byte-order mark before it.
        (self.folder / "azureProfile.json").write_text(json.dumps({"subscriptions": accounts}), encoding="utf-8-sig")

    def keep(self, *entries: dict[str, Any]) -> None:
        """Write the token cache anew."""
        tokens = {str(number): entry for number, entry in enumerate(entries)}
        ada = {"home_account_id": HOME_ACCOUNT, "environment": "127.0.0.1", "username": PERSON, "realm": TENANT}
        self.cache.write_text(json.dumps({"AccessToken": tokens, "Account": {"ada": ada}}))

    def start_with(self, path: Path, token: str) -> Path:
        """Write an `az` to the folder `path` that returns that token; its arguments are in the file returned."""
        path.mkdir()
        answer = json.dumps({"accessToken": token, "expiresOn": "2100-01-01 00:00:00.000000", "expires_on": 4102444800})
        (path / "az").write_text(f"#!/bin/sh\necho \"$@\" >> {path}/asked\necho '{answer}'\n")
        (path / "az").chmod(0o755)
        return path / "asked"

    def fail_with(self, path: Path, message: str) -> None:
        """Have the `az` in the folder `path` fail with that text on standard error."""
        (path / "message").write_text(message, encoding="utf-8")
        (path / "az").write_text(f"#!/bin/sh\ncat {path}/message >&2\nexit 1\n")


def account(subscription: str = SUBSCRIPTION, *, default: bool = True, **different: Any) -> dict[str, Any]:
    """One of the profile's subscriptions, reached as the app."""
    return {
        "id": subscription,
        "name": f"named {subscription}",
        "state": "Enabled",
        "user": {"name": APP, "type": "servicePrincipal"},
        "isDefault": default,
        "tenantId": TENANT,
        "environmentName": "AzureCloud",
        **different,
    }


def entry(token: str, endpoint: str, *, expires_on: int, authority: str = "https://127.0.0.1") -> dict[str, Any]:
    """The app's token in the cache."""
    return {
        "credential_type": "AccessToken",
        "secret": token,
        "home_account_id": None,
        "environment": urlsplit(authority).hostname,
        "client_id": APP,
        "target": f"{endpoint}/.default",
        "realm": TENANT,
        "token_type": "Bearer",
        "expires_on": str(expires_on),
    }


def persons(app_entry: dict[str, Any], token: str) -> dict[str, Any]:
    """The person's token, otherwise like the app's."""
    return {**app_entry, "secret": token, "client_id": AZURE_CLI, "home_account_id": HOME_ACCOUNT}
