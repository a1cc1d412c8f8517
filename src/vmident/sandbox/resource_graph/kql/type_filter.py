"""Which types of resources a query can find, read off its first condition: no rows need be made of any other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmident.sandbox.resource_graph.kql import syntax

if TYPE_CHECKING:
    from collections.abc import Sequence


def types_in(operators: Sequence[syntax.Operator]) -> frozenset[str] | None:
    """Return the types, in lower case, that the first operator lets through; None where it does not name them.

    Such as `{'microsoft.compute/virtualmachines'}` for `where type =~ 'Microsoft.Compute/virtualMachines' and …`.
    """
    first = operators[0] if operators else None
    return _types_of(first.condition) if isinstance(first, syntax.Where) else None


def _types_of(condition: syntax.Expression) -> frozenset[str] | None:
    match condition:
        case syntax.Binary("and", left, right):
            named = [types for types in (_types_of(left), _types_of(right)) if types is not None]
            return frozenset.intersection(*named) if named else None
        case syntax.Binary("=~" | "==", syntax.Name("type"), syntax.Literal("string", text)):
            return frozenset({text.lower()})
        case syntax.AmongValues("in~" | "in", syntax.Name("type"), choices, None):
            texts = [one.value for one in choices if isinstance(one, syntax.Literal) and isinstance(one.value, str)]
            return frozenset(text.lower() for text in texts) if len(texts) == len(choices) else None
    return None
