"""A run that is killed at any moment can be read, gone on with, and ends as it was asked to."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.fleet.kills import SEEDS, Executioner, Killed, executioner_of, steps_up_to
from tests.program import GROUP, Program, identity_id, vm_id
from vmident.sandbox.sandbox import SUBSCRIPTION

pytestmark = pytest.mark.once
VMS = [f"fleet{number:02}" for number in range(12)]
USER, OTHER = identity_id("myUserAssignedIdentity"), identity_id("otherIdentity")
# Each leads every VM from where the one before left it to a state that is named here.
COMMANDS: tuple[tuple[str, str | None, set[str]], ...] = (
    ("enable-system {vms}", "SystemAssigned", set()),
    ("add-user {vms} --identity {user}", "SystemAssigned, UserAssigned", {USER}),
    ("set {vms} --type user --identity {other} --yes", "UserAssigned", {OTHER}),
    ("add-user {vms} --identity {user}", "UserAssigned", {USER, OTHER}),
    ("remove-user {vms} --identity {other} --yes", "UserAssigned", {USER}),
    ("set {vms} --type none --yes", None, set()),
)


@pytest.fixture
def program(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Program]:
    made = Program(tmp_path, capsys, operation_seconds=0.0)
    for name in VMS:
        made.sandbox.add_vm(GROUP, name)
    yield made
    made.sandbox.close()


def written_twice_without_a_read(log: list[tuple[str, str]]) -> list[str]:
    """The VMs that got a second PATCH before anybody had looked at them after the first."""
    unread: set[str] = set()
    found = []
    for method, url in log:
        if method == "GET":
            unread.discard(url)
        elif method == "PATCH":
            if url in unread:
                found.append(url)
            unread.add(url)
    return found


def held(program: Program, name: str, group: str = GROUP) -> tuple[str | None, set[str]]:
    identity = program.identity_of(name, group) or {}
    kind = identity.get("type")
    return None if kind == "None" else kind, set(identity.get("userAssignedIdentities") or {})


def killed(program: Program, executioner: Executioner, words: str, at: int) -> None:
    executioner.again(at)
    with suppress(Killed):
        program(words)
    executioner.again(None)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_twenty_runs_killed_anywhere_end_as_asked_when_they_are_resumed(
    program: Program, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    executioner = executioner_of(program, monkeypatch)
    chance = random.Random(seed)
    steps_of_a_run, previous = 120, "None"
    for kill in range(20):
        command, kind, users = COMMANDS[kill % len(COMMANDS)]
        words = f"{command} -g {GROUP}".format(vms=" ".join(VMS), user=USER, other=OTHER)
        program.time.sleep(3600)  # what Azure counts is as it was
        before = [one["run"] for one in program("runs list").json]
        executioner.log.clear()

        killed(program, executioner, words, chance.randint(1, steps_of_a_run))
        listed = program("runs list")
        assert listed.code == 0, "the journal is readable after every kill"
        if [one["run"] for one in listed.json] == before:
            assert not [method for method, _ in executioner.log if method == "PATCH"], "what is sent is on record first"
            program(words)
        elif kill % 4 == 0:
            killed(program, executioner, "runs resume", chance.randint(1, 30))
        assert program("runs resume").code == 0

        assert [held(program, name) for name in VMS] == [(kind, users)] * len(VMS), (kill, command)
        assert written_twice_without_a_read(executioner.log) == []
        shown = program("runs show").json["vms"]
        assert {(one["status"], one["before"]["type"]) for one in shown} == {("done", previous)}
        previous = kind or "None"
        steps_of_a_run = max(steps_of_a_run, executioner.steps)


def assignments_of(program: Program) -> list[str]:
    """The principals of all role assignments in the group."""
    path = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers/Microsoft.Authorization/roleAssignments"
    listed = program.colleague("GET", path, version="2022-04-01").json()["value"]
    return sorted(one["properties"]["principalId"] for one in listed if one["properties"]["scope"].endswith(GROUP))


def killed_and_resumed(program: Program, executioner: Executioner, words: str, at: int) -> None:
    program.time.sleep(3600)
    before = program("runs list").json
    killed(program, executioner, words, at)
    if program("runs list").json == before:
        program(words)
    assert program("runs resume").code == 0
    assert program("runs show").json["status"] == "done"


def test_roles_of_a_run_that_is_killed_anywhere_are_granted_and_taken_back_whole(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    executioner = executioner_of(program, monkeypatch)
    vms = VMS[:2]
    there_before = assignments_of(program)
    for at in steps_up_to(64):
        command = f"enable-system {' '.join(vms)} -g {GROUP} --role Reader --scope group"
        killed_and_resumed(program, executioner, command, at)
        principals = [program.identity_of(name)["principalId"] for name in vms]
        assert assignments_of(program) == sorted([*there_before, *principals])

        killed_and_resumed(program, executioner, "runs undo --yes", at)
        assert [held(program, name) for name in vms] == [(None, set())] * len(vms)
        assert assignments_of(program) == there_before


def test_an_apply_with_roles_that_is_killed_anywhere_is_finished_and_undone_whole(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    executioner = executioner_of(program, monkeypatch)
    vms = VMS[:2]
    file = program.folder / "desired.yaml"
    file.write_text(
        f"version: 1\nrules:\n- vms: {{names: [{', '.join(vms)}]}}\n  system: true\n"
        "  identities: {include: [otherIdentity]}\n  roles: [{role: Reader, scope: group}]\n",
        encoding="utf-8",
    )
    there_before = assignments_of(program)
    other = program.colleague("GET", OTHER).json()["properties"]["principalId"]
    for at in steps_up_to(80):
        killed_and_resumed(program, executioner, f"apply -f {file} -g {GROUP} --yes", at)
        principals = [program.identity_of(name)["principalId"] for name in vms]
        assert assignments_of(program) == sorted([*there_before, *principals, other])

        killed_and_resumed(program, executioner, "runs undo --yes", at)
        assert [held(program, name) for name in vms] == [(None, set())] * len(vms)
        assert assignments_of(program) == there_before


def test_roles_that_go_with_a_principal_are_deleted_whole_and_come_back_whole(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    vms = VMS[:2]
    there_before = assignments_of(program)
    assert program(f"enable-system {' '.join(vms)} -g {GROUP} --role Reader --scope group").code == 0
    executioner = executioner_of(program, monkeypatch)
    for at in steps_up_to(64):
        command = f"disable-system {' '.join(vms)} -g {GROUP} --yes --remove-roles"
        killed_and_resumed(program, executioner, command, at)
        assert assignments_of(program) == there_before

        killed_and_resumed(program, executioner, "runs undo --yes", at)
        principals = [program.identity_of(name)["principalId"] for name in vms]
        assert assignments_of(program) == sorted([*there_before, *principals])


@pytest.mark.parametrize(
    "command",
    [
        "enable-system {vms} --role Reader --scope group",
        "disable-system {vms} --yes --remove-roles",
        "add-user {vms} --identity {other} --role Reader --scope group",
    ],
)
def test_a_run_that_is_killed_anywhere_can_be_taken_back_instead(
    program: Program, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    vms = VMS[:2]
    there_before = assignments_of(program)
    if command.startswith("disable"):
        assert program(f"enable-system {' '.join(vms)} -g {GROUP} --role Reader --scope group").code == 0
    begun = [held(program, name) for name in vms]
    executioner = executioner_of(program, monkeypatch)
    for at in steps_up_to(80):
        program.time.sleep(3600)
        runs = program("runs list").json
        killed(program, executioner, f"{command} -g {GROUP}".format(vms=" ".join(vms), other=OTHER), at)
        if program("runs list").json == runs:
            continue
        assert program("runs undo --yes").code == 0
        assert [held(program, name) for name in vms] == begun, at
        there = assignments_of(program)
        if command.startswith("disable"):
            # What points at nobody may be left; the new principals have what the old ones had.
            assert {program.identity_of(name)["principalId"] for name in vms} <= set(there), at
        else:
            assert there == there_before, at


def test_a_deletion_with_detach_that_is_killed_anywhere_ends_with_the_identity_gone_everywhere(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    executioner = executioner_of(program, monkeypatch)
    vms = VMS[:2]
    there_before = assignments_of(program)
    for at in steps_up_to(70):
        identity = f"doomed{at:02}"
        for command in (
            f"identity create {identity} -g {GROUP} --role Reader --scope group",
            f"add-user {' '.join(vms)} -g {GROUP} --identity {identity}",
        ):
            assert program(command).code == 0
        delete = f"identity delete {identity} -g {GROUP} --detach --remove-roles --yes"
        killed_and_resumed(program, executioner, delete, at)

        assert [held(program, name) for name in vms] == [(None, set())] * len(vms), at
        assert program.colleague("GET", identity_id(identity)).status == 404, at
        assert assignments_of(program) == there_before, at


def test_a_deletion_with_detach_that_is_killed_anywhere_is_undone_unless_the_identity_is_gone(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    executioner = executioner_of(program, monkeypatch)
    vms = VMS[:2]
    for at in steps_up_to(60):
        identity = f"doomed{at:02}"
        assert program(f"set {' '.join(vms)} -g {GROUP} --type none --yes").code == 0
        assert program(f"identity create {identity} -g {GROUP}").code == 0
        assert program(f"add-user {' '.join(vms)} -g {GROUP} --identity {identity}").code == 0
        runs = program("runs list").json
        program.time.sleep(3600)
        killed(program, executioner, f"identity delete {identity} -g {GROUP} --detach --yes", at)
        if program("runs list").json == runs:
            continue
        is_gone = program.colleague("GET", identity_id(identity)).status == 404

        undone = program("runs undo --yes")

        assert undone.code == (3 if is_gone else 0), at
        attached = set() if is_gone else {identity_id(identity)}
        assert [held(program, name)[1] for name in vms] == [attached] * len(vms), at


def test_what_a_colleague_removes_between_a_kill_and_the_resumption_stays_removed(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    executioner = executioner_of(program, monkeypatch)
    vms = VMS[:3]
    reset, command = f"set {' '.join(vms)} -g {GROUP} --type none --yes", f"add-user {' '.join(vms)} -g {GROUP}"
    left_alone = brought = 0
    for at in steps_up_to(50):
        program.time.sleep(3600)
        program(reset)
        runs = program("runs list").json
        killed(program, executioner, f"{command} --identity {USER}", at)
        if program("runs list").json == runs:
            continue
        program.time.sleep(60)
        removed = [name for name in vms if held(program, name)[1]]
        for name in removed:
            assert program.colleague("PATCH", vm_id(name), {"identity": {"type": "None"}}).status == 200
        program.time.sleep(60)
        executioner.log.clear()

        resumed = program("runs resume").json

        assert [held(program, name) for name in removed] == [(None, set())] * len(removed), at
        others = [name for name in vms if name not in removed]
        assert [held(program, name) for name in others] == [("UserAssigned", {USER})] * len(others), at
        named = {one["name"]: one["error"]["code"] for one in resumed if one["status"] == "failed"}
        assert set(named) <= set(removed)
        assert set(named.values()) <= {"state-drifted"}
        assert program("runs show").json["status"] == ("failed" if named else "done")
        left_alone, brought = left_alone + len(named), brought + len(others)
    assert left_alone
    assert brought
