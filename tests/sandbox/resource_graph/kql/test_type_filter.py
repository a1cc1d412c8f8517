from __future__ import annotations

import pytest

from vmident.sandbox.resource_graph.kql.parser import parse
from vmident.sandbox.resource_graph.kql.type_filter import types_in


@pytest.mark.parametrize(
    ("query", "types"),
    [
        ("T | where type =~ 'A/B'", {"a/b"}),
        ("T | where type == 'a/b' and (name == 'x' or name == 'y') | take 1", {"a/b"}),
        ("T | where type in~ ('A', 'b') and type =~ 'B'", {"b"}),
        ("T | where type =~ 'a' and type =~ 'b'", set()),
        ("T | where type =~ 'a' or name == 'x'", None),
        ("T | where not(type =~ 'a')", None),
        ("T | where type != 'a'", None),
        ("T | where type in ('a', tolower('B'))", None),
        ("T | where type in (T | project name)", None),
        ("T | where 'a' == type", None),
        ("T | extend type = 'b' | where type =~ 'a'", None),
        ("T", None),
    ],
)
def test_only_a_first_condition_that_holds_for_all_rows_names_the_types(query: str, types: set[str] | None) -> None:
    assert types_in(parse(query).pipeline.operators) == types
