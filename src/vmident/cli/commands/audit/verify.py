"""`vmident verify`; what it does is loaded when it does it, as for `show`."""

from __future__ import annotations

from typing import Annotated

import typer
from msgspec import Struct

from vmident.cli.inputs.numbers import number_between
from vmident.cli.options.shared import IdentityWords, VmOptions, VmWords, Yes
from vmident.cli.run import Run, one_or_all
from vmident.errors import ExitCode

_LONGEST_WATCH_SECONDS = 24 * 3600


class VerifyOptions(Struct, frozen=True):
    """Which tokens are requested, in how many of the VMs, and for how long."""

    resource: Annotated[
        str | None,
        typer.Option(
            "--resource", metavar="URL", help="Resource to request tokens for.", show_default="Resource Manager"
        ),
    ] = None
    sample: Annotated[
        str | None,
        typer.Option(
            "--sample", metavar="N|P%", help="Verify N or P% of the VMs, chosen at random.", show_default=False
        ),
    ] = None
    watch: Annotated[
        float | None,
        typer.Option(
            "--watch",
            metavar="SECONDS",
            parser=number_between(1, _LONGEST_WATCH_SECONDS),
            help="Repeat until all checks pass, for up to SECONDS.",
            show_default=False,
        ),
    ] = None
    instance: Annotated[
        str | None,
        typer.Option(
            "--instance", metavar="ID", help="Instance of the scale set to run the script in.", show_default="the first"
        ),
    ] = None
    yes: Yes = False


def verify(
    run: Run,
    *,
    vms: VmWords = None,
    identity: IdentityWords = None,
    vm_options: VmOptions,
    options: VerifyOptions,
) -> ExitCode:
    """Verify from inside VMs that their identities work.

    Runs a script in each VM with Run Command. It requests a token for the default identity and for each attached one,
    and returns the principal of each token. vmident compares it with the principal that Azure shows. Tokens do not
    leave the VM. Prompts for confirmation; use --yes in scripts. VMs must be running and have the VM agent.

    Examples:

      vmident verify myVM

      vmident verify myVM --identity myId --watch 120

      vmident verify --all -g myResourceGroup --sample 5% --yes
    """
    from vmident.cli.inputs.verification import checked_instance, checked_resource, checked_verify_words, sample_size
    from vmident.cli.inputs.vm_selection import resolve_vms, selected_vms
    from vmident.cli.verification_report import explain_verifications, with_typed_names
    from vmident.core.selection import Selection
    from vmident.render.document import verification_document
    from vmident.render.verification import verification_lines, verification_rows
    from vmident.results.verification import verification_exit_code
    from vmident.usecases.verify.verify_vm import VerificationRequest
    from vmident.usecases.verify.verify_vms import verify_vms

    meant = selected_vms(vms, vm_options, run)
    identities = checked_verify_words(identity or ())
    resource = checked_resource(options.resource) if options.resource is not None else None
    size = sample_size(options.sample) if options.sample is not None else None
    instance = checked_instance(options.instance) if options.instance is not None else None
    session = run.open(selecting=isinstance(meant, Selection), yes=options.yes, kind=vm_options.kind)
    words = resolve_vms(meant, session, run)
    request = VerificationRequest(resource or session.ports.token_resource, identities, options.watch or 0.0, instance)
    found = verify_vms(words, session.where, request, session.ports, size=size)
    results = [with_typed_names(one, run) for one in found]
    named_one = isinstance(meant, tuple) and len(meant) == 1 and vm_options.ids is None
    run.answer(
        one_or_all([verification_document(one) for one in results], named_one=named_one),
        rows=verification_rows(results),
        lines=lambda: verification_lines(results, session.where.kinds),
    )
    explain_verifications(run, results)
    if session.ports.stopped:
        run.explain(session.ports.stopped)
    return verification_exit_code(results)
