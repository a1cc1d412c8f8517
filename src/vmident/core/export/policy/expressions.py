"""Text in the two languages of an ARM template: JSON values, and expressions in brackets.

1. A value that begins with `[` and ends with `]` is an expression. In a policy definition, Azure Policy evaluates it
   for each resource; the deployment of the template would evaluate it first, and reads `[[…]` as the text `[…]`.
   `escaped` adds that bracket to every expression of a policy definition.
2. Text from a desired-state file stands within an expression as a literal in apostrophes, where two apostrophes are
   one and nothing else has a meaning, or as a JSON value that does not begin with `[`.

Source: Microsoft's page 'Syntax and expressions in ARM templates'; for field names of tags, 'Azure Policy definition
structure policy rule'.
"""

from __future__ import annotations

from typing import Any


def text_literal(text: str) -> str:
    """Return the text as a literal of an expression: `'it''s'`."""
    return "'" + text.replace("'", "''") + "'"


def call(function: str, *arguments: str) -> str:
    """Return a call of a template function; arguments are expressions."""
    return f"{function}({', '.join(arguments)})"


def expression(text: str) -> str:
    """Return a JSON value that is evaluated."""
    return f"[{text}]"


def tag_field(name: str) -> str:
    """Return the field that is one tag of a resource: `tags['cost center']`."""
    return f"tags[{text_literal(name)}]"


def escaped(value: Any) -> Any:
    """Return a JSON value in which the deployment of a template evaluates nothing."""
    if isinstance(value, str):
        return f"[{value}" if value.startswith("[") and value.endswith("]") else value
    if isinstance(value, dict):
        return {name: escaped(one) for name, one in value.items()}
    return [escaped(one) for one in value] if isinstance(value, list) else value
