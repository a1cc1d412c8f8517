"""What of a desired-state file an engine cannot express, and the error that lists it; knows no engine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from vmident.errors import NotExportable

_LINES_LISTED = 20


class Unsupported(Struct, frozen=True, order=True):
    """A part of a rule that an engine cannot express.

    `line` is the line of the file, `what` names the part as the file does (`'exclude'`), and `reason` is a sentence.
    """

    line: int
    what: str
    reason: str

    def located(self, file: str) -> str:
        """Return `FILE:LINE: 'exclude' cannot be exported. REASON`."""
        return f"{file}:{self.line}: {self.what} cannot be exported. {self.reason}"


class Export(Struct, frozen=True):
    """The files of one export: text by file name. `unsupported` is what they lack, sorted by line."""

    files: Mapping[str, str]
    unsupported: tuple[Unsupported, ...] = ()


def listed_lines(lines: Sequence[int]) -> str:
    """Return `3, 7 and 12`, or the first twenty lines and how many more there are."""
    shown, others = [str(line) for line in lines[:_LINES_LISTED]], len(lines) - _LINES_LISTED
    if others > 0:
        shown.append(f"{others} more")
    return " and ".join(filter(None, [", ".join(shown[:-1]), shown[-1]]))


def check_complete(unsupported: Iterable[Unsupported], file: str, engine: str) -> None:
    """Raise `NotExportable` with every line that the engine cannot express; `engine` is its name, `Azure Policy`."""
    found = sorted(set(unsupported))
    if not found:
        return
    hint = "Remove these parts from the file, or use --partial to export the rest."
    if len(found) == 1:
        raise NotExportable(found[0].located(file), hint=hint)
    listed = "".join(f"\n{one.located(file)}" for one in found)
    raise NotExportable(f"{file}: {engine} cannot express {len(found)} parts of the file:{listed}", hint=hint)
