"""A setting and who said it, so that `whoami` can tell."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Told:
    """What was said, and by whom: `option --cloud`, `AZURE_CLOUD_NAME`, `the Azure CLI's config`, `default`."""

    value: str
    origin: str


def told(value: str | None, origin: str) -> Told | None:
    """Give what was said, `None` where it is nothing."""
    return Told(value, origin) if value else None


def first_told(*by_turns: Told | None) -> Told | None:
    """Give what the first to say anything said."""
    return next((one for one in by_turns if one), None)
