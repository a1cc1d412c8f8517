"""`vmident enable-system` and `vmident disable-system`; what they do is loaded when they do it, as for `show`."""

from __future__ import annotations

from vmident.cli.options.shared import FleetOptions, RemovalOptions, RoleOptions, VmOptions, VmWords
from vmident.cli.run import Run
from vmident.errors import ExitCode


def enable_system(
    run: Run, *, vms: VmWords = None, vm_options: VmOptions, role_options: RoleOptions, execution: FleetOptions
) -> ExitCode:
    """Give VMs a system-assigned identity, and roles to it.

    User-assigned identities stay as they are. A VM that has a system-assigned identity is left alone, and gets the
    roles that it lacks.

    Examples:

      vmident enable-system myVM

      vmident enable-system myVM otherVM -g myResourceGroup --dry-run

      vmident enable-system myVM --role Reader --scope group
    """
    from vmident.cli.change_report import change
    from vmident.core.transition import EnableSystem
    from vmident.usecases.change.prepare import ChangeRequest
    from vmident.usecases.resolve.roles import checked_role_names

    roles = checked_role_names(role_options.role, role_options.scope, command="vmident enable-system myVM")
    return change(run, ChangeRequest(lambda _ids: EnableSystem(), roles=roles), vms, vm_options, execution)


def disable_system(
    run: Run, *, vms: VmWords = None, vm_options: VmOptions, removal: RemovalOptions, execution: FleetOptions
) -> ExitCode:
    """Take the system-assigned identity away from VMs.

    Its principal is deleted for good, and role assignments made to it point at nobody afterwards: they are listed, and
    deleted only with --remove-roles or when asked. User-assigned identities stay as they are. Asks first; off a
    terminal it needs --yes.

    Examples:

      vmident disable-system myVM

      vmident disable-system myVM -g myResourceGroup --yes --remove-roles
    """
    from vmident.cli.change_report import change
    from vmident.core.transition import DisableSystem
    from vmident.usecases.change.prepare import ChangeRequest

    return change(
        run, ChangeRequest(lambda _ids: DisableSystem(), remove_roles=removal.remove_roles), vms, vm_options, execution
    )
