"""Arguments in, exit code out."""

from __future__ import annotations

import gc
import sys

TYPE_CHECKING = False  # not typing's, which takes longer to import than all that this module needs
if TYPE_CHECKING:
    from collections.abc import Sequence

    from vmident.cli.config.settings import Output
    from vmident.cli.runtime import Runtime
    from vmident.cli.signals import Signals
    from vmident.errors import UsageError

_GARBAGE_THRESHOLD = 200_000


def main(argv: Sequence[str], runtime: Runtime) -> int:
    """Run the program and return the exit code; never ends the process."""
    from dataclasses import replace

    from vmident.cli.app import program
    from vmident.cli.completion import VARIABLE
    from vmident.cli.completion.typer_completion import prepare
    from vmident.errors import ExitCode, UsageError

    try:
        if VARIABLE in runtime.environ:
            prepare()
        program()(list(argv), prog_name="vmident", obj=replace(runtime, words=tuple(argv)))
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else ExitCode.FAILED
    except UsageError as wrong:
        return _report(wrong, argv, runtime)
    except Exception as failure:
        if "--debug" in argv:
            raise
        print(_last_resort(failure), file=sys.stderr)  # noqa: T201 - the console itself may be what has failed
        return ExitCode.FAILED
    return ExitCode.DONE


def run_process(signals: Signals) -> None:
    """Run the program with this process's arguments, and end the process; `signals` are installed."""
    # Imports make many objects and hardly any garbage. Large answers make so many that it is looked for all the same.
    gc.set_threshold(_GARBAGE_THRESHOLD)
    from vmident.cli.console import make_streams_robust
    from vmident.cli.runtime import runtime_of_process

    make_streams_robust()
    code = main(sys.argv[1:], runtime_of_process(signals.raising))
    signals.restore_terminal()
    signals.ignore()
    # What is left goes with the process; looking through all of it first takes a fifth of a short command's time.
    gc.freeze()
    sys.exit(int(code))


def _report(error: UsageError, words: Sequence[str], runtime: Runtime) -> int:
    """Print an error met before the command ran, in the format that the words ask for; return the exit code."""
    from vmident.cli.options.shared import Options
    from vmident.cli.run import Run

    Run(runtime, Options(output=_output_in(words))).failed(error)
    return int(error.exit_code)


def _output_in(words: Sequence[str]) -> Output | None:
    """Return the format that `-o` names, where it names one."""
    from vmident.cli.config.settings import Output

    known = {one.value: one for one in Output}
    for word, following in zip(words, [*words[1:], ""], strict=True):
        for spelling in ("-o", "--output"):
            value = following if word == spelling else word.removeprefix(spelling).removeprefix("=")
            if word.startswith(spelling) and value.lower() in known:
                return known[value.lower()]
    return None


def _last_resort(failure: Exception) -> str:
    from vmident.cli.run import FailedAfterWrite

    if isinstance(failure, OSError):
        problem = f"error: the operating system reported an error: {failure}"
        is_written = isinstance(failure, FailedAfterWrite)
        caution = "\n  Requests already sent may still take effect. To see the current state: vmident show VM"
        return problem + (caution if is_written else "")
    return (
        f"error: vmident failed unexpectedly: {type(failure).__name__}: {failure}\n"
        "  Run the command again with --debug and report the output."
    )
