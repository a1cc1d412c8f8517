"""E1 to E4: which rows are one change, and which are none."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.core.history.rows import ALICE, APP, LOGS, OTHER_VM, STATES, SYSTEM, VM, row, state, values
from vmident.core.history.correlation import correlation_id
from vmident.core.history.entries import history_of, last_changes
from vmident.core.history.identity_change import IdentityAction, IdentityChange
from vmident.core.history.resource_change import Author, ChangeKind, ResourceChange, known

NONE, WITH_APP = state(), state(APP)
SIZE = {"properties.hardwareProfile.vmSize": ("A", "B")}


def by(correlation: str, who: str = "bob@contoso.com") -> Author:
    return Author(who, "User", None, None, correlation)


ROWS = st.builds(
    row,
    st.integers(0, 6).map(float),
    st.builds(values, st.sampled_from(STATES), st.sampled_from(STATES)),
    vm=st.sampled_from([VM, OTHER_VM]),
    by=st.sampled_from([ALICE, SYSTEM, by("c1"), by("c2")]),
    kind=st.sampled_from([ChangeKind.UPDATED, ChangeKind.UPDATED, ChangeKind.CREATED]),
)


def test_two_authors_of_the_same_change_at_the_same_moment_have_an_order() -> None:
    same = [row(0.0, values(WITH_APP, NONE), by=one) for one in (SYSTEM, ALICE)]
    assert history_of(same) == history_of(same[::-1])
    assert history_of(same)[0].author == ALICE


@given(st.lists(ROWS, max_size=8), st.randoms())
def test_the_order_of_rows_does_not_matter(rows: list[ResourceChange], random: object) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    entries = history_of(rows)
    assert history_of(shuffled) == entries
    assert [one.at_seconds for one in entries] == sorted((one.at_seconds for one in entries), reverse=True)
    newest = last_changes(rows)
    assert newest == {vm: next(one for one in entries if one.vm == vm) for vm in {one.vm for one in entries}}


def test_rows_of_one_request_are_one_change_by_its_author() -> None:
    """The second row has the IDs that the first did not have yet; what it says of its author is not asked."""
    path = f"identity.userAssignedIdentities.{APP}"
    first = row(1, {"identity.type": (None, "UserAssigned"), path: (None, "{}")})
    then = row(5, {path: ("{}", None), f"{path}.principalId": (None, "p")}, by=replace(ALICE, changed_by="System"))
    (entry,) = history_of([then, first])
    assert (entry.at_seconds, entry.author) == (1, ALICE)
    assert entry.changes == (IdentityChange(IdentityAction.ATTACHED, APP, None, "p"),)
    assert (entry.type_before, entry.type_after) == (None, "UserAssigned")


def test_what_a_request_made_and_took_back_is_no_change() -> None:
    assert history_of([row(1, values(NONE, WITH_APP)), row(2, values(WITH_APP, NONE))]) == ()


def test_a_colleagues_change_between_two_of_a_run_stays_between_them() -> None:
    run = by(correlation_id("3f2a9c1e"))
    rows = [
        row(1, values(NONE, WITH_APP), by=run),
        row(2, values(WITH_APP, NONE)),
        row(3, values(NONE, WITH_APP), by=run),
    ]
    assert [(one.author.changed_by, one.run) for one in history_of(rows)] == [
        ("bob@contoso.com", "3f2a9c1e"),
        ("alice@contoso.com", None),
        ("bob@contoso.com", "3f2a9c1e"),
    ]


def test_two_writers_without_a_correlation_id_are_two() -> None:
    nobody = Author()
    rows = [row(1, values(NONE, WITH_APP), by=nobody), row(2, values(WITH_APP, state(APP, LOGS)), by=nobody)]
    assert len(history_of(rows)) == 2


def test_ids_that_azure_fills_in_by_itself_are_no_change() -> None:
    filled = row(9, values(NONE, WITH_APP), by=SYSTEM)
    assert [one.at_seconds for one in history_of([row(1, values(NONE, WITH_APP)), filled])] == [1]
    assert [one.at_seconds for one in history_of([filled])] == [9], "alone it is all that is known"
    detached = [row(1, values(NONE, WITH_APP)), row(2, values(WITH_APP, NONE), by=by("c")), filled]
    assert [one.at_seconds for one in history_of(detached)] == [9, 2, 1], "it was detached in between"


def test_a_vm_that_came_or_went_is_in_the_history_and_what_leaves_identities_alone_is_not() -> None:
    rows = [row(1, {}, kind=ChangeKind.CREATED), row(2, SIZE), row(3, {}, kind=ChangeKind.DELETED)]
    assert [(one.kind, one.changes) for one in history_of(rows)] == [
        (ChangeKind.DELETED, ()),
        (ChangeKind.CREATED, ()),
    ]


def test_what_is_not_explained_is_still_shown() -> None:
    (entry,) = history_of([row(1, {"identity.type": (None, "UserAssigned")})])
    assert (entry.changes, entry.type_after) == ((), "UserAssigned")
    assert history_of([row(1, {"identity.tenantId": ("a", "b")}, by=SYSTEM)]) == ()


def test_what_azure_does_not_know_is_none() -> None:
    silent = ("", " ", "Unspecified", "unknown", "null", "00000000-0000-0000-0000-000000000000", None)
    assert {known(text) for text in silent} == {None}
    assert known("System") == "System"
