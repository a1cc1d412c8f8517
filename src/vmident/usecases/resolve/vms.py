"""Which VMs the words on the command line mean."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from vmident.core.naming import checked_name
from vmident.core.resource_id import ResourceId, looks_like_id, typed_id
from vmident.core.shell import command_line
from vmident.core.vm_kind import ALL_KINDS, ONLY_VMS, VmKind, capitalized, either, is_machine, kind_of, plural
from vmident.errors import AmbiguousName, NotFound, UsageError

if TYPE_CHECKING:
    from vmident.ports.azure import VirtualMachines


class Where(Struct, frozen=True):
    """Where bare names are looked up; `subscription` is worked out when the first name needs it.

    `seen` gives the VMs and scale sets of a subscription and name that earlier commands saw; they may be gone. `kinds`
    are what a bare name or a selection may mean; an id says it itself.
    """

    subscription: Callable[[], str]
    group: str | None = None
    seen: Callable[[str, str], Sequence[ResourceId]] = lambda _subscription, _name: ()
    kinds: tuple[VmKind, ...] = ONLY_VMS


def checked_vm_names(words: Sequence[str], kinds: Sequence[VmKind] = ONLY_VMS) -> tuple[str, ...]:
    """Refuse, before anything is sent, words that can name nothing of these kinds, and give each word once.

    Raises `BadResourceId` for a malformed id or an impossible name, `UsageError` for the id of something else.
    """
    for word in words:
        if looks_like_id(word):
            _vm_id_in(word)
        else:
            checked_name(word, kinds[0].name_rule)
    return tuple({word.strip().lower(): word.strip() for word in reversed(words)}.values())[::-1]


def find_vm(word: str, where: Where, machines: VirtualMachines) -> ResourceId:
    """Return the id of the VM that `word` means: an id, or a name in the given group, else in the subscription.

    A name in a group is taken at its word and costs no request, unless it may be of several kinds. Raises `NotFound`
    with near names, `AmbiguousName` with the ids that match.
    """
    if looks_like_id(word):
        return _vm_id_in(word)
    if where.group and len(where.kinds) == 1:
        return where.kinds[0].id_of(where.subscription(), where.group, word)
    subscription = where.subscription()
    name = checked_name(word, where.kinds[0].name_rule)
    seen = where.seen(subscription, name)
    found = [
        vm
        for kind in where.kinds
        for vm in machines.named(subscription, name, [one for one in seen if kind_of(one) is kind], kind)
    ]
    return the_only_vm(word, found, where, machines)


def the_only_vm(word: str, found: Sequence[ResourceId], where: Where, machines: VirtualMachines) -> ResourceId:
    """Return the only VM found under a name; raises as `find_vm` does if there is none or more than one."""
    group = where.group
    here = [one for one in found if not group or one.group.lower() == group.lower()]
    if not here:
        raise _no_vm_named(word, where.subscription(), group, where.kinds, machines)
    if len(here) > 1:
        ids = "\n".join(f"  {one}" for one in here)
        are_alike = len({kind_of(one) for one in here}) == 1
        place = f"resource group '{group}'" if group else f"subscription {where.subscription()}"
        option = "-g/--resource-group" if are_alike else "--kind"
        raise AmbiguousName(
            f"{len(here)} {plural(where.kinds)} are named '{word}' in {place}:\n{ids}",
            hint=f"Use {option}, or the {kind_of(here[0]).noun}'s resource ID.",
        )
    return here[0]


def not_found_with_near_names(word: str, vm: ResourceId, missing: NotFound, machines: VirtualMachines) -> NotFound:
    """Return `NotFound` with similar names for a missing VM; `missing` is Azure's own error.

    Where the group itself is missing, groups are suggested; where names cannot be listed, none are.
    """
    if missing.code != "ResourceNotFound":
        from vmident.usecases.resolve.suggestions import group_of_vms_not_found

        return group_of_vms_not_found(vm.group, vm.subscription, missing, machines, kind_of(vm))
    better = _no_vm_named(word, vm.subscription, vm.group, (kind_of(vm),), machines)
    return NotFound(
        better.message,
        code=missing.code,
        hint=better.hint,
        status=missing.status,
        request_id=missing.request_id,
    )


def _no_vm_named(
    word: str, subscription: str, group: str | None, kinds: Sequence[VmKind], machines: VirtualMachines
) -> NotFound:
    from vmident.usecases.resolve.suggestions import has_vm_named, suggestion

    name = word.rsplit("/", 1)[-1]
    place = f"resource group '{group}'" if group else f"subscription {subscription}"
    alike = suggestion(name, lambda: [one for kind in kinds for one in machines.names(subscription, group, kind)])
    look = command_line("vmident", "list", *(["-g", group] if group else []), *_kind_option(kinds))
    hint = f"To see all {plural(kinds)}: {look}"
    if not alike and not looks_like_id(word):
        others = [kind for kind in ALL_KINDS if kind not in kinds]
        hint = next(
            (_of_kind(name, one) for one in others if has_vm_named(name, subscription, group, one, machines)), hint
        )
    return NotFound(f"{capitalized(either(kinds))} '{name}' not found in {place}.{alike}", hint=hint)


def _of_kind(name: str, kind: VmKind) -> str:
    return f"'{name}' is a {kind.noun}. Use --kind {kind.value}."


def _kind_option(kinds: Sequence[VmKind]) -> list[str]:
    if tuple(kinds) == ONLY_VMS:
        return []
    return ["--kind", kinds[0].value if len(kinds) == 1 else "any"]


def _vm_id_in(word: str) -> ResourceId:
    types = [kind.resource_type for kind in VmKind]
    found = typed_id(word, *types)
    if not is_machine(found):
        raise UsageError(
            f"'{word.strip()}' is not the resource ID of a VM or scale set: its type is '{found.kind}', not "
            f"'{types[0]}' or '{types[1]}'.",
            hint="Use the VM's name. Use --identity for identities.",
        )
    return found
