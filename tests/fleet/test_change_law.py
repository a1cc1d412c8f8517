"""The law above the executor, for any sequence of answers: see `vmident.usecases.change.execute`.

Each VM ends as changed and seen, as failed and certainly not changed, or as unknown, on record and settled by resuming
the run. What one VM meets is no other VM's trouble, and nothing is raised.
"""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tests.core.worlds import law
from tests.fleet.hostile_azure import FAULTS, HostileAzure, NoIdentities, well
from tests.fleet.simulated import REGIONS, SUBSCRIPTIONS, USER, VirtualClock, VirtualHands, ports_of
from tests.fleet.test_kills_of_a_fleet import Consenting
from vmident.core.identity import IdentityState
from vmident.core.resource_id import ResourceId, vm_id
from vmident.core.run_record import Origin, RunRecord, Stage
from vmident.core.transition import AddUsers, Change, DisableSystem, EnableSystem, RemoveUsers
from vmident.core.virtual_machine import VirtualMachine
from vmident.errors import StateDrifted
from vmident.fleet.journal import SqliteJournal
from vmident.fleet.runner import Runner
from vmident.ports.ports import Ports
from vmident.results.changes import ChangeResult, Status
from vmident.usecases.change.change_vms import ExecutionOptions, change_vms
from vmident.usecases.change.prepare import ChangeRequest
from vmident.usecases.change.resume_and_undo import resume_run
from vmident.usecases.resolve.vms import Where

CHANGES: tuple[tuple[Change, Change], ...] = (
    (AddUsers(frozenset({USER})), RemoveUsers(frozenset({USER}))),
    (EnableSystem(), DisableSystem()),
)
SCRIPTS = st.lists(st.sampled_from(FAULTS), max_size=12)
END_A_RUN = {"timeout", "ctrl-c", "done, timeout", "done, ctrl-c"}


@dataclass
class Trial:
    """One command on a few VMs of a hostile Azure, and its resumption on a healthy one."""

    folder: Path
    change: Change
    undoing: Change
    scripts: Sequence[Sequence[str]]
    has_etags: bool = True
    clock: VirtualClock = field(default_factory=VirtualClock)

    def __post_init__(self) -> None:
        self.vms = [vm_id(SUBSCRIPTIONS[0], "group", f"vm{number}") for number in range(len(self.scripts))]
        self.azure = HostileAzure(
            self.clock,
            is_throttling=False,
            change=self.change,
            undoing=self.undoing,
            scripts={vm: iter(script) for vm, script in zip(self.vms, self.scripts, strict=True)},
        )
        for vm in self.vms:
            etag = "1" if self.has_etags else None
            self.azure.vms[vm] = VirtualMachine(vm, REGIONS[0], IdentityState(), etag)
        self._uuids = (f"{number:08x}" for number in itertools.count())

    @contextmanager
    def ports(self) -> Iterator[tuple[Ports, SqliteJournal]]:
        origin = Origin("a command", "a cloud", "an endpoint")
        journal = SqliteJournal(
            self.folder / "runs.sqlite3", lambda: origin, now=self.clock.now, new_uuid=lambda: next(self._uuids)
        )
        runner = Runner(self.clock, VirtualHands(self.azure), lambda _progress: None)
        ports = ports_of(
            machines=self.azure,
            identities=NoIdentities(),
            clock=self.clock,
            prompt=Consenting(),
            journal=journal,
            fleet=lambda: runner,
        )
        try:
            yield ports, journal
        finally:
            journal.close()

    def run(self) -> dict[ResourceId, ChangeResult]:
        listed = list(self.azure.vms.values())
        with self.ports() as (ports, _):
            request = ChangeRequest(lambda _ids: self.change)
            results = change_vms(listed, Where(lambda: SUBSCRIPTIONS[0]), request, ports, ExecutionOptions())
        return dict(zip(self.vms, results, strict=True))

    def resume(self) -> dict[ResourceId, ChangeResult]:
        with self.ports() as (ports, journal):
            results = resume_run(journal.read(journal.runs()[0].id), ports, ExecutionOptions())
        return {result.id: result for result in results if result.id}

    def record(self) -> RunRecord | None:
        with self.ports() as (_, journal):
            runs = journal.runs()
            return journal.read(runs[0].id) if runs else None

    def stages(self) -> dict[ResourceId, Stage]:
        """How far each VM on record has come; a VM that failed before the run began is not among them."""
        record = self.record()
        return {entry.vm: entry.stage for entry in record.entries} if record else {}


@contextmanager
def trial(change: int, scripts: Sequence[Sequence[str]], *, has_etags: bool) -> Iterator[Trial]:
    with tempfile.TemporaryDirectory() as folder:
        yield Trial(Path(folder), *CHANGES[change], scripts, has_etags)


def check_law(one: Trial, results: dict[ResourceId, ChangeResult]) -> None:
    """Compare what was said of each VM with what Azure did, and with the journal."""
    stages = one.stages()
    for (vm, result), script in zip(results.items(), one.scripts, strict=True):
        has_colleague = "colleague" in script
        match result.status:
            case Status.CHANGED:
                assert vm in one.azure.has_had, script
                assert stages[vm] is Stage.DONE
            case Status.FAILED:
                assert result.error is not None
                is_changed = one.azure.shows_target(vm)
                assert not is_changed or result.after is not None or has_colleague, (script, result.error)
                assert stages.get(vm) in {Stage.FAILED, Stage.PLANNED, None}
            case Status.UNKNOWN:
                assert result.error is not None
                assert result.after is None
                assert stages[vm] is Stage.UNKNOWN
            case Status.SKIPPED:
                assert not one.azure.applied[vm]
                assert stages.get(vm) in {Stage.PLANNED, None}
            case other:
                raise AssertionError(other)


def check_settled(one: Trial, removed: set[ResourceId], was_open: set[ResourceId]) -> None:
    """Resume on a healthy Azure: everything open is settled, and nothing that was removed since is brought back."""
    before = dict(one.azure.applied)
    had = set(one.azure.has_had)
    results = one.resume()
    assert set(results) == was_open
    for vm, result in results.items():
        if result.status is Status.FAILED:
            assert isinstance(result.error, StateDrifted)
            assert one.azure.applied[vm] == before.get(vm, 0)
        else:
            assert result.status is Status.CHANGED
            assert one.azure.shows_target(vm)
            is_brought_back = vm in removed & had and one.azure.applied[vm] > before.get(vm, 0)
            assert not is_brought_back or not one.has_etags
    record = one.record()
    assert record is not None
    assert record.status != "unfinished"


@law
@given(
    st.sampled_from(range(len(CHANGES))),
    st.lists(SCRIPTS, min_size=1, max_size=3),
    st.booleans(),
    st.sets(st.integers(0, 2)),
)
def test_any_sequence_of_answers_ends_as_the_law_says(
    change: int, scripts: list[list[str]], has_etags: bool, removing: set[int]
) -> None:
    with trial(change, scripts, has_etags=has_etags) as one:
        results = one.run()
        check_law(one, results)
        entries = one.stages()
        if not entries:
            assert not one.azure.applied
            return
        was_in_flight = {vm for vm, stage in entries.items() if stage.is_in_flight}
        with well(one.azure):
            removed = {vm for number, vm in enumerate(one.vms) if number in removing and vm in was_in_flight}
            for vm in removed:
                one.azure.colleague(vm, one.undoing)
            check_settled(one, removed, {vm for vm, stage in entries.items() if stage.is_open})


@law
@given(st.sampled_from(range(len(CHANGES))), SCRIPTS.filter(lambda script: not END_A_RUN & set(script)))
def test_what_one_vm_meets_is_no_other_vms_trouble(change: int, script: list[str]) -> None:
    with trial(change, [[], script, []], has_etags=True) as one:
        results = list(one.run().values())

        assert (results[0].status, results[2].status) == (Status.CHANGED, Status.CHANGED)
