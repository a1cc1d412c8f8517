"""The composition root: settings in, ports out. The one place that names `arm` and the sandbox's door."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import vmident
from vmident.cli.console import Console
from vmident.cli.runtime import CommandClock, Runtime
from vmident.cli.settings import Settings
from vmident.core.resource_id import ResourceId, checked_name
from vmident.core.transition import Transition
from vmident.errors import ConfirmationNeeded, Declined, UsageError
from vmident.ports import Identities, Machines
from vmident.render.human import loss_lines
from vmident.usecases.find_vms import Where
from vmident.usecases.prepare_change import World

if TYPE_CHECKING:
    from vmident.arm.connection import Connection
    from vmident.sandbox.sandbox import Sandbox

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class Session:
    """What one command reaches Azure, or the sandbox, through; each part is made when it is first needed."""

    def __init__(self, runtime: Runtime, settings: Settings, console: Console, *, timeout: float | None = None) -> None:
        self._runtime = runtime
        self._settings = settings
        self._console = console
        self.clock = CommandClock(runtime.monotonic, runtime.sleep, timeout)

    @property
    def where(self) -> Where:
        """Where bare names are looked up."""
        group = self._settings.group
        return Where(lambda: self._subscription, checked_name(group) if group else None)

    @cached_property
    def machines(self) -> Machines:
        """The VMs."""
        from vmident.arm.machines import ArmMachines

        return ArmMachines(self._connection)

    @cached_property
    def identities(self) -> Identities:
        """The user-assigned identities."""
        from vmident.arm.identities import ArmIdentities

        return ArmIdentities(self._connection)

    def world(self, person: PersonAtTheTerminal) -> World:
        """Everything that a change reaches through."""
        return World(self.machines, self.identities, self.clock, person)

    @cached_property
    def _connection(self) -> Connection:
        import logging

        from vmident.arm.cloud import Cloud, checked_endpoint, known_cloud
        from vmident.arm.connection import Connection
        from vmident.arm.credential import GivenToken, signed_in

        # The SDK's own logging would otherwise end up on standard error, beside what `faults` makes of it.
        logging.getLogger("azure").addHandler(logging.NullHandler())
        logging.getLogger("msal").addHandler(logging.NullHandler())
        settings = self._settings
        door = None
        if settings.is_sandbox:
            from vmident.sandbox.door import SandboxAdapter
            from vmident.sandbox.sandbox import ENDPOINT, TOKEN

            cloud, token, door = Cloud("sandbox", ENDPOINT, ENDPOINT), TOKEN, SandboxAdapter(self.sandbox)
        else:
            cloud, token = known_cloud(settings.cloud, settings.clouds), settings.access_token or ""
            if settings.endpoint:
                cloud = Cloud(cloud.name, checked_endpoint(settings.endpoint), cloud.authority)
        credential = GivenToken(token, self._runtime.wall()) if token else signed_in(cloud, settings.authority)
        return Connection(
            cloud,
            credential,
            self.clock,
            version=vmident.__version__,
            trace=self._console.trace,
            tell=self._console.tell,
            door=self._runtime.through(door),
        )

    @cached_property
    def sandbox(self) -> Sandbox:
        """The sandbox itself, for the commands that look at it or reset it."""
        from vmident.sandbox.sandbox import Sandbox

        return Sandbox(self._settings.sandbox_folder, now=self._runtime.wall, new_uuid=self._runtime.new_uuid)

    def close(self) -> None:
        """Let go of what was opened."""
        opened = self.__dict__
        for part in ("_connection", "sandbox"):
            if part in opened:
                opened[part].close()

    @cached_property
    def _subscription(self) -> str:
        from vmident.arm.subscriptions import subscription_named

        wanted = self._settings.subscription
        if wanted is None and self._settings.is_sandbox:
            from vmident.sandbox.sandbox import SUBSCRIPTION

            return SUBSCRIPTION
        if wanted is None:
            raise UsageError(
                "It is not known which subscription to look in.",
                hint="Give --subscription, set AZURE_SUBSCRIPTION_ID, or run `az account set`.",
            )
        return wanted if _GUID.fullmatch(wanted) else subscription_named(wanted, self._connection)


class PersonAtTheTerminal:
    """`vmident.ports.Person`: asks where there is a terminal, and takes `--yes` for an answer."""

    def __init__(self, console: Console, *, yes: bool) -> None:
        self._console = console
        self._yes = yes
        self.has_been_asked = False

    def approve(self, losses: Sequence[tuple[ResourceId, Transition]]) -> None:
        """Name what will be lost, and ask."""
        if self._yes:
            return
        if not self._console.terminal.can_ask:
            raise ConfirmationNeeded(
                f"This takes identities away from {_counted(losses)}, and there is no terminal to ask on.",
                hint="Add --yes if that is what you want, or --dry-run to see what would be lost.",
            )
        for vm, change in losses:
            self._console.note(loss_lines(vm, change))
        self.has_been_asked = True
        if not self._console.confirm("Go on?"):
            raise Declined("Nothing was changed.")

    def tell(self, message: str) -> None:
        """Show what is being waited for."""
        self._console.tell(message)


def _counted(losses: Sequence[tuple[ResourceId, Transition]]) -> str:
    return f"VM '{losses[0][0].name}'" if len(losses) == 1 else f"{len(losses)} VMs"
