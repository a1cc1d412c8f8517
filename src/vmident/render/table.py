"""A table as text: columns with a header and a rule below it, cut to the width of a terminal, drawn without rich.

rich takes a third of a millisecond for a row, and three seconds for ten thousand of them.
"""

from __future__ import annotations

from collections.abc import Sequence

_GAP, _NARROW_GAP = "   ", " "
_LEGIBLE_COLUMNS, _LEAST_COLUMNS = 13, 6


def draw_table(
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    width_columns: int | None = None,
    spare: Sequence[str] = (),
) -> str:
    """Return a table of cells that hold no line breaks; a row without text is left out, and so is a header of nothing.

    Where lines are wider than `width_columns`, the widest columns are cut, and what is cut ends in `…`. The first
    column names the rows, and keeps its width up to half of the line. Columns of the headers in `spare` are left out,
    in that order, where the others would be cut so far that their headers could not be read.
    """
    lines = [heads, *rows] if heads else rows
    number = max(map(len, lines))
    widths = [max(_width(line[at]) for line in lines if at < len(line)) for at in range(number)]
    gap = _GAP
    if width_columns is not None:
        legible, least = (_least(widths, width_columns, one) for one in (_LEGIBLE_COLUMNS, _LEAST_COLUMNS))
        left_out = next((heads.index(one) for one in spare if one in heads), None)
        if left_out is not None and sum(legible) + len(_NARROW_GAP) * (number - 1) > width_columns:
            heads, *rows = [[*line[:left_out], *line[left_out + 1 :]] for line in lines]
            return draw_table(heads, rows, width_columns=width_columns, spare=spare)
        gap = _GAP if sum(legible) + len(_GAP) * (number - 1) <= width_columns else _NARROW_GAP
        widths = _fitted(widths, (legible, least), width_columns - len(gap) * (number - 1))
        lines = [[cut(cell, width) for cell, width in zip(line, widths, strict=False)] for line in lines]
    whole = sum(widths) + len(gap) * (number - 1)
    texts = [gap.join(_padded(cell, width) for cell, width in zip(line, widths, strict=False)) for line in lines]
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


def _least(widths: Sequence[int], columns: int, each: int) -> list[int]:
    """Return the widths below which no column is cut: `each`, and for the first column up to half of the line."""
    first, *others = widths
    return [min(first, max(each, columns // 2)), *(min(one, each) for one in others)]


def _fitted(widths: Sequence[int], floors: Sequence[Sequence[int]], columns: int) -> list[int]:
    """Return widths that add up to `columns` at most: the widest column is cut first, to each of the floors in turn."""
    fitted = list(widths)
    for floor in (*floors, [1] * len(widths)):
        while sum(fitted) > columns:
            giving = [at for at, width in enumerate(fitted) if width > floor[at]]
            if not giving:
                break
            fitted[max(giving, key=fitted.__getitem__)] -= 1
    return fitted


def cut(text: str, width: int) -> str:
    """Return a text of at most so many columns, with `…` at its end where it was longer."""
    if _width(text) <= width:
        return text
    if text.isascii():
        return f"{text[: width - 1]}…"
    from rich.cells import set_cell_size

    return f"{set_cell_size(text, width - 1).rstrip()}…"
