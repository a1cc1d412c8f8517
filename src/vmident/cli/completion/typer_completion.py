"""Completion by Typer's own machinery: installed, shown and answered, without making or loading more than it needs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from contextlib import redirect_stderr, redirect_stdout
from enum import Enum
from io import StringIO
from types import ModuleType
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperOption

from vmident.cli.completion import VARIABLE
from vmident.cli.completion.zsh import escaped_for_zsh
from vmident.cli.inputs.arguments import NAME, rewritten
from vmident.cli.parse_errors import as_usage_errors
from vmident.errors import UsageError


class Shell(str, Enum):
    """The shells whose scripts Typer has."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"
    POWERSHELL = "powershell"
    PWSH = "pwsh"
    DETECTED = "detected"

    @property
    def for_typer(self) -> str | bool:
        """What Typer's own callbacks take: a shell, or that they are to detect it."""
        return True if self is Shell.DETECTED else self.value


class CompletedCommand(TyperCommand):
    """A command that lists global options apart in its help.

    Names may be given as the Azure CLI has them: `-n VM`, `--identities A B`.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments in the one form that Typer knows."""
        takes_value = {
            spelling: not one.is_flag for one in self.params if isinstance(one, TyperOption) for spelling in one.opts
        }
        try:
            args = rewritten(args, takes_value, has_name=NAME in takes_value)
        except UsageError:
            if not ctx.resilient_parsing:
                raise
        ctx.allow_extra_args = True
        with as_usage_errors(ctx):
            unexpected = super().parse_args(ctx, args)
        if unexpected and not ctx.resilient_parsing:
            raise UsageError(
                f"Unexpected argument '{unexpected[0]}'.", hint=f"To see the arguments: {ctx.command_path} --help"
            )
        return unexpected

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """Return the options that begin with the word."""
        return with_help(super().shell_complete(ctx, incomplete), ctx)

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return the words of the usage line. Typer puts required arguments in braces; `az` does not."""
        return [one.strip("{}") for one in super().collect_usage_pieces(ctx)]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the arguments, the command's own options, and the options that every command has."""
        from vmident.cli.options.shared import Options

        shared = {*Options.__struct_fields__, "help"}
        sections: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": [], "Global options": []}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record is not None:
                is_argument = param.param_type_name == "argument"
                section = "Arguments" if is_argument else "Global options" if param.name in shared else "Options"
                sections[section].append(record)
        for section, records in sections.items():
            if records:
                with formatter.section(section):
                    formatter.write_dl(records)


def with_help(items: Iterable[Any], ctx: Any) -> list[Any]:
    """Leave descriptions to the shells that show them, zsh and fish."""
    offered = list(items)
    shell = ctx.find_root().obj.environ.get(VARIABLE, "").rpartition("_")[2]
    for item in offered:
        if shell == "zsh" and item.help:
            item.help = escaped_for_zsh(item.help)
        elif shell != "fish":
            item.help = None
    return offered


def prepare() -> None:
    """Register Typer's shells, which Typer does only for an app that has its completion options.

    Typer also renders each description with rich, whose import takes longer than all else at each press of Tab. The
    descriptions are plain text, so its renderer is replaced; where Typer renames it, completion is slower, not wrong.
    """
    from typer.completion import get_completion_inspect_parameters

    get_completion_inspect_parameters()
    renderer: Any = ModuleType("typer.rich_utils")
    renderer.rich_render_text = str
    sys.modules.setdefault(renderer.__name__, renderer)


def with_shell(args: list[str]) -> list[str]:
    """Have the shell detected that the program was started from, where `--install-completion` names none."""
    asks = len(args) == 1 and args[0] in {"--install-completion", "--show-completion"}
    return [*args, Shell.DETECTED.value] if asks else args


def _install(ctx: typer.Context, param: typer.CallbackParam, shell: Shell | None) -> None:
    if shell is not None:
        from typer.completion import install_callback

        _run(install_callback, ctx, param, shell)


def _show(ctx: typer.Context, param: typer.CallbackParam, shell: Shell | None) -> None:
    if shell is not None:
        from typer.completion import show_callback

        prepare()
        _run(show_callback, ctx, param, shell)


def _run(callback: Callable[..., Any], ctx: typer.Context, param: typer.CallbackParam, shell: Shell) -> None:
    """Run one of Typer's callbacks, which print and exit; raises `UsageError` with what it prints where it fails."""
    printed, code = StringIO(), 0
    try:
        with redirect_stdout(printed), redirect_stderr(printed):
            callback(ctx, param, shell.for_typer)
    except (typer.Exit, SystemExit) as done:
        code = int(getattr(done, "exit_code", 0) or getattr(done, "code", 0) or 0)
    if code:
        names = ", ".join(one.value for one in Shell if one is not Shell.DETECTED)
        raise UsageError(printed.getvalue().strip(), hint=f"Specify the shell after {param.opts[0]}: {names}.")
    typer.echo(printed.getvalue(), nl=False)
    raise typer.Exit


Install = Annotated[
    Shell | None,
    typer.Option(
        "--install-completion", callback=_install, is_eager=True, help="Install shell completion.", metavar="SHELL"
    ),
]
Show = Annotated[
    Shell | None,
    typer.Option(
        "--show-completion", callback=_show, is_eager=True, help="Show the completion script.", metavar="SHELL"
    ),
]
