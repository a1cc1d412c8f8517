"""The entry point: arguments in, exit code out."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import typer

from vmident.cli.runtime import Runtime, runtime_of_process
from vmident.errors import ExitCode


def main(argv: Sequence[str], runtime: Runtime) -> int:
    """Run the program; hands back the exit code and prints, but never ends the process."""
    from vmident.cli.app import program

    try:
        program()(list(argv), prog_name="vmident", obj=runtime)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else ExitCode.FAILED
    except Exception as defect:
        if "--debug" in argv:
            raise
        typer.echo(f"error: this is a defect of vmident: {type(defect).__name__}: {defect}", err=True)
        typer.echo("  Run the command again with --debug, and report what it prints.", err=True)
        return ExitCode.FAILED
    return ExitCode.DONE


def run() -> None:
    """Run the program with this process's arguments, and end the process."""
    from vmident.cli.console import make_streams_robust

    make_streams_robust()
    code = main(sys.argv[1:], runtime_of_process())
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read the answer has stopped reading; what was done is done.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(int(code))
