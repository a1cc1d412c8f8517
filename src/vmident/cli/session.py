"""The composition root: settings in, ports out. The one place that names `arm` and the sandbox's door."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

import vmident
from vmident.cli.console import Console
from vmident.cli.runtime import CommandClock, Runtime
from vmident.cli.settings import Settings
from vmident.core.resource_id import ResourceId, checked_name
from vmident.core.transition import Transition
from vmident.errors import ConfirmationNeeded, Declined, UsageError
from vmident.ports import Identities, Machines, SignIns, Tokens
from vmident.render.human import Line, Tone, loss_lines
from vmident.usecases.find_vms import Where
from vmident.usecases.prepare_change import World
from vmident.usecases.who_am_i import Surroundings

if TYPE_CHECKING:
    from vmident.arm.cloud import Cloud
    from vmident.arm.connection import Connection
    from vmident.arm.credential import Credential
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

    @property
    def is_sandbox(self) -> bool:
        """Tell whether this is the sandbox, which has a person of its own."""
        return self._settings.is_sandbox

    @cached_property
    def tokens(self) -> Tokens:
        """Whatever signs requests."""
        from vmident.arm.credential import ArmTokens

        return ArmTokens(self._credential, self._cloud)

    @cached_property
    def sign_ins(self) -> SignIns:
        """The sign-in of `vmident login`."""
        from vmident.arm.sign_in import ArmSignIns

        _silence_the_sdk()
        console = self._console
        return ArmSignIns(
            self._cloud,
            self._settings.state_folder,
            prompt=lambda text: console.note([Line(text, Tone.HEADING)]),
            tell=console.tell,
        )

    @property
    def surroundings(self) -> Surroundings:
        """What `whoami` tells beside the caller."""
        names = self._settings.subscription_names

        def name_of(subscription: str) -> str:
            from vmident.arm.subscriptions import name_of_subscription

            return names.get(subscription) or name_of_subscription(subscription, self._connection)

        origins = dict(self._settings.origins)
        if self.is_sandbox:
            spoken_of = ("subscription", "group", "cloud")
            origins = {"subscription": "default", **{name: origins[name] for name in spoken_of if name in origins}}
        has_subscription = self.is_sandbox or self._settings.subscription is not None
        return Surroundings(
            self._cloud.name,
            self._cloud.endpoint,
            origins,
            (lambda: self._subscription) if has_subscription else None,
            name_of,
        )

    @cached_property
    def _cloud(self) -> Cloud:
        from vmident.arm.cloud import Cloud, checked_endpoint, known_cloud

        settings = self._settings
        if settings.is_sandbox:
            from vmident.sandbox.sandbox import ENDPOINT

            return Cloud("sandbox", ENDPOINT, ENDPOINT)
        cloud = known_cloud(settings.cloud, settings.clouds).signed_in_by(settings.authority)
        return replace(cloud, endpoint=checked_endpoint(settings.endpoint)) if settings.endpoint else cloud

    @cached_property
    def _credential(self) -> Credential:
        from vmident.arm.credential import GivenToken, signed_in
        from vmident.arm.kept_sign_in import read_sign_in

        _silence_the_sdk()
        if self.is_sandbox:
            from vmident.sandbox.sandbox import TOKEN

            return GivenToken(TOKEN, self._runtime.wall(), "the sandbox")
        if self._settings.access_token:
            return GivenToken(self._settings.access_token, self._runtime.wall())
        return signed_in(self._cloud, sign_in=read_sign_in(self._settings.state_folder))

    @cached_property
    def _connection(self) -> Connection:
        from vmident.arm.connection import Connection

        door = None
        if self.is_sandbox:
            from vmident.sandbox.door import SandboxAdapter

            door = SandboxAdapter(self.sandbox)
        return Connection(
            self._cloud,
            self._credential,
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
        for part in ("_connection", "_credential", "sandbox"):
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


def _silence_the_sdk() -> None:
    """Keep the SDK's own logging off standard error, where it would stand beside what `faults` makes of it."""
    import logging

    logging.getLogger("azure").addHandler(logging.NullHandler())
    logging.getLogger("msal").addHandler(logging.NullHandler())


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
