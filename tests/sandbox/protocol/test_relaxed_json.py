"""What ARM's parser takes beyond strict JSON, and that strict JSON means the same to both."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmident.sandbox.protocol import relaxed_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(VALUES, st.booleans(), st.sampled_from([None, 1]))
def test_strict_json_keeps_its_meaning(value: object, ascii_only: bool, indent: int | None) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    assert relaxed_json.parse(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"mode": "Incremental", template:{"a": 1}}', {"mode": "Incremental", "template": {"a": 1}}),
        ("{a: 1, $b_2: [true, false, null]}", {"a": 1, "$b_2": [True, False, None]}),
        ('{"a": 1, /* one\ntwo */ "b": 2 // three\n}', {"a": 1, "b": 2}),
        ('{"a": [1, 2, ], "b": {"c": 3 , /* end */ }, }', {"a": [1, 2], "b": {"c": 3}}),
        ("""{'a': 'it\\'s "so"'}""", {"a": 'it\'s "so"'}),
        ('{"a": "not // a comment, /* nor this */ ,}"}', {"a": "not // a comment, /* nor this */ ,}"}),
        ('{"a": "first line\nsecond line"}', {"a": "first line\nsecond line"}),
        ('{"a": -1.5e+3}', {"a": -1500.0}),
    ],
)  # fmt: skip
def test_what_arm_takes_beyond_it(text: str, value: object) -> None:
    assert relaxed_json.parse(text) == value


@pytest.mark.parametrize("text", ["", "{", '{"a" 1}', "[1 2]", "{a: b}", "[NaN]", '{"a": "open', "/* open"])
def test_what_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        relaxed_json.parse(text)
