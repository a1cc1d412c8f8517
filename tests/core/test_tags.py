from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.worlds import law
from vmident.core.tags import has_tags, tags_in, with_tags
from vmident.errors import UsageError

NAMES = st.sampled_from(["team", "Team", "env", "ENV", "owner"])


def one_casing(tags: dict[str, str]) -> dict[str, str]:
    """Names that differ in case alone are one tag: no resource has both."""
    return {name: value for _, (name, value) in {name.lower(): (name, value) for name, value in tags.items()}.items()}


TAGS = st.dictionaries(NAMES, st.sampled_from(["", "web", "Web", "a=b"])).map(one_casing)


@law
@given(TAGS, TAGS)
def test_tags_that_are_joined_are_there_and_joining_again_changes_nothing(
    there: dict[str, str], wanted: dict[str, str]
) -> None:
    joined = with_tags(there, wanted)
    assert has_tags(joined, wanted)
    assert with_tags(joined, wanted) == joined


@law
@given(TAGS, TAGS)
def test_a_tag_that_is_there_and_not_named_stays(there: dict[str, str], wanted: dict[str, str]) -> None:
    named = {name.lower() for name in wanted}
    kept = {name: value for name, value in there.items() if name.lower() not in named}
    assert kept.items() <= with_tags(there, wanted).items()
    assert len(with_tags(there, wanted)) == len({name.lower() for name in [*there, *wanted]})


@law
@given(TAGS)
def test_tags_are_read_from_the_words_that_write_them(tags: dict[str, str]) -> None:
    assert tags_in(f"{name}={value}" for name, value in tags.items()) == tags


def test_names_compare_without_case_and_values_with_it() -> None:
    assert has_tags({"Team": "web"}, {"TEAM": "web"})
    assert not has_tags({"Team": "web"}, {"Team": "Web"})
    assert with_tags({"Team": "web"}, {"TEAM": "db"}) == {"Team": "db"}


def test_the_same_tag_twice_counts_once() -> None:
    assert tags_in(["a=1", "A=1"]) == {"a": "1"}


@pytest.mark.parametrize("words", [["team"], [""], ["=web"], [" =web"], ["a=1", "A=2"]])
def test_words_that_are_no_tags_are_wrong_usage(words: list[str]) -> None:
    with pytest.raises(UsageError):
        tags_in(words)
