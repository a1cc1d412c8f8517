"""Who changed the identities of VMs, as documents, rows and lines. Names of users and clients are foreign text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from vmident.core.history.identity_change import IdentityAction, IdentityChange
from vmident.core.history.resource_change import KEPT_DAYS, ChangeKind
from vmident.core.naming import GUID
from vmident.core.shell import command_line
from vmident.core.vm_kind import counted, is_machine, kind_of
from vmident.render.line import Line, Tone
from vmident.render.moment import ago, utc
from vmident.render.table import cut

if TYPE_CHECKING:
    from vmident.core.history.entries import HistoryEntry
    from vmident.render.document import Document
    from vmident.results.history import HistoryReport

_LONGEST_NAME = 64
_AUTHORS_AT_MOST = 5
_MARKS: Mapping[IdentityAction, tuple[str, Tone]] = {
    IdentityAction.ENABLED: ("+", Tone.ADDED),
    IdentityAction.ATTACHED: ("+", Tone.ADDED),
    IdentityAction.DISABLED: ("-", Tone.REMOVED),
    IdentityAction.DETACHED: ("-", Tone.REMOVED),
    IdentityAction.RECREATED: ("~", Tone.WARNING),
}
_CLIENT_TITLES = {"Azure Portal": "the Azure portal"}
_VERBS = {ChangeKind.CREATED: "created", ChangeKind.UPDATED: "changed", ChangeKind.DELETED: "deleted"}


def history_document(entry: HistoryEntry) -> Document:
    """Return one change of a VM's identities: the VM, the time, the change, the author and the vmident run.

    The `kind` of a user-assigned identity that was created or deleted is `identity`.
    """
    return {
        "id": str(entry.vm),
        "name": entry.vm.name,
        "resourceGroup": entry.vm.group,
        "kind": kind_of(entry.vm).value if is_machine(entry.vm) else "identity",
        **entry_document(entry),
    }


def entry_document(entry: HistoryEntry) -> Document:
    """Return a change without its VM; what Azure does not know is null."""
    author = entry.author
    return {
        "time": utc(entry.at_seconds),
        "change": entry.kind.value,
        "identities": [_identity_document(one) for one in entry.changes],
        "typeBefore": entry.type_before,
        "typeAfter": entry.type_after,
        "changedBy": author.changed_by,
        "changedByType": author.changed_by_type,
        "clientType": author.client_type,
        "operation": author.operation,
        "correlationId": author.correlation_id,
        "run": entry.run,
        "runRecorded": entry.is_recorded,
    }


def _identity_document(one: IdentityChange) -> Document:
    return {
        "action": one.action.value,
        "identity": str(one.identity) if one.identity else "system",
        "principalIdBefore": one.before,
        "principalIdAfter": one.after,
    }


def history_row(entry: HistoryEntry) -> Document:
    """Return one change as a flat row, for a table or tsv."""
    marks = (f"{_MARKS[one.action][0]}{one.identity.name if one.identity else 'system'}" for one in entry.changes)
    return {
        "time": utc(entry.at_seconds),
        "name": entry.vm.name,
        "resourceGroup": entry.vm.group,
        "change": entry.kind.value,
        "identities": ",".join(marks) or None,
        "changedBy": entry.author.changed_by,
        "clientType": entry.author.client_type,
        "run": entry.run,
    }


def history_lines(report: HistoryReport, now_seconds: float, since_seconds: float | None) -> Iterator[Line]:
    """Draw changes, the newest first, each under its time and author; then how long Azure keeps changes."""
    for entry in report.entries:
        heading = f"{entry.vm.name} ({entry.vm.group}): {_VERBS[entry.kind]} {when_and_who(entry, now_seconds)}"
        yield Line(heading, Tone.HEADING)
        yield from _change_lines(entry)
    if not report.entries:
        since = f"since {utc(since_seconds)}" if since_seconds is not None else f"in the last {KEPT_DAYS} days"
        yield Line(f"No changes to identities {since}.")
    kept = f"Azure keeps changes for {KEPT_DAYS} days. " if report.entries or since_seconds is not None else ""
    yield Line(f"{kept}New changes appear within about 5 minutes.", Tone.FAINT)
    yield from _next_steps(report.entries)


def _next_steps(entries: Sequence[HistoryEntry]) -> Iterator[Line]:
    """Draw how to find the name of the last application that changed something, and how to undo the last run."""
    application = next((one.author.changed_by for one in entries if _is_application(one)), None)
    if application:
        yield Line(f"To see the application: {command_line('az', 'ad', 'sp', 'show', '--id', application)}", Tone.FAINT)
    run = next((one.run for one in entries if one.run and one.is_recorded and not one.is_undone), None)
    if run:
        yield Line(f"To undo run {run}: {command_line('vmident', 'runs', 'undo', run)}", Tone.FAINT)


def _is_application(entry: HistoryEntry) -> bool:
    author = entry.author
    is_user = author.changed_by_type in (None, "User") or author.is_system
    return not is_user and author.changed_by is not None and bool(GUID.fullmatch(author.changed_by))


def older_lines(older: int) -> Iterator[Line]:
    """Count the changes that a limit leaves out."""
    if older:
        what = f"{older} older change{'' if older == 1 else 's'}"
        yield Line(f"{what} not shown. Use a higher --limit to see more.", Tone.FAINT)


def _change_lines(entry: HistoryEntry) -> Iterator[Line]:
    for one in entry.changes:
        mark, tone = _MARKS[one.action]
        name = one.identity.name if one.identity else "system-assigned identity"
        principals = " -> ".join(filter(None, (one.before, one.after)))
        yield Line(f"  {mark} {name}{f'  principal {principals}' if principals else ''}", tone)
    if not entry.changes and entry.kind is ChangeKind.UPDATED:
        is_of_type = (entry.type_before, entry.type_after) != (None, None)
        types = f"type {entry.type_before or 'None'} -> {entry.type_after or 'None'}"
        yield Line(f"  ~ {types if is_of_type else 'other properties of the identity'}", Tone.WARNING)


def last_change_text(entry: HistoryEntry, now_seconds: float) -> str:
    """Return `last changed 2 hours ago by alice@contoso.com using the Azure portal`, to stand beside the VM."""
    last = "last " if entry.kind is ChangeKind.UPDATED else ""
    return f"{last}{_VERBS[entry.kind]} {when_and_who(entry, now_seconds)}"


def last_change_lines(entries: Iterable[HistoryEntry], now_seconds: float) -> Iterator[Line]:
    """Count the VMs that each author last changed, for a plan of many; the author of the most first."""
    by_author: dict[str, list[HistoryEntry]] = {}
    for entry in entries:
        by_author.setdefault(who(entry, names_run=False), []).append(entry)
    authors = sorted(by_author.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    for author, ones in authors[:_AUTHORS_AT_MOST]:
        newest = ago(max(one.at_seconds for one in ones), now_seconds)
        yield Line(f"last changed {author}: {counted(one.vm for one in ones)}, the newest {newest}", Tone.FAINT)
    rest = [one.vm for _, ones in authors[_AUTHORS_AT_MOST:] for one in ones]
    if rest:
        yield Line(f"last changed by others: {counted(rest)}", Tone.FAINT)


def when_and_who(entry: HistoryEntry, now_seconds: float) -> str:
    """Return `2 hours ago by alice@contoso.com using the Azure portal`, as far as Azure knows it."""
    return f"{ago(entry.at_seconds, now_seconds)} {who(entry)}"


def who(entry: HistoryEntry, *, names_run: bool = True) -> str:
    """Return `by alice@contoso.com using the Azure portal`; long names are cut."""
    author = entry.author
    if author.is_system:
        return "by Azure itself"
    if author.changed_by is None:
        by = "by an unknown caller"
    else:
        is_application = author.changed_by_type not in (None, "User")
        by = f"by {'application ' if is_application else ''}{cut(author.changed_by, _LONGEST_NAME)}"
    return by + _client(entry, names_run=names_run)


def _client(entry: HistoryEntry, *, names_run: bool) -> str:
    client = entry.author.client_type
    if entry.run:
        place = " on another machine" if entry.is_recorded is False else ""
        return f" using vmident (run {entry.run}{place})" if names_run else " using vmident"
    if client is None or client == entry.author.changed_by:
        return ""
    if client in _CLIENT_TITLES:
        return f" using {_CLIENT_TITLES[client]}"
    return f" using {'application ' if GUID.fullmatch(client) else ''}{cut(client, _LONGEST_NAME)}"
