"""Rows as Azure writes them: the shapes of Microsoft's documentation, and of rows that users published."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from vmident.arm.resource_changes import _change
from vmident.core.history.entries import history_of
from vmident.core.history.resource_change import Author, ChangeKind

SUBSCRIPTION = "/subscriptions/11111111-1111-1111-1111-111111111111"
VM = f"{SUBSCRIPTION}/resourceGroups/rg/providers/microsoft.compute/virtualmachines/vm"
ID = "43c5d84a-c3bb-47c7-bdc5-7ecf69209fc2"
SNAPSHOTS = {
    "previousResourceSnapshotId": "08585022745207585807_a9667ff8-fb74-82a5-ffd1-419287f1063f_3620098351_1699332364",
    "newResourceSnapshotId": "08585022744595915807_7aa3a796-054b-ebe0-df8e-673414ebfde7_82482185_1699332425",
    "changesCount": 1,
}
PORTAL = {"changedByType": "User", "clientType": "Azure Portal", "changedBy": "john@contoso.com"}
ZEROS = "00000000-0000-0000-0000-000000000000"
WRITE = "Microsoft.Compute/virtualMachines/write"
# Of each row: attributes, the values of `identity.type`, and what is read.
ROWS: dict[str, tuple[dict[str, Any], dict[str, Any], tuple[Any, ...]]] = {
    "a row of 2023, with seven digits and categories": (
        {**PORTAL, "timestamp": "2023-11-07T04:47:05.8860000Z", "operation": WRITE, "correlationId": ID},
        {"propertyChangeType": "Insert", "changeCategory": "User", "previousValue": None, "newValue": "SystemAssigned"},
        (1_699_332_425.886, Author("john@contoso.com", "User", "Azure Portal", WRITE, ID), (None, "SystemAssigned")),
    ),
    "a row of 2025, that no request led to": (
        {"correlationId": ZEROS, "changedByType": "System", "clientType": "Unspecified", "changedBy": "System",
         "timestamp": "2025-05-29T14:17:38.13Z", "operation": "Unspecified"},
        {"previousValue": "SystemAssigned", "newValue": None},
        (1_748_528_258.13, Author("System", "System"), ("SystemAssigned", None)),
    ),
    "the row of the documentation": (
        {**PORTAL, "timestamp": "2024-06-12T13:26:17.347+00:00", "operation": WRITE.lower(), "correlationId": ID},
        {"newValue": "SystemAssigned", "previousValue": "null", "isTruncated": "true"},
        (1_718_198_777.347, Author("john@contoso.com", "User", "Azure Portal", WRITE.lower(), ID),
         (None, "SystemAssigned")),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("attributes", "values", "read"), ROWS.values(), ids=list(ROWS))
def test_a_published_row_is_read(attributes: dict[str, Any], values: dict[str, Any], read: tuple[Any, ...]) -> None:
    row = {"id": f"{VM}/changes/1", "target": VM, "kind": "Update", "at": "2023-11-07T04:47:05.8860000Z",
           "attributes": {**SNAPSHOTS, **attributes}, "changes": {"identity.type": values, "tags": None}}  # fmt: skip
    found = _change(msgspec.Raw(msgspec.json.encode(row)))
    assert (found.at_seconds, found.author, found.values["identity.type"]) == (pytest.approx(read[0]), *read[1:])
    assert history_of([found])[0].changes


@pytest.mark.parametrize(
    ("kind", "read"),
    [("Create", ChangeKind.CREATED), ("delete", ChangeKind.DELETED), ("Moved", ChangeKind.UPDATED)],
)
def test_the_kind_of_a_change_is_read_in_any_case(kind: str, read: ChangeKind) -> None:
    row = {"id": "1", "target": VM, "kind": kind, "attributes": {"timestamp": "2025-05-29T14:17:38Z"}}
    assert _change(msgspec.Raw(msgspec.json.encode(row))).kind is read
