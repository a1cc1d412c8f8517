"""Build a Typer command from a function that takes a run and option records and returns an exit code.

Typer knows a command's options by its signature. `as_typer_command` shows it one in which each record stands as its
fields, with the options of every command at the end, and hands the records back whole. It is also where a command's
failures become words and exit codes.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any, get_args

import typer
from msgspec import StructMeta
from msgspec.structs import fields
from typer.models import ArgumentInfo

from vmident.cli.inputs.arguments import NAME
from vmident.cli.inputs.slips import check_words
from vmident.cli.options.shared import Options
from vmident.cli.run import FailedAfterWrite, Run
from vmident.errors import ExitCode, Interrupted, VmidentError

Command = Callable[..., ExitCode]
_NAMING = {"VM...", "NAME", "IDENTITY..."}
"""What arguments that name resources are called in the help."""
_NAME_OPTION = "name_option"


def as_typer_command(function: Command) -> Callable[..., None]:
    """Wrap `function(run, ...) -> ExitCode` for `typer.Typer.command`."""
    # Not get_type_hints: on Python 3.10 that wraps what defaults to None once more, and hides Typer's declarations.
    own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
    records = {one.name: one.annotation for one in own if isinstance(one.annotation, StructMeta)}

    @wraps(function)
    def typer_command(ctx: typer.Context, **given: Any) -> None:
        given.pop(_NAME_OPTION, None)
        run = Run(ctx.obj, _taken(Options, given))
        whole = {record_name: _taken(record, given) for record_name, record in records.items()}

        def work() -> ExitCode:
            check_words(ctx.command.params, ctx.params)
            return function(run, **given, **whole)

        raise typer.Exit(int(_exit_code(run, work)))

    shown = [inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)]
    for one in own:
        shown += _fields(records[one.name]) if one.name in records else [one]
        shown += _name_option(one)
    typer_command.__signature__ = inspect.Signature([*shown, *_fields(Options)])  # type: ignore[attr-defined]
    return typer_command


def _exit_code(run: Run, work: Callable[[], ExitCode]) -> ExitCode:
    try:
        with run.runtime.interruptible():
            return run.code_after_answer(work())
    except VmidentError as failure:
        run.failed(failure)
        return failure.exit_code
    except KeyboardInterrupt:
        run.failed(Interrupted("Interrupted. Nothing was sent."))
        return ExitCode.INTERRUPTED
    except OSError as failure:
        if run.has_written:
            raise FailedAfterWrite(str(failure)) from failure
        raise
    finally:
        run.close()


def _name_option(parameter: inspect.Parameter) -> list[inspect.Parameter]:
    """Return `-n/--name` beside an argument that names resources. Its value is made the argument when it is parsed."""
    declared = [one for one in get_args(parameter.annotation) if isinstance(one, ArgumentInfo)]
    if not declared or declared[0].metavar not in _NAMING:
        return []
    option = typer.Option(
        NAME,
        "-n",
        metavar="NAME",
        help=f"Same as {declared[0].metavar.rstrip('.')}.",
        show_default=False,
        expose_value=False,
        autocompletion=declared[0].autocompletion,
    )
    return [
        inspect.Parameter(
            _NAME_OPTION, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[str | None, option]
        )
    ]


def _taken(record: Any, given: dict[str, Any]) -> Any:
    return record(**{name: given.pop(name) for name in record.__struct_fields__ if name in given})


def _fields(record: Any) -> list[inspect.Parameter]:
    return [
        inspect.Parameter(field.name, inspect.Parameter.KEYWORD_ONLY, default=field.default, annotation=field.type)
        for field in fields(record)
    ]
