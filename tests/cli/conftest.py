from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.certificates import Certificates, certificates
from tests.contoso import Contoso, contoso_of
from tests.program import WIDE_TERMINAL, Program

Typing = Callable[[str], None]


@pytest.fixture
def program(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Program]:
    made = Program(tmp_path, capsys)
    yield made
    made.sandbox.close()


@pytest.fixture
def seeded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Program]:
    """The program on a sandbox with the second group of the seed."""
    made = Program(tmp_path, capsys, with_examples=True)
    yield made
    made.sandbox.close()


@pytest.fixture
def typing(monkeypatch: pytest.MonkeyPatch) -> Typing:
    """Type these lines at whatever is asked."""
    return lambda answer: monkeypatch.setattr("sys.stdin", io.StringIO(answer))


@pytest.fixture(scope="session")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def contoso(program: Program, trusted: Certificates, monkeypatch: pytest.MonkeyPatch) -> Iterator[Contoso]:
    """Somewhere to sign in; the program is the `program` fixture's."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(trusted.authority))
    # No keyring of this machine's may be found, wherever the tests run.
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "disabled:")
    with contoso_of(program, trusted) as made:
        yield made


class NobodyThere(io.StringIO):
    """Standard input that nothing may read from."""

    def readline(self, _size: int = -1, /) -> str:  # type: ignore[override]
        raise AssertionError("a question was asked")


@pytest.fixture
def at_a_terminal(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    program.terminal = WIDE_TERMINAL
    monkeypatch.setattr("sys.stdin", NobodyThere())
