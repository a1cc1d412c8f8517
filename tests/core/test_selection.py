from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.worlds import in_any_case, law
from vmident.core.naming import did_you_mean, near
from vmident.core.resource_id import ResourceId, vm_id
from vmident.core.selection import named

WEB_WEST, WEB_EAST = vm_id("sub", "west", "webVM"), vm_id("sub", "east", "WEBvm")
LISTING = [WEB_WEST, WEB_EAST, vm_id("sub", "west", "dbVM"), vm_id("sub", "west", "appVM")]
NAMES = [one.name for one in LISTING]


@pytest.mark.parametrize("name", ["webVM", "WEBVM", "webvm"])
def test_a_name_means_every_resource_called_so_in_whatever_case_in_order(name: str) -> None:
    assert named(LISTING, name) == (WEB_EAST, WEB_WEST)


def test_a_resource_listed_twice_counts_once() -> None:
    loud = ResourceId.parse(str(WEB_WEST).upper())
    assert named([WEB_WEST, loud, WEB_WEST], "webVM") == (WEB_WEST,)


def test_a_name_that_nothing_has_means_nothing() -> None:
    assert named(LISTING, "web") == ()
    assert named([], "webVM") == ()


@law
@given(st.lists(in_any_case, max_size=8))
def test_the_order_of_the_listing_does_not_matter(listing: list[ResourceId]) -> None:
    turned = list(reversed(listing))
    for resource in listing:
        assert named(listing, resource.name) == named(turned, resource.name)
        assert resource in named(listing, resource.name)


@pytest.mark.parametrize(("mistyped", "likest"), [("webMV", "WEBvm"), ("dbvm1", "dbVM"), ("APVM", "appVM")])
def test_a_mistyped_name_is_near_the_one_meant_in_the_casing_of_the_listing(mistyped: str, likest: str) -> None:
    assert near(NAMES, mistyped)[0] == likest


def test_a_name_like_nothing_is_near_nothing() -> None:
    assert near(NAMES, "zzzzzzzz") == ()
    assert near([], "webVM") == ()


def test_no_more_names_are_near_than_asked_for() -> None:
    many = [f"webVM{number}" for number in range(9)]
    assert len(near(many, "webVM")) == 3
    assert len(near(many, "webVM", at_most=1)) == 1


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        ([], ""),
        (["webVM"], " Did you mean 'webVM'?"),
        (["webVM", "web1"], " Did you mean 'webVM' or 'web1'?"),
        (["webVM", "webVM1", "web1"], " Did you mean 'webVM', 'webVM1', or 'web1'?"),
    ],
)
def test_a_suggestion_lists_the_similar_names_in_a_sentence(names: list[str], sentence: str) -> None:
    assert did_you_mean("webV", names) == sentence
