"""All ports together. A function that needs one or two of them takes those instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from vmident.ports.access import AccessRows, Directory
    from vmident.ports.auth import Tokens
    from vmident.ports.azure import Groups, Identities, Roles, Subscriptions, VirtualMachines
    from vmident.ports.clock import Clock
    from vmident.ports.deployments import Deployments, Networks
    from vmident.ports.fleet import Fleet
    from vmident.ports.journal import Journal
    from vmident.ports.offers import Offers
    from vmident.ports.prompt import Prompt
    from vmident.ports.resource_changes import ResourceChanges
    from vmident.ports.run_commands import RunCommands


class Ports(Protocol):
    """Everything outside that use cases reach; each port is made when it is first used."""

    @property
    def machines(self) -> VirtualMachines:
        """VMs."""
        ...

    @property
    def identities(self) -> Identities:
        """User-assigned identities."""
        ...

    @property
    def groups(self) -> Groups:
        """Resource groups."""
        ...

    @property
    def roles(self) -> Roles:
        """Role definitions, role assignments and permissions."""
        ...

    @property
    def access_rows(self) -> AccessRows:
        """The rows that access is decided from."""
        ...

    @property
    def resource_changes(self) -> ResourceChanges:
        """Who changed what."""
        ...

    @property
    def directory(self) -> Directory:
        """The principals of Microsoft Entra ID."""
        ...

    @property
    def subscriptions(self) -> Subscriptions:
        """Subscriptions and their resource providers."""
        ...

    @property
    def deployments(self) -> Deployments:
        """Template deployments."""
        ...

    @property
    def offers(self) -> Offers:
        """Regions, VM sizes and images."""
        ...

    @property
    def networks(self) -> Networks:
        """Virtual networks and addresses."""
        ...

    @property
    def run_commands(self) -> RunCommands:
        """Scripts inside VMs."""
        ...

    @property
    def tokens(self) -> Tokens:
        """The token that requests are signed with."""
        ...

    @property
    def clock(self) -> Clock:
        """Time, up to the deadline of the command."""
        ...

    def new_uuid(self) -> str:
        """Return a random UUID."""
        ...

    def epoch_seconds(self) -> float:
        """Return this machine's time, in seconds since the epoch."""
        ...

    @property
    def prompt(self) -> Prompt:
        """Questions and progress."""
        ...

    @property
    def journal(self) -> Journal:
        """The record of runs."""
        ...

    def fleet(self) -> Fleet:
        """Return an executor for one run of many changes."""
        ...
