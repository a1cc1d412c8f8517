"""The options that many commands share, each declared once, as records that a command takes whole."""

from __future__ import annotations

from typing import Annotated

import typer
from msgspec import Struct

from vmident.cli.completion import candidates
from vmident.cli.config.settings import Output, Overrides, only_subscription, several_subscriptions
from vmident.cli.inputs.choices import choice_of
from vmident.cli.inputs.kinds import Kind
from vmident.cli.inputs.numbers import number_between, whole_number_between

VmWords = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="VM...", help="VM names or resource IDs.", show_default=False, autocompletion=candidates.vms
    ),
]
IdentityWords = Annotated[
    list[str] | None,
    typer.Option(
        "--identity",
        "--identities",
        metavar="ID",
        help="User-assigned identity, by name or resource ID. Repeatable.",
        show_default=False,
        autocompletion=candidates.identities,
    ),
]
TagWords = Annotated[
    list[str] | None,
    typer.Option("--tags", metavar="NAME=VALUE", help="Tag. Repeatable.", show_default=False),
]
KindWord = Annotated[
    Kind,
    typer.Option(
        "--kind",
        metavar="KIND",
        parser=choice_of(Kind),
        help="Resource type of names and selectors: vm, vmss (scale sets) or any.",
        autocompletion=candidates.values_of(Kind),
    ),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Skip confirmation prompts.")]
Verify = Annotated[
    bool, typer.Option("--verify", help="After the change, run a script in the VMs that verifies the identity.")
]
# Thirty days: more than any run takes, and less than the 49 days that a lock can be waited for on Windows.
_LONGEST_TIMEOUT_SECONDS = 30 * 24 * 3600
TimeoutSeconds = Annotated[
    float | None,
    typer.Option(
        "--timeout",
        metavar="SECONDS",
        parser=number_between(0.1, _LONGEST_TIMEOUT_SECONDS),
        help="Maximum time for the whole command, in seconds.",
        show_default=False,
    ),
]
_MANY = 100_000
Canary = Annotated[
    int | None,
    typer.Option(
        "--canary",
        metavar="N",
        parser=whole_number_between(1, _MANY),
        help="Change N VMs first; continue only if all succeed.",
        show_default=False,
    ),
]
MaxFailures = Annotated[
    str | None,
    typer.Option(
        "--max-failures",
        metavar="N|P%",
        help="Stop after more than N or P% of the VMs have failed.",
        show_default=False,
    ),
]


Vms = Annotated[
    int,
    typer.Option(
        "--vms", metavar="N", parser=whole_number_between(0, _MANY), help="Number of additional VMs in the sandbox."
    ),
]


class Options(Struct, frozen=True):
    """Options of every command."""

    group: Annotated[
        str | None,
        typer.Option(
            "--resource-group",
            "-g",
            metavar="GROUP",
            help="Resource group.",
            show_default=False,
            autocompletion=candidates.groups,
        ),
    ] = None
    subscription: Annotated[
        list[str] | None,
        typer.Option(
            "--subscription",
            metavar="NAME|ID",
            help="Subscription, by name or ID. Commands that select VMs accept several, or 'all'.",
            show_default=False,
            autocompletion=candidates.subscriptions,
        ),
    ] = None
    output: Annotated[
        Output | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FORMAT",
            parser=choice_of(Output),
            help="Output format: auto, human, json, jsonc, yaml, table, tsv, or none. "
            "'auto' is human on a terminal and json elsewhere.",
            show_default=False,
            autocompletion=candidates.outputs,
        ),
    ] = None
    query: Annotated[
        str | None,
        typer.Option("--query", metavar="JMESPATH", help="JMESPath query to filter the output.", show_default=False),
    ] = None
    cloud: Annotated[
        str | None,
        typer.Option(
            "--cloud",
            metavar="NAME",
            help="Azure cloud, such as AzureUSGovernment.",
            show_default=False,
            autocompletion=candidates.clouds,
        ),
    ] = None
    sandbox: Annotated[bool, typer.Option("--sandbox", help="Use the built-in sandbox instead of Azure.")] = False
    verbose: Annotated[bool, typer.Option("--verbose", help="Show progress messages.")] = False
    debug: Annotated[bool, typer.Option("--debug", help="Log every request, without tokens.")] = False
    timeout: TimeoutSeconds = None
    only_show_errors: Annotated[bool, typer.Option("--only-show-errors", help="Show errors, but no warnings.")] = False

    @property
    def several_subscriptions(self) -> tuple[str, ...]:
        """The subscriptions named where they are several, or `all`; else empty."""
        return several_subscriptions(self.subscription)

    @property
    def overrides(self) -> Overrides:
        """The part that settings come from."""
        return Overrides(only_subscription(self.subscription), self.group, self.cloud, self.sandbox, self.output)


class SelectionOptions(Struct, frozen=True):
    """Many VMs without their names."""

    tag: Annotated[
        list[str] | None,
        typer.Option(
            "--tag",
            metavar="NAME[=VALUE]",
            help="Select VMs by tag. Repeatable; VMs must match all.",
            show_default=False,
        ),
    ] = None
    where: Annotated[
        str | None,
        typer.Option(
            "--where",
            metavar="KQL",
            help="Select VMs by an Azure Resource Graph condition.",
            show_default=False,
        ),
    ] = None
    all_vms: Annotated[
        bool, typer.Option("--all", help="Select all VMs of the subscription, or of the group given with -g.")
    ] = False
    kind: KindWord = Kind.VM


class VmOptions(SelectionOptions, frozen=True):
    """Other ways to name VMs."""

    ids: Annotated[
        str | None,
        typer.Option(
            "--ids",
            metavar="-",
            help="Read VM resource IDs, or the output of 'vmident list', from standard input.",
            show_default=False,
        ),
    ] = None


class RoleOptions(Struct, frozen=True):
    """Roles for the identities that the command enables or attaches."""

    role: Annotated[
        list[str] | None,
        typer.Option(
            "--role",
            metavar="ROLE",
            help="Role to grant, by name, GUID, or ID. Repeatable; requires --scope.",
            show_default=False,
            autocompletion=candidates.roles,
        ),
    ] = None
    scope: Annotated[
        list[str] | None,
        typer.Option(
            "--scope",
            metavar="SCOPE",
            help="Scope of the role: 'subscription', 'group', or a resource ID. Repeatable.",
            show_default=False,
            autocompletion=candidates.scopes,
        ),
    ] = None


class RemovalOptions(Struct, frozen=True):
    """What goes with an identity that is lost."""

    remove_roles: Annotated[
        bool,
        typer.Option("--remove-roles", help="Also delete role assignments that would be orphaned."),
    ] = False


class ChangeOptions(Struct, frozen=True):
    """Options of every change."""

    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the changes without making them.")] = False
    yes: Yes = False
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Do not wait for the operation to complete.")] = False


class FleetOptions(ChangeOptions, frozen=True):
    """Options of every change of VMs that are there, which may be many."""

    canary: Canary = None
    max_failures: MaxFailures = None


class CreateOptions(Struct, frozen=True):
    """Options of what makes a resource: nothing is lost by it, and Azure answers when it is there."""

    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be created without creating it.")] = False


class IdentityDeletionOptions(Struct, frozen=True):
    """Options of what deletes identities, and detaches them from VMs first."""

    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be deleted without deleting it.")] = False
    yes: Yes = False
    canary: Canary = None
    max_failures: Annotated[
        str | None,
        typer.Option(
            "--max-failures",
            metavar="N|P%",
            help="Stop after more than N or P% of the VMs have failed.",
            show_default="0",
        ),
    ] = None
