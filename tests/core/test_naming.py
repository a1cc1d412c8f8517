from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.worlds import law
from vmident.core.naming import LONG_IDENTITY_NAME, checked_group_name, checked_identity_name, name_warnings
from vmident.errors import BadResourceId

PLAIN = string.ascii_letters + string.digits


@law
@given(st.sampled_from(PLAIN), st.text(f"{PLAIN}-_", min_size=2, max_size=127))
def test_a_name_that_azure_takes_is_taken_as_it_is(first: str, others: str) -> None:
    assert checked_identity_name(f" {first}{others}\n") == first + others


@pytest.mark.parametrize("name", ["", "  ", "ab", "-abc", "_abc", "a b c", "a.b.c", "a/b/c", "idé", "a" * 129])
def test_a_name_that_no_identity_can_have_is_refused_with_the_rule(name: str) -> None:
    with pytest.raises(BadResourceId, match="No user-assigned identity") as refused:
        checked_identity_name(name)
    assert "3 to 128" in str(refused.value.hint)


@pytest.mark.parametrize(("length", "is_warned_of"), [(3, False), (24, False), (25, True), (128, True)])
def test_a_name_is_warned_of_above_24_characters_and_never_refused_for_it(length: int, is_warned_of: bool) -> None:
    name = checked_identity_name("a" * length)
    assert [warning.code for warning in name_warnings(name)] == [LONG_IDENTITY_NAME] * is_warned_of


@pytest.mark.parametrize("name", ["a", "_", "(web)", "a.b-c_d", ".hidden", "größe", "a" * 90])
def test_a_group_may_have_any_letters_and_some_signs(name: str) -> None:
    assert checked_group_name(f"{name} ") == name


@pytest.mark.parametrize("name", ["", "web.", ".", "a b", "a/b", "a'b", "a,b", "a" * 91])
def test_a_name_that_no_group_can_have_is_refused_with_the_rule(name: str) -> None:
    with pytest.raises(BadResourceId, match="No resource group") as refused:
        checked_group_name(name)
    assert "1 to 90" in str(refused.value.hint)
