"""`vmident report`."""

from __future__ import annotations

import json
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import vmident
from vmident.cli.inputs.choices import choice_of
from vmident.cli.inputs.findings import exit_code_of, finding_filter
from vmident.cli.options.access import FindingOptions, GroupsFlag
from vmident.cli.run import Run
from vmident.errors import ExitCode, UsageError
from vmident.render.line import Line
from vmident.render.report.document import finding_rows, report_document, report_lines
from vmident.usecases.access.report_subscriptions import report_subscriptions

if TYPE_CHECKING:
    from vmident.results.access import SubscriptionReport


_STANDARD_OUTPUT = ("-", "/dev/stdout")


class FileFormat(Enum):
    """What a report is saved as."""

    HTML = "html"
    MARKDOWN = "md"
    SARIF = "sarif"
    JSON = "json"
    OPENGRAPH = "opengraph"


SaveFile = Annotated[
    str | None,
    typer.Option(
        "--save",
        metavar="FILE",
        help="Write the report to a file: .html, .md, .sarif or .json. '-' is standard output.",
        show_default=False,
    ),
]
SavedFormat = Annotated[
    FileFormat | None,
    typer.Option(
        "--format",
        metavar="FORMAT",
        parser=choice_of(FileFormat),
        help="Format of the file: html, md, sarif, json, or opengraph. Defaults to that of its extension.",
        show_default=False,
    ),
]


def report(
    run: Run,
    *,
    save: SaveFile = None,
    saved_format: SavedFormat = None,
    groups: GroupsFlag = False,
    finding: FindingOptions,
) -> ExitCode:
    """Report access risks in whole subscriptions.

    Reads the subscription, or those given with --subscription, and changes nothing. The HTML page is a single
    file that makes no network requests. Its map shows who can act as an identity and what the identity can do.

    Examples:

      vmident report

      vmident report --groups --save report.html

      vmident report --subscription all --save findings.sarif --fail-on high
    """
    if run.group_given:
        raise UsageError(
            "-g cannot be used with 'report', which reports whole subscriptions.",
            hint="Remove -g, or use 'vmident access --all' with -g.",
        )
    chosen = finding_filter(finding, run)
    file_format = _format_of(save, saved_format)
    session = run.open(selecting=True)
    subscriptions = session.subscriptions(run.several_subscriptions) or (session.where.subscription(),)
    directory = session.ports.directory if groups else None
    made = report_subscriptions(
        subscriptions, session.ports.access_rows, chosen, run.runtime.wall(), directory=directory
    )
    if save is not None and file_format is not None and save in _STANDARD_OUTPUT:
        run.console.answer(_text(made, file_format).removesuffix("\n"))
        return exit_code_of(made, finding.fail_on)
    if save is not None and file_format is not None:
        _write(save, _text(made, file_format))
    is_saved = save is not None
    run.answer(report_document(made), rows=finding_rows(made), lines=lambda: report_lines(made, is_short=is_saved))
    if is_saved:
        run.console.note([Line(f"Report saved to {save}.")])
    return exit_code_of(made, finding.fail_on)


def _write(file: str, text: str) -> None:
    """Write the report for its owner alone: it shows how identities can be misused."""
    from vmident.private_files import write_private

    try:
        write_private(Path(file), text)
    except (OSError, ValueError) as bad:
        reason = getattr(bad, "strerror", None) or str(bad)
        raise UsageError(f"The report cannot be saved to '{file}': {reason}.", hint="Use another file name.") from bad


def _format_of(save: str | None, given: FileFormat | None) -> FileFormat | None:
    if save is None:
        if given is not None:
            raise UsageError(
                "--format requires --save.", hint="Example: vmident report --save graph.json --format opengraph"
            )
        return None
    known = {f".{one.value}": one for one in FileFormat} | {".htm": FileFormat.HTML, ".markdown": FileFormat.MARKDOWN}
    by_name = known.get(Path(save).suffix.lower())
    if given is None and by_name is None:
        raise UsageError(
            f"The format of '{save}' is not clear from its name.",
            hint="Use --format, or a name that ends in .html, .md, .sarif or .json.",
        )
    return given or by_name


def _text(made: SubscriptionReport, file_format: FileFormat) -> str:
    if file_format is FileFormat.HTML:
        from vmident.render.report.page import report_page

        return report_page(made, vmident.__version__)
    if file_format is FileFormat.MARKDOWN:
        from vmident.render.report.markdown import report_markdown

        return report_markdown(made)
    if file_format is FileFormat.SARIF:
        from vmident.render.report.sarif import report_sarif

        return json.dumps(report_sarif(made, vmident.__version__), indent=2) + "\n"
    if file_format is FileFormat.OPENGRAPH:
        from vmident.render.report.opengraph import report_opengraph

        return json.dumps(report_opengraph(made), indent=2) + "\n"
    return json.dumps(report_document(made), indent=2) + "\n"
