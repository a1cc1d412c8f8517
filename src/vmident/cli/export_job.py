"""What every `vmident export` command reads and writes: a desired-state file, a folder, and the answer about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from vmident.cli.inputs.desired_state_file import called, text_of
from vmident.cli.options.export import ExportOptions
from vmident.cli.run import Run
from vmident.core.desired_state.rules import Rule
from vmident.core.export.unsupported import Export, Unsupported, check_complete, nothing_exportable
from vmident.core.shell import command_line
from vmident.errors import ExitCode, UsageError
from vmident.files.desired_state import rules_in
from vmident.files.export_folder import ExportFolder
from vmident.render.line import Line, Tone

_LISTED = 20


class ExportTarget(Struct, frozen=True):
    """An engine that a desired state is exported to: the word of its command, and its name in messages.

    `expressible` are parts of rules that it can express.
    """

    word: str
    title: str
    expressible: str = "'system: true' or 'include'"


class ExportJob(Struct, frozen=True):
    """One export to make: the rules, the folder that was checked, and what to do with what cannot be exported.

    `word` is the desired-state file as it was typed, `file` what messages call it.
    """

    target: ExportTarget
    word: str
    file: str
    rules: tuple[Rule, ...]
    folder: ExportFolder
    to: str
    is_partial: bool

    def check(self, unsupported: Iterable[Unsupported]) -> None:
        """Raise `NotExportable`, with every line that cannot be expressed, unless the export may be partial."""
        if not self.is_partial:
            check_complete(unsupported, self.file, self.target.title)

    def check_not_empty(self, unsupported: Iterable[Unsupported], *, is_empty: bool) -> None:
        """Raise `NotExportable` as `check` does, and for an export without resources."""
        self.check(unsupported)
        if is_empty:
            raise nothing_exportable(unsupported, self.file, self.target.title, self.target.expressible)

    def finish(self, run: Run, made: Export, *, notes: Iterable[Line] = ()) -> ExitCode:
        """Write the files and report them, with what is missing and `notes`; raises `NotExportable` as `check` does."""
        self.check(made.unsupported)
        self.folder.write(made.files)
        names = sorted(made.files)
        document = {
            "folder": self.to,
            "files": names,
            "missing": [_missing(one) for one in made.unsupported],
            "removed": list(made.removed),
        }
        readme = Path(self.to) / "README.md"
        verb = "apply" if self.target.word == "terraform" else "deploy"
        lines = [Line(f"Exported to '{self.to}':"), *(_file(name) for name in names), Line(f"To {verb}: see {readme}")]
        run.answer(document, rows=[{"file": name} for name in names], lines=lambda: lines)
        run.console.warn([Line(f"warning: {one.located(self.file)}", Tone.WARNING) for one in made.unsupported])
        run.console.warn(_removed_lines(made.removed))
        run.console.warn(notes)
        return ExitCode.DONE


def export_job(target: ExportTarget, file: str | None, options: ExportOptions, run: Run) -> ExportJob:
    """Read the desired-state file and check the folder; nothing is sent or written. Raises `UsageError`."""
    command = command_line("vmident", "export", target.word, "-f", "identities.yaml", "--to", target.word)
    if file is None:
        raise UsageError("A desired-state file is required.", hint=f"Example: {command}")
    if options.to is None:
        raise UsageError("--to is required: the output folder.", hint=f"Example: {command}")
    if run.group_given:
        raise UsageError(
            "-g cannot be used with 'export', which exports the whole file.",
            hint="Remove -g, and use 'groups' in rules.",
        )
    rules = rules_in(text_of(file, run), called(file))
    return ExportJob(
        target, file, called(file), rules, ExportFolder(Path(options.to), target.word), options.to, options.partial
    )


def _removed_lines(removed: Sequence[str]) -> list[Line]:
    """Return the warning about resources of the earlier export that this one has not, the first twenty by address."""
    if not removed:
        return []
    are = "resource of the earlier export is" if len(removed) == 1 else "resources of the earlier export are"
    listed = [*removed[:_LISTED], *([f"and {len(removed) - _LISTED} more"] if len(removed) > _LISTED else [])]
    summary = (
        f"warning: {len(removed)} {are} not in the new one. Terraform stops managing them and keeps them in Azure:"
    )
    return [Line(summary, Tone.WARNING), *(Line(f"  {one}", Tone.WARNING) for one in listed)]


def _missing(one: Unsupported) -> dict[str, Any]:
    return {"line": one.line, "what": one.what, "reason": one.reason}


def _file(name: str) -> Line:
    return Line(f"  {name}")
