"""`vmident set`; what they do is loaded when they do it, as for `show`."""

from __future__ import annotations

from typing import Annotated

import typer

from vmident.cli.completion.candidates import identity_types
from vmident.cli.options.shared import FleetOptions, IdentityWords, RemovalOptions, VmOptions, VmWords
from vmident.cli.run import Run
from vmident.core.naming import did_you_mean
from vmident.errors import ExitCode, UsageError

# Whether there is a system-assigned identity, and user-assigned ones: our words, and ARM's own.
_TYPES = {
    "none": (False, False),
    "system": (True, False),
    "systemassigned": (True, False),
    "user": (False, True),
    "userassigned": (False, True),
    "both": (True, True),
    "systemassigned,userassigned": (True, True),
}

TypeWord = Annotated[
    str,
    typer.Option(
        "--type",
        metavar="none|system|user|both",
        help="Identity type.",
        show_default=False,
        autocompletion=identity_types,
    ),
]


def set_exactly(
    run: Run,
    *,
    vms: VmWords = None,
    type_word: TypeWord,
    identity: IdentityWords = None,
    vm_options: VmOptions,
    removal: RemovalOptions,
    execution: FleetOptions,
) -> ExitCode:
    """Set the identities of VMs to exactly those given.

    Attaches what is missing and removes everything else. Prompts for confirmation before removing anything; use --yes
    in scripts.

    Examples:

      vmident set myVM --type both --identity myId

      vmident set myVM --type none --yes
    """
    from vmident.cli.change_report import change
    from vmident.core.transition import SetExactly
    from vmident.usecases.change.prepare import ChangeRequest

    has_system, has_users = _types_named(type_word)
    named = tuple(identity or ())
    if has_users and not named:
        raise UsageError(
            f"--type {type_word} requires --identity.", hint="List all identities that the VMs should have."
        )
    if named and not has_users:
        raise UsageError(
            f"--type {type_word} cannot be used with --identity.",
            hint="Use --type user or --type both, or remove --identity.",
        )
    request = ChangeRequest(lambda ids: SetExactly(has_system, ids), named, remove_roles=removal.remove_roles)
    return change(run, request, vms, vm_options, execution, action=f"Set the identity type to '{type_word}' on")


def _types_named(word: str) -> tuple[bool, bool]:
    wanted = _TYPES.get("".join(word.split()).lower())
    if wanted is None:
        alike = did_you_mean(word, ("none", "system", "user", "both", "SystemAssigned", "UserAssigned"))
        raise UsageError(f"'{word}' is not an identity type.{alike}", hint="Use none, system, user, or both.")
    return wanted
