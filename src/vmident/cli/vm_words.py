"""The words that name VMs: arguments, and ids from standard input."""

from __future__ import annotations

import json
from collections.abc import Sequence

from vmident.cli.options import VmOptions
from vmident.cli.runtime import Runtime
from vmident.core.resource_id import looks_like_id
from vmident.errors import UsageError
from vmident.usecases.find_vms import checked_vm_words

_HOW_TO_PIPE = "Give one full id a line, or a JSON array: vmident list -o json | vmident show --ids -"


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
    """Take full ids from lines, or from a JSON array of ids or of objects with an `id`, as `vmident list` prints."""
    words = _ids_in_json(text) if text.lstrip().startswith("[") else [line.strip() for line in text.splitlines()]
    for word in words:
        if word and not looks_like_id(word):
            raise UsageError(f"'{word}' came in on standard input, and is not a full id.", hint=_HOW_TO_PIPE)
    return [word for word in words if word]


def _ids_in_json(text: str) -> list[str]:
    try:
        return [one["id"] if isinstance(one, dict) else str(one) for one in json.loads(text)]
    except (ValueError, KeyError, TypeError) as strange:
        raise UsageError("Standard input is no JSON array of ids.", hint=_HOW_TO_PIPE) from strange
