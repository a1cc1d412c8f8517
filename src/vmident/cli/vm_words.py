"""The words that name VMs: arguments, and ids from standard input."""

from __future__ import annotations

from collections.abc import Sequence

from vmident.cli.options import VmOptions
from vmident.cli.runtime import Runtime
from vmident.core.resource_id import looks_like_id
from vmident.errors import UsageError
from vmident.usecases.find_vms import checked_vm_words


def vm_words(arguments: Sequence[str] | None, options: VmOptions, runtime: Runtime) -> tuple[str, ...]:
    """Give the checked words, from the arguments and, with `--ids -`, from the lines of standard input.

    Raises `UsageError` where no VM is named, and what `checked_vm_words` raises.
    """
    words = list(arguments or ())
    if options.ids is not None:
        if options.ids != "-":
            raise UsageError(
                f"--ids takes '-', for ids from standard input, not '{options.ids}'.",
                hint="Ids can stand where names stand: vmident show /subscriptions/…",
            )
        words += _ids_in(runtime.read_input())
    if not words:
        raise UsageError("No VM is named.", hint="Name one or more, by name or full id: vmident show myVM")
    return checked_vm_words(words)


def _ids_in(text: str) -> list[str]:
    """Take ids from lines, bare or as JSON strings in an array's lines; blank lines count for nothing."""
    words = [line.strip() for line in text.splitlines() if line.strip()]
    for word in words:
        if not looks_like_id(word):
            raise UsageError(
                f"'{word}' came in on standard input, and is not a full id.",
                hint="Give one full id a line: vmident list --query '[].id' -o tsv | vmident show --ids -",
            )
    return words
