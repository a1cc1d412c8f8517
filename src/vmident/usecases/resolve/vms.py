"""Which VMs the words on the command line mean."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vmident.core.naming import VM_NAME, checked_name
from vmident.core.resource_id import VIRTUAL_MACHINE, ResourceId, looks_like_id, typed_id, vm_id
from vmident.core.shell import command_line
from vmident.errors import AmbiguousName, NotFound, UsageError

if TYPE_CHECKING:
    from vmident.ports.azure import VirtualMachines


@dataclass(frozen=True)
class Where:
    """Where bare names are looked up; `subscription` is worked out when the first name needs it.

    `seen` gives the VMs of a subscription and name that earlier commands saw; they may be gone.
    """

    subscription: Callable[[], str]
    group: str | None = None
    seen: Callable[[str, str], Sequence[ResourceId]] = lambda _subscription, _name: ()


def checked_vm_names(words: Sequence[str]) -> tuple[str, ...]:
    """Refuse, before anything is sent, words that can name no VM, and give each word once.

    Raises `BadResourceId` for a malformed id or an impossible name, `UsageError` for the id of something else.
    """
    for word in words:
        if looks_like_id(word):
            _vm_id_in(word)
        else:
            checked_name(word, VM_NAME)
    return tuple({word.strip().lower(): word.strip() for word in reversed(words)}.values())[::-1]


def find_vm(word: str, where: Where, machines: VirtualMachines) -> ResourceId:
    """Return the id of the VM that `word` means: an id, or a name in the given group, else in the subscription.

    A name in a group is taken at its word and costs no request. Raises `NotFound` with near names, `AmbiguousName`
    with the ids that match.
    """
    if looks_like_id(word):
        return _vm_id_in(word)
    if where.group:
        return vm_id(where.subscription(), where.group, word)
    subscription = where.subscription()
    name = checked_name(word, VM_NAME)
    found = machines.named(subscription, name, where.seen(subscription, name))
    return the_only_vm(word, found, subscription, machines)


def the_only_vm(word: str, found: Sequence[ResourceId], subscription: str, machines: VirtualMachines) -> ResourceId:
    """Return the only VM found under a name; raises as `find_vm` does if there is none or more than one."""
    if not found:
        raise _no_vm_named(word, subscription, None, machines)
    if len(found) > 1:
        ids = "\n".join(f"  {one}" for one in found)
        raise AmbiguousName(
            f"{len(found)} VMs are named '{word}' in subscription {subscription}:\n{ids}",
            hint="Use -g/--resource-group, or the VM's resource ID.",
        )
    return found[0]


def not_found_with_near_names(word: str, vm: ResourceId, missing: NotFound, machines: VirtualMachines) -> NotFound:
    """Return `NotFound` with similar names for a missing VM; `missing` is Azure's own error.

    Where the group itself is missing, groups are suggested; where names cannot be listed, none are.
    """
    if missing.code != "ResourceNotFound":
        from vmident.usecases.resolve.suggestions import group_of_vms_not_found

        return group_of_vms_not_found(vm.group, vm.subscription, missing, machines)
    better = _no_vm_named(word, vm.subscription, vm.group, machines)
    return NotFound(
        better.message,
        code=missing.code,
        hint=better.hint,
        status=missing.status,
        request_id=missing.request_id,
    )


def _no_vm_named(word: str, subscription: str, group: str | None, machines: VirtualMachines) -> NotFound:
    from vmident.usecases.resolve.suggestions import suggestion

    name = word.rsplit("/", 1)[-1]
    place = f"resource group '{group}'" if group else f"subscription {subscription}"
    alike = suggestion(name, lambda: machines.names(subscription, group))
    look = command_line("vmident", "list", *(["-g", group] if group else []))
    return NotFound(f"VM '{name}' not found in {place}.{alike}", hint=f"To see all VMs: {look}")


def _vm_id_in(word: str) -> ResourceId:
    found = typed_id(word, VIRTUAL_MACHINE)
    if not found.is_a(VIRTUAL_MACHINE):
        raise UsageError(
            f"'{word.strip()}' is not the resource ID of a VM: its type is '{found.kind}', not '{VIRTUAL_MACHINE}'.",
            hint="Use the VM's name. Use --identity for identities.",
        )
    return found
