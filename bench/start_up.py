"""How long `vmident --help` and completing a VM's name take beside `python -c 'import typer'`, a Typer program's least.

Run it with the Python of an environment that has vmident installed by pip, so that bytecode is compiled:
`python bench/start_up.py`. All are run in turns, and each turn gives ratios, so that a machine whose speed drifts
does not tilt the comparison. Processor time is the children's own, user and system, in seconds. Not for Windows,
which does not account for children.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile

ROUNDS = 15
FLOOR = "import typer"
COMPLETION = "complete a VM's name"
COMMANDS = {
    "vmident --help": [sys.executable, "-m", "vmident", "--help"],
    COMPLETION: [sys.executable, "-m", "vmident"],
    FLOOR: [sys.executable, "-c", "import typer"],
}
ASKING = {"_VMIDENT_COMPLETE": "complete_bash", "COMP_WORDS": "vmident show my", "COMP_CWORD": "2"}


def processor_seconds(command: list[str], environ: dict[str, str]) -> float:
    """Run a command and give the processor time that it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environ)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Measure, and print the medians and the median ratios."""
    with tempfile.TemporaryDirectory() as folder:
        environ = {**os.environ, "VMIDENT_SANDBOX": "1", "VMIDENT_STATE_DIR": folder}
        # What completion offers has to have been seen.
        subprocess.run([sys.executable, "-m", "vmident", "list", "-o", "none"], check=True, env=environ)
        environs = {name: environ | ASKING if name == COMPLETION else environ for name in COMMANDS}
        for name, command in COMMANDS.items():
            processor_seconds(command, environs[name])
        rounds = [
            {name: processor_seconds(command, environs[name]) for name, command in COMMANDS.items()}
            for _ in range(ROUNDS)
        ]
    for name in COMMANDS:
        seconds = statistics.median(times[name] for times in rounds)
        ratio = statistics.median(times[name] / times[FLOOR] for times in rounds)
        print(f"{name:<22} {seconds:.3f} s  {ratio:.2f}")


if __name__ == "__main__":
    main()
