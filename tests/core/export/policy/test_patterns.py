"""Patterns as conditions: the simplest operator that compares as vmident does, else an expression, else refused."""

from __future__ import annotations

from typing import Any

import pytest

from vmident.core.export.policy.patterns import Inexpressible, name_conditions, tag_condition

NAME = {"field": "name"}
READ = "coalesce(field('tags[''t'']'), '')"


def of_names(*patterns: str) -> list[dict[str, Any]]:
    return name_conditions("name", NAME, "field('name')", patterns)


@pytest.mark.parametrize(
    ("patterns", "conditions"),
    [
        (["web01"], [{**NAME, "in": ["web01"]}]),
        (["B", "a", "b"], [{**NAME, "in": ["a", "b"]}]),
        (["*"], []),
        (["a", "**"], []),
        (["Web*"], [{**NAME, "like": "web*"}]),
        (["*01"], [{**NAME, "like": "*01"}]),
        (["web**01"], [{**NAME, "like": "web*01"}]),
        (["*web*"], [{**NAME, "contains": "web"}]),
        (["x*", "b", "*a"], [{**NAME, "in": ["b"]}, {**NAME, "like": "*a"}, {**NAME, "like": "x*"}]),
    ],
)
def test_names_use_conditions_without_regard_to_case(patterns: list[str], conditions: list[dict[str, Any]]) -> None:
    assert of_names(*patterns) == conditions


def test_ends_that_may_overlap_are_compared_with_the_length() -> None:
    text = "toLower(field('name'))"
    end = f"contains(skip({text}, sub(length({text}), length('ba'))), 'ba')"
    assert of_names("ab*ba") == [
        {
            "value": f"[and(greaterOrEquals(length({text}), length('abba')), "
            f"contains(take({text}, length('ab')), 'ab'), {end})]",
            "equals": "true",
        }
    ]


def test_a_long_list_of_names_is_split() -> None:
    conditions = of_names(*(f"vm{number:04}" for number in range(1100)))
    assert [len(one["in"]) for one in conditions] == [500, 500, 100]


@pytest.mark.parametrize(
    ("value", "condition"),
    [
        ("Shop", {"field": "tags['t']", "match": "Shop"}),
        ("*", {"field": "tags['t']", "exists": "true"}),
        ("a.b", {"value": f"[and(equals(length({READ}), length('a.b')), contains({READ}, 'a.b'))]", "equals": "true"}),
        ("it's*", {"value": f"[contains(take({READ}, length('it''s')), 'it''s')]", "equals": "true"}),
        ("*x", {"value": f"[contains(skip({READ}, sub(length({READ}), length('x'))), 'x')]", "equals": "true"}),
        ("*x*", {"value": f"[contains({READ}, 'x')]", "equals": "true"}),
        (
            "a*x*",
            {
                "value": f"[and(contains(take({READ}, length('a')), 'a'), contains(skip({READ}, length('a')), 'x'))]",
                "equals": "true",
            },
        ),
    ],
)
def test_values_of_tags_are_compared_with_case(value: str, condition: dict[str, Any]) -> None:
    assert tag_condition("t", value) == condition


@pytest.mark.parametrize(
    ("name", "field"), [("a.b", "tags['a.b']"), ("it's", "tags['it''s']"), ("Größe", "tags['Größe']")]
)
def test_names_of_tags_stand_in_quotes(name: str, field: str) -> None:
    assert tag_condition(name, "x") == {"field": field, "match": "x"}


@pytest.mark.parametrize(
    ("make", "what", "reason"),
    [
        (lambda: of_names("A*b*c*d"), "the name 'A*b*c*d'", "more than two '*'"),
        (lambda: of_names("straße*"), "the name 'straße*'", "non-ASCII"),
        (lambda: tag_condition("t", "a*b*c*d"), "the value 'a*b*c*d' of tag 't'", "more than two '*'"),
        (lambda: tag_condition("t", "x" * 257), "the value of tag 't'", "at most 256 characters"),
        (lambda: tag_condition("t]", "x"), "the tag 't]'", "brackets"),
        (lambda: tag_condition("t\n", "x"), "the tag 't\n'", "control characters"),
    ],
)
def test_what_cannot_be_compared_is_refused(make: Any, what: str, reason: str) -> None:
    with pytest.raises(Inexpressible) as refused:
        make()
    assert refused.value.what == what
    assert reason in refused.value.reason
