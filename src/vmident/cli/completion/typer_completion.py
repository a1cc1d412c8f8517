"""Completion by Typer's own machinery: installed, shown and answered, without making or loading more than it needs."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

VARIABLE = "_VMIDENT_COMPLETE"
"""What the shells' scripts set to ask for completions; Typer makes its name of the program's."""


class Shell(str, Enum):
    """The shells whose scripts Typer has."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"
    POWERSHELL = "powershell"
    PWSH = "pwsh"


class CompletedCommand(TyperCommand):
    """A command whose options are offered bare: to draw their help, Typer would load rich at each press of the key."""

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """Offer the options that begin with the word."""
        return bare(super().shell_complete(ctx, incomplete))


def bare(items: Iterable[Any]) -> list[Any]:
    """Take the help off what is offered."""
    offered = list(items)
    for item in offered:
        item.help = None
    return offered


def prepare() -> None:
    """Make Typer know its shells, as it does by itself only for an app with its own options for that."""
    from typer.completion import get_completion_inspect_parameters

    get_completion_inspect_parameters()


def _install(ctx: typer.Context, param: typer.CallbackParam, shell: Shell | None) -> None:
    if shell is not None:
        from typer.completion import install_callback

        install_callback(ctx, param, shell.value)


def _show(ctx: typer.Context, param: typer.CallbackParam, shell: Shell | None) -> None:
    if shell is not None:
        from typer.completion import show_callback

        prepare()
        show_callback(ctx, param, shell.value)


Install = Annotated[
    Shell | None,
    typer.Option(
        "--install-completion", callback=_install, is_eager=True, help="Complete names in this shell.", metavar="SHELL"
    ),
]
Show = Annotated[
    Shell | None,
    typer.Option(
        "--show-completion", callback=_show, is_eager=True, help="Show the shell's script for that.", metavar="SHELL"
    ),
]
