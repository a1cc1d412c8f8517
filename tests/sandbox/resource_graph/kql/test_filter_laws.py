"""Random conditions over random rows, beside an evaluator that knows nothing of the one it is compared with."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from tests.sandbox.resource_graph.kql.tables import run
from vmident.sandbox.resource_graph.kql.errors import QueryError
from vmident.sandbox.resource_graph.kql.parser import parse

COLUMNS = {"name": "string", "size": "long", "bag": "dynamic"}
TEXTS = st.text("aB1 -_/'\\\"é", max_size=5)
WORDS = st.text("aAbB1", min_size=1, max_size=2)
NUMBERS = st.integers(-3, 3)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "name": TEXTS,
            "size": st.none() | NUMBERS,
            "bag": st.none() | st.fixed_dictionaries({}, optional={"x": st.none() | TEXTS | NUMBERS | st.booleans()}),
        }
    ),
    max_size=6,
)


@dataclass(frozen=True)
class Condition:
    """A condition as KQL, and as what it says: an operator and what it is applied to."""

    text: str
    operator: str
    operands: tuple[Any, ...]


def quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _text_comparison(drawn: tuple[str, str, str]) -> Condition:
    place, sign, text = drawn
    return Condition(f"{place} {sign} {quoted(text)}", sign, (place, text))


def _number_comparison(drawn: tuple[str, int]) -> Condition:
    sign, number = drawn
    return Condition(f"size {sign} {number}", f"number {sign}", (number,))


def _among(drawn: tuple[str, str, list[str]]) -> Condition:
    place, sign, texts = drawn
    return Condition(f"{place} {sign} ({', '.join(map(quoted, texts))})", sign, (place, texts))


def _question(drawn: tuple[str, str]) -> Condition:
    name, place = drawn
    return Condition(f"{name}({place})", name, (place,))


PLACES = st.sampled_from(["name", "bag.x", "tostring(bag['x'])"])
SIMPLE = st.one_of(
    st.tuples(
        PLACES,
        st.sampled_from(["==", "!=", "=~", "!~", "contains", "!contains", "startswith", "!startswith", "endswith"]),
        TEXTS,
    ).map(_text_comparison),
    st.tuples(PLACES, st.sampled_from(["has", "!has"]), WORDS).map(_text_comparison),
    st.tuples(st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), NUMBERS).map(_number_comparison),
    st.tuples(PLACES, st.sampled_from(["in", "!in", "in~", "!in~"]), st.lists(TEXTS, min_size=1, max_size=3)).map(
        _among
    ),
    st.tuples(
        st.sampled_from(["isnull", "isnotnull", "isempty", "isnotempty"]), st.sampled_from(["name", "size", "bag.x"])
    ).map(_question),
)


def _together(inner: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    joined = st.tuples(st.sampled_from(["and", "or"]), inner, inner).map(
        lambda drawn: Condition(f"({drawn[1].text} {drawn[0]} {drawn[2].text})", drawn[0], drawn[1:])
    )
    return joined | inner.map(lambda one: Condition(f"not({one.text})", "not", (one,)))


CONDITIONS = st.recursive(SIMPLE, _together, max_leaves=6)


def _at(row: dict[str, Any], place: str) -> Any:
    if place in row:
        return row[place]
    return (row["bag"] or {}).get("x")


def _as_text(found: Any) -> str:
    if isinstance(found, bool):
        return str(found).lower()
    return "" if found is None else str(found)


def holds(condition: Condition, row: dict[str, Any]) -> bool | None:
    """Return whether a condition holds: three values, as SQL has them."""
    operator, operands = condition.operator, condition.operands
    if operator == "not":
        inner = holds(operands[0], row)
        return None if inner is None else not inner
    if operator in ("and", "or"):
        both = [holds(one, row) for one in operands]
        if (operator == "or") in both:
            return operator == "or"
        return None if None in both else operator == "and"
    if operator.startswith("number "):
        return _number_holds(operator.split()[1], row["size"], operands[0])
    found = _at(row, operands[0])
    if operator.startswith("is"):
        is_nothing = found is None or (operator.endswith("empty") and found == "")
        return is_nothing is ("not" not in operator)
    return _text_holds(operator, _as_text(found), operands[1])


def _number_holds(sign: str, size: int | None, number: int) -> bool:
    if sign == "!=":
        return size != number
    if size is None:
        return False
    ways = {"<": size < number, "<=": size <= number, ">": size > number, ">=": size >= number, "==": size == number}
    return ways[sign]


def _text_holds(sign: str, value: str, wanted: Any) -> bool:
    if sign.startswith("!") and sign != "!=" and sign != "!~":
        return not _text_holds(sign[1:], value, wanted)
    if sign == "in":
        return value in wanted
    if sign == "in~":
        return value.lower() in [one.lower() for one in wanted]
    low, text = value.lower(), wanted.lower()
    if sign == "has":
        return text in re.split(r"[^a-z0-9é]+", low)
    ways: dict[str, bool] = {
        "==": value == wanted,
        "!=": value != wanted,
        "=~": low == text,
        "!~": low != text,
        "contains": text in low,
        "startswith": low[: len(text)] == text,
        "endswith": low[len(low) - len(text) :] == text if len(text) <= len(low) else False,
    }
    return ways[sign]


@given(CONDITIONS, ROWS)
def test_a_filter_keeps_the_rows_for_which_its_condition_is_true(
    condition: Condition, rows: list[dict[str, Any]]
) -> None:
    numbered = [row | {"number": number} for number, row in enumerate(rows)]
    kept = run(f"T | where {condition.text} | project number", numbered, COLUMNS | {"number": "long"}).rows
    assert [row["number"] for row in kept] == [row["number"] for row in numbered if holds(condition, row) is True]


@given(CONDITIONS, ROWS)
def test_a_condition_and_its_negation_part_the_rows_where_nothing_is_null(
    condition: Condition, rows: list[dict[str, Any]]
) -> None:
    split = f"countif({condition.text}) + countif(not({condition.text}))"
    (counted,) = run(f"T | summarize parts = {split}, all = count()", rows, COLUMNS).rows
    assert counted["parts"] == counted["all"]


@given(st.text())
@example("let x = ")
@example("T | summarize")
@example("T | where a in (")
def test_no_text_breaks_the_parser(text: str) -> None:
    for query in (text, f"T | where name =~ {text}", f"T | {text}", f"T | summarize {text} by name"):
        with contextlib.suppress(QueryError):
            parse(query)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n")))
def test_a_quoted_text_means_what_was_quoted(text: str) -> None:
    assert run(f"T | take 1 | project found = {quoted(text)}").rows[0]["found"] == text


@given(ROWS)
def test_sorting_keeps_every_row_and_puts_nulls_where_they_belong(rows: list[dict[str, Any]]) -> None:
    ascending = [row["size"] for row in run("T | order by size asc", rows, COLUMNS).rows]
    descending = [row["size"] for row in run("T | order by size desc", rows, COLUMNS).rows]
    numbers = sorted(row["size"] for row in rows if row["size"] is not None)
    nulls = [None] * (len(rows) - len(numbers))
    assert ascending == nulls + numbers
    assert descending == numbers[::-1] + nulls
