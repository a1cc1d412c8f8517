"""The directory: which principals there are, of which type, and since when.

A managed identity is a principal of type `ServicePrincipal`. The directory knows it some seconds after it was made
(wire facts), and no more once it is deleted; role assignments to it stay.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vmident.sandbox.protocol.call import Call
    from vmident.sandbox.rows import Rows

SERVICE_PRINCIPAL, USER, GROUP = "ServicePrincipal", "User", "Group"


def enter(rows: Rows, object_id: str, *, made: float, kind: str = SERVICE_PRINCIPAL) -> None:
    """Create a principal."""
    rows.add("principal", "", object_id, {"kind": kind, "made": made}, made=made)


def leave(rows: Rows, object_id: str, *, deleted: float) -> None:
    """Delete a principal; one that was never there is nothing."""
    rows.soft_delete("principal", "", object_id, deleted=deleted)


def known_kind(call: Call, object_id: str) -> str | None:
    """Return the type of a principal; None for one that the directory does not know, or not yet."""
    found = call.rows.find("principal", "", object_id)
    if found is None or call.now < found["made"] + call.settings.directory_lag_seconds:
        return None
    kind: str = found["kind"]
    return kind
