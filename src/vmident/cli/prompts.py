"""Prompts before something is removed, and progress while a command waits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from vmident.cli.console import Console
from vmident.core.vm_kind import counted, titled
from vmident.errors import ConfirmationNeeded, Declined
from vmident.render.line import Line

if TYPE_CHECKING:
    from vmident.core.consequences import Notice
    from vmident.core.rbac.roles import RoleAssignment
    from vmident.core.resource_id import ResourceId
    from vmident.core.run_record import Progress
    from vmident.core.selection import SelectedChange
    from vmident.ports.prompt import IdentityLoss, Loss

_ALONE_AT_MOST = 20
"""VMs that a prompt lists one by one; for more, their number has to be typed."""
_NAMED_OF_MANY = 5
_LINE_EVERY_SECONDS = 30.0


class TerminalPrompt:
    """`vmident.ports.prompt.Prompt`: asks where there is a terminal, and takes `--yes` for an answer."""

    def __init__(self, console: Console, *, yes: bool) -> None:
        self._console = console
        self._yes = yes
        self._said: set[tuple[ResourceId, str]] = set()
        self._shows_next_at = _LINE_EVERY_SECONDS
        self._shows_stopping = False

    def confirm(self, losses: Sequence[Loss]) -> None:
        """Name what VMs will lose, and ask."""
        are_many = len(losses) > _ALONE_AT_MOST
        said = (one for loss in losses for one in _said_of(loss))
        number = len(losses) if are_many else None
        self._ask(f"removes identities from {_counted(losses)}", _lost(losses, are_many), said, typing=number)

    def confirm_selection(self, change: SelectedChange, vms: Sequence[ResourceId]) -> None:
        """Name the VMs of a selection, count them, and ask."""
        if self._yes:
            return
        question = change.of(vms)
        if not self._console.terminal.can_ask:
            raise ConfirmationNeeded(
                f"This would {question[:1].lower()}{question[1:]} and requires confirmation.",
                hint="Use --yes to confirm, or --dry-run to show the changes.",
            )
        self._console.note([Line(_listed([vm.name for vm in vms]))])
        if not self._console.confirm(f"{question}?"):
            raise Declined("Nothing was changed.")

    def confirm_deletion(self, losses: Sequence[IdentityLoss]) -> None:
        """Name the identities that will be deleted, and ask."""
        names = ", ".join(f"'{loss.identity.name}'" for loss in losses)
        lines = (line for loss in losses for line in _deletion_lines(loss))
        said = (one for loss in losses for one in _said_of_deletion(loss))
        self._ask(f"deletes {'identity' if len(losses) == 1 else 'identities'} {names}", lines, said)

    def unsaid(self, about: ResourceId | None, warnings: Sequence[Notice]) -> tuple[Notice, ...]:
        """Leave out the warnings about a VM or an identity that a question has drawn already."""
        return tuple(one for one in warnings if (about, one.message) not in self._said)

    def _ask(
        self,
        consequence: str,
        lines: Iterable[Line],
        said: Iterable[tuple[ResourceId, str]],
        *,
        typing: int | None = None,
    ) -> None:
        if self._yes:
            return
        if not self._console.terminal.can_ask:
            raise ConfirmationNeeded(
                f"This {consequence} and requires confirmation.",
                hint="Use --yes to confirm, or --dry-run to see what would be removed.",
            )
        self._console.note(lines)
        self._said.update(said)
        if not (self._console.confirm("Continue?") if typing is None else self._console.confirm_number(typing)):
            raise Declined("Nothing was changed.")

    def confirm_script(self, names: Sequence[str], counted: str) -> None:
        """Describe the script, name its VMs, and ask."""
        if self._yes:
            return
        which = f"'{names[0]}'" if len(names) == 1 else counted
        if not self._console.terminal.can_ask:
            raise ConfirmationNeeded(
                f"This runs a script in {which} and requires confirmation.", hint="Use --yes to confirm."
            )
        what = (
            "Inside the VM, the script requests a token for each identity and returns the principal in the token. "
            "Tokens do not leave the VM. It runs as root or SYSTEM, using Run Command, and can raise a security alert."
        )
        self._console.note([Line(what), *([Line(_listed(names))] if len(names) > 1 else [])])
        if not self._console.confirm(f"Run the script in {which}?"):
            raise Declined("No script was run.")

    def confirm_role_removal(self, roles: Sequence[RoleAssignment]) -> bool:
        """Ask, on a terminal alone; `--yes` answers for the identities, and not for this."""
        if self._yes or not self._console.terminal.can_ask:
            return False
        which = "role assignment" if len(roles) == 1 else f"{len(roles)} role assignments"
        return self._console.confirm(f"Delete the {which} that would be orphaned?")

    def progress(self, message: str, elapsed_seconds: float | None = None) -> None:
        """Show what is being waited for, and for how long."""
        self._console.progress(message, elapsed_seconds)

    def show(self, progress: Progress) -> None:
        """Show how a run of many VMs stands: with a bar on a terminal, elsewhere by a line every half minute."""
        from vmident.render.progress import progress_text

        if self._console.is_live:
            self._console.show_run(progress)
        elif progress.elapsed_seconds >= self._shows_next_at or (progress.is_stopping and not self._shows_stopping):
            self._shows_next_at = progress.elapsed_seconds + _LINE_EVERY_SECONDS
            self._shows_stopping = progress.is_stopping
            self._console.warn([Line(progress_text(progress))])


def _listed(names: Sequence[str]) -> str:
    shown = names if len(names) <= _ALONE_AT_MOST else names[:_NAMED_OF_MANY]
    return ", ".join(shown) + (f" and {len(names) - len(shown)} more" if len(shown) < len(names) else "")


def _lost(losses: Sequence[Loss], are_many: bool) -> Iterable[Line]:
    from vmident.render.human import loss_lines

    setting = [(loss.vm, loss.change, loss.orphans, loss.warnings) for loss in losses]
    if are_many:
        from vmident.render.many import grouped_loss_lines

        return grouped_loss_lines(setting)
    return [line for one in setting for line in loss_lines(*one)]


def _said_of(loss: Loss) -> Iterable[tuple[ResourceId, str]]:
    from vmident.core.consequences import roles_orphaned

    return ((loss.vm, one.message) for one in (*loss.warnings, *roles_orphaned(loss.orphans)))


def _said_of_deletion(loss: IdentityLoss) -> Iterable[tuple[ResourceId, str]]:
    yield from ((loss.identity, one.message) for one in loss.warnings)
    for detached in loss.detached:
        yield from _said_of(detached)


def _deletion_lines(loss: IdentityLoss) -> Iterable[Line]:
    from vmident.render.human import loss_lines
    from vmident.render.resources import deletion_loss_lines

    yield from deletion_loss_lines(loss.identity, loss.roles, loss.warnings)
    for detached in loss.detached:
        yield from loss_lines(detached.vm, detached.change, detached.orphans, detached.warnings)


def _counted(losses: Sequence[Loss]) -> str:
    return titled(losses[0].vm) if len(losses) == 1 else counted(loss.vm for loss in losses)
