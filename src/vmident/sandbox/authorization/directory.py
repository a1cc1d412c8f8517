"""The directory: which principals there are, of which type, since when, and who is a member of which group.

A managed identity is a principal of type `ServicePrincipal`. The directory knows it some seconds after it was made
(wire facts), and no more once it is deleted; role assignments to it stay.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vmident.sandbox.protocol.call import Call
    from vmident.sandbox.rows import Rows

SERVICE_PRINCIPAL, USER, GROUP = "ServicePrincipal", "User", "Group"


def enter(
    rows: Rows,
    object_id: str,
    *,
    made: float,
    kind: str = SERVICE_PRINCIPAL,
    name: str | None = None,
    account: str | None = None,
) -> None:
    """Create a principal; `name` is what it is shown as, `account` the user principal name of a user."""
    record = {"id": object_id, "kind": kind, "made": made, "name": name, "account": account}
    rows.add("principal", "", object_id, record, made=made)


def enter_group(
    rows: Rows, object_id: str, name: str, members: Iterable[str], *, made: float, is_hidden: bool = False
) -> None:
    """Create a group with its direct members, by object ID; groups among them nest, in a circle too."""
    shown = {"id": object_id, "kind": GROUP, "made": made, "name": name, "account": None}
    record = {**shown, "members": list(members), "hidden": is_hidden}
    rows.add("principal", "", object_id, record, made=made)


def hide_from(rows: Rows, object_id: str) -> None:
    """Take the right to read the directory from a principal that is there."""
    found = rows.held("principal", "", object_id)
    rows.replace("principal", "", object_id, found | {"blind": True})


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
