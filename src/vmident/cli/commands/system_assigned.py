"""`vmident enable-system` and `vmident disable-system`; what they do is loaded when they do it, as for `show`."""

from __future__ import annotations

from vmident.cli.options.shared import FleetOptions, RemovalOptions, RoleOptions, Verify, VmOptions, VmWords
from vmident.cli.run import Run
from vmident.errors import ExitCode


def enable_system(
    run: Run,
    *,
    vms: VmWords = None,
    vm_options: VmOptions,
    role_options: RoleOptions,
    verify: Verify = False,
    execution: FleetOptions,
) -> ExitCode:
    """Enable the system-assigned identity on VMs.

    User-assigned identities are not changed. On a VM whose system-assigned identity is already enabled, only missing
    role assignments are created.

    Examples:

      vmident enable-system myVM

      vmident enable-system myVM otherVM -g myResourceGroup --dry-run

      vmident enable-system myVM --role Reader --scope group

      vmident enable-system myVM --verify
    """
    from vmident.cli.change_report import change
    from vmident.core.transition import EnableSystem
    from vmident.usecases.change.prepare import ChangeRequest
    from vmident.usecases.resolve.roles import checked_role_names

    roles = checked_role_names(role_options.role, role_options.scope, command="vmident enable-system myVM")
    request = ChangeRequest(lambda _ids: EnableSystem(), roles=roles)
    action = "Enable the system-assigned identity on"
    verifying = ("[system]",) if verify else None
    return change(run, request, vms, vm_options, execution, action=action, verifying=verifying)


def disable_system(
    run: Run, *, vms: VmWords = None, vm_options: VmOptions, removal: RemovalOptions, execution: FleetOptions
) -> ExitCode:
    """Disable the system-assigned identity on VMs.

    The identity's principal is permanently deleted, which leaves its role assignments orphaned. The command
    lists them, and deletes them with --remove-roles or if you confirm. User-assigned identities are not changed.
    Prompts for confirmation; use --yes in scripts.

    Examples:

      vmident disable-system myVM

      vmident disable-system myVM -g myResourceGroup --yes --remove-roles
    """
    from vmident.cli.change_report import change
    from vmident.core.transition import DisableSystem
    from vmident.usecases.change.prepare import ChangeRequest

    request = ChangeRequest(lambda _ids: DisableSystem(), remove_roles=removal.remove_roles)
    return change(run, request, vms, vm_options, execution, action="Disable the system-assigned identity on")
