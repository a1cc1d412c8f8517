"""`vmident show` and `vmident list`; what they do is loaded when they do it, as completion reads their signatures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from vmident.cli.options.shared import SelectionOptions, VmOptions, VmWords
from vmident.cli.run import Run, one_or_all
from vmident.errors import ExitCode

if TYPE_CHECKING:
    from vmident.cli.composition.session import Session
    from vmident.core.selection import Selection
    from vmident.core.virtual_machine import VirtualMachine
    from vmident.render.line import Line
    from vmident.results.changes import VmView

_TOLD_EVERY = 500


def show(run: Run, *, vms: VmWords = None, vm_options: VmOptions) -> ExitCode:
    """Show the identities of VMs.

    Examples:

      vmident show myVM

      vmident show myVM -g myResourceGroup --query identity.principalId -o tsv
    """
    from vmident.cli.inputs.vm_selection import resolve_vms, selected_vms
    from vmident.core.selection import Selection
    from vmident.render.document import vm_document, vm_row
    from vmident.render.human import vm_lines
    from vmident.results.changes import exit_code_for
    from vmident.usecases.show_vms import show_vms

    meant = selected_vms(vms, vm_options, run)
    session = run.open(selecting=isinstance(meant, Selection), kind=vm_options.kind)
    words = resolve_vms(meant, session, run)
    shown = show_vms(words, session.where, session.ports.machines)
    machines = [one.machine for one in shown if one.machine]
    named_one = isinstance(meant, tuple) and len(meant) == 1 and vm_options.ids is None
    if machines or not named_one:
        run.answer(
            one_or_all([vm_document(one) for one in machines], named_one=named_one),
            rows=[vm_row(one) for one in machines],
            lines=lambda: (line for one in machines for line in vm_lines(one)),
        )
    for one in shown:
        if one.error:
            run.failed(one.error)
    return exit_code_for(shown)


def list_(run: Run, *, selecting: SelectionOptions) -> ExitCode:
    """List VMs and their identities.

    Lists the VMs of the resource group given with -g, or of the default resource group. If neither is set, lists all
    VMs of the subscription. With --tag, --where, or --all, the default resource group is ignored.

    Examples:

      vmident list

      vmident list -g myResourceGroup -o table

      vmident list --tag team=web
    """
    from vmident.cli.inputs.vm_selection import selection_in
    from vmident.core.selection import Selection
    from vmident.render.document import vm_document, vm_row
    from vmident.render.human import table_lines
    from vmident.results.changes import exit_code_for

    selection = selection_in(selecting, run)
    if selection is None and run.several_subscriptions:
        selection = Selection(run.group_given)
    session = run.open(selecting=selection is not None, kind=selecting.kind)
    began_seconds = run.runtime.wall()
    outcomes: list[VmView] = []

    def lines(rows: Sequence[Mapping[str, Any]]) -> Iterable[Line]:
        if selection and not rows:
            return ()  # the selection has said so
        return table_lines(rows, run.runtime.wall() - began_seconds, run.width_columns, session.where.kinds)

    run.answer_each(
        _machines(_each_listed(selection, session, run), outcomes, run),
        document=vm_document,
        row=vm_row,
        lines=lines,
    )
    for one in outcomes:
        if one.error:
            run.failed(one.error)
    return exit_code_for(outcomes)


def _each_listed(selection: Selection | None, session: Session, run: Run) -> Iterator[VmView]:
    """Return the VMs as the pages of a list come in; those that Resource Graph finds when all are found and read."""
    from vmident.cli.inputs.vm_selection import resolve_each_vm
    from vmident.usecases.show_vms import list_vms, show_vms, view_of

    if selection is None:
        return map(view_of, list_vms(session.where, session.ports.machines))
    found = resolve_each_vm(selection, session, run)
    if selection.condition is not None:
        return iter(show_vms(tuple(found), session.where, session.ports.machines))
    return (show_vms([one], session.where, session.ports.machines)[0] for one in found)


def _machines(shown: Iterable[VmView], outcomes: list[VmView], run: Run) -> Iterator[VirtualMachine]:
    """Return the VMs that could be shown; `outcomes` gets the others, and one of these for all of them."""
    number = 0
    for one in shown:
        if one.error or not number:
            outcomes.append(one)
        if one.machine:
            number += 1
            if number % _TOLD_EVERY == 0:
                run.console.progress(f"{number} VMs so far")
            yield one.machine
