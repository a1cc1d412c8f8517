"""`vmident add-user` and `vmident remove-user`; what they do is loaded when they do it, as for `show`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from vmident.cli.options.shared import FleetOptions, IdentityWords, RoleOptions, Verify, VmOptions, VmWords
from vmident.cli.run import Run
from vmident.errors import ExitCode, UsageError

AllIdentities = Annotated[bool, typer.Option("--all-identities", help="Detach all user-assigned identities.")]


def add_user(
    run: Run,
    *,
    vms: VmWords = None,
    identity: IdentityWords = None,
    vm_options: VmOptions,
    role_options: RoleOptions,
    verify: Verify = False,
    execution: FleetOptions,
) -> ExitCode:
    """Attach user-assigned identities to VMs.

    Identities that are already attached are kept. A bare name is resolved in this order: an identity attached to the
    VM, one in the VM's resource group, the only one with that name in the subscription.

    Examples:

      vmident add-user myVM --identity myId

      vmident add-user myVM --identity myId --identity otherId --dry-run

      vmident add-user myVM --identity myId --role Reader --scope group

      vmident add-user myVM --identity myId --verify
    """
    from vmident.cli.change_report import change
    from vmident.core.transition import AddUsers
    from vmident.usecases.change.prepare import ChangeRequest
    from vmident.usecases.resolve.roles import checked_role_names

    if not identity:
        raise UsageError("--identity is required.", hint="Example: vmident add-user myVM --identity myId")
    command = "vmident add-user myVM --identity myId"
    roles = checked_role_names(role_options.role, role_options.scope, command=command)
    request = ChangeRequest(AddUsers, tuple(identity), roles)
    action = f"Attach {_counted(identity)} to"
    verifying = request.identities if verify else None
    return change(run, request, vms, vm_options, execution, action=action, verifying=verifying)


def remove_user(
    run: Run,
    *,
    vms: VmWords = None,
    identity: IdentityWords = None,
    all_identities: AllIdentities = False,
    vm_options: VmOptions,
    execution: FleetOptions,
) -> ExitCode:
    """Detach user-assigned identities from VMs.

    The identities are not deleted and keep their role assignments. Other identities stay attached. Prompts for
    confirmation; use --yes in scripts.

    Examples:

      vmident remove-user myVM --identity myId

      vmident remove-user myVM --all-identities --yes
    """
    from vmident.cli.change_report import change
    from vmident.core.transition import RemoveAllUsers, RemoveUsers
    from vmident.usecases.change.prepare import ChangeRequest

    if bool(identity) == all_identities:
        raise UsageError(
            "--identity and --all-identities cannot be used together." if identity else "--identity is required.",
            hint="Use --identity to detach some identities, or --all-identities to detach all.",
        )
    request = (
        ChangeRequest(lambda _ids: RemoveAllUsers())
        if all_identities
        else ChangeRequest(RemoveUsers, tuple(identity or ()))
    )
    detached = "all user-assigned identities" if all_identities else _counted(identity or ())
    return change(run, request, vms, vm_options, execution, action=f"Detach {detached} from")


def _counted(identities: Sequence[str]) -> str:
    if len(identities) > 1:
        return f"{len(identities)} user-assigned identities"
    return f"identity '{identities[0].strip().rstrip('/').rpartition('/')[2]}'"
