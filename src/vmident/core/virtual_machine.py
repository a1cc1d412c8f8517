"""A VM or scale set, as far as a change of its identity needs to know it."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

from vmident.core.dependents import Dependent
from vmident.core.identity import IdentityState
from vmident.core.resource_id import ResourceId
from vmident.errors import VmidentError

_AT_REST = frozenset({"succeeded", "failed", "canceled"})


class UnreadVm(Struct, frozen=True):
    """A VM in a list that cannot be read as one; `word` is its id as the list has it, or says that it has none."""

    word: str
    error: VmidentError


class VirtualMachine(Struct, frozen=True):
    """One answer about a VM or scale set.

    `etag` is `None` where the API version has none. `provisioning_state` is ARM's word, such as `Succeeded`.
    `dependents` are what uses its identities. `has_unread_extensions`: a list of VMs names extensions by ID alone, so
    that not all dependents are known. `is_flexible` is a scale set in Flexible orchestration mode, which takes no
    system-assigned identity.
    """

    id: ResourceId
    location: str
    identity: IdentityState
    etag: str | None = None
    provisioning_state: str = "Succeeded"
    tags: Mapping[str, str] = field(default_factory=dict)
    dependents: tuple[Dependent, ...] = ()
    has_unread_extensions: bool = False
    is_flexible: bool = False

    @property
    def is_idle(self) -> bool:
        """Return whether no operation runs on the VM: a write that meets one is refused, or preempts it."""
        return self.provisioning_state.lower() in _AT_REST

    @property
    def is_being_deleted(self) -> bool:
        """Return whether the VM is being deleted: no change of it can succeed any more."""
        return self.provisioning_state.lower() == "deleting"

    @property
    def has_failed(self) -> bool:
        """Return whether the last operation on the VM ended without success."""
        return self.is_idle and self.provisioning_state.lower() != "succeeded"
