"""Text that may come from anywhere, made harmless for a terminal."""

from __future__ import annotations

import unicodedata

_DANGEROUS = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def escape_control_characters(text: str) -> str:
    r"""Show control characters, and characters that reorder or hide others, as escapes such as `\x1b`.

    Split text into lines first: a line break inside a name shows as `\x0a`.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        _escaped(character) if unicodedata.category(character) in _DANGEROUS else character for character in text
    )


def _escaped(character: str) -> str:
    number = ord(character)
    if number <= 0xFF:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"
