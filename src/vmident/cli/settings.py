"""Where settings come from: an option, then the environment, then the Azure CLI's own files, then the default.

Pure: the environment and the files' contents are handed in. In the sandbox only options and `VMIDENT_…` variables say
which subscription and group; the others speak of the Azure that the sandbox is not.
"""

from __future__ import annotations

import configparser
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from vmident.errors import UsageError


class Output(str, Enum):
    """What `-o` takes."""

    AUTO = "auto"
    HUMAN = "human"
    JSON = "json"
    JSONC = "jsonc"
    YAML = "yaml"
    TABLE = "table"
    TSV = "tsv"
    NONE = "none"


@dataclass(frozen=True)
class AzureCliFiles:
    """What the Azure CLI's own files say; empty where they are missing or unreadable. Never written."""

    default_subscription: str | None = None
    subscription_ids: Mapping[str, str] | None = None
    group: str | None = None
    cloud: str | None = None


@dataclass(frozen=True)
class Settings:
    """What holds for one command; `None` where nothing was said."""

    is_sandbox: bool
    subscription: str | None
    group: str | None
    cloud: str
    endpoint: str | None
    access_token: str | None
    authority: str | None
    output: Output
    state_folder: Path
    sandbox_folder: Path


@dataclass(frozen=True)
class Asked:
    """What the command line itself says of settings."""

    subscription: str | None = None
    group: str | None = None
    cloud: str | None = None
    sandbox: bool = False
    output: Output | None = None


def settings_from(
    asked: Asked,
    environ: Mapping[str, str],
    files: Callable[[], AzureCliFiles],
    default_state_folder: Callable[[], str],
) -> Settings:
    """Work out every setting; raises `UsageError` for `--sandbox` beside `--cloud`, and for an unknown output."""

    def said(*names: str) -> str | None:
        return next((environ[name].strip() for name in names if environ.get(name, "").strip()), None)

    is_sandbox = asked.sandbox or (asked.cloud is None and _is_on(said("VMIDENT_SANDBOX")))
    if asked.sandbox and asked.cloud:
        raise UsageError("--sandbox is a cloud of its own: it does not go with --cloud.", hint="Leave one out.")
    azure = AzureCliFiles() if is_sandbox else files()
    azures = () if is_sandbox else ("AZURE_SUBSCRIPTION_ID", "ARM_SUBSCRIPTION_ID")
    subscription = asked.subscription or said("VMIDENT_SUBSCRIPTION", *azures) or azure.default_subscription
    named = (azure.subscription_ids or {}).get((subscription or "").lower())
    state_folder = Path(said("VMIDENT_STATE_DIR") or default_state_folder())
    return Settings(
        is_sandbox=is_sandbox,
        subscription=named or subscription,
        group=asked.group
        or said("VMIDENT_RESOURCE_GROUP", *(() if is_sandbox else ("AZURE_DEFAULTS_GROUP",)))
        or azure.group,
        cloud=asked.cloud or said("VMIDENT_CLOUD", "AZURE_CLOUD_NAME") or azure.cloud or "AzureCloud",
        endpoint=None if asked.cloud else said("VMIDENT_ARM_ENDPOINT"),
        access_token=said("VMIDENT_ACCESS_TOKEN"),
        authority=said("AZURE_AUTHORITY_HOST"),
        output=asked.output or _output(said("VMIDENT_OUTPUT"), said("AZURE_CORE_OUTPUT")),
        state_folder=state_folder,
        sandbox_folder=Path(said("VMIDENT_SANDBOX_DIR") or state_folder / "sandbox"),
    )


def azure_cli_files(environ: Mapping[str, str], home: Path) -> AzureCliFiles:
    """Read `$AZURE_CONFIG_DIR` or `~/.azure`; a file that is missing or malformed says nothing."""
    folder = Path(environ.get("AZURE_CONFIG_DIR") or home / ".azure")
    config = _ini(_text(folder / "config"))
    subscriptions = _subscriptions(folder / "azureProfile.json")
    default = next((one for one in subscriptions if one.get("isDefault")), {})
    return AzureCliFiles(
        default_subscription=default.get("id"),
        subscription_ids={one["name"].lower(): one["id"] for one in subscriptions},
        group=config.get("defaults", "group", fallback=None) or None,
        cloud=config.get("cloud", "name", fallback=None) or None,
    )


def _ini(text: str) -> configparser.RawConfigParser:
    config = configparser.RawConfigParser()
    try:
        config.read_string(text)
    except configparser.Error:
        return configparser.RawConfigParser()
    return config


def _subscriptions(profile: Path) -> list[dict[str, Any]]:
    try:
        document = json.loads(_text(profile) or "{}")
    except ValueError:
        return []
    listed = document.get("subscriptions") if isinstance(document, dict) else None
    return [one for one in listed if _is_subscription(one)] if isinstance(listed, list) else []


def _is_subscription(one: Any) -> bool:
    return isinstance(one, dict) and isinstance(one.get("id"), str) and isinstance(one.get("name"), str)


def _text(path: Path) -> str:
    try:
        # The Azure CLI writes its profile with a byte-order mark on every platform.
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return ""


def _is_on(said: str | None) -> bool:
    return (said or "").lower() in {"1", "true", "yes", "on"}


def _output(ours: str | None, azures: str | None) -> Output:
    wanted = ours or azures or Output.AUTO.value
    # The Azure CLI also has 'yamlc', which is YAML with colour.
    known = {one.value: one for one in Output} | {"yamlc": Output.YAML}
    if wanted.lower() not in known:
        variable = "VMIDENT_OUTPUT" if ours else "AZURE_CORE_OUTPUT"
        raise UsageError(f"{variable} is '{wanted}', which is no output.", hint=f"One of {', '.join(sorted(known))}.")
    return known[wanted.lower()]
