"""What `--verify` adds to a change: the verification of the VMs that it was made on, from inside them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from vmident.core.virtual_machine import VirtualMachine
from vmident.core.vm_kind import numbered
from vmident.results.changes import ChangeResult, Status
from vmident.usecases.verify.verify_vm import VerificationRequest
from vmident.usecases.verify.verify_vms import verify_vms

if TYPE_CHECKING:
    from vmident.cli.composition.session import Session

WATCH_SECONDS = 180.0
"""How long a change may take to be seen inside a VM: the token service answers 410 for up to 70 s (wire facts)."""


def confirm_verification(words: Sequence[str | VirtualMachine], session: Session) -> None:
    """Ask, before anything is sent, whether the script may run in the VMs afterwards."""
    names = [one.id.name if isinstance(one, VirtualMachine) else one.rsplit("/", 1)[-1] for one in words]
    if names:
        session.prompt.confirm_script(names, numbered(len(names), session.where.kinds))


def with_verifications(
    results: Sequence[ChangeResult], identities: Sequence[str], session: Session
) -> tuple[ChangeResult, ...]:
    """Verify the identities, in the user's words, in every VM that has them now; returns results that say so."""
    vms = [str(one.id) for one in results if one.id and one.status in {Status.CHANGED, Status.UNCHANGED}]
    request = VerificationRequest(session.ports.token_resource, tuple(identities), WATCH_SECONDS)
    verified = verify_vms(vms, session.where, request, session.ports, is_confirmed=True)
    by_id = {one.id: one for one in verified}
    return tuple(replace(one, verification=by_id.get(one.id) if one.id else None) for one in results)
