"""Text from files and pipes, in the encodings that editors and shells write it in."""

from __future__ import annotations

import codecs

# The longer ones first: UTF-32's mark begins with UTF-16's.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def decoded(data: bytes) -> str:
    """Decode UTF-8, or UTF-16 as Windows PowerShell writes it, with a byte order mark or without.

    Raises `UnicodeDecodeError` for anything else. Text has no NUL, so in UTF-8 there is none, and in UTF-16 every other
    byte of what is mostly ASCII is one.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding)
    if b"\0" in data:
        return data.decode("utf-16-be" if data.startswith(b"\0") else "utf-16-le")
    return data.decode("utf-8")
