"""How long `vmident --help` takes beside `python -c 'import typer'`, the least that a Typer program can take.

Run it with the Python of an environment that has vmident installed by pip, so that bytecode is compiled:
`python bench/start_up.py`. The two are run in turns, and each pair gives a ratio, so that a machine whose speed drifts
does not tilt the comparison. Processor time is the children's own, user and system, in seconds. Not for Windows,
which does not account for children.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys

ROUNDS = 15
COMMANDS = {
    "vmident --help": [sys.executable, "-m", "vmident", "--help"],
    "import typer": [sys.executable, "-c", "import typer"],
}


def processor_seconds(command: list[str]) -> float:
    """Run a command and give the processor time that it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Measure, and print the medians and the median ratio."""
    for command in COMMANDS.values():
        processor_seconds(command)
    rounds = [{name: processor_seconds(command) for name, command in COMMANDS.items()} for _ in range(ROUNDS)]
    for name in COMMANDS:
        print(f"{name:<16} {statistics.median(times[name] for times in rounds):.3f} s")
    ratios = [times["vmident --help"] / times["import typer"] for times in rounds]
    print(f"{'ratio':<16} {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    main()
