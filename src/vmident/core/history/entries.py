"""The history of identities: rows of `resourcechanges`, joined and separated.

E1  Rows of one VM that follow each other with the same correlation ID are one change: Azure compares snapshots, and may
    see the end of an operation after its start. It has the time and the author of the first.
E2  A row by 'System' that attaches or enables what the row before it left attached or enabled only filled in its IDs.
E3  Rows that do not change identities are not in the history; creation and deletion are, as a VM comes and goes
    with its identities, though Azure does not say with which.
E4  The history is the same in whatever order the rows come.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from vmident.core.history.correlation import run_in
from vmident.core.history.identity_change import (
    IdentityAction,
    IdentityChange,
    identity_changes,
    touches_identity,
    type_change,
)
from vmident.core.history.resource_change import Author, ChangeKind, ResourceChange, Values
from vmident.core.resource_id import ResourceId

_ARRIVALS = frozenset({IdentityAction.ENABLED, IdentityAction.ATTACHED, IdentityAction.RECREATED})


class HistoryEntry(Struct, frozen=True):
    """One change of a VM's identities; `at_seconds` is epoch time.

    `changes` is empty for a VM that was created or deleted, and for what the row does not explain. `type_before` and
    `type_after` are both `None` where the type stayed. `run` is the vmident run that made the change, `is_recorded`
    whether it is in this machine's journal with this VM: `None` where no run made it, or the journal cannot be read.
    `is_undone` says that a later run on record undid that run.
    """

    vm: ResourceId
    at_seconds: float
    kind: ChangeKind
    author: Author
    changes: tuple[IdentityChange, ...] = ()
    type_before: str | None = None
    type_after: str | None = None
    run: str | None = None
    is_recorded: bool | None = None
    is_undone: bool = False


def history_of(rows: Iterable[ResourceChange]) -> tuple[HistoryEntry, ...]:
    """Return the changes of identities, the newest first."""
    by_vm = defaultdict[ResourceId, list[ResourceChange]](list)
    for row in rows:
        by_vm[row.resource].append(row)
    entries = [entry for vm in sorted(by_vm) for entry in _of_one(by_vm[vm])]
    return tuple(sorted(entries, key=lambda entry: -entry.at_seconds))


def last_changes(rows: Iterable[ResourceChange]) -> Mapping[ResourceId, HistoryEntry]:
    """Return the newest change of each VM that has one."""
    return {entry.vm: entry for entry in reversed(history_of(rows))}


def _of_one(rows: list[ResourceChange]) -> Iterator[HistoryEntry]:
    there: set[ResourceId | None] = set()
    for row in _joined(sorted(rows, key=_by_time)):
        changes = identity_changes(row.values)
        if row.author.is_system:
            changes = tuple(one for one in changes if not (one.action in _ARRIVALS and one.identity in there))
        for one in changes:
            (there.add if one.action in _ARRIVALS else there.discard)(one.identity)
        before, after = type_change(row.values)
        is_of_vm = row.kind is not ChangeKind.UPDATED
        if changes or is_of_vm or (touches_identity(row.values) and not row.author.is_system):
            run = run_in(row.author.correlation_id)
            yield HistoryEntry(row.resource, row.at_seconds, row.kind, row.author, changes, before, after, run)


def _by_time(row: ResourceChange) -> tuple[float, str, str, bool, str]:
    """Return a key that two different rows never share; of the same change, an author comes before 'System'."""
    values, author = repr(sorted(row.values.items())), row.author
    return row.at_seconds, row.kind.value, values, author.is_system, repr(author)


def _joined(rows: Sequence[ResourceChange]) -> Iterator[ResourceChange]:
    last, *others = rows
    for row in others:
        if _are_one(last, row):
            last = replace(last, values=_merged(last.values, row.values))
        else:
            yield last
            last = row
    yield last


def _are_one(first: ResourceChange, then: ResourceChange) -> bool:
    both = (first.author.correlation_id or "").lower(), (then.author.correlation_id or "").lower()
    return bool(both[0]) and both[0] == both[1] and {first.kind, then.kind} == {ChangeKind.UPDATED}


def _merged(first: Values, then: Values) -> Values:
    """Return each value from before both rows to after both; one that is back where it was is left out."""
    pairs = {path: (first.get(path, (old, old))[0], new) for path, (old, new) in then.items()}
    return {path: pair for path, pair in {**first, **pairs}.items() if pair[0] != pair[1]}
