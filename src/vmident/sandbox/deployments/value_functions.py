"""The functions of the template language on texts, arrays, objects and numbers: pure.

Source: Microsoft's pages 'String functions', 'Array functions', 'Object functions', 'Comparison functions' and
'Numeric functions' for ARM templates. Case, as those pages have it:

1. `startsWith`, `endsWith`, `indexOf` and `lastIndexOf` compare without regard to case.
2. `contains` compares texts, and texts in an array, with regard to case; the keys of an object without.
3. `equals` compares texts with regard to case: Bicep compiles its `=~` to `equals(toLower(…), toLower(…))`.
4. Of `less` and its kin, `replace`, `split`, `union` and `intersection` the pages say nothing: with regard to case.

Every function raises `TypeError` or `ValueError` for arguments that it does not take; the evaluator names the function.
"""

from __future__ import annotations

import json
import operator
import re
from functools import reduce
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

# .NET's invariant casing leaves these as they are, where Python's maps them to ASCII letters.
_NEVER_MAPPED = {"\u0130", "\u0131", "\u017f", "\u212a"}


def folded(text: str) -> str:
    """Return a text as .NET compares it without regard to case: each character in upper case, where that is one."""
    if text.isascii():
        return text.upper()
    return "".join(one if one in _NEVER_MAPPED or len(one.upper()) != 1 else one.upper() for one in text)


def text_of(value: Any) -> str:
    """Return a text; raises `TypeError` for anything else."""
    if not isinstance(value, str):
        raise TypeError
    return value


def _number(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError
    return value


def _sequence(value: Any) -> Any:
    if not isinstance(value, (str, list)):
        raise TypeError
    return value


def _sized(value: Any) -> Any:
    if not isinstance(value, (str, list, dict)):
        raise TypeError
    return value


def _contains(container: Any, item: Any) -> bool:
    if isinstance(container, dict):
        return folded(text_of(item)) in {folded(name) for name in container}
    if isinstance(container, str):
        return text_of(item) in container
    return any(type(one) is type(item) and one == item for one in _sequence(container))


def _end(value: Any, at: int) -> Any:
    sequence = _sequence(value)
    if sequence:
        return sequence[at]
    return "" if isinstance(sequence, str) else None


def _split(text: Any, delimiters: Any) -> list[str]:
    marks = [text_of(one) for one in (delimiters if isinstance(delimiters, list) else [delimiters])]
    if not marks or not all(marks):
        raise ValueError
    return re.split("|".join(re.escape(mark) for mark in marks), text_of(text))


def _substring(text: Any, start: Any, length: Any = None) -> str:
    """Fail where the part extends beyond the text, as the page says."""
    size = len(text_of(text))
    count = size - _number(start) if length is None else _number(length)
    if start < 0 or count < 0 or start + count > size:
        raise ValueError
    return str(text)[start : start + count]


def _pad_left(value: Any, total: Any, padding: Any = " ") -> str:
    text = value if isinstance(value, str) else str(_number(value))
    return text.rjust(_number(total), text_of(padding))


def _union(first: Any, *others: Any) -> Any:
    if isinstance(first, dict):
        return reduce(_merged, others, first)
    found: list[Any] = []
    for array in (first, *others):
        found += [one for one in _array(array) if one not in found]
    return found


def _merged(one: Any, other: Any) -> dict[str, Any]:
    """Merge objects, those within them too; the later value wins."""
    if not isinstance(other, dict):
        raise TypeError
    merged = dict(one)
    for name, value in other.items():
        before = merged.get(name)
        merged[name] = _merged(before, value) if isinstance(before, dict) and isinstance(value, dict) else value
    return merged


def _array(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError
    return value


def _intersection(first: Any, *others: Any) -> Any:
    if isinstance(first, dict):
        return {name: one for name, one in first.items() if all(other.get(name) == one for other in others)}
    return [one for one in _array(first) if all(one in _array(other) for other in others)]


def _int(value: Any) -> int:
    return int(value) if isinstance(value, str) else _number(value)


def _bool(value: Any) -> bool:
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if not isinstance(value, int):
        raise TypeError
    return bool(value)


def _compared(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def compared(one: Any, other: Any) -> bool:
        if isinstance(one, str):
            return compare(one, text_of(other))
        return compare(_number(one), _number(other))

    return compared


def _extreme(choose: Callable[..., int]) -> Callable[..., int]:
    def chosen(*values: Any) -> int:
        numbers = values[0] if len(values) == 1 and isinstance(values[0], list) else values
        return choose([_number(one) for one in numbers])

    return chosen


def _divided(one: Any, other: Any) -> int:
    if not _number(other):
        raise ValueError
    return int(_number(one) / other)


def _remainder(one: Any, other: Any) -> int:
    return _number(one) - _divided(one, other) * _number(other)


def _try_get(whole: Any, *keys: Any) -> Any:
    for key in keys:
        if isinstance(whole, dict) and isinstance(key, str):
            whole = next((value for name, value in whole.items() if folded(name) == folded(key)), None)
        elif isinstance(whole, list) and isinstance(key, int):
            whole = whole[key] if 0 <= key < len(whole) else None
        else:
            return None
    return whole


# By name in lower case.
VALUE_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "contains": _contains,
    "startswith": lambda text, start: folded(text_of(text)).startswith(folded(text_of(start))),
    "endswith": lambda text, end: folded(text_of(text)).endswith(folded(text_of(end))),
    "indexof": lambda text, part: folded(text_of(text)).find(folded(text_of(part))),
    "lastindexof": lambda text, part: folded(text_of(text)).rfind(folded(text_of(part))),
    "first": lambda value: _end(value, 0),
    "last": lambda value: _end(value, -1),
    "take": lambda value, count: _sequence(value)[: max(0, _number(count))],
    "skip": lambda value, count: _sequence(value)[max(0, _number(count)) :],
    "length": lambda value: len(_sized(value)),
    "split": _split,
    "join": lambda values, mark: text_of(mark).join(text_of(one) for one in _array(values)),
    "substring": _substring,
    "replace": lambda text, old, new: text_of(text).replace(text_of(old), text_of(new)),
    "trim": lambda text: text_of(text).strip(),
    "padleft": _pad_left,
    "union": _union,
    "intersection": _intersection,
    "range": lambda start, count: list(range(_number(start), _number(start) + _number(count))),
    "array": lambda value: value if isinstance(value, list) else [value],
    "json": lambda text: json.loads(text_of(text)),
    "int": _int,
    "bool": _bool,
    "coalesce": lambda *values: next((one for one in values if one is not None), None),
    "tryget": _try_get,
    "less": _compared(operator.lt),
    "lessorequals": _compared(operator.le),
    "greater": _compared(operator.gt),
    "greaterorequals": _compared(operator.ge),
    "add": lambda one, other: _number(one) + _number(other),
    "sub": lambda one, other: _number(one) - _number(other),
    "mul": lambda one, other: _number(one) * _number(other),
    "div": _divided,
    "mod": _remainder,
    "min": _extreme(min),
    "max": _extreme(max),
}
