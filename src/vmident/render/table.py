"""A table as text: columns with a header and a rule below it, drawn without rich where nothing is to be wrapped.

rich takes a third of a millisecond for a row, and three seconds for ten thousand of them.
"""

from __future__ import annotations

from collections.abc import Sequence

_GAP = "   "
# Eight rows of four characters, as rich reads them: only the rule under the heads is drawn.
_PLAIN_RULE = "    \n    \n -- \n    \n    \n    \n    \n    \n"


def draw_table(heads: Sequence[str], rows: Sequence[Sequence[str]], *, width_columns: int | None = None) -> str:
    """Return a table of cells that hold no line breaks; a row without text is left out, and so is a header of nothing.

    Lines are wrapped only where they are wider than `width_columns`.
    """
    lines = [heads, *rows] if heads else rows
    number = max(map(len, lines))
    widths = [max(_width(line[at]) for line in lines if at < len(line)) for at in range(number)]
    whole = sum(widths) + len(_GAP) * (number - 1)
    if width_columns is not None and whole > width_columns:
        return _wrapped(heads, rows, width_columns)
    texts = [_GAP.join(_padded(cell, width) for cell, width in zip(line, widths, strict=False)) for line in lines]
    if heads:
        texts.insert(1, "-" * whole)
    return "\n".join(text.rstrip() for text in texts if text.strip())


def _width(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def _wrapped(heads: Sequence[str], rows: Sequence[Sequence[str]], width_columns: int) -> str:
    from io import StringIO

    from rich.box import Box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=Box(_PLAIN_RULE, ascii=True), show_header=bool(heads), pad_edge=False, show_edge=False)
    for head in heads or rows[0]:
        table.add_column(Text(head), overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    console = Console(file=StringIO(), width=width_columns, color_system=None, force_terminal=False)
    with console.capture() as captured:
        console.print(table)
    return "\n".join(line.rstrip() for line in captured.get().splitlines() if line.strip())
