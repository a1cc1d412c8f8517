from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vmident.render.text import escape_control_characters

law = settings(max_examples=25, deadline=None)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("web01 [x] \\ ~", "web01 [x] \\ ~"),
        ("grüße 名前 ✓", "grüße 名前 ✓"),
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("a\nb\rc\td", "a\\x0ab\\x0dc\\x09d"),
        ("\x00\x07\x7f\x9b", "\\x00\\x07\\x7f\\x9b"),
        ("\x1b]8;;https://evil.example\x07here\x1b]8;;\x07", "\\x1b]8;;https://evil.example\\x07here\\x1b]8;;\\x07"),
        ("abc\u202edcba", "abc\\u202edcba"),
        ("\u2066left\u2069", "\\u2066left\\u2069"),
        ("zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"),
        ("line\u2028para\u2029", "line\\u2028para\\u2029"),
        ("soft\xadhyphen", "soft\\xadhyphen"),
        ("tag\U000e0041", "tag\\U000e0041"),
        ("half\ud800", "half\\ud800"),
    ],
)
def test_characters_that_steer_hide_or_reorder_are_shown_as_escapes(text: str, shown: str) -> None:
    assert escape_control_characters(text) == shown


@law
@given(st.text(st.characters()))
def test_nothing_that_steers_a_terminal_or_reorders_text_is_left(text: str) -> None:
    shown = escape_control_characters(text)
    assert {unicodedata.category(character) for character in shown}.isdisjoint({"Cc", "Cf", "Cs", "Zl", "Zp"})
    assert escape_control_characters(shown) == shown


@law
@given(st.text(st.characters(exclude_categories=["C", "Zl", "Zp"])))
def test_text_that_is_harmless_already_stays_as_it_is(text: str) -> None:
    assert escape_control_characters(text) == text
