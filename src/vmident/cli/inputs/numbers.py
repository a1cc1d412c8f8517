"""Numbers from the command line, checked before anything is sent."""

from __future__ import annotations

from collections.abc import Callable

import typer


def number_between(least: float, most: float) -> Callable[[str], float]:
    """Return a parser for an option: a finite number in this range, with the range in the message of its error.

    Typer's own `min` and `max` let `nan` through, and without a `max` also `inf`.
    """

    def number(word: str) -> float:
        try:
            value = float(word)
        except ValueError:
            value = float("nan")
        if not least <= value <= most:
            raise typer.BadParameter(f"'{word}' is not a number from {least:.10g} to {most:.10g}.")
        return value

    return number


def whole_number_between(least: int, most: int) -> Callable[[str], int]:
    """Return a parser for an option: a whole number in this range, which Typer's own `min` and `max` show as `x>=1`."""

    def number(word: str) -> int:
        try:
            value = int(word)
        except ValueError:
            value = least - 1
        if not least <= value <= most:
            raise typer.BadParameter(f"'{word}' is not a whole number from {least} to {most}.")
        return value

    return number
