"""Documents as text: JSON, YAML, a table, tab-separated values."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from textwrap import indent
from typing import Any

from vmident.errors import QueryFailed, UsageError
from vmident.render.text import escape_control_characters

_JMESPATH = "See https://jmespath.org; quote the query for the shell."


def as_json(document: Any) -> str:
    """Return indented JSON in ASCII: control characters and whatever a terminal could stumble over are escaped."""
    return json.dumps(document, indent=2)


def json_array_parts(documents: Iterable[Any]) -> Iterator[str]:
    """Return what `as_json` gives of a list, an item at a time: parts that each end where a line ends."""
    before = "["
    for document in documents:
        yield before
        before = f"{indent(as_json(document), '  ')},"
    if before == "[":
        yield "[]"
    else:
        yield before.removesuffix(",")
        yield "]"


def as_json_line(document: Any) -> str:
    """Return JSON on one line."""
    return json.dumps(document)


def as_yaml(document: Any) -> str:
    """Return block YAML in ASCII, keys in the order of the document."""
    import yaml

    return yaml.safe_dump(document, sort_keys=False, allow_unicode=False).rstrip("\n")


def yaml_array_parts(documents: Iterable[Any]) -> Iterator[str]:
    """Return what `as_yaml` gives of a list, an item at a time."""
    is_empty = True
    for document in documents:
        is_empty = False
        yield as_yaml([document])
    if is_empty:
        yield "[]"


def as_tsv(rows: Any) -> str:
    """Return a line for each row, values parted by tabs, no header; a missing value is an empty field."""
    return "\n".join("\t".join(_cell(value) for value in _values(row)) for row in _rows(rows))


def without_ids(rows: Any) -> list[Any]:
    """Return rows for a table, as the Azure CLI shows them: members that are IDs left out, resource IDs as names."""
    return [
        {key: _named(value) for key, value in row.items() if not _is_id(key)} if isinstance(row, dict) else row
        for row in _rows(rows)
    ]


def _is_id(key: str) -> bool:
    return key == "id" or key.endswith("Id")


def _named(value: Any) -> Any:
    if isinstance(value, str) and value.startswith("/subscriptions/"):
        return ", ".join(one.rsplit("/", 1)[-1] for one in value.split(","))
    return value


def as_table(rows: Any, *, width_columns: int | None = None, spare: Sequence[str] = ()) -> str:
    """Return columns with a header, cut to `width_columns` where that is given; see `draw_table` for `spare`."""
    from vmident.render.table import draw_table

    listed = _rows(rows)
    if not listed:
        return ""
    heads = list(dict.fromkeys(key for row in listed if isinstance(row, dict) for key in row))
    cells = [[row.get(head) for head in heads] if heads and isinstance(row, dict) else _values(row) for row in listed]
    texts = [[_cell(value) for value in row] for row in cells]
    return draw_table([_cell(head) for head in heads], texts, width_columns=width_columns, spare=spare)


def queried(document: Any, query: str | None) -> Any:
    """Return what a JMESPath expression picks from the document; all of it where there is none.

    Raises `UsageError` for one that is malformed, `QueryFailed` for one that asks of the document what its functions
    cannot do, which shows only when the document is there.
    """
    if query is None:
        return document
    from jmespath.exceptions import JMESPathError

    try:
        return compiled_query(query).search(document)
    except JMESPathError as unfit:
        raise QueryFailed(
            f"--query '{query}' cannot be applied to the output: {_reason(unfit)}", hint=_JMESPATH
        ) from unfit


def compiled_query(query: str) -> Any:
    """Read a JMESPath expression; raises `UsageError` for one that is malformed or calls an unknown function.

    jmespath itself looks functions up only when the expression comes to them, which after a change is too late.
    """
    import jmespath
    from jmespath.exceptions import JMESPathError, JMESPathTypeError
    from jmespath.functions import Functions

    try:
        compiled = jmespath.compile(query)
        with suppress(JMESPathTypeError):
            compiled.search(None)
    except JMESPathError as malformed:
        raise UsageError(
            f"--query '{query}' is not a valid JMESPath expression: {_reason(malformed)}", hint=_JMESPATH
        ) from malformed
    unknown = sorted(set(_functions_called(compiled.parsed)) - Functions.FUNCTION_TABLE.keys())
    if unknown:
        raise UsageError(f"--query '{query}' calls unknown functions: {', '.join(unknown)}", hint=_JMESPATH)
    return compiled


def _functions_called(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if node.get("type") == "function_expression":
            yield node["value"]
        for child in node.get("children", ()):
            yield from _functions_called(child)


def _reason(failure: Exception) -> str:
    return " ".join(str(failure).split()).removeprefix("Invalid jmespath expression: ")


def _rows(document: Any) -> Sequence[Any]:
    if document is None:
        return []
    return document if isinstance(document, list) else [document]


def _values(row: Any) -> Sequence[Any]:
    if isinstance(row, dict):
        return list(row.values())
    return row if isinstance(row, list) else [row]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return escape_control_characters(value)
    return as_json_line(value)
