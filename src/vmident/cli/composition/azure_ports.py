"""The ports of one command: Azure's resources over one connection, the terminal, the clock and the journal."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Mapping
from functools import cached_property, partial
from typing import TYPE_CHECKING

import vmident
from vmident.cli.composition.credentials import cloud_label, cloud_of, credential_of
from vmident.cli.config.settings import Settings
from vmident.cli.console import Console
from vmident.cli.prompts import TerminalPrompt
from vmident.cli.runtime import CommandClock, Runtime
from vmident.errors import VmidentError

if TYPE_CHECKING:
    from vmident.arm.auth.credential import Credential, RecordingCredential
    from vmident.arm.cloud import Cloud
    from vmident.arm.connection import Connection
    from vmident.core.run_record import Origin
    from vmident.fleet.journal import SqliteJournal
    from vmident.fleet.runner import Runner
    from vmident.ports.access import AccessRows, Directory
    from vmident.ports.auth import Tokens
    from vmident.ports.azure import Groups, Identities, Roles, Subscriptions, VirtualMachines
    from vmident.ports.deployments import Deployments, Networks
    from vmident.ports.offers import Offers
    from vmident.ports.resource_changes import ResourceChanges
    from vmident.ports.run_commands import RunCommands
    from vmident.sandbox.sandbox import Sandbox


class AzurePorts:
    """`vmident.ports.ports.Ports` for Azure or the sandbox; imports and opens what a port needs when it is first used.

    `see` receives the text of every response that lists resources.
    """

    def __init__(
        self,
        runtime: Runtime,
        settings: Settings,
        console: Console,
        *,
        clock: CommandClock,
        prompt: TerminalPrompt,
        see: Callable[[str], None],
    ) -> None:
        self._runtime = runtime
        self._settings = settings
        self._console = console
        self._see = see
        self._runner: Runner | None = None
        self.clock = clock
        self.prompt = prompt

    @cached_property
    def machines(self) -> VirtualMachines:
        """VMs."""
        from vmident.arm.virtual_machines import ArmVirtualMachines

        return ArmVirtualMachines(self._connection)

    @cached_property
    def identities(self) -> Identities:
        """User-assigned identities."""
        from vmident.arm.identities import ArmIdentities

        return ArmIdentities(self._connection)

    @cached_property
    def groups(self) -> Groups:
        """Resource groups."""
        from vmident.arm.groups import ArmGroups

        return ArmGroups(self._connection)

    @cached_property
    def roles(self) -> Roles:
        """Role definitions, role assignments and permissions."""
        from vmident.arm.roles import ArmRoles

        return ArmRoles(self._connection)

    @cached_property
    def access_rows(self) -> AccessRows:
        """The rows that access is decided from."""
        from vmident.arm.access.paced_reads import AT_ONCE, read_each
        from vmident.arm.access.reader import ArmAccessRows

        # The sandbox in this process has no more than one thread.
        at_once = 1 if self._settings.is_sandbox else AT_ONCE
        return ArmAccessRows(self._connection, partial(read_each, clock=self.clock, at_once=at_once))

    @cached_property
    def resource_changes(self) -> ResourceChanges:
        """Who changed what."""
        from vmident.arm.resource_changes import ArmResourceChanges

        return ArmResourceChanges(self._connection)

    @cached_property
    def directory(self) -> Directory:
        """The principals of Microsoft Entra ID."""
        from vmident.arm.microsoft_graph.credential import GraphCredential
        from vmident.arm.microsoft_graph.directory import GraphDirectory

        cloud = self.cloud.of_graph

        def connect(tenant: str) -> tuple[Connection, GraphCredential]:
            assert cloud is not None
            credential = GraphCredential(self._credential, tenant)
            return self._connected(cloud, credential, {}), credential

        return GraphDirectory(connect if cloud else None)

    @cached_property
    def subscriptions(self) -> Subscriptions:
        """Subscriptions and their resource providers."""
        from vmident.arm.subscriptions import ArmSubscriptions

        return ArmSubscriptions(self._connection)

    @cached_property
    def deployments(self) -> Deployments:
        """Template deployments."""
        from vmident.arm.deployments import ArmDeployments

        return ArmDeployments(self._connection)

    @cached_property
    def offers(self) -> Offers:
        """Regions, VM sizes and images."""
        from vmident.arm.offers import ArmOffers

        return ArmOffers(self._connection)

    @cached_property
    def networks(self) -> Networks:
        """Virtual networks and addresses."""
        from vmident.arm.networks import ArmNetworks

        return ArmNetworks(self._connection)

    @cached_property
    def run_commands(self) -> RunCommands:
        """Scripts inside VMs."""
        from vmident.arm.run_commands import ArmRunCommands

        return ArmRunCommands(self._connection)

    @cached_property
    def tokens(self) -> Tokens:
        """The token that requests are signed with."""
        from vmident.arm.auth.credential import ArmTokens

        return ArmTokens(self._credential, self.cloud)

    @cached_property
    def journal(self) -> SqliteJournal:
        """The record of runs, of every cloud in one file."""
        from vmident.fleet.journal import SqliteJournal

        runtime, file = self._runtime, self._settings.state_folder / "runs.sqlite3"
        return SqliteJournal(file, self._origin, now=runtime.wall, new_uuid=runtime.new_uuid)

    def new_uuid(self) -> str:
        """Return a random UUID."""
        return self._runtime.new_uuid()

    def epoch_seconds(self) -> float:
        """Return this machine's time, in seconds since the epoch."""
        return self._runtime.wall()

    def fleet(self) -> Runner:
        """Return an executor for one run: threads side by side, but one at a time in the sandbox, which has no more."""
        from vmident.arm.http.network import AT_ONCE
        from vmident.fleet.runner import Runner
        from vmident.fleet.workers import InlineExecutor, ThreadExecutor

        clock, metering = self.clock, self._connection.metered
        executor = (
            InlineExecutor(clock, metering)
            if self._settings.is_sandbox
            else ThreadExecutor(AT_ONCE, clock, metering, clock.real_seconds)
        )
        self._runner = Runner(clock, executor, self.prompt.show)
        return self._runner

    @property
    def stopped(self) -> VmidentError | None:
        """Why the last run of many changes stopped early, if it did."""
        return self._runner.stopped if self._runner else None

    @cached_property
    def cloud(self) -> Cloud:
        """The cloud that requests go to."""
        return cloud_of(self._settings)

    @property
    def token_resource(self) -> str:
        """The resource that tokens for Resource Manager are for, such as `https://management.azure.com/`."""
        return f"{self.cloud.scope.removesuffix('/.default').rstrip('/')}/"

    @property
    def is_signed_in_by_azure_cli(self) -> bool:
        """Return whether requests are signed with the Azure CLI's sign-in."""
        from vmident.arm.auth.azure_cli_credential import CachedAzureCliCredential

        return isinstance(self._credential, CachedAzureCliCredential)

    @cached_property
    def sandbox(self) -> Sandbox:
        """The sandbox in this process."""
        from vmident.cli.composition.sandboxes import local_sandbox

        return local_sandbox(self._settings, self._runtime)

    @property
    def has_written(self) -> bool:
        """Return whether a request that may change something was sent."""
        return "_connection" in self.__dict__ and self._connection.has_written

    def close(self) -> None:
        """Close what was opened."""
        opened = self.__dict__
        for part in ("_connection", "_credential", "sandbox", "journal"):
            if part in opened:
                opened[part].close()

    @cached_property
    def _credential(self) -> Credential:
        left = self.clock.remaining_seconds
        return credential_of(self._settings, self.cloud, self._runtime, self._console.trace, left)

    @cached_property
    def _signing(self) -> RecordingCredential:
        from vmident.arm.auth.credential import RecordingCredential

        return RecordingCredential(self._credential)

    @cached_property
    def _connection(self) -> Connection:
        tenants = self._settings.other_tenants if self.is_signed_in_by_azure_cli else {}
        return self._connected(self.cloud, self._signing, tenants)

    def _connected(self, cloud: Cloud, credential: Credential, tenants: Mapping[str, str]) -> Connection:
        from vmident.arm.connection import Connection

        sender = None
        if self._settings.is_sandbox:
            from vmident.sandbox.transport.in_process import SandboxNetwork

            sender = SandboxNetwork(self.sandbox)
        return Connection(
            cloud,
            credential,
            self.clock,
            version=vmident.__version__,
            trace=self._console.trace,
            progress=self._console.progress,
            see=self._see,
            sender=self._runtime.through(sender),
            tenants=tenants,
            correlation_id=self._correlation_id,
        )

    def _correlation_id(self) -> str | None:
        """Return the correlation ID of the run that this command has begun or resumed; a command may have none."""
        from vmident.core.history.correlation import correlation_id

        run = self.journal.begun if "journal" in self.__dict__ else None
        return correlation_id(run) if run else None

    def _origin(self) -> Origin:
        """Return the origin of a new run; the caller is read from a token that is already there."""
        from vmident.core.auth.caller import caller_of
        from vmident.core.run_record import Origin

        caller = caller_of(self._signing.last or "")
        # A file name need not be UTF-8, but what is on record is.
        words = (os.fsencode(word).decode("utf-8", "backslashreplace") for word in self._runtime.words)
        command = shlex.join(("vmident", *words))
        return Origin(
            command, cloud_label(self._settings, self.cloud), self.cloud.endpoint, caller.name, caller.object_id
        )
