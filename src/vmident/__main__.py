"""The console script, and `python -m vmident`.

Python prints a traceback for a Ctrl-C during its own start, which no program can change. From here on, Ctrl-C is exit
code 130 and one line. So this module imports nothing before `run`, which then installs `Signals` first.
"""

import sys


def run() -> None:
    """Run the program with this process's arguments, and end the process."""
    try:
        from vmident.cli.signals import Signals

        signals = Signals()
        signals.install()
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted. Nothing was sent.\n")
        sys.exit(130)
    from vmident.cli.main import run_process

    run_process(signals)


if __name__ == "__main__":
    run()
