"""`vmident group create`, `show` and `list`."""

from __future__ import annotations

from typing import Annotated

import typer

from vmident.cli.completion.candidates import groups, regions
from vmident.cli.options.shared import CreateOptions, TagWords
from vmident.cli.run import Run
from vmident.core.naming import GROUP_NAME, checked_name
from vmident.core.shell import command_line
from vmident.core.tags import tags_in
from vmident.errors import ExitCode, UsageError
from vmident.render.resources import (
    group_document,
    group_lines,
    group_result_document,
    group_result_lines,
    group_row,
    listing_lines,
)
from vmident.usecases.create_group import GroupRequest, create_group_resource
from vmident.usecases.resolve.groups import read_group

GroupName = Annotated[
    str, typer.Argument(metavar="NAME", help="Name of the resource group.", show_default=False, autocompletion=groups)
]
Location = Annotated[
    str | None,
    typer.Option(
        "--location",
        "-l",
        metavar="REGION",
        help="Region, such as westus.",
        show_default=False,
        autocompletion=regions,
    ),
]


def create_group(
    run: Run, *, name: GroupName, location: Location = None, tags: TagWords = None, execution: CreateOptions
) -> ExitCode:
    """Create a resource group.

    A group that already exists in the same location is not changed, except for the tags given. If it exists in another
    location, the command fails.

    Examples:

      vmident group create myResourceGroup --location westus

      vmident group create web --location westus --tags team=web --dry-run
    """
    checked, wanted = checked_name(name, GROUP_NAME), tags_in(tags or ())
    if not location or not location.strip():
        create = command_line("vmident", "group", "create", checked, "--location", "westus")
        raise UsageError("--location is required.", hint=f"Example: {create}")
    session = run.open()
    request = GroupRequest(session.where.subscription(), checked, location.strip(), wanted)
    made = create_group_resource(request, session.ports, dry_run=execution.dry_run)
    run.answer(
        group_result_document(made),
        rows=[{**group_row(made.group), "status": made.status.value}],
        lines=lambda: group_result_lines(made),
    )
    return ExitCode.DONE


def show_group(run: Run, *, name: GroupName) -> ExitCode:
    """Show a resource group.

    Examples:

      vmident group show myResourceGroup

      vmident group show myResourceGroup --query location -o tsv
    """
    checked = checked_name(name, GROUP_NAME)
    session = run.open()
    group = read_group(checked, session.where.subscription(), session.ports.groups)
    run.answer(group_document(group), rows=[group_row(group)], lines=lambda: group_lines(group))
    return ExitCode.DONE


def list_group(run: Run) -> ExitCode:
    """List the resource groups of a subscription.

    Examples:

      vmident group list

      vmident group list -o table
    """
    session = run.open()
    listed = list(session.ports.groups.list(session.where.subscription()))
    rows = [group_row(one) for one in listed]
    run.answer(
        [group_document(one) for one in listed],
        rows=rows,
        lines=lambda: listing_lines(rows, "No resource groups.", run.width_columns),
    )
    return ExitCode.DONE
