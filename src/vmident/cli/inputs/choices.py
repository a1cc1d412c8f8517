"""Values of options that come from a short list, in any case; what is not on it is answered with the list."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

import typer

from vmident.core.naming import did_you_mean, enumerated


def choice_of(kind: type[Enum]) -> Callable[[str | Enum], str]:
    """Return a parser for an option whose values are those of an enum: it returns one, for Typer to make the member of.

    It also takes a member, as the option's default is one.
    """
    known = {str(one.value).lower(): str(one.value) for one in kind}

    def choice(word: str | Enum) -> str:
        text = str(word.value if isinstance(word, Enum) else word).strip()
        if text.lower() not in known:
            alike = did_you_mean(text, known)
            raise typer.BadParameter(f"'{text}' is not one of {enumerated([*known.values()], 'or')}.{alike}")
        return known[text.lower()]

    return choice
