"""The journal's file: what goes in comes out, it stays small, and it says plainly why it cannot be used."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import sqlite3
import stat
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.core.worlds import STATES, small_changes
from vmident.core.identity import IdentityState, SystemIdentity, UserIdentity
from vmident.core.patch import patch_for
from vmident.core.rbac.role_result import RoleResult, RoleStatus
from vmident.core.rbac.roles import Grant, Role
from vmident.core.rbac.scope import Scope
from vmident.core.resource_id import user_identity_id, vm_id
from vmident.core.run_record import EarlyFailure, IdentityDeletion, Origin, RunEntry, RunRecord, Stage
from vmident.core.transition import EnableSystem, Transition, transition
from vmident.core.write_outcome import SentWrite
from vmident.errors import JournalUnusable, NotFound, TakenOver
from vmident.fleet import journal
from vmident.fleet.entry_codec import as_text, entry_in
from vmident.fleet.journal import SqliteJournal

SUBSCRIPTION = "0b1f6471-1bf0-4dda-aec3-cb9272f09590"
ORIGIN = Origin("vmident enable-system myVM", "AzureCloud", "https://management.azure.com", "somebody", "an-object")
READER = Role(f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/acdd72a7", "Reader")
SCOPE = Scope.parse(f"/subscriptions/{SUBSCRIPTION}")
ENTRY = RunEntry(
    vm_id(SUBSCRIPTION, "myGroup", "myVM"),
    EnableSystem(),
    transition(STATES[0], EnableSystem()),
    {"identity": {"type": "SystemAssigned"}},
    grants=(Grant(READER, SCOPE),),
    roles=(RoleResult(READER, SCOPE, None, RoleStatus.PLANNED),),
)
DONE = replace(
    ENTRY,
    stage=Stage.DONE,
    after=STATES[-1],
    roles=(RoleResult(READER, SCOPE, "a-principal", RoleStatus.GRANTED, "/an/assignment"),),
)
Opening = Callable[[], SqliteJournal]


@pytest.fixture
def opening(tmp_path: Path) -> Iterator[Opening]:
    """Open the journal of one folder, as another process each time."""
    uuids = (f"{number:08x}-0000-4000-8000-000000000000" for number in itertools.count())
    opened: list[SqliteJournal] = []

    def act() -> SqliteJournal:
        file = tmp_path / "state" / "runs.sqlite3"
        opened.append(SqliteJournal(file, lambda: ORIGIN, now=lambda: 1_800_000_000.0, new_uuid=lambda: next(uuids)))
        return opened[-1]

    yield act
    for one in opened:
        one.close()


def test_every_entry_survives_the_way_to_text_and_back() -> None:
    for state in STATES:
        for change in small_changes():
            planned = transition(state, change)
            entry = replace(ENTRY, change=change, transition=planned, request=patch_for(planned))
            assert entry_in(as_text(entry), "planned") == entry
    expecting = replace(ENTRY, expected=STATES[-1])
    assert entry_in(as_text(expecting), "planned") == expecting
    failed = replace(DONE, stage=Stage.FAILED, error_code="Conflict", error_message="Somebody else's change.")
    assert entry_in(as_text(failed), "failed") == failed


def test_a_role_keeps_who_receives_it_and_one_of_an_earlier_version_has_nobody() -> None:
    receiver = user_identity_id(SUBSCRIPTION, "myGroup", "myId")
    entry = replace(ENTRY, roles=(RoleResult(READER, SCOPE, None, RoleStatus.PLANNED, receiver=receiver),))
    text = as_text(entry)

    assert entry_in(text, "planned").roles == entry.roles
    kept = json.loads(text)
    kept["roles"] = [one[:6] for one in kept["roles"]]
    assert entry_in(json.dumps(kept), "planned").roles[0].receiver is None


def test_the_deletion_of_an_identity_is_kept_beside_the_vms(opening: Opening) -> None:
    deletion = IdentityDeletion(
        user_identity_id(SUBSCRIPTION, "myGroup", "myId"),
        "a-principal",
        (RoleResult(READER, SCOPE, "a-principal", RoleStatus.PLANNED_REMOVAL, "/an/assignment"),),
        is_forced=True,
    )
    first = opening()
    run = first.begin([ENTRY], deletions=[deletion])
    first.put(run, DONE)

    there = opening().read(run)
    assert (there.entries, there.deletions, there.status) == ((DONE,), (deletion,), "unfinished")
    (listed,) = opening().runs()
    assert (listed.counts, listed.status) == ({Stage.DONE: 1}, "unfinished")

    refused = replace(deletion, stage=Stage.FAILED, error_code="ScopeLocked", error_message="No.")
    first.put(run, refused)
    assert opening().read(run).deletions == (refused,)
    assert opening().runs()[0].status == "failed"


def test_another_process_reads_what_was_put_on_record(opening: Opening) -> None:
    writing = opening()
    run = writing.begin([ENTRY])

    assert opening().read(run.upper()) == RunRecord(run, 1_800_000_000.0, None, ORIGIN, None, (ENTRY,))
    writing.put(run, replace(ENTRY, stage=Stage.SENT))
    assert opening().last(ORIGIN.endpoint).entries == (replace(ENTRY, stage=Stage.SENT),)
    writing.put(run, DONE)
    writing.end(run)
    (listed,) = opening().runs()
    assert (listed.status, dict(listed.stages), listed.ended) == ("done", {Stage.DONE: 1}, 1_800_000_000.0)


def test_whoever_takes_a_run_over_is_the_only_one_to_go_on_with_it(opening: Opening) -> None:
    first, second = opening(), opening()
    run = first.begin([ENTRY])
    first.put(run, replace(ENTRY, stage=Stage.SENT))

    assert second.take_over(run).entries[0].stage is Stage.SENT
    with pytest.raises(TakenOver):
        first.put(run, DONE)
    second.put(run, DONE)
    first.end(run)

    assert (second.read(run).entries, second.read(run).ended) == ((DONE,), None)


def test_an_id_that_is_taken_is_not_given_again(tmp_path: Path) -> None:
    uuids = iter(["owner", "3f2a9c1e-1", "3F2A9C1E-2", "4a4a4a4a-3"])
    one = SqliteJournal(tmp_path / "runs.sqlite3", lambda: ORIGIN, now=lambda: 0.0, new_uuid=lambda: next(uuids))
    assert [one.begin([ENTRY]), one.begin([ENTRY])] == ["3f2a9c1e", "4a4a4a4a"]
    one.close()


def test_runs_beyond_the_last_thousand_are_forgotten(opening: Opening, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "RUNS_KEPT", 3)
    one = opening()
    begun = [one.begin([ENTRY]) for _ in range(5)]
    for run in begun:
        one.end(run)
    begun.append(one.begin([ENTRY]))

    assert [record.id for record in one.runs()] == begun[:2:-1]
    assert [sum(record.stages.values()) for record in one.runs()] == [1, 1, 1]
    with pytest.raises(NotFound, match="not found"):
        one.read(begun[0])


def test_there_may_be_no_run_at_all(opening: Opening) -> None:
    assert opening().runs() == []
    with pytest.raises(NotFound, match="No runs recorded for"):
        opening().last(ORIGIN.endpoint)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such rights")
def test_nobody_else_may_read_the_file_nor_its_log(opening: Opening, tmp_path: Path) -> None:
    opening().begin([ENTRY])

    files = sorted((tmp_path / "state").iterdir())
    assert [file.name for file in files] == ["runs.sqlite3", "runs.sqlite3-shm", "runs.sqlite3-wal"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_a_file_of_another_version_or_program_is_left_as_it_is(opening: Opening, tmp_path: Path) -> None:
    opening().runs()
    file = tmp_path / "state" / "runs.sqlite3"
    directly = sqlite3.connect(file)
    directly.execute("PRAGMA user_version=99")
    directly.close()

    with pytest.raises(JournalUnusable, match="another version"):
        opening().begin([ENTRY])


def test_a_file_that_is_no_database_is_told_of(opening: Opening, tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "runs.sqlite3").write_bytes(b"not a database, whatever it may be" * 40)

    with pytest.raises(JournalUnusable, match="not a database") as setting:
        opening().runs()
    assert "VMIDENT_STATE_DIR" in str(setting.value.hint)


def test_a_record_that_vmident_did_not_write_is_told_of(opening: Opening, tmp_path: Path) -> None:
    one = opening()
    run = one.begin([ENTRY])
    directly = sqlite3.connect(tmp_path / "state" / "runs.sqlite3")
    with contextlib.closing(directly), directly:
        directly.execute("UPDATE entries SET record='{}'")

    with pytest.raises(JournalUnusable, match="it contains unexpected data"):
        one.read(run)


def test_a_folder_that_cannot_be_made_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file", encoding="utf-8")
    one = SqliteJournal(
        tmp_path / "state" / "runs.sqlite3", lambda: ORIGIN, now=lambda: 0.0, new_uuid=lambda: os.urandom(4).hex()
    )

    with pytest.raises(JournalUnusable, match="cannot be used"):
        one.begin([ENTRY])


def test_a_run_in_flight_is_never_forgotten(opening: Opening, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "RUNS_KEPT", 3)
    running, in_doubt, other = opening(), opening(), opening()
    first = running.begin([ENTRY])
    second = in_doubt.begin([ENTRY])
    in_doubt.put(second, replace(ENTRY, stage=Stage.UNKNOWN))
    in_doubt.end(second)
    for _ in range(6):
        other.end(other.begin([ENTRY]))

    running.put(first, DONE)
    running.end(first)
    assert {first, second} <= {record.id for record in other.runs()}
    other.end(other.begin([ENTRY]))
    assert first not in {record.id for record in other.runs()}, "it has ended, and is one of many"


def test_workers_that_write_while_the_journal_closes_are_refused_and_nothing_crashes(opening: Opening) -> None:
    """A worker of a run that is left at once still puts on record what it is about to send."""
    for _ in range(20):
        one = opening()
        run = one.begin([ENTRY])
        refused: list[JournalUnusable] = []
        begun = threading.Barrier(9)

        def write(
            one: SqliteJournal = one,
            run: str = run,
            refused: list[JournalUnusable] = refused,
            begun: threading.Barrier = begun,
        ) -> None:
            begun.wait()
            try:
                while True:
                    one.put(run, ENTRY)
            except JournalUnusable as failure:
                refused.append(failure)

        workers = [threading.Thread(target=write) for _ in range(8)]
        for worker in workers:
            worker.start()
        begun.wait()
        one.close()
        for worker in workers:
            worker.join()
        assert len(refused) == 8
        assert "vmident is ending" in refused[0].message


VERSION_1 = """
CREATE TABLE runs (
    serial INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, began REAL NOT NULL,
    ended REAL, command TEXT NOT NULL, cloud TEXT NOT NULL, endpoint TEXT NOT NULL, caller_name TEXT, caller_id TEXT,
    undoes TEXT
);
CREATE TABLE entries (
    run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE, position INTEGER NOT NULL, vm TEXT NOT NULL,
    stage TEXT NOT NULL, record TEXT NOT NULL, PRIMARY KEY (run, vm)
) WITHOUT ROWID;
PRAGMA application_id=1986882158;
PRAGMA user_version=1;
"""
OLD_RECORD = (
    '{"vm":"/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590/resourceGroups/g/providers/Microsoft.Compute/'
    'virtualMachines/v","change":{"kind":"enable-system"},"before":{"system":null,"users":[]},"goal":{"system":'
    '[null,null],"users":[]},"request":{"identity":{"type":"SystemAssigned"}},"grants":[],"roles":[],"after":'
    '{"system":["p","t"],"users":[["/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590/resourceGroups/g/providers/'
    'Microsoft.ManagedIdentity/userAssignedIdentities/i","c","u"]]},"expected":null,"error":[null,null]}'
)


def write_version_1(file: Path) -> None:
    file.parent.mkdir(parents=True)
    directly = sqlite3.connect(file)
    with contextlib.closing(directly), directly:
        directly.executescript(VERSION_1)
        directly.execute("PRAGMA journal_mode=WAL")
        directly.execute(
            "INSERT INTO runs VALUES (1, '3f2a9c1e', 'o', 1.0, NULL, 'vmident x', 'c', ?, NULL, NULL, NULL)",
            (ORIGIN.endpoint,),
        )
        directly.execute(
            "INSERT INTO entries VALUES ('3f2a9c1e', 0, ?, 'sent', ?)",
            (json.loads(OLD_RECORD)["vm"].lower(), OLD_RECORD),
        )


def test_a_journal_of_the_first_version_is_read_and_gone_on_with(opening: Opening, tmp_path: Path) -> None:
    write_version_1(tmp_path / "state" / "runs.sqlite3")
    one = opening()

    record = one.read("3f2a9c1e")
    assert (record.status, record.failures) == ("unfinished", ())
    (entry,) = record.entries
    assert entry.sent_write == SentWrite(entry.transition.before, etag=None)
    identity = user_identity_id("0b1f6471-1bf0-4dda-aec3-cb9272f09590", "g", "i")
    assert entry.transition == Transition(IdentityState(), IdentityState.of(system=True))
    assert entry.after == IdentityState(SystemIdentity("p", "t"), {identity: UserIdentity("c", "u")})
    one.take_over(record.id)
    one.put(record.id, replace(entry, etag="7"))
    newest = one.begin([ENTRY], failures=[EarlyFailure("lostVM", "ResourceNotFound", "Not found.")])
    assert one.read(newest).stages == {Stage.PLANNED: 1, Stage.FAILED: 1}


@pytest.fixture
def unwritable() -> Iterator[Path]:
    """A folder that this process may look into, and not write to, however much it may else."""
    with tempfile.TemporaryDirectory() as outer:
        folder = Path(outer, "state")
        folder.parent.chmod(0o755)
        yield folder
        os.seteuid(os.getuid())
        folder.chmod(0o755)


def closed_to_writing(folder: Path) -> None:
    for file in folder.iterdir():
        file.chmod(0o444)
    folder.chmod(0o555)
    if os.getuid() == 0:
        os.seteuid(65_534)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such rights")
@pytest.mark.parametrize("is_old", [True, False])
def test_runs_are_read_in_a_folder_that_may_not_be_written_to(unwritable: Path, is_old: bool) -> None:
    if is_old:
        write_version_1(unwritable / "runs.sqlite3")
    else:
        writing = SqliteJournal(
            unwritable / "runs.sqlite3", lambda: ORIGIN, now=lambda: 0.0, new_uuid=lambda: "3f2a9c1e"
        )
        writing.begin([ENTRY])
        writing.close()
    closed_to_writing(unwritable)

    one = SqliteJournal(unwritable / "runs.sqlite3", lambda: ORIGIN, now=lambda: 0.0, new_uuid=lambda: "4a4a4a4a")
    assert [record.id for record in one.runs()] == ["3f2a9c1e"]
    assert len(one.last(ORIGIN.endpoint).entries) == 1
    with pytest.raises(JournalUnusable):
        one.begin([ENTRY])
    one.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such rights")
def test_a_folder_that_may_not_be_written_to_and_has_no_journal_has_no_runs(unwritable: Path) -> None:
    unwritable.mkdir()
    closed_to_writing(unwritable)

    one = SqliteJournal(unwritable / "runs.sqlite3", lambda: ORIGIN, now=lambda: 0.0, new_uuid=lambda: "4a4a4a4a")
    assert one.runs() == []
    one.close()
