"""Random commands, colleagues and deletions, through the whole program and the sandbox, against the core's own model.

The model is a state of `vmident.core` for each VM and the set of identities that exist. After each step `show` is held
to it: who is attached, and that a principal stays for as long as its identity does.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.program import GROUP, Outcome, Program, identity_id, letting_in, vm_id
from vmident.cli.main import main
from vmident.core.identity import IdentityState
from vmident.core.resource_id import ResourceId
from vmident.core.transition import (
    AddUsers,
    Change,
    DisableSystem,
    EnableSystem,
    RemoveAllUsers,
    RemoveUsers,
    SetExactly,
    transition,
)

USERS = ("myUserAssignedIdentity", "otherIdentity", "thirdIdentity")
A_MINUTE = 60.0  # and so a VM's buckets of reads and updates never run dry


class SilentProgram(Program):
    """A `Program` that catches its own output, for where no pytest fixture can be."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, capture=None)  # type: ignore[arg-type]

    def run(self, words: list[str]) -> Outcome:
        self.sent.clear()
        out, err = StringIO(), StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = main(words, self.runtime())
        return Outcome(code, out.getvalue(), err.getvalue())


def in_some_case(text: str) -> st.SearchStrategy[str]:
    return st.sampled_from([text, text.lower(), text.upper(), text.swapcase()])


def user_words() -> st.SearchStrategy[str]:
    return st.sampled_from(USERS).flatmap(lambda name: in_some_case(name) | in_some_case(identity_id(name)))


def user_of(word: str) -> ResourceId:
    """Return the id that a word means: all identities of this world are in the VMs' own group."""
    return ResourceId.parse(word if "/" in word else identity_id(word))


vms = st.sampled_from(["myVM", "webVM", "dbVM", "appVM"])
some_users = st.lists(user_words(), min_size=1, max_size=3)
changes: st.SearchStrategy[tuple[Callable[[frozenset[ResourceId]], Change], list[str], list[str]]] = st.one_of(
    st.just((lambda _ids: EnableSystem(), ["enable-system"], [])),
    st.just((lambda _ids: DisableSystem(), ["disable-system", "--yes"], [])),
    st.just((lambda _ids: RemoveAllUsers(), ["remove-user", "--all-identities", "--yes"], [])),
    some_users.map(lambda words: (AddUsers, ["add-user"], words)),
    some_users.map(lambda words: (RemoveUsers, ["remove-user", "--yes"], words)),
    some_users.map(
        lambda words: (lambda ids: SetExactly(system=False, ids=ids), ["set", "--type", "User", "--yes"], words)
    ),
    some_users.map(
        lambda words: (lambda ids: SetExactly(system=True, ids=ids), ["set", "--type", "BOTH", "--yes"], words)
    ),
    st.just((lambda _ids: SetExactly(system=False), ["set", "--type", "none", "--yes"], [])),
    st.just((lambda _ids: SetExactly(system=True), ["set", "--type", "system", "--yes"], [])),
)
colleagues_bodies = st.one_of(
    st.just({"identity": {"type": "None"}}),
    st.just({"identity": {"type": "SystemAssigned"}}),
    st.sampled_from(USERS).map(
        lambda name: {"identity": {"type": "UserAssigned", "userAssignedIdentities": {identity_id(name): {}}}}
    ),
    st.just({"tags": {"seen": "by a colleague"}}),
)


class RandomChanges(RuleBasedStateMachine):
    """Four VMs, three identities, one user at a keyboard, and a colleague."""

    @initialize()
    def a_new_cloud(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.program = SilentProgram(self.folder)
        self.program.sandbox.add_identity(GROUP, USERS[2])
        mine = ResourceId.parse(identity_id(USERS[0]))
        self.model = {
            "myVM": IdentityState(),
            "webVM": IdentityState.of(system=True),
            "dbVM": IdentityState.of(users=[mine]),
            "appVM": IdentityState.of(system=True, users=[mine]),
        }
        self.living = {ResourceId.parse(identity_id(name)) for name in USERS}
        self.principals: dict[str, str] = {}

    def teardown(self) -> None:
        self.program.sandbox.close()
        shutil.rmtree(self.folder)

    @rule(vm=vms, change=changes, typed=st.data())
    def a_command(self, vm: str, change: Any, typed: Any) -> None:
        make, words, users = change
        vm_word = typed.draw(in_some_case(vm) | in_some_case(vm_id(vm)), label="the VM as typed")
        dry = typed.draw(st.sampled_from([[], [], [], ["--dry-run"]]), label="dry run")
        meddling = None if dry else typed.draw(st.none() | colleagues_bodies, label="a colleague in between")
        self._type(vm, make, [words[0], vm_word, *words[1:], *dry], users, meddling)

    @rule(vm=vms, body=colleagues_bodies)
    def a_colleague(self, vm: str, body: Any) -> None:
        self._colleague(vm, body)

    @rule(name=st.sampled_from(USERS))
    def an_identity_is_deleted(self, name: str) -> None:
        self.program.colleague("DELETE", identity_id(name))
        self.living.discard(ResourceId.parse(identity_id(name)))
        self.program.time.now += A_MINUTE

    @rule(name=st.sampled_from(USERS))
    def an_identity_is_made(self, name: str) -> None:
        made = self.program.colleague("PUT", identity_id(name), {"location": "westus"})
        assert made.status in (200, 201)
        self.living.add(ResourceId.parse(identity_id(name)))
        self.program.time.now += A_MINUTE

    @invariant()
    def show_prints_what_the_model_holds(self) -> None:
        shown = self.program.run(["show", *self.model, "-g", GROUP])
        assert (shown.code, shown.err) == (0, "")
        for document in shown.json:
            state, identity = self.model[document["name"]], document["identity"]
            assert identity["type"] == state.type.value
            assert {ResourceId.parse(text) for text in identity["userAssignedIdentities"]} == set(state.users)
            assert len(identity["userAssignedIdentities"]) == len(state.users)
            self._check_principal(document["name"], identity.get("principalId"))
        self.program.time.now += A_MINUTE

    def _check_principal(self, vm: str, principal: str | None) -> None:
        """A principal comes and goes with the system-assigned identity, and is never another in between."""
        assert (principal is not None) == (self.model[vm].system is not None)
        if principal is not None:
            assert self.principals.setdefault(vm, principal) == principal

    def _type(self, vm: str, make: Any, words: list[str], users: list[str], meddling: Any) -> None:
        options = [part for user in users for part in ("--identity", user)]
        met: list[str] = []
        if meddling is not None:
            self.program.when("PATCH", f"virtualMachines/{vm}", letting_in(lambda: self._meddle(vm, meddling, met)))
        outcome = self.program.run([*words, *options])
        self.program.rules.clear()
        self.program.time.now += A_MINUTE
        self._judge(vm, make, words, users, outcome)

    def _meddle(self, vm: str, body: Any, met: list[str]) -> None:
        met.append(vm)
        self._colleague(vm, body, at_once=True)

    def _judge(self, vm: str, make: Any, words: list[str], users: list[str], outcome: Outcome) -> None:
        now = self.model[vm]
        ids = frozenset(user_of(word) for word in users)
        unknown = [word for word in users if "/" not in word and user_of(word) not in {*self.living, *now.users}]
        if unknown:
            assert outcome.code == 3, outcome
            assert outcome.json["error"]["code"] == "identity-not-found"
            return
        goal = transition(now, make(ids))
        if goal.is_nothing:
            assert (outcome.code, outcome.json["status"], outcome.json["request"]) == (0, "unchanged", None), outcome
            return
        if "--dry-run" in words:
            assert (outcome.code, outcome.json["status"], self.program.patches) == (0, "planned", []), outcome
            return
        if set(goal.after.users) - self.living:
            assert (outcome.code, outcome.json["error"]["code"]) == (3, "FailedIdentityOperation"), outcome
            return
        assert (outcome.code, outcome.json["status"]) == (0, "changed"), outcome
        assert outcome.json["after"]["type"] == goal.after.type.value
        self._becomes(vm, goal.after)

    def _becomes(self, vm: str, state: IdentityState) -> None:
        if state.system is None:
            self.principals.pop(vm, None)
        self.model[vm] = state

    def _colleague(self, vm: str, body: Any, *, at_once: bool = False) -> None:
        """Have the colleague's PATCH merged by ARM's rules: a type that names identities keeps the others."""
        answer = self.program.colleague("PATCH", vm_id(vm), body)
        if not at_once:
            self.program.time.now += A_MINUTE
        if answer.status != 200 or "identity" not in body:
            return
        now, kind = self.model[vm], body["identity"]["type"]
        named = [ResourceId.parse(text) for text in body["identity"].get("userAssignedIdentities", {})]
        users = [*now.users, *named] if kind == "UserAssigned" else []
        self._becomes(vm, IdentityState.of(system=kind == "SystemAssigned", users=users))


RandomChanges.TestCase.settings = settings(
    max_examples=12, stateful_step_count=10, deadline=None, derandomize=True, print_blob=True
)
TestRandomChanges = RandomChanges.TestCase
