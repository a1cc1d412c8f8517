"""Commands that are made when they are run, so that no command pays for the signatures and imports of the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from vmident.cli.completion.typer_completion import with_help, with_shell
from vmident.cli.inputs.slips import begins_with_a_dash
from vmident.cli.parse_errors import as_usage_errors
from vmident.errors import ExitCode, UsageError


@dataclass(frozen=True)
class CommandEntry:
    """A command or group: the first line of its help, how to make it, and the heading that lists it."""

    about: str
    make: Callable[[], Any]
    heading: str = "Commands"


class Commands(Mapping[str, Any]):
    """Commands by name, in the order of the help; each is made when it is first asked for."""

    def __init__(self, entries: Mapping[str, CommandEntry]) -> None:
        self.entries = entries
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            self._made[name] = self.entries[name].make()
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)


class LazyGroup(TyperGroup):
    """A group whose `commands` are `Commands`: its help and its list of names make none of them."""

    commands: Any

    def list_commands(self, _ctx: Any) -> list[str]:
        """List the names in the order of the help."""
        return list(self.commands)

    def format_commands(self, _ctx: Any, formatter: Any) -> None:
        """Write each name with the first line of its help, under its heading."""
        headings: dict[str, list[tuple[str, str]]] = {}
        for name, entry in self.commands.entries.items():
            headings.setdefault(entry.heading, []).append((name, entry.about))
        for heading, rows in headings.items():
            with formatter.section(heading):
                formatter.write_dl(rows)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take `help [COMMAND]` for `[COMMAND] --help`, and `version` for `--version`."""
        if args[:1] == ["help"]:
            args = [*args[1:], "--help"]
        elif args == ["version"] and ctx.parent is None:
            args = ["--version"]
        if not args and not ctx.resilient_parsing:
            typer.echo(ctx.get_help(), err=True)
            raise typer.Exit(int(ExitCode.USAGE))
        with as_usage_errors(ctx):
            return super().parse_args(ctx, with_shell(args))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command; one that is the Azure CLI's is answered with the vmident command that does it."""
        word = args[0]
        if word in self.commands or ctx.resilient_parsing:
            return super().resolve_command(ctx, args)
        if begins_with_a_dash(word) and not word.startswith("-"):
            raise UsageError(
                f"'{word}' does not begin with a hyphen.",
                hint="Options follow the command, and begin with '-' or '--'.",
            )
        if word.startswith("-"):
            return super().resolve_command(ctx, args)
        from vmident.cli.inputs.azure_cli_commands import translated

        path = ctx.command_path.split()[1:]
        found = translated([*path, *args])
        if found:
            raise UsageError(
                f"'{found.verbs}' is not a vmident command.",
                hint="\n".join([f"{found.reason} Run instead:".strip(), *(f"  {one}" for one in found.commands)]),
            )
        from vmident.core.naming import did_you_mean

        place = f"'{ctx.command_path}'" if path else ctx.command_path
        raise UsageError(
            f"'{word}' is not a {place} command.{did_you_mean(word, self.commands)}",
            hint=f"To see all commands: {ctx.command_path} --help",
        )

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """Offer the names and the group's own options; stand-ins take the commands' places, so that none is made."""
        names: dict[str, Any] = {
            name: TyperCommand(name, short_help=entry.about) for name, entry in self.commands.entries.items()
        }
        listed = TyperGroup(name=self.name, commands=names, params=self.params)
        return with_help(listed.shell_complete(typer.Context(listed, parent=ctx.parent), incomplete), ctx)
