"""Suggest the names of existing resources in place of one that was not found."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from vmident.core.naming import did_you_mean
from vmident.errors import NotFound, VmidentError

if TYPE_CHECKING:
    from vmident.core.vm_kind import VmKind
    from vmident.ports.azure import VirtualMachines

NO_GROUP = "ResourceGroupNotFound"


def suggestion(name: str, list_names: Callable[[], Iterable[str]]) -> str:
    """Return what `did_you_mean` does; empty where the names cannot be listed, as a suggestion is worth no failure."""
    try:
        return did_you_mean(name, list_names())
    except VmidentError:
        return ""


def has_vm_named(name: str, subscription: str, group: str | None, kind: VmKind, machines: VirtualMachines) -> bool:
    """Return whether a VM or scale set of that name is there; false where names cannot be listed."""
    try:
        return name.lower() in {one.lower() for one in machines.names(subscription, group, kind)}
    except VmidentError:
        return False


def group_of_vms_not_found(
    group: str, subscription: str, missing: NotFound, machines: VirtualMachines, kind: VmKind
) -> NotFound:
    """Suggest groups that have VMs, or scale sets, in place of one that does not exist; other errors stay Azure's."""
    if missing.code != NO_GROUP:
        return missing
    alike = suggestion(group, lambda: machines.groups(subscription, kind))
    return missing.with_message(f"Resource group '{group}' not found in subscription {subscription}.{alike}")
