"""The Typer app: which commands there are."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Annotated, Any

import typer
from typer.main import get_command

import vmident
from vmident.cli.command import Command, as_typer_command
from vmident.cli.doctor import doctor
from vmident.cli.groups import create_group, list_group, show_group
from vmident.cli.identities import create_identity, delete_identity, list_identity, show_identity
from vmident.cli.sandbox import reset, status
from vmident.cli.sandbox_serve import serve
from vmident.cli.set_exactly import set_exactly
from vmident.cli.show import list_, show
from vmident.cli.system import disable_system, enable_system
from vmident.cli.users import add_user, remove_user
from vmident.cli.vm import create as create_vm

_COMMANDS: tuple[tuple[str, Command], ...] = (
    ("enable-system", enable_system),
    ("disable-system", disable_system),
    ("add-user", add_user),
    ("remove-user", remove_user),
    ("set", set_exactly),
    ("show", show),
    ("list", list_),
    ("doctor", doctor),
)
_GROUPS: tuple[tuple[str, str, tuple[tuple[str, Command], ...]], ...] = (
    ("group", "Resource groups.", (("create", create_group), ("show", show_group), ("list", list_group))),
    (
        "identity",
        "User-assigned identities as resources of their own.",
        (
            ("create", create_identity),
            ("show", show_identity),
            ("list", list_identity),
            ("delete", delete_identity),
        ),
    ),
    ("vm", "Virtual machines that begin with their identities.", (("create", create_vm),)),
    (
        "sandbox",
        "The built-in sandbox: Azure's behaviour without Azure.",
        (("status", status), ("reset", reset), ("serve", serve)),
    ),
)


@cache
def program() -> Callable[..., Any]:
    """Give the program, to be called with arguments and, as `obj`, a `Runtime`; built once, as it never differs."""
    return get_command(_app())


def _app() -> typer.Typer:
    app = _group("The managed identities of Azure virtual machines: see them, change them, trust what happened.")
    app.callback()(_options)
    for name, function in _COMMANDS:
        app.command(name)(as_typer_command(function, name))
    for name, about, commands in _GROUPS:
        group = _group(about)
        for verb, function in commands:
            group.command(verb)(as_typer_command(function, f"{name} {verb}"))
        app.add_typer(group, name=name)
    return app


def _group(about: str) -> typer.Typer:
    return typer.Typer(
        help=about,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )


def _say_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"vmident {vmident.__version__}")
        raise typer.Exit


def _options(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Nothing of its own to do: `--version` acts by itself."""
    _ = version
