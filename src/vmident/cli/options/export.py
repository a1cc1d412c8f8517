"""The options of every `vmident export` command."""

from __future__ import annotations

from typing import Annotated

import typer
from msgspec import Struct


class ExportOptions(Struct, frozen=True):
    """Where an export is written, and what becomes of parts that the engine cannot express."""

    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="FOLDER",
            help="Output folder: new, empty, or written by an earlier export.",
            show_default=False,
        ),
    ] = None
    partial: Annotated[
        bool, typer.Option("--partial", help="Skip and list what cannot be exported, instead of failing.")
    ] = False
