"""What a run's requests carry, for Azure's logs to tell which run they were of."""

from __future__ import annotations

from tests.program import Program, losing_the_request
from vmident.core.history.correlation import correlation_id

CORRELATION, REQUEST = "x-ms-correlation-request-id", "x-ms-client-request-id"


def run_of(program: Program) -> str:
    return str(program("runs list").json[0]["run"])


def correlations(program: Program) -> set[tuple[str, str | None]]:
    return {(one.method, one.headers.get(CORRELATION)) for one in program.sent}


def test_each_write_of_a_run_carries_its_id_and_no_read_does(program: Program) -> None:
    program("enable-system myVM --role Reader --scope group")
    sent = list(program.sent)
    by_method = correlations(program)

    run = correlation_id(run_of(program))

    assert by_method == {("GET", None), ("PATCH", run), ("PUT", run)}
    requests = [one.headers[REQUEST] for one in sent]
    assert len(set(requests)) == len(requests), "x-ms-client-request-id is of one request"


def test_a_resumed_run_keeps_its_id_and_undoing_it_is_another_run(program: Program) -> None:
    program.when("PATCH", "myVM", losing_the_request)
    program.when("GET", "myVM", losing_the_request, times=-1, skip=1)
    assert program("enable-system myVM -g myResourceGroup").code != 0
    program.rules.clear()
    first = run_of(program)

    program("runs resume")
    assert correlations(program) >= {("PATCH", correlation_id(first))}

    program("runs undo --yes")
    undone = correlations(program)
    assert undone >= {("PATCH", correlation_id(run_of(program)))}
    assert run_of(program) != first


def test_a_write_outside_a_run_leaves_the_id_to_azure(program: Program) -> None:
    program("identity create another -g myResourceGroup")
    assert correlations(program) == {("GET", None), ("PUT", None)}
