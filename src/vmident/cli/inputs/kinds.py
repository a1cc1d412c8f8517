"""The values of `--kind`."""

from __future__ import annotations

from enum import Enum

from vmident.core.vm_kind import ALL_KINDS, VmKind


class Kind(Enum):
    """What names and selectors refer to."""

    VM = "vm"
    VMSS = "vmss"
    ANY = "any"

    @property
    def kinds(self) -> tuple[VmKind, ...]:
        """The kinds of resource that are meant."""
        return ALL_KINDS if self is Kind.ANY else (VmKind(self.value),)
