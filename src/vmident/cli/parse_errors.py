"""Typer's parse errors as `UsageError`: one line with what is wrong, then what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer

from vmident.cli.inputs.slips import meant_option
from vmident.errors import UsageError

# Typer raises them from its own copy of click, and exports one of them, whose base is the class of all.
_ParseError: Any = typer.BadParameter.__base__


@contextmanager
def as_usage_errors(ctx: Any) -> Iterator[None]:
    """Raise Typer's parse errors of the body as `UsageError`, except while the shell completes a line."""
    try:
        yield
    except _ParseError as failure:
        if ctx.resilient_parsing:
            raise
        raise _usage_error(failure, ctx) from failure


def _usage_error(failure: Any, ctx: Any) -> UsageError:
    """Word the error by what it holds: click documents `option_name`, `param`, `possibilities` and `param_type`."""
    hint = f"To see the arguments and options: {ctx.command_path} --help"
    option, param = getattr(failure, "option_name", ""), getattr(failure, "param", None)
    if hasattr(failure, "possibilities"):
        known = [spelling for one in ctx.command.get_params(ctx) for spelling in one.opts]
        if _is_global(option):
            if not hasattr(ctx.command, "commands"):
                return UsageError(f"'{ctx.command_path}' does not take '{option}'.", hint=_without(option, ctx))
            return UsageError(
                f"Option '{option}' must follow the command.",
                hint=f"Use it after the command: vmident COMMAND {option}",
            )
        return UsageError(f"Unknown option '{option}'.{meant_option(option, known)}", hint=hint)
    if hasattr(failure, "param_type"):
        return UsageError(f"{_called(param)} is required.", hint=" ".join(ctx.get_usage().split()))
    if option:
        problem = "requires a value" if "requires" in failure.message else "does not take a value"
        return UsageError(f"Option '{option}' {problem}.", hint=hint)
    if param:
        return UsageError(f"Invalid value for {_called(param)}: {failure.message}", hint=hint)
    return UsageError(failure.message, hint=hint)


def _without(option: str, ctx: Any) -> str:
    """Return what to do about a global option that a command does not take; `az group show -g NAME` names the group."""
    names_group = ctx.command_path.endswith((" group create", " group show")) and option in {"-g", "--resource-group"}
    return f"Use the name as an argument: {ctx.command_path} NAME" if names_group else f"Remove {option}."


def _is_global(option: str) -> bool:
    from vmident.cli.options.shared import Options

    return option in {"-g", "-o"} or option.removeprefix("--").replace("-", "_") in Options.__struct_fields__


def _called(param: Any) -> str:
    return str(max(param.opts, key=len) if param.param_type_name == "option" else param.human_readable_name)
