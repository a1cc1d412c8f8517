"""The URL of an operation carries a signature; it is in no message, no trace and no journal."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
import requests
from urllib3 import HTTPSConnectionPool
from urllib3.connection import HTTPSConnection
from urllib3.exceptions import MaxRetryError, NewConnectionError

from tests.program import GROUP, Program

SIGNED = "p=11111111-2222&t=638000&c=MIIHpTCC&s=SECRETSIGNATURE&h=abc"


def signing(request: requests.PreparedRequest, onward: Callable[[], requests.Response]) -> requests.Response:
    """Have the operation's URL signed, as Azure does."""
    answer = onward()
    for name in ("Azure-AsyncOperation", "Location"):
        if name in answer.headers:
            answer.headers[name] += f"&{SIGNED}"
    return answer


def refusing(request: requests.PreparedRequest, _onward: Callable[[], requests.Response]) -> requests.Response:
    """Refuse the connection, with the error that urllib3 raises then; it names the whole URL."""
    parts = urlsplit(str(request.url))
    pool = HTTPSConnectionPool(str(parts.hostname))
    reason = NewConnectionError(HTTPSConnection(str(parts.hostname)), "[Errno 111] Connection refused")
    raise requests.ConnectionError(MaxRetryError(pool, f"{parts.path}?{parts.query}", reason), request=request)


@pytest.mark.parametrize("words", ["", "--debug", "--timeout 30"])
def test_a_poll_that_gets_no_answer_does_not_show_the_signature(program: Program, words: str) -> None:
    program.when("PATCH", "myVM", signing)
    program.when("GET", "/operations/", refusing, times=99)
    program.when("GET", "virtualMachines/myVM", refusing, times=99, skip=1)

    outcome = program(f"enable-system myVM -g {GROUP} {words}")

    assert outcome.code != 0
    assert "Connection(" not in outcome.out + outcome.err, "Python's objects say nothing to a user"
    assert any("SECRETSIGNATURE" in one.url for one in program.sent), "it was polled by the URL that Azure gave"
    journal = b"".join(file.read_bytes() for file in program.folder.glob("runs.sqlite3*"))
    for text in (outcome.out, outcome.err, program("runs show").out, journal.decode("latin-1")):
        assert "SECRETSIGNATURE" not in text
        assert "MIIHpTCC" not in text
