"""What use cases show on a terminal and ask there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

if TYPE_CHECKING:
    from vmident.core.consequences import Notice
    from vmident.core.rbac.roles import RoleAssignment
    from vmident.core.resource_id import ResourceId
    from vmident.core.run_record import Progress
    from vmident.core.selection import SelectedChange
    from vmident.core.transition import Transition


class Loss(Struct, frozen=True):
    """What a VM will lose: identities, and the role assignments that will be orphaned; `warnings` say what breaks."""

    vm: ResourceId
    change: Transition
    orphans: Sequence[RoleAssignment] = ()
    warnings: Sequence[Notice] = ()


class IdentityLoss(Struct, frozen=True):
    """A user-assigned identity that is about to be deleted, and what goes with it.

    VMs lose it first, as `detached` says; `roles` are deleted with it; `warnings` say what else it breaks.
    """

    identity: ResourceId
    detached: Sequence[Loss] = ()
    roles: Sequence[RoleAssignment] = ()
    warnings: Sequence[Notice] = ()


class Prompt(Protocol):
    """The terminal prompt."""

    def confirm(self, losses: Sequence[Loss]) -> None:
        """Ask whether these VMs may lose what the transitions take away.

        Raises `Declined` for 'no', `ConfirmationNeeded` without a terminal and `--yes`.
        """
        ...

    def confirm_selection(self, change: SelectedChange, vms: Sequence[ResourceId]) -> None:
        """Ask whether these VMs, which were selected and not named, may be changed; raises as above."""
        ...

    def confirm_deletion(self, losses: Sequence[IdentityLoss]) -> None:
        """Ask whether these identities may be deleted, and detached first where that is planned; raises as above."""
        ...

    def confirm_script(self, names: Sequence[str], counted: str) -> None:
        """Ask whether a script may run in VMs of these names, `counted` as `2 VMs`; raises as above."""
        ...

    def confirm_role_removal(self, roles: Sequence[RoleAssignment]) -> bool:
        """Ask whether to delete orphaned role assignments too; return no without a terminal."""
        ...

    def progress(self, message: str, elapsed_seconds: float | None = None) -> None:
        """Show what is being waited for, and for how long; may be ignored."""
        ...

    def show(self, progress: Progress) -> None:
        """Show the progress of a run of many VMs; may be ignored."""
        ...
