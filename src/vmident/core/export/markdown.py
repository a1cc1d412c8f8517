"""Text of rules and of Azure inside Markdown, where it is never markup or a link."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from vmident.core.export.unsupported import Unsupported
from vmident.core.naming import visible

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+!|~&])")


def plain(text: str) -> str:
    """Return Markdown that shows just this text, on one line."""
    return _SPECIAL.sub(r"\\\1", visible(text))


def fenced(lines: Iterable[str]) -> str:
    """Return a block of shell commands; no line of it can end the block."""
    return "\n".join(["```sh", *map(visible, lines), "```"])


def not_exported(unsupported: Sequence[Unsupported], file: str) -> list[str]:
    """Return the lines of the section that lists what an export lacks, none where it lacks nothing."""
    if not unsupported:
        return []
    return ["## Not exported", "", *(f"* {plain(one.located(file))}" for one in unsupported), ""]
