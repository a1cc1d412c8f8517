"""The law of `vmident.arm.answers`, for whole runs of the program whose every answer may be mutated.

100 runs with the other tests; `nox -s fuzz` makes 2,000, and `nox -s fuzz -- --long` an hour's worth.
"""

from __future__ import annotations

import os
import random
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.mutations import Mutator
from tests.program import GROUP, Outcome, Program, identity_id
from tests.requests_adapter import built
from vmident.errors import ExitCode
from vmident.sandbox.http_messages import Response

pytestmark = pytest.mark.uncovered

EXAMPLES = int(os.environ.get("VMIDENT_FUZZ_EXAMPLES", "100"))
SCOPE = identity_id("x").partition("/providers")[0]
USER = "myUserAssignedIdentity"

CHANGES = [
    f"enable-system myVM -g {GROUP}",
    "enable-system myVM",
    f"enable-system myVM -g {GROUP} --role Reader --scope {SCOPE}",
    f"disable-system webVM -g {GROUP} --yes",
    f"disable-system webVM -g {GROUP} --remove-roles --yes",
    f"add-user myVM -g {GROUP} --identity {USER}",
    "add-user myVM webVM appVM --identity otherIdentity",
    f"remove-user dbVM -g {GROUP} --all-identities --yes",
    f"set appVM -g {GROUP} --type system --yes",
    "enable-system --all --yes",
    "enable-system --all --yes --canary 1 --max-failures 1",
    f"add-user --tag env=prod --identity {USER} --yes",
]
OTHERS = [
    f"show myVM webVM -g {GROUP}",
    "show dbVM",
    "list",
    f"list -g {GROUP}",
    "doctor --all",
    "export-state",
    "whoami",
    f"identity create new -g {GROUP} --role Reader --scope {SCOPE}",
    f"identity show {USER}",
    "identity list",
    "identity delete otherIdentity --yes",
    f"identity delete {USER} --detach --yes",
    "group create new --location westus",
    "group list",
    "account list",
    f"vm create new -g {GROUP} --image Ubuntu2204 --admin-username me --ssh-key {{key}} --system --yes",
    "runs list",
    "verify webVM appVM --yes",
    f"access webVM appVM -g {GROUP} --groups",
    "report --groups",
    f"history webVM appVM -g {GROUP}",
]
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ5rUVd0kv8WfO0S0ZIf8gkVQf0Zt3vH5fYbE2ZcA5cE me"


class Tally:
    """How much was tried."""

    runs = 0
    mutated = 0


@pytest.fixture(scope="module")
def tally() -> Iterator[Tally]:
    tried = Tally()
    yield tried
    print(f"\n{tried.mutated:,} mutated answers in {tried.runs:,} runs")  # noqa: T201 - shown by `nox -s fuzz`


class MutatedProgram(Program):
    """A program whose answers pass through a mutator."""

    mutator: Mutator | None = None

    def watch(self) -> None:
        for method in ("GET", "POST", "PATCH", "PUT", "DELETE"):
            self.when(method, "", self._mutated, times=10**9)

    def _mutated(self, request: requests.PreparedRequest, onward: Callable[[], requests.Response]) -> requests.Response:
        if self.mutator is None:
            return onward()

        def send() -> Response:
            answer = onward()
            return Response(answer.status_code, dict(answer.headers), answer.content)

        return built(request, self.mutator(request, send))


def system_of(program: Program, name: str) -> Any:
    return (program.identity_of(name) or {}).get("type")


def check(program: MutatedProgram, words: str, outcome: Outcome) -> None:
    made = program.mutator.made if program.mutator else []
    said = f"{words}\n{made}\n{outcome.code}\n{outcome.out[-3000:]}\n{outcome.err[-3000:]}"
    assert outcome.code in {int(code) for code in ExitCode}, said
    assert "defect" not in outcome.out + outcome.err, said
    assert "Traceback" not in outcome.out + outcome.err, said
    if outcome.code == ExitCode.USAGE:
        assert not [one for one in program.sent if one.method in {"PATCH", "PUT", "DELETE"}], said
    if outcome.out.strip() and not words.startswith("export-state"):
        assert outcome.json is not None or outcome.out.strip() == "null", said


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(
    words=st.sampled_from(CHANGES + OTHERS),
    one_in=st.sampled_from([1, 2, 3, 5, 9]),
    seed=st.integers(0, 2**32),
    then=st.booleans(),
)
def test_no_answer_makes_the_program_fail_without_a_name(
    capsys: pytest.CaptureFixture[str], tally: Tally, words: str, one_in: int, seed: int, then: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        program = MutatedProgram(Path(folder), capsys)
        try:
            program.watch()
            program.mutator = Mutator(random.Random(seed), one_in)
            key = Path(folder) / "key.pub"
            key.write_text(KEY)
            words = words.format(key=key) if "{key}" in words else words
            check(program, words, program(words))
            tally.runs += 1
            tally.mutated += len(program.mutator.made)
            if then:
                program.mutator = Mutator(random.Random(seed + 1), one_in)
                for more in ("runs resume", "runs undo --yes"):
                    check(program, more, program(more))
                tally.mutated += len(program.mutator.made)
        finally:
            program.sandbox.close()


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(one_in=st.sampled_from([2, 3, 5]), seed=st.integers(0, 2**32))
def test_what_is_said_of_a_vm_is_so_where_answers_are_lost_or_broken(
    capsys: pytest.CaptureFixture[str], tally: Tally, one_in: int, seed: int
) -> None:
    """Only answers that are lost, cut or no documents: one that reads well and lies cannot be told from the truth."""
    with tempfile.TemporaryDirectory() as folder:
        program = MutatedProgram(Path(folder), capsys)
        try:
            program.watch()
            program.mutator = _Breaking(random.Random(seed), one_in)
            words = "enable-system myVM dbVM webVM appVM"
            outcome = program(words)
            made = program.mutator.made
            tally.runs += 1
            tally.mutated += len(made)
            check(program, words, outcome)
            program.mutator = None
            if not outcome.out.strip():
                return
            for one in outcome.json:
                program.time.sleep(60)
                has_it = "SystemAssigned" in str(system_of(program, one["name"]))
                had_it = one["name"] in {"webVM", "appVM"}
                said = (one["name"], one["status"], made, outcome.out, outcome.err)
                if one["status"] in {"changed", "unchanged"}:
                    assert has_it, said
                if one["status"] in {"failed", "skipped"}:
                    assert has_it == had_it, said
            resumed = program("runs resume")
            assert resumed.code == 0 or not [one for one in outcome.json if one["status"] == "unknown"], resumed
        finally:
            program.sandbox.close()


class _Breaking(Mutator):
    def __call__(self, request: requests.PreparedRequest, send: Callable[[], Response]) -> Response:
        if self._choices.randrange(self._one_in):
            return send()
        act = self._choices.choice([self._cut, self._body, self._lost])
        self.made.append(f"{request.method} {act.__name__}")
        return act(request, send)
