"""`vmident enable-system` and `vmident disable-system`."""

from __future__ import annotations

from vmident.cli.change import change
from vmident.cli.options import ChangeOptions, VmOptions, VmWords
from vmident.cli.running import Run
from vmident.core.transition import DisableSystem, EnableSystem
from vmident.errors import ExitCode
from vmident.usecases.prepare_change import Wish


def enable_system(run: Run, *, vms: VmWords = None, vm_options: VmOptions, manner: ChangeOptions) -> ExitCode:
    """Give VMs a system-assigned identity.

    User-assigned identities stay as they are. A VM that has a system-assigned identity is left alone.

    Examples:

      vmident enable-system myVM

      vmident enable-system myVM otherVM -g myResourceGroup --dry-run
    """
    return change(run, Wish(lambda _ids: EnableSystem()), vms, vm_options, manner)


def disable_system(run: Run, *, vms: VmWords = None, vm_options: VmOptions, manner: ChangeOptions) -> ExitCode:
    """Take the system-assigned identity away from VMs.

    Its principal is deleted for good, and role assignments made to it point at nobody afterwards. User-assigned
    identities stay as they are. Asks first; off a terminal it needs --yes.

    Examples:

      vmident disable-system myVM

      vmident disable-system myVM -g myResourceGroup --yes
    """
    return change(run, Wish(lambda _ids: DisableSystem()), vms, vm_options, manner)
