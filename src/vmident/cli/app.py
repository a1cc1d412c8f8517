"""The Typer app: which commands there are."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.main import get_command

import vmident
from vmident.cli.completion.typer_completion import CompletedCommand, Install, Show
from vmident.cli.lazy_group import CommandEntry, Commands, LazyGroup

# Of each command: its module below `vmident.cli.commands`, its function there, and the first line of its help.
_Table = dict[str, tuple[str, str, str]]

_COMMANDS: _Table = {
    "enable-system": ("system_assigned", "enable_system", "Give VMs a system-assigned identity, and roles to it."),
    "disable-system": ("system_assigned", "disable_system", "Take the system-assigned identity away from VMs."),
    "add-user": ("user_assigned", "add_user", "Attach user-assigned identities to VMs, and grant roles to them."),
    "remove-user": ("user_assigned", "remove_user", "Detach user-assigned identities from VMs."),
    "set": ("set_identities", "set_exactly", "Leave VMs with exactly these identities, and nothing else."),
    "show": ("show", "show", "Show the identities that VMs have."),
    "list": ("show", "list_", "List VMs and the identities they have."),
    "plan": ("plan", "plan", "Show what would change for VMs to be as a file describes them."),
    "apply": ("apply", "apply", "Make VMs what a file describes, or carry out a saved plan."),
    "export-state": ("export_state", "export_state", "Write the description of what VMs have now."),
    "doctor": ("doctor", "doctor", "Check everything that a change of identities needs."),
    "login": ("login", "login", "Sign in, for the commands that follow."),
    "logout": ("login", "logout", "Forget the sign-in of `vmident login`, and its tokens."),
    "whoami": ("whoami", "whoami", "Show who requests are made as, where they go, and who said so."),
}
_GROUPS: dict[str, tuple[str, _Table]] = {
    "group": (
        "Resource groups.",
        {
            "create": ("group", "create_group", "Make a resource group."),
            "show": ("group", "show_group", "Show a resource group."),
            "list": ("group", "list_group", "List the resource groups of the subscription."),
        },
    ),
    "identity": (
        "User-assigned identities as resources of their own.",
        {
            "create": ("identity", "create_identity", "Make a user-assigned identity, and grant roles to it."),
            "show": ("identity", "show_identity", "Show user-assigned identities."),
            "list": ("identity", "list_identity", "List user-assigned identities."),
            "delete": ("identity", "delete_identity", "Delete user-assigned identities."),
        },
    ),
    "vm": (
        "Virtual machines that begin with their identities.",
        {"create": ("vm", "create", "Make a VM with its network, identities and roles.")},
    ),
    "runs": (
        "What was changed: see it, go on with it, take it back.",
        {
            "list": ("runs", "list_runs", "List the changes on record, the newest first."),
            "show": ("runs", "show_run", "Show one run: who, when, what, and how it ended for each VM."),
            "resume": ("runs", "resume", "Carry a run that was cut short to its end."),
            "undo": ("runs", "undo", "Take back what a run did."),
        },
    ),
    "sandbox": (
        "The built-in sandbox: Azure's behaviour without Azure.",
        {
            "status": ("sandbox", "status", "Show what the sandbox holds, and where it is kept."),
            "reset": ("sandbox", "reset", "Put the sandbox back to what it holds when it is new."),
            "serve": (
                "sandbox_serve",
                "serve",
                "Serve the sandbox on a loopback HTTPS port, for the Azure CLI and Azure's SDKs.",
            ),
        },
    ),
}


@cache
def program() -> Callable[..., Any]:
    """Give the program, to be called with arguments and, as `obj`, a `Runtime`; built once, as it never differs."""
    entries = _entries("", _COMMANDS)
    entries |= {
        name: CommandEntry(about, partial(_group_of, name, about, commands))
        for name, (about, commands) in _GROUPS.items()
    }
    about = "The managed identities of Azure virtual machines: see them, change them, trust what happened."
    return _group(about, _options, entries)


def _entries(group: str, commands: _Table) -> dict[str, CommandEntry]:
    return {
        name: CommandEntry(about, partial(_command, module, function, f"{group} {name}".strip()))
        for name, (module, function, about) in commands.items()
    }


def _group_of(name: str, about: str, commands: _Table) -> Any:
    return _group(about, _nothing, _entries(name, commands))


def _group(about: str, options: Callable[..., None], entries: dict[str, CommandEntry]) -> LazyGroup:
    app = _typer(about)
    app.callback(cls=LazyGroup)(options)
    group = get_command(app)
    assert isinstance(group, LazyGroup)
    group.commands = Commands(entries)
    return group


def _command(module: str, function: str, name: str) -> Any:
    from vmident.cli.command_adapter import as_typer_command

    app = _typer(None)
    app.command(name.rpartition(" ")[2], cls=CompletedCommand)(
        as_typer_command(getattr(import_module(f"vmident.cli.commands.{module}"), function), name)
    )
    return get_command(app)


def _typer(about: str | None) -> typer.Typer:
    return typer.Typer(
        help=about,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )


def _nothing() -> None:
    """Nothing to do before a command of the group."""


def _say_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"vmident {vmident.__version__}")
        raise typer.Exit


def _options(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Show the version and exit.")
    ] = False,
    install_completion: Install = None,
    show_completion: Show = None,
) -> None:
    """Nothing of its own to do: each option acts by itself."""
    _ = version, install_completion, show_completion
