"""What says which VMs are meant: arguments, ids from standard input, and options that select many."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from vmident.cli.composition.session import Session
from vmident.cli.config.settings import Output
from vmident.cli.options.shared import SelectionOptions, VmOptions
from vmident.cli.run import Run
from vmident.core.naming import GROUP_NAME, checked_name
from vmident.core.resource_id import looks_like_id
from vmident.core.selection import Selection, checked_condition, tags_wanted
from vmident.core.virtual_machine import VirtualMachine
from vmident.core.vm_kind import none_of
from vmident.errors import UsageError
from vmident.render.line import Line
from vmident.usecases.resolve.vms import checked_vm_names

_HOW_TO_PIPE = "Pass resource IDs, one per line, or JSON: vmident list -o json | vmident show --ids -"
_JSON_STARTS = ("[", "{", '"')


def selection_in(options: SelectionOptions, run: Run) -> Selection | None:
    """Return what the options select, `None` where none of them is there; `-g` alone is left to the caller.

    Raises `UsageError` for options that contradict each other.
    """
    if not (options.tag or options.where is not None or options.all_vms):
        return None
    if options.all_vms and (options.tag or options.where is not None):
        raise UsageError("--all cannot be used with --tag or --where.", hint="Remove --all to select fewer VMs.")
    if options.tag and options.where is not None:
        raise UsageError(
            "--tag and --where cannot be used together.", hint="Add the tag to the condition: tags['team'] == 'web'"
        )
    condition = checked_condition(options.where) if options.where is not None else None
    return Selection(_group_of(run), tags_wanted(options.tag or ()), condition)


def selected_vms(
    arguments: Sequence[str] | None, options: VmOptions, run: Run, *, changes: bool = False
) -> tuple[str, ...] | Selection:
    """Return the checked words, or the selection, which `-g` makes where no VM is named; nothing is sent.

    Raises `UsageError` where there are both, or neither.
    """
    is_named = bool(arguments) or options.ids is not None
    selection = selection_in(options, run)
    if selection and is_named:
        raise UsageError(
            "VM names cannot be combined with --tag, --where, or --all.",
            hint="Use either names or selectors.",
        )
    if selection is None and not is_named and run.group_given:
        if changes:
            raise UsageError(
                f"No VM specified: -g alone does not select the VMs of resource group '{run.group_given}'.",
                hint="Use VM names, or add --all to change every VM in the group.",
            )
        selection = Selection(_group_of(run))
    return selection or _named_vms(arguments, options, run)


def is_selection(arguments: Sequence[str] | None, options: VmOptions, run: Run) -> bool:
    """Return whether VMs are named or selected at all, for a command that can do without."""
    given = (arguments, options.tag, options.ids is not None, options.where is not None, options.all_vms)
    return any(given) or run.group_given is not None


def resolve_vms(meant: tuple[str, ...] | Selection, session: Session, run: Run) -> tuple[str | VirtualMachine, ...]:
    """Find the VMs that a selection takes, and say where there are none; words stay words."""
    return tuple(resolve_each_vm(meant, session, run)) if isinstance(meant, Selection) else meant


def resolve_each_vm(meant: Selection, session: Session, run: Run) -> Iterator[str | VirtualMachine]:
    """Return the VMs that a selection takes as lists come in page by page, and say where there are none."""
    from vmident.usecases.resolve.vm_selection import select_vms

    if meant.condition is not None and run.output is Output.HUMAN:
        run.console.warn([Line("Resource Graph lags: VMs created or changed in the last few minutes may be missing.")])
    several = session.subscriptions(run.several_subscriptions)
    is_empty = True
    for one in select_vms(meant, session.where, session.ports.machines, several):
        is_empty = False
        yield one if isinstance(one, VirtualMachine) else str(one)
    if is_empty:
        run.console.warn([Line(f"{none_of(session.where.kinds)} found {meant}".rstrip() + ".")])


def _group_of(run: Run) -> str | None:
    return checked_name(run.group_given, GROUP_NAME) if run.group_given else None


def _named_vms(arguments: Sequence[str] | None, options: VmOptions, run: Run) -> tuple[str, ...]:
    """Return the checked words, from the arguments and, with `--ids -`, from the lines of standard input.

    Raises `UsageError` where no VM is named, and what `checked_vm_names` raises.
    """
    words = list(arguments or ())
    if options.ids is not None:
        if options.ids != "-":
            raise UsageError(
                f"--ids only takes '-', which reads IDs from standard input, not '{options.ids}'.",
                hint="Resource IDs can be used as names: vmident show /subscriptions/…",
            )
        words += _ids_in(run.read_input())
        if not words:
            # What selected nothing and was piped in is a selection that takes no VM, as it is with --tag.
            run.console.warn([Line("No VMs on standard input.")])
            return ()
    if not words:
        raise UsageError(
            "No VM specified.",
            hint="Use VM names, resource IDs, or a selector such as --tag. To see all VMs: vmident list",
        )
    return checked_vm_names(words, options.kind.kinds)


def _ids_in(text: str) -> list[str]:
    """Take full ids separated by white space, or JSON: an id, an object with an `id`, or an array of either."""
    words = _ids_in_json(text) if text.lstrip()[:1] in _JSON_STARTS else text.split()
    for word in words:
        if word and not looks_like_id(word):
            raise UsageError(f"'{word}' on standard input is not a resource ID.", hint=_HOW_TO_PIPE)
    return [word for word in words if word]


def _ids_in_json(text: str) -> list[str]:
    try:
        items = json.loads(text)
    except (ValueError, RecursionError) as strange:
        raise UsageError("Standard input is neither resource IDs nor valid JSON.", hint=_HOW_TO_PIPE) from strange
    if isinstance(items, list):
        return [_id_in_item(item, f"Item {number} of the array") for number, item in enumerate(items, start=1)]
    return [_id_in_item(items, "The JSON")]


def _id_in_item(item: Any, place: str) -> str:
    found = item.get("id") if isinstance(item, dict) else item
    if isinstance(found, str) and found.strip():
        return found
    shown = "a list" if isinstance(item, list) else json.dumps(item)
    what = "has no 'id' of type string" if isinstance(item, dict) else f"is {shown}, not a resource ID"
    raise UsageError(f"{place} on standard input {what}.", hint=_HOW_TO_PIPE)
