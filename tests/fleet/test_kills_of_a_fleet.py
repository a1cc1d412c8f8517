"""A run of three hundred VMs, side by side, that is killed at any moment can be read and resumed, and ends as asked.

Forty kills, two hundred with `nox -s fuzz`, on the simulated Azure, with the journal in its file and the use cases as
the commands call them; and some of the program whole.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.fleet.kills import SEEDS, Executioner, Killed, executioner_of, watched_journal
from tests.fleet.simulated import USER, Nobody, Rehearsal, VirtualHands, ports_of
from tests.fleet.test_kills import held, killed, written_twice_without_a_read
from tests.program import Program, identity_id
from vmident.core.identity import IdentityState
from vmident.core.resource_id import ResourceId
from vmident.core.run_record import Origin, Stage
from vmident.core.transition import AddUsers, Change, EnableSystem, SetExactly
from vmident.fleet.journal import SqliteJournal
from vmident.fleet.runner import Runner
from vmident.ports.ports import Ports
from vmident.results.changes import Status
from vmident.usecases.change.change_vms import ExecutionOptions, change_vms
from vmident.usecases.change.prepare import ChangeRequest
from vmident.usecases.change.resume_and_undo import resume_run
from vmident.usecases.resolve.vms import Where

pytestmark = pytest.mark.once
VMS = 300
# Each leads every VM from where the one before left it to what stands beside it.
CHANGES: tuple[tuple[Change, bool, set[ResourceId]], ...] = (
    (EnableSystem(), True, set()),
    (AddUsers(frozenset({USER})), True, {USER}),
    (SetExactly(False, frozenset()), False, set()),
)


class Consenting(Nobody):
    """Somebody to whom every loss is right."""

    def confirm(self, _losses: object) -> None:
        pass

    def confirm_role_removal(self, _roles: object) -> bool:
        return False


@dataclass
class Processes:
    """One process after the other on the same Azure and the same journal, each of which may be killed."""

    rehearsal: Rehearsal
    folder: Path
    executioner: Executioner

    def __post_init__(self) -> None:
        azure = self.rehearsal.azure
        azure.operation_seconds = lambda: self.rehearsal.chance.choice((0.0, 3.0, 8.0))
        azure.is_throttling = False
        azure.faults = self._passing
        azure.answered = self.executioner.step
        self.journal = self._new_journal()

    def _new_journal(self) -> SqliteJournal:
        return SqliteJournal(
            self.folder / "runs.sqlite3",
            lambda: Origin("a command", "a cloud", "an endpoint"),
            now=self.rehearsal.clock.now,
            new_uuid=lambda: str(uuid.uuid4()),
        )

    def _passing(self, what: str, vm: ResourceId) -> None:
        self.executioner.step()
        # A look at an operation tells what came of a write as well as a read does.
        self.executioner.log.append(("PATCH" if what == "write" else "GET", str(vm)))

    def ports(self) -> Ports:
        """What a process that begins now reaches through; the one before it is gone."""
        self.journal.close()
        azure, clock = self.rehearsal.azure, self.rehearsal.clock
        executor = VirtualHands(azure, latency=lambda: self.rehearsal.chance.uniform(0.05, 0.5))
        self.journal = self._new_journal()
        runner = Runner(clock, executor, lambda _progress: None)
        return ports_of(
            machines=azure,
            clock=clock,
            prompt=Consenting(),
            journal=self.journal,
            fleet=lambda: runner,
        )

    def change(self, change: Change) -> Any:
        """Change all VMs, which were listed a moment ago."""
        listed = [self.rehearsal.azure.seen(vm) for vm in self.rehearsal.azure.vms]
        where = Where(lambda: listed[0].id.subscription)
        return change_vms(listed, where, ChangeRequest(lambda _ids: change), self.ports(), ExecutionOptions())

    def resume(self) -> Any:
        """Go on with the newest run."""
        ports = self.ports()
        return resume_run(self.journal.read(self.journal.runs()[0].id), ports, ExecutionOptions())

    def killed(self, act: Any, at: int) -> None:
        self.executioner.again(at)
        with suppress(Killed):
            act()
        self.executioner.again(None)
        self.journal.close()
        self.journal = self._new_journal()


@pytest.mark.parametrize("seed", range(SEEDS))
def test_twenty_runs_of_three_hundred_vms_that_are_killed_anywhere_end_as_asked_when_they_are_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    executioner = Executioner()
    watched_journal(executioner, monkeypatch)
    processes = Processes(Rehearsal(VMS, seed=seed), tmp_path, executioner)
    azure, chance = processes.rehearsal.azure, random.Random(seed)
    steps_of_a_run = 2_000
    for runs_before in range(20):
        change, has_system, users = CHANGES[runs_before % len(CHANGES)]
        processes.rehearsal.clock.sleep(3600)
        executioner.log.clear()

        processes.killed(lambda change=change: processes.change(change), chance.randint(1, steps_of_a_run))
        steps_of_a_run = max(steps_of_a_run, executioner.steps)
        if len(processes.journal.runs()) == runs_before:
            assert not [what for what, _ in executioner.log if what == "PATCH"], "what is sent is on record first"
            processes.change(change)
        elif runs_before % 3 == 0:
            processes.killed(processes.resume, chance.randint(1, 400))
        results = processes.resume()

        assert {one.status for one in results} <= {Status.CHANGED}
        for machine in map(azure.seen, azure.vms):
            state: IdentityState = machine.identity
            assert (state.system is not None, set(state.users)) == (has_system, users)
        assert written_twice_without_a_read(executioner.log) == []
        record = processes.journal.read(processes.journal.runs()[0].id)
        assert {entry.stage for entry in record.entries} == {Stage.DONE}
        assert len(record.entries) == VMS
    processes.journal.close()


@pytest.fixture
def program(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Program]:
    made = Program(tmp_path, capsys)
    made.sandbox.add_group("fleet")
    for number in range(VMS):
        made.sandbox.add_vm("fleet", f"fleet{number:03}")
    yield made
    made.sandbox.close()


@pytest.mark.parametrize("seed", range(2))
def test_a_command_for_three_hundred_vms_that_is_killed_anywhere_ends_as_asked_when_it_is_resumed(
    program: Program, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    executioner = executioner_of(program, monkeypatch)
    chance = random.Random(seed)
    user = identity_id("myUserAssignedIdentity")
    commands: tuple[tuple[str, str, set[str]], ...] = (
        ("enable-system --all --yes", "SystemAssigned", set()),
        (f"set --all --type user --identity {user} --yes", "UserAssigned", {user}),
    )
    for command, kind, users in commands:
        program.time.sleep(3600)
        executioner.log.clear()
        killed(program, executioner, f"{command} -g fleet", chance.randint(10, 2_000))
        if chance.random() < 0.5:
            killed(program, executioner, "runs resume", chance.randint(10, 500))
        assert program("runs resume").code == 0
        program.time.sleep(3600)  # what Azure counts is as it was
        assert [held(program, f"fleet{number:03}", "fleet") for number in range(0, VMS, 7)] == [(kind, users)] * 43
        assert written_twice_without_a_read(executioner.log) == []
