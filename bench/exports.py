"""What `vmident export` takes for 1,000 rules, of which no two are alike; fails above its limit. Not for Windows.

`python bench/exports.py`, run with the Python of an environment that has vmident installed by pip. Nothing is read from
Azure, so that the processor time is that of reading the rules and writing the files.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from fleet import run
from served import program

RULES, PROCESSOR_SECONDS_AT_MOST = 1_000, 2.0
SUBSCRIPTION = "5a4db0c5-0e5a-4d5b-8f2b-1b7a5c0ffee1"
COMMANDS = {
    "policy": ("--scope", f"/subscriptions/{SUBSCRIPTION}", "-l", "westus", "--offline"),
}


def rules() -> str:
    """Return rules that select by names, tags and groups, and some that attach identities in a group each."""
    listed = ["version: 1", "rules:"]
    for number in range(RULES):
        if number % 10:
            selected = f"{{names: [a{number}, 'b*{number}'], tags: {{team: 'v{number}.*'}}, groups: ['g{number}*']}}"
            listed.append(f"- vms: {selected}\n  system: true")
        else:
            listed.append(f"- vms: {{groups: [g{number}]}}\n  identities: {{include: [app{number}]}}")
    return "\n".join(listed)


def main() -> None:
    """Export to each engine and print a row each; raises `SystemExit` above the limit."""
    print("| command | rules | processor time | peak memory | size |")
    print("|---|---|---|---|---|")
    slow = []
    for command, options in COMMANDS.items():
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "rules.yaml").write_text(rules(), encoding="utf-8")
            words = ["-f", str(folder / "rules.yaml"), "--to", str(folder / command), "-o", "none"]
            environ = {**os.environ, "VMIDENT_SANDBOX": "1", "VMIDENT_STATE_DIR": name}
            used = run([program(), "export", command, *words, *options], environ)
            size = sum(path.stat().st_size for path in (folder / command).iterdir())
        print(f"| export {command} | {RULES} | {used.cpu:.1f} s | {used.peak:.0f} MB | {size / 1e6:.1f} MB |")
        slow += [command] if used.cpu > PROCESSOR_SECONDS_AT_MOST else []
    if slow:
        sys.exit(f"Above {PROCESSOR_SECONDS_AT_MOST} s: {', '.join(slow)}.")


if __name__ == "__main__":
    main()
