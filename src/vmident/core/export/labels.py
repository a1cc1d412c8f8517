"""Names for resources inside Terraform and Bicep files, where ARM's own names may not be identifiers."""

from __future__ import annotations

import hashlib
import re

_NAME_CHARACTERS = 40
_HASH_CHARACTERS = 8


def label(name: str, *identifying: object) -> str:
    """Return an identifier of Terraform and Bicep for a resource, such as `web01_1f0c9a3e`.

    The name in small letters, at most 40 characters, with `_` for all but ASCII letters and digits, and 8 digits of a
    SHA-256 of what identifies the resource, in small letters. So it depends on that resource alone: another one in the
    file never renames it, which Terraform would take for a deletion.
    """
    plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:_NAME_CHARACTERS].strip("_")
    start = plain if plain[:1].isalpha() else f"r_{plain}".strip("_")
    return f"{start}_{short_hash(*identifying)}"


def short_hash(*identifying: object) -> str:
    """Return 8 hexadecimal digits that depend on what identifies a resource, in any case."""
    text = "|".join(str(one) for one in identifying).lower()
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_HASH_CHARACTERS]
