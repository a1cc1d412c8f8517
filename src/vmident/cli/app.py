"""The Typer app: which commands there are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
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

_ABOUT = """View, change and audit managed identities of Azure VMs.

\b
Get started:
  vmident list --sandbox                 Try it without an Azure account
  vmident show myVM                      Show the identities of a VM
  vmident enable-system myVM --dry-run   Preview a change
"""
_EPILOG = """\b
Run 'vmident COMMAND --help' for the options and examples of a command.
Documentation: docs/index.md in the source distribution.
"""
_HEADINGS = {
    "Change identities": ("enable-system", "disable-system", "add-user", "remove-user", "set"),
    "View identities": ("show", "list"),
    "Manage desired state": ("plan", "apply", "export-state", "export"),
    "Audit and troubleshoot": ("runs", "history", "doctor", "verify", "access", "report"),
    "Manage Azure resources": ("identity", "group", "vm"),
    "Sign in": ("login", "logout", "whoami", "account"),
    "Learn": ("sandbox",),
}
"""The order of the help, and the headings that it lists commands under."""

_COMMANDS: _Table = {
    "enable-system": ("system_assigned", "enable_system", "Enable the system-assigned identity on VMs."),
    "disable-system": ("system_assigned", "disable_system", "Disable the system-assigned identity on VMs."),
    "add-user": ("user_assigned", "add_user", "Attach user-assigned identities to VMs."),
    "remove-user": ("user_assigned", "remove_user", "Detach user-assigned identities from VMs."),
    "set": ("set_identities", "set_exactly", "Set the identities of VMs to exactly those given."),
    "show": ("show", "show", "Show the identities of VMs."),
    "list": ("show", "list_", "List VMs and their identities."),
    "plan": ("plan", "plan", "Show the changes a desired-state file would make."),
    "apply": ("apply", "apply", "Apply a desired-state file or a saved plan."),
    "export-state": ("export_state", "export_state", "Write the current identities as a desired-state file."),
    "history": ("audit.history", "history", "Show who changed the identities of VMs, when, and how."),
    "doctor": ("audit.doctor", "doctor", "Check sign-in, permissions, and VMs for problems."),
    "verify": ("audit.verify", "verify", "Verify from inside VMs that their identities work."),
    "access": ("audit.access", "access", "Show who can act as an identity and what it can do."),
    "report": ("audit.report", "report", "Report access risks in whole subscriptions."),
    "login": ("login", "login", "Sign in to Azure."),
    "logout": ("login", "logout", "Sign out and delete cached tokens."),
    "whoami": ("whoami", "whoami", "Show the signed-in account and the active settings."),
}
_GROUPS: dict[str, tuple[str, _Table]] = {
    "account": (
        "List subscriptions and set the active one.",
        {
            "list": ("account", "list_subscriptions", "List the subscriptions that the account can access."),
            "set": ("account", "set_subscription", "Set the active subscription."),
        },
    ),
    "group": (
        "Manage resource groups.",
        {
            "create": ("group", "create_group", "Create a resource group."),
            "show": ("group", "show_group", "Show a resource group."),
            "list": ("group", "list_group", "List the resource groups of a subscription."),
        },
    ),
    "identity": (
        "Manage user-assigned identities.",
        {
            "create": ("identity", "create_identity", "Create a user-assigned identity."),
            "show": ("identity", "show_identity", "Show user-assigned identities."),
            "list": ("identity", "list_identity", "List user-assigned identities."),
            "delete": ("identity", "delete_identity", "Delete user-assigned identities."),
        },
    ),
    "vm": (
        "Create VMs with identities.",
        {"create": ("vm", "create", "Create a VM with identities and role assignments.")},
    ),
    "export": (
        "Export a desired state to Azure Policy, Terraform, or Bicep.",
        {
            "policy": ("export.policy", "policy", "Export a desired state to Azure Policy."),
            "terraform": ("export.terraform", "terraform", "Export a desired state as Terraform configuration."),
            "bicep": ("export.bicep", "bicep", "Export the identities of a desired state as Bicep files."),
        },
    ),
    "runs": (
        "View, resume, and undo past runs.",
        {
            "list": ("audit.runs", "list_runs", "List past runs, newest first."),
            "show": ("audit.runs", "show_run", "Show one run and its result for each VM."),
            "resume": ("audit.runs", "resume", "Resume an interrupted run."),
            "undo": ("audit.runs", "undo", "Undo a run."),
        },
    ),
    "sandbox": (
        "Try vmident without an Azure account.",
        {
            "status": ("sandbox", "status", "Show the sandbox's contents and location."),
            "reset": ("sandbox", "reset", "Reset the sandbox to its initial state."),
            "serve": (
                "sandbox_serve",
                "serve",
                "Serve the sandbox over HTTPS for other Azure clients.",
            ),
        },
    ),
}

_PLACE = frozenset({"group", "subscription"})
_NOT_TAKEN = {
    "account": frozenset({"group"}),
    "audit.runs": frozenset({"group"}),
    "group": frozenset({"group"}),
    "login": _PLACE,
    "sandbox": _PLACE,
    "sandbox_serve": _PLACE,
}
"""Global options without an effect on the commands of a module, which do not take them."""
_REFUSES_GROUP = frozenset({"audit.report", "export.bicep", "export.policy", "export.terraform"})
"""Modules whose commands take `-g` only to say what to use instead; their help does not show it."""


@cache
def program() -> Callable[..., Any]:
    """Return the program, to be called with arguments and, as `obj`, a `Runtime`; built once per process."""
    entries = _entries(_COMMANDS)
    entries |= {
        name: CommandEntry(about, partial(_group_of, about, commands)) for name, (about, commands) in _GROUPS.items()
    }
    under_headings = {
        name: replace(entries.pop(name), heading=heading) for heading, names in _HEADINGS.items() for name in names
    }
    assert not entries, f"commands without a heading: {', '.join(entries)}"
    return _group(_ABOUT, _options, under_headings, epilog=_EPILOG)


def _entries(commands: _Table) -> dict[str, CommandEntry]:
    return {
        name: CommandEntry(about, partial(_command, module, function, name))
        for name, (module, function, about) in commands.items()
    }


def _group_of(about: str, commands: _Table) -> Any:
    return _group(about, _nothing, _entries(commands))


def _group(
    about: str, options: Callable[..., None], entries: dict[str, CommandEntry], epilog: str | None = None
) -> LazyGroup:
    app = _typer(about, epilog)
    app.callback(cls=LazyGroup)(options)
    group = get_command(app)
    assert isinstance(group, LazyGroup)
    group.commands = Commands(entries)
    return group


def _command(module: str, function: str, name: str) -> Any:
    from vmident.cli.command_adapter import as_typer_command

    app = _typer(None)
    app.command(name, cls=CompletedCommand)(
        as_typer_command(getattr(import_module(f"vmident.cli.commands.{module}"), function))
    )
    command: Any = get_command(app)
    command.params = [one for one in command.params if one.name not in _NOT_TAKEN.get(module, ())]
    for param in command.params:
        param.hidden = param.hidden or (param.name == "group" and module in _REFUSES_GROUP)
    return command


def _typer(about: str | None, epilog: str | None = None) -> typer.Typer:
    return typer.Typer(
        help=about,
        epilog=epilog,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
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
