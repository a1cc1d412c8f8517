"""A setting and who said it, so that `whoami` can tell."""

from __future__ import annotations

from msgspec import Struct


class Setting(Struct, frozen=True):
    """A value and its source: `option --cloud`, `AZURE_CLOUD_NAME`, `the Azure CLI's config`, `default`."""

    value: str
    origin: str


def setting(value: str | None, origin: str) -> Setting | None:
    """Return what was said, `None` where it is nothing."""
    return Setting(value, origin) if value else None


def first_set(*by_turns: Setting | None) -> Setting | None:
    """Return what the first to say anything said."""
    return next((one for one in by_turns if one), None)
