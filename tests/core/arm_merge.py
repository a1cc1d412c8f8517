"""What ARM makes of a PATCH's `identity`, written from its documented rules alone: shares nothing with the product.

Source: 'Changing an identity' in the project's wire facts. Ids are text here, and the body is plain JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class ArmRefuses(Exception):
    """A 400 `InvalidParameter`."""


@dataclass(frozen=True)
class Held:
    """What a VM has: ids in lower case, as ARM compares them without regard to case."""

    system: bool
    ids: frozenset[str]


def merged(held: Held, body: Mapping[str, Any]) -> Held:
    """Return what the VM has after a PATCH; raises `ArmRefuses` for a body that ARM does not take."""
    if "identity" not in body:
        return held
    identity = body["identity"]
    if "type" not in identity:
        raise ArmRefuses("identity without type")
    kinds = {kind.strip().lower() for kind in identity["type"].split(",")}
    if not kinds <= {"none", "systemassigned", "userassigned"}:
        raise ArmRefuses(f"type {identity['type']}")
    entries = identity.get("userAssignedIdentities", {})
    spelled = [text.lower() for text in entries]
    if len(spelled) != len(set(spelled)):
        raise ArmRefuses("identityId cannot be duplicated")
    if "userassigned" not in kinds:
        if entries:
            raise ArmRefuses(f"identities beside {identity['type']}")
        return Held("systemassigned" in kinds, frozenset())
    ids = set(held.ids)
    for text, value in entries.items():
        if value is None:
            ids.discard(text.lower())
        else:
            ids.add(text.lower())
    if not ids:
        raise ArmRefuses(f"no identities beside {identity['type']}")
    return Held("systemassigned" in kinds, frozenset(ids))
