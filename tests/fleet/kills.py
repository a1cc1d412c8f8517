"""Kill the program at any step that it takes outside itself: a request, its answer, a statement of the journal's."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests

from tests.program import Program, Rule

# `nox -s fuzz` kills at every step and from ten seeds.
SEEDS = int(os.environ.get("VMIDENT_KILL_SEEDS", "2"))
_STRIDE = int(os.environ.get("VMIDENT_KILL_STRIDE", "7"))


def steps_up_to(last: int) -> range:
    """Return the steps at which to kill: every seventh, unless the environment says otherwise."""
    return range(1, last, _STRIDE)


class Killed(BaseException):
    """What nothing in the program catches."""


@dataclass
class Executioner:
    """Counts steps, and kills at the one that it is told; `log` has what reached Azure, in order."""

    kills_at: int | None = None
    steps: int = 0
    log: list[tuple[str, str]] = field(default_factory=list)

    def step(self) -> None:
        self.steps += 1
        if self.steps == self.kills_at:
            raise Killed

    def again(self, kills_at: int | None) -> None:
        self.kills_at, self.steps = kills_at, 0


@dataclass
class EveryRequest(Rule):
    """A rule that meets every request, with a step before it and one after."""

    def applies(self, request: requests.PreparedRequest) -> bool:
        return True


def executioner_of(program: Program, monkeypatch: pytest.MonkeyPatch) -> Executioner:
    """Install a killer between the program, its transport and its journal."""
    made = Executioner()
    watched_journal(made, monkeypatch)

    def act(request: requests.PreparedRequest, onward: Callable[[], requests.Response]) -> requests.Response:
        made.step()
        made.log.append((str(request.method), str(request.url).split("?")[0]))
        answer = onward()
        if answer.status_code == 429:
            # Refused for certain, before anything was looked at: as if it had not been sent.
            made.log.pop()
        made.step()
        return answer

    program.rules.append(EveryRequest("", "", act, 0))
    return made


def watched_journal(made: Executioner, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every statement that a journal writes be a step."""

    class Connection(sqlite3.Connection):
        def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
            if not statement.startswith(("PRAGMA", "SELECT", "CREATE")):
                made.step()
            done = super().execute(statement, *values)
            if statement == "COMMIT":
                made.step()
            return done

    connect: Callable[..., sqlite3.Connection] = sqlite3.connect

    def connecting(file: Any, **options: Any) -> sqlite3.Connection:
        watched = {"factory": Connection} if str(file).endswith("runs.sqlite3") else {}
        return connect(file, **options, **watched)

    monkeypatch.setattr(sqlite3, "connect", connecting)
