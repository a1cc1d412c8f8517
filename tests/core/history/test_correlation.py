from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmident.core.history.correlation import correlation_id, run_in

RUNS = st.text("0123456789abcdef", min_size=8, max_size=8)


@given(RUNS)
def test_the_run_is_read_back_in_any_case(run: str) -> None:
    made = correlation_id(run)
    assert run_in(made) == run_in(made.upper()) == run
    assert (str(uuid.UUID(made)), uuid.UUID(made).version) == (made, 8)


@given(st.uuids(version=4))
def test_no_random_id_is_taken_for_one_of_a_run(other: uuid.UUID) -> None:
    assert run_in(str(other)) is None


@pytest.mark.parametrize("other", [None, "", "00000000-0000-0000-0000-000000000000", f"{correlation_id('3f2a9c1e')} "])
def test_what_is_no_id_of_a_run_has_none(other: str | None) -> None:
    assert run_in(other) is None
