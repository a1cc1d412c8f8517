"""Text from a desired-state file stays a text, in the deployment of the template and the evaluation of its rules."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.export.policy.test_selection_law import PLACES, Exported, exported
from vmident.core.desired_state.rules import Rule, Selector, SystemRule
from vmident.sandbox.deployments.expressions import Applied, Literal, Node, Picked, is_expression, parsed, resolved

HOSTILE = (
    "[resourceGroup().name]",
    "[[parameters('effect')]",
    "'), true(), contains('",
    "it''s",
    "']",
    "\\'\\",
    '"}, {"field": "type", "exists": "true"}, {"a": "',
    "\x00\x1b[31m\u202e\ud800",
    "${jndi}|<script>&#42;\n# heading\n| table |",
)
OURS = {"and", "coalesce", "contains", "equals", "field", "greaterorequals", "length", "skip", "sub", "take"}


def exported_with(tags: dict[str, str]) -> Exported:
    return exported([Rule(2, Selector(tags=tags), SystemRule(is_wanted=True, line=3))], PLACES[0])


def texts_in(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for one in value.values() for text in texts_in(one)]
    return [text for one in value for text in texts_in(one)] if isinstance(value, list) else [value]


def literals_in(node: Node) -> set[str]:
    """Return the texts in an expression that calls none but the functions that vmident writes."""
    if isinstance(node, Literal):
        return {str(node.value)}
    assert isinstance(node, Applied), node
    assert not isinstance(node, Picked)
    assert node.name.lower() in OURS
    return {text for one in node.arguments for text in literals_in(one)}


def check(value: str, pattern: str) -> None:
    made = exported_with({"team": pattern})
    if made.policies.unsupported:
        assert made.policies.is_empty
        return
    document = json.loads(made.files["policy.json"])
    deployed = resolved(document["resources"][0]["properties"]["policyRule"], {})
    condition = made.policies.definitions[0].condition
    assert deployed["if"] == condition, "the deployment evaluates nothing, and takes one bracket away"
    own = condition["allOf"][3:]
    parts = set(pattern.split("*")) - {""}
    for text in texts_in(own):
        if is_expression(text):
            assert literals_in(parsed(text)) <= parts | {"tags['team']", "", "".join(pattern.split("*"))}
        else:
            assert text in {"tags['team']", "true", pattern}
    assert value in texts_in(own) or any(
        value in text for one in texts_in(own) if is_expression(one) for text in literals_in(parsed(one))
    )


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("shape", ["{}", "{}*", "*{}", "*{}*", "a*{}"])
def test_hostile_values_of_tags_stay_texts(text: str, shape: str) -> None:
    check(text, shape.format(text))


@settings(max_examples=40, deadline=None)
@given(st.text(st.characters(exclude_characters="*"), min_size=1, max_size=20), st.sampled_from(["{}", "{}*", "*{}*"]))
def test_any_value_of_a_tag_stays_a_text(text: str, shape: str) -> None:
    check(text, shape.format(text))


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_of_tags_stay_texts_or_are_refused(text: str) -> None:
    made = exported_with({text: "x"})
    if "[" in text or "]" in text or any(ord(one) < 32 for one in text):
        assert [one.line for one in made.policies.unsupported] == [2]
    else:
        (condition,) = made.policies.definitions[0].condition["allOf"][3:]
        assert condition["field"] == "tags['" + text.replace("'", "''") + "']"


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_add_no_line_and_no_markup_to_the_readme(text: str) -> None:
    def readme(pattern: str) -> str:
        kept = Rule(9, Selector(names=("a",)), SystemRule(is_wanted=True, line=9))
        rule = Rule(2, Selector(tags={"team": pattern}), SystemRule(is_wanted=True, line=3))
        return exported([rule, kept], PLACES[0]).files["README.md"]

    hostile, harmless = readme(f"a*b*c*{text}"), readme("a*b*c*d")
    assert len(hostile.split("\n")) == len(harmless.split("\n"))
    (line,) = set(hostile.split("\n")) - set(harmless.split("\n"))
    assert not any(one in line.replace("\\<", "") for one in ("<script", "\x1b", "\u202e"))
    hostile.encode()
