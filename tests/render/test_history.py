from __future__ import annotations

from tests.core.history.rows import ALICE, VM
from vmident.core.history.entries import HistoryEntry
from vmident.core.history.resource_change import Author, ChangeKind
from vmident.render.history import last_change_lines


def entries(author: Author, count: int, run: str | None = None) -> list[HistoryEntry]:
    return [HistoryEntry(VM, float(at), ChangeKind.UPDATED, author, run=run) for at in range(count)]


def lines(*groups: list[HistoryEntry]) -> list[str]:
    return [one.text for one in last_change_lines([one for group in groups for one in group], 3_600.0)]


def test_runs_of_one_account_are_one_author_and_the_author_of_most_is_first() -> None:
    ours = Author("bob@contoso.com", "User")
    assert lines(entries(ours, 2, "3f2a9c1e"), entries(ALICE, 4), entries(ours, 1, "4b8bbba8")) == [
        "last changed by alice@contoso.com using the Azure portal: 4 VMs, the newest 59 minutes ago",
        "last changed by bob@contoso.com using vmident: 3 VMs, the newest 59 minutes ago",
    ]


def test_of_very_many_authors_the_rest_are_counted_together() -> None:
    groups = [entries(Author(f"user{number}@contoso.com", "User"), 9 - number) for number in range(8)]
    assert lines(*groups)[5:] == ["last changed by others: 9 VMs"]
    assert len(lines(*groups[:5])) == 5
