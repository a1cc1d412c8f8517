"""Recognize words that cannot be what was meant: mistyped options, and ids that Git Bash turned into paths.

Every command checks every word with it before anything else, so that no slip is ever taken for a name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any

from vmident.errors import UsageError

# Beside Unicode's own dashes: what keyboards, fonts and word processors put in a hyphen's place.
_LIKE_DASHES = frozenset("\u02d7\u2043\u2212\u2796\u30fc\uff70\u00ad\u2500")
# Git Bash writes its own folder before what begins with a slash: C:/Program Files/Git/subscriptions/…
_PATH_OF_GIT_BASH = re.compile(r"[A-Za-z]:[\\/](?:.*?[\\/])?(?=(?:subscriptions|providers)[\\/])", re.IGNORECASE)


def check_words(params: Sequence[Any], values: dict[str, Any]) -> None:
    """Raise `UsageError` for the first slip among a command's values; `params` are the command's own."""
    options = [spelling for param in params for spelling in param.opts if spelling.startswith("-")]
    for param in params:
        for word in _words(values.get(param.name)):
            option = max(param.opts, key=len) if param.param_type_name == "option" else None
            failure = _mangled(word) or _mistyped_option(word, option, options)
            if failure:
                raise failure


def begins_with_a_dash(word: str) -> bool:
    """Check for a dash of any kind at the start; `-` alone and negative numbers are no options."""
    bare = _bare(word)
    if bare.startswith("-"):
        return re.match(r"-[-\w]", bare) is not None and not bare[1].isdigit()
    return bool(bare) and _is_dash(bare[0])


def meant_option(word: str, options: Sequence[str]) -> str:
    """Return ` Did you mean '--dry-run'?` for a word that begins with dashes; empty where no option is like it."""
    from vmident.core.naming import did_you_mean

    bare = _bare(word)
    name = next((bare[at:] for at, one in enumerate(bare) if not _is_dash(one)), "").partition("=")[0]
    meant = f"--{name}" if len(name) > 1 else f"-{name}"
    return did_you_mean(meant, [meant] if meant in options else options) if name else ""


def _mistyped_option(word: str, option: str | None, options: Sequence[str]) -> UsageError | None:
    if not begins_with_a_dash(word):
        return None
    bare = _bare(word)
    first = bare[0]
    if first != "-":
        called = unicodedata.name(first, "dash").lower()
        return UsageError(
            f"'{bare}' begins with U+{ord(first):04X} ({called}), not with a hyphen.{meant_option(word, options)}",
            hint="Type options with plain hyphens: '-' or '--'.",
        )
    place = f"a value for {option}" if option else "a name"
    return UsageError(
        f"'{bare}' is an option, not {place}.{'' if bare in options else meant_option(word, options)}",
        hint=f"Type the value right after {option}." if option else "Names do not begin with a hyphen.",
    )


def _mangled(word: str) -> UsageError | None:
    found = _PATH_OF_GIT_BASH.match(word.strip())
    if not found:
        return None
    meant = "/" + word.strip()[found.end() :].replace("\\", "/")
    return UsageError(
        f"'{word.strip()}' is a resource ID that Git Bash converted to a path. Did you mean '{meant}'?",
        hint="Turn off the conversion: MSYS_NO_PATHCONV=1 vmident …",
    )


def _words(value: Any) -> Iterator[str]:
    for one in value if isinstance(value, (list, tuple)) else (value,):
        if isinstance(one, str):
            yield str(one)


def _bare(word: str) -> str:
    text = word.strip()
    visible = next((at for at, one in enumerate(text) if unicodedata.category(one) != "Cf" or _is_dash(one)), len(text))
    return text[visible:]


def _is_dash(character: str) -> bool:
    return character in _LIKE_DASHES or unicodedata.category(character) == "Pd"
