"""Scalar functions: what each takes, what type it returns, and what it does.

Source: the page of each function in Microsoft's reference of the Kusto Query Language.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from vmident.sandbox.resource_graph.kql.errors import NotSupported, SemanticFailure
from vmident.sandbox.resource_graph.kql.known_names import UNSUPPORTED_FUNCTIONS
from vmident.sandbox.resource_graph.kql.string_operators import compiled
from vmident.sandbox.resource_graph.kql.values import (
    CONVERT,
    to_bool,
    to_dynamic,
    to_text,
)

if TYPE_CHECKING:
    from collections.abc import Callable


class Function(NamedTuple):
    """A function of `least` to `most` arguments, converted to the types in `takes`, whose last is for all further ones.

    `returns` is a type, or `same` for the type that the arguments from `same_from` on share.
    """

    takes: tuple[str, ...]
    least: int
    most: int
    returns: str
    apply: Callable[..., Any]
    same_from: int = 0


def _function(takes: str, returns: str, apply: Callable[..., Any], least: int | None = None, most: int = 0) -> Function:
    kinds = tuple(takes.split())
    return Function(kinds, len(kinds) if least is None else least, most or len(kinds), returns, apply)


def _is_empty(value: Any) -> bool:
    return value is None or value == ""


def _split(text: str, delimiter: str, index: int | None = None) -> list[str]:
    parts = text.split(delimiter) if delimiter else [text]
    return parts if index is None else parts[index : index + 1]


def _extract(pattern: str, group: int | None, text: str) -> str:
    found = compiled(pattern).search(text)
    if found is None or group is None or not 0 <= group <= compiled(pattern).groups:
        return ""
    return found[group] or ""


def _substring(text: str, start: int | None, length: int | None = None) -> str:
    first = max(0, start or 0)
    return text[first:] if length is None else text[first : first + max(0, length)]


def _coalesce(*values: Any) -> Any:
    return next((one for one in values if not _is_empty(one)), values[-1])


def _if(condition: bool | None, then: Any, otherwise: Any) -> Any:
    return then if condition else otherwise


def _case(*arguments: Any) -> Any:
    pairs = zip(arguments[:-1:2], arguments[1::2], strict=False)
    return next((value for condition, value in pairs if to_bool(condition)), arguments[-1])


def _bag(*arguments: Any) -> dict[str, Any]:
    return {to_text(name): to_dynamic(value) for name, value in zip(arguments[::2], arguments[1::2], strict=False)}


_MANY = 64
FUNCTIONS: dict[str, Function] = {
    "tostring": _function("string", "string", lambda text: text),
    "tolower": _function("string", "string", str.lower),
    "toupper": _function("string", "string", str.upper),
    "toint": _function("long", "long", lambda number: number),
    "tolong": _function("long", "long", lambda number: number),
    "todouble": _function("real", "real", lambda number: number),
    "toreal": _function("real", "real", lambda number: number),
    "tobool": _function("bool", "bool", lambda value: value),
    "toboolean": _function("bool", "bool", lambda value: value),
    "todatetime": _function("datetime", "datetime", lambda moment: moment),
    "totimespan": _function("timespan", "timespan", lambda span: span),
    "todynamic": _function("dynamic", "dynamic", lambda value: value),
    "parse_json": _function("dynamic", "dynamic", lambda value: value),
    "parsejson": _function("dynamic", "dynamic", lambda value: value),
    "isnull": _function("any", "bool", lambda value: value is None),
    "isnotnull": _function("any", "bool", lambda value: value is not None),
    "isempty": _function("any", "bool", _is_empty),
    "isnotempty": _function("any", "bool", lambda value: not _is_empty(value)),
    "notempty": _function("any", "bool", lambda value: not _is_empty(value)),
    "not": _function("bool", "bool", lambda value: None if value is None else not value),
    "bag_keys": _function("any", "dynamic", lambda value: list(value) if isinstance(value, dict) else None),
    "array_length": _function("any", "long", lambda value: len(value) if isinstance(value, list) else None),
    "split": _function("string string long", "dynamic", _split, least=2),
    "strcat": _function("string", "string", lambda *texts: "".join(texts), most=_MANY),
    "strcat_array": _function(
        "any string", "string", lambda value, text: text.join(map(to_text, value)) if isinstance(value, list) else ""
    ),
    "strlen": _function("string", "long", len),
    "substring": _function("string long long", "string", _substring, least=2),
    "indexof": _function("string string", "long", str.find),
    "replace_string": _function("string string string", "string", str.replace),
    "trim": _function(
        "string string", "string", lambda pattern, text: compiled(f"^(?:{pattern})|(?:{pattern})$").sub("", text)
    ),
    "extract": _function("string long string", "string", _extract),
    "bag_pack": _function("any", "dynamic", _bag, most=_MANY),
    "pack": _function("any", "dynamic", _bag, most=_MANY),
    "coalesce": Function(("any",), 2, _MANY, "same", _coalesce),
    "iff": Function(("bool", "any", "any"), 3, 3, "same", _if, 1),
    "case": Function(("any",), 3, _MANY + 1, "same", _case),
}  # fmt: skip
FUNCTIONS["iif"] = FUNCTIONS["iff"]


def function_named(name: str, count: int) -> Function:
    """Return the function of a name; raises where there is none, or none that takes so many arguments."""
    found = FUNCTIONS.get(name)
    if found is None:
        if name in UNSUPPORTED_FUNCTIONS:
            raise NotSupported(f"the function '{name}'")
        # Code and text as a rejected query in public has them.
        raise SemanticFailure(f"Unknown function: '{name}'.", "UnknownFunction")
    if not found.least <= count <= found.most or (name == "case" and count % 2 == 0):
        expected = str(found.least) if found.least == found.most else f"{found.least} or more"
        raise SemanticFailure(f"{name}(): function expects {expected} argument(s).")
    return found


def returned_kind(name: str, function: Function, kinds: list[str]) -> str:
    """Return the type of a call's value."""
    if function.returns != "same":
        return function.returns
    same = [*kinds[1:-1:2], kinds[-1]] if name == "case" else kinds[function.same_from :]
    return common_kind(name, same)


def common_kind(where: str, kinds: list[str]) -> str:
    """Return the one type that values of several types have together; raises `SemanticFailure`."""
    found = set(kinds)
    if len(found) == 1:
        return found.pop()
    if found == {"long", "real"}:
        return "real"
    if "dynamic" in found:
        return "dynamic"
    raise SemanticFailure(f"{where}: all values have to be of one type; found {', '.join(sorted(found))}.")


def converted(kind: str, value: Any) -> Any:
    """Convert an argument to what a function takes."""
    return value if kind == "any" else CONVERT[kind](value)
