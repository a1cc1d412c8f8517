"""What of a desired-state file an engine cannot express, and the error that lists it; knows no engine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from vmident.core.naming import enumerated, visible
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
        return f"{file}:{self.line}: {visible(self.what)} cannot be exported. {visible(self.reason)}"


class Export(Struct, frozen=True):
    """The files of one export: text by file name.

    `unsupported` is what they lack, sorted by line. `removed` are the resources that an earlier export to the folder
    had and this one has not, as the engine names them.
    """

    files: Mapping[str, str]
    unsupported: tuple[Unsupported, ...] = ()
    removed: tuple[str, ...] = ()


def title_of(file: str) -> str:
    """Return what texts call a desired-state file: `standard input` for `-`."""
    return "standard input" if file == "-" else file


def listed_lines(lines: Sequence[int]) -> str:
    """Return `3, 7, and 12`, or the first twenty lines and how many more there are."""
    shown, others = [str(line) for line in lines[:_LINES_LISTED]], len(lines) - _LINES_LISTED
    if others > 0:
        shown.append(f"{others} more")
    return enumerated(shown)


def check_complete(unsupported: Iterable[Unsupported], file: str, engine: str) -> None:
    """Raise `NotExportable` with every line that the engine cannot express; `engine` is its name, `Azure Policy`."""
    found = sorted(set(unsupported))
    if not found:
        return
    hint = "Remove these parts from the file, or use --partial to export the rest."
    if len(found) == 1:
        raise NotExportable(found[0].located(file), hint=hint)
    raise NotExportable(
        f"{file}: {engine} cannot express {len(found)} parts of the file:{_each(found, file)}", hint=hint
    )


def nothing_exportable(unsupported: Iterable[Unsupported], file: str, engine: str, expressible: str) -> NotExportable:
    """Return the error for an export without resources, with every reason; `expressible` are parts that would be."""
    found = sorted(set(unsupported))
    colon = ":" if found else "."
    return NotExportable(
        f"{file}: No rule can be exported to {engine}{colon}{_each(found, file)}",
        hint="Correct these parts of the file." if found else f"Add a rule with {expressible}.",
    )


def _each(found: Iterable[Unsupported], file: str) -> str:
    return "".join(f"\n{one.located(file)}" for one in found)
