"""Text for zsh, which evaluates what Typer prints: words in double quotes, all of them within single quotes.

Typer's own escaping drops the quotation marks of a text. So the text is escaped here, and is of a type that Typer's
escaping leaves alone.
"""

from __future__ import annotations

import re
from typing import SupportsIndex


class EscapedText(str):
    """Text that is escaped for zsh."""

    def replace(self, _old: str, _new: str, _count: SupportsIndex = -1) -> EscapedText:
        """Return the text as it stands; Typer replaces quotes with this."""
        return self


def escaped_for_zsh(text: str) -> EscapedText:
    """Return the text, escaped for zsh; `:` would end a name and begin its description."""
    return EscapedText(re.sub(r'([\\"$`])', r"\\\1", text).replace(":", r"\\:").replace("'", r"'\''"))
