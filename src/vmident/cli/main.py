"""The entry point: arguments in, exit code out.

Imports nothing heavy before `run` has begun, so that Ctrl-C ends the program in words from the first moment on.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from vmident.errors import ExitCode

if TYPE_CHECKING:
    from vmident.cli.runtime import Runtime

_GARBAGE_THRESHOLD = 200_000


def main(argv: Sequence[str], runtime: Runtime) -> int:
    """Run the program; hands back the exit code and prints, but never ends the process."""
    from vmident.cli.app import program
    from vmident.cli.completion.typer_completion import VARIABLE, prepare

    try:
        if VARIABLE in runtime.environ:
            prepare()
        program()(list(argv), prog_name="vmident", obj=replace(runtime, words=tuple(argv)))
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else ExitCode.FAILED
    except Exception as failure:
        if "--debug" in argv:
            raise
        print(_last_resort(failure), file=sys.stderr)  # noqa: T201 - the console itself may be what has failed
        return ExitCode.FAILED
    return ExitCode.DONE


def run() -> None:
    """Run the program with this process's arguments, and end the process."""
    # Imports make many objects and hardly any garbage. Large answers make so many that it is looked for all the same.
    gc.set_threshold(_GARBAGE_THRESHOLD)
    try:
        from vmident.cli.console import make_streams_robust
        from vmident.cli.runtime import runtime_of_process

        make_streams_robust()
        code = main(sys.argv[1:], runtime_of_process())
    except KeyboardInterrupt:
        code = ExitCode.INTERRUPTED
    # What is left goes with the process; looking through all of it first takes a fifth of a short command's time.
    gc.freeze()
    sys.exit(int(code))


def _last_resort(failure: Exception) -> str:
    if isinstance(failure, OSError):
        return f"error: the system refused: {failure}\n  What was sent before stands: `vmident show` tells."
    return (
        f"error: this is a defect of vmident: {type(failure).__name__}: {failure}\n"
        "  Run the command again with --debug, and report what it prints."
    )
