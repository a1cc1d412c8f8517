"""`vmident identity create`, `show`, `list` and `delete`."""

from __future__ import annotations

from typing import Annotated

import typer

from vmident.cli.change_report import end_of_run, explain_deletion
from vmident.cli.completion.candidates import identities_here, regions
from vmident.cli.inputs.stop_policy import policy_of
from vmident.cli.options.shared import CreateOptions, IdentityDeletionOptions, RemovalOptions, RoleOptions, TagWords
from vmident.cli.run import Run, one_or_all
from vmident.core.naming import NEW_IDENTITY_NAME, checked_name
from vmident.core.resource_id import user_identity_id
from vmident.core.shell import command_line
from vmident.core.tags import tags_in
from vmident.errors import ExitCode, UsageError
from vmident.render.human import warnings_about
from vmident.render.resources import (
    deletion_document,
    deletion_lines,
    deletion_row,
    identity_lines,
    identity_resource_document,
    identity_result_document,
    identity_result_lines,
    identity_row,
    listing_lines,
)
from vmident.results.changes import exit_code_for
from vmident.usecases.change.change_vms import ExecutionOptions
from vmident.usecases.identity.create import IdentityRequest
from vmident.usecases.identity.create_with_roles import create_identity_with_roles
from vmident.usecases.identity.delete import delete_identities
from vmident.usecases.identity.prepare_delete import DeletionRequest
from vmident.usecases.identity.show import list_identities, show_identities
from vmident.usecases.resolve.identities import checked_identity_names
from vmident.usecases.resolve.roles import checked_role_names

NewName = Annotated[str, typer.Argument(metavar="NAME", help="Name of the identity.", show_default=False)]
Words = Annotated[
    list[str],
    typer.Argument(
        metavar="IDENTITY...",
        help="Identity names or resource IDs.",
        show_default=False,
        autocompletion=identities_here,
    ),
]
Location = Annotated[
    str | None,
    typer.Option(
        "--location",
        "-l",
        metavar="REGION",
        help="Region.",
        show_default="the resource group's",
        autocompletion=regions,
    ),
]
Detach = Annotated[bool, typer.Option("--detach", help="Detach the identity from its VMs first.")]
Force = Annotated[bool, typer.Option("--force", help="Delete the identity even if VMs use it.")]


def create_identity(
    run: Run,
    *,
    name: NewName,
    location: Location = None,
    tags: TagWords = None,
    role_options: RoleOptions,
    execution: CreateOptions,
) -> ExitCode:
    """Create a user-assigned identity.

    An identity that already exists is kept; missing tags and role assignments are added. If it exists in a location
    other than --location, the command fails. Requires a resource group: -g or the default one.

    Examples:

      vmident identity create myId -g myGroup

      vmident identity create myId -g myGroup --location westus --tags team=web

      vmident identity create myId -g myGroup --role Reader --scope group
    """
    checked, wanted = checked_name(name, NEW_IDENTITY_NAME), tags_in(tags or ())
    example = command_line("vmident", "identity", "create", checked, "-g", "myResourceGroup")
    roles = checked_role_names(role_options.role, role_options.scope, command=example)
    session = run.open()
    group = session.where.group
    if group is None:
        raise UsageError(
            "A resource group is required.",
            hint=f"Example: {example}",
        )
    identity_id = user_identity_id(session.where.subscription(), group, checked)
    request = IdentityRequest(identity_id, location.strip() or None if location else None, wanted)
    made = create_identity_with_roles(request, roles, session.ports, dry_run=execution.dry_run)
    run.answer(
        identity_result_document(made),
        rows=[{**identity_row(made.identity), "status": made.status.value}],
        lines=lambda: identity_result_lines(made),
    )
    run.console.warn(warnings_about(checked, made.warnings))
    if made.error:
        run.explain(made.error, about=checked)
        return made.error.exit_code
    return ExitCode.DONE


def show_identity(run: Run, *, identities: Words) -> ExitCode:
    """Show user-assigned identities.

    A name is looked up in the resource group given with -g, or in the default resource group. If neither is set, it
    must be unique in the subscription.

    Examples:

      vmident identity show myId

      vmident identity show myId -g myResourceGroup --query clientId -o tsv
    """
    words = checked_identity_names(identities)
    session = run.open()
    shown = show_identities(words, session.where, session.ports.identities)
    found = [one.identity for one in shown if one.identity]
    named_one = len(words) == 1
    if found or not named_one:
        run.answer(
            one_or_all([identity_resource_document(one) for one in found], named_one=named_one),
            rows=[identity_row(one) for one in found],
            lines=lambda: (line for one in found for line in identity_lines(one)),
        )
    for one in shown:
        if one.error:
            run.failed(one.error)
    return exit_code_for(shown)


def list_identity(run: Run) -> ExitCode:
    """List user-assigned identities.

    Lists the identities of the resource group given with -g, or of the default resource group. If neither is set, lists
    all identities of the subscription.

    Examples:

      vmident identity list

      vmident identity list -g myResourceGroup -o table
    """
    session = run.open()
    identities = list(list_identities(session.where, session.ports.identities, session.ports.groups))
    rows = [identity_row(one) for one in identities]
    document = [identity_resource_document(one) for one in identities]
    run.answer(document, rows=rows, lines=lambda: listing_lines(rows, "No identities.", run.width_columns))
    return ExitCode.DONE


def delete_identity(
    run: Run,
    *,
    identities: Words,
    detach: Detach = False,
    force: Force = False,
    removal: RemovalOptions,
    execution: IdentityDeletionOptions,
) -> ExitCode:
    """Delete user-assigned identities.

    Without --detach or --force, an identity that is attached to VMs is not deleted, and the error lists the VMs.
    Other resources that use it, such as web apps, are not checked. The command lists the role assignments of
    the identity, and deletes them with --remove-roles or if you confirm. Prompts for confirmation; use --yes in
    scripts.

    With --detach, the identity is first detached from its VMs in one run. You can resume this run, and undo it until
    the identity is deleted. The run stops at the first VM that fails, unless --max-failures allows more.

    Examples:

      vmident identity delete myId

      vmident identity delete myId --detach --remove-roles --yes

      vmident identity delete myId --detach --canary 1 --yes
    """
    words = checked_identity_names(identities)
    if detach and force:
        raise UsageError(
            "--detach and --force cannot be used together.",
            hint="--detach detaches the identity from its VMs first; --force leaves it attached to them.",
        )
    if not detach and (execution.canary or execution.max_failures is not None):
        raise UsageError(
            "--canary and --max-failures require --detach.",
            hint="Add --detach, or remove them.",
        )
    # Once the identity stays on one VM it is not deleted, so that the other VMs need not lose it either.
    how = ExecutionOptions(execution.dry_run, policy=policy_of(execution.canary, execution.max_failures or "0"))
    session = run.open(yes=execution.yes)
    request = DeletionRequest(detach, force, removal.remove_roles)
    results = delete_identities(words, session.where, request, session.ports, how)
    run.answer(
        one_or_all([deletion_document(one) for one in results], named_one=len(words) == 1),
        rows=[deletion_row(one) for one in results],
        lines=lambda: (line for one in results for line in deletion_lines(one)),
    )
    for one in results:
        explain_deletion(run, one, session)
    return end_of_run(run, results, session)
