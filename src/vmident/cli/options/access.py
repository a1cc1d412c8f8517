"""The options of `access` and `report` that say which findings count."""

from __future__ import annotations

from typing import Annotated

import typer
from msgspec import Struct

from vmident.cli.inputs.choices import choice_of
from vmident.core.access.finding import Severity

GroupsFlag = Annotated[
    bool,
    typer.Option("--groups", help="Read group members and principal names from Microsoft Graph."),
]


class FindingOptions(Struct, frozen=True):
    """Which findings are reported, and which of them fail the command."""

    fail_on: Annotated[
        Severity | None,
        typer.Option(
            "--fail-on",
            metavar="SEVERITY",
            parser=choice_of(Severity),
            help="Exit with 10 if a finding is at least this severe: low, medium, or high.",
            show_default=False,
        ),
    ] = None
    rule: Annotated[
        list[str] | None,
        typer.Option(
            "--rule", metavar="RULE", help="Report only findings of this rule. Repeatable.", show_default=False
        ),
    ] = None
    ignore: Annotated[
        str | None,
        typer.Option(
            "--ignore",
            metavar="FILE",
            help="File with findings to ignore, one RULE or RULE:RESOURCE_ID per line.",
            show_default=False,
        ),
    ] = None
