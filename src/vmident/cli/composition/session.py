"""Settings in, ports out: what one command reaches Azure, or the sandbox, through."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import vmident
from vmident.cli.completion.name_cache import cache_names, cached_names
from vmident.cli.completion.names import NameKind, SeenName, names_in
from vmident.cli.config.azure_cli_config import azure_cli_folder
from vmident.cli.config.environment import certificates_error, credential_error, missing_certificates, proxy_in
from vmident.cli.config.settings import GROUP_OPTION, Settings
from vmident.cli.console import Console
from vmident.cli.runtime import CommandClock, Runtime
from vmident.core.naming import GROUP_NAME, checked_name
from vmident.core.resource_id import VIRTUAL_MACHINE, ResourceId
from vmident.errors import UsageError, VmidentError
from vmident.render.line import Line, Tone
from vmident.usecases.resolve.vms import Where

if TYPE_CHECKING:
    from vmident.arm.auth.credential import Credential, RecordingCredential
    from vmident.arm.cloud import Cloud
    from vmident.arm.connection import Connection
    from vmident.core.resources import Subscription
    from vmident.core.run_record import Origin
    from vmident.fleet.journal import SqliteJournal
    from vmident.fleet.runner import Runner
    from vmident.ports.auth import Logins, Tokens
    from vmident.ports.azure import Groups, Identities, Roles, VirtualMachines
    from vmident.ports.prompt import Prompt
    from vmident.results.account import SubscriptionList
    from vmident.sandbox.protocol.call import Busy
    from vmident.sandbox.sandbox import Sandbox
    from vmident.sandbox.transport.https_server import Server
    from vmident.usecases.change.prepare import Ports
    from vmident.usecases.doctor import DoctorPorts
    from vmident.usecases.vm.prepare import Creating
    from vmident.usecases.whoami import Environment

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class Session:
    """What one command reaches Azure, or the sandbox, through; each part is made when it is first needed."""

    def __init__(self, runtime: Runtime, settings: Settings, console: Console, *, timeout: float | None = None) -> None:
        self._runtime = runtime
        self._settings = settings
        self._console = console
        self._seen: dict[SeenName, None] = {}
        self._runner: Runner | None = None
        self.clock = CommandClock(runtime.monotonic, runtime.sleep, timeout, scale=settings.time_scale)

    @property
    def where(self) -> Where:
        """Where bare names are looked up."""
        group = self._settings.group
        return Where(
            lambda: self._subscription, checked_name(group, GROUP_NAME) if group else None, self._vms_seen_before
        )

    def _vms_seen_before(self, subscription: str, name: str) -> list[ResourceId]:
        folder, place = self._settings.state_folder, self._settings.cloud_key
        return [
            ResourceId(one.subscription, one.group, VIRTUAL_MACHINE, one.name)
            for one in cached_names(folder, place)
            if one.kind is NameKind.VM
            and (one.subscription.lower(), one.name.lower()) == (subscription.lower(), name.lower())
        ]

    @property
    def where_asked(self) -> Where:
        """Where a file that may speak of all VMs is taken to speak of: in the group of `-g` alone, no default group."""
        is_asked = self._settings.origins.get("group") == GROUP_OPTION
        return self.where if is_asked else replace(self.where, group=None)

    @cached_property
    def machines(self) -> VirtualMachines:
        """The VMs."""
        from vmident.arm.virtual_machines import ArmVirtualMachines

        return ArmVirtualMachines(self._connection)

    @cached_property
    def identities(self) -> Identities:
        """The user-assigned identities."""
        from vmident.arm.identities import ArmIdentities

        return ArmIdentities(self._connection)

    @cached_property
    def groups(self) -> Groups:
        """The resource groups."""
        from vmident.arm.groups import ArmGroups

        return ArmGroups(self._connection)

    @cached_property
    def roles(self) -> Roles:
        """Role definitions and assignments."""
        from vmident.arm.roles import ArmRoles

        return ArmRoles(self._connection)

    @property
    def doctor_ports(self) -> DoctorPorts:
        """What `doctor` needs to know of this machine."""
        from vmident.arm.subscriptions import ArmSubscriptions
        from vmident.usecases.doctor import DoctorPorts

        environ, subscriptions = self._runtime.environ, ArmSubscriptions(self._connection)
        proxy = proxy_in(environ)
        if self._settings.is_sandbox:
            return DoctorPorts(self.tokens, subscriptions, self._runtime.wall, "to the sandbox in this process")
        # What stands before the @ is a name and a password.
        way = f"through the proxy {proxy.rpartition('@')[2]}" if proxy else "without a proxy"
        missing = missing_certificates(environ, _exists)
        return DoctorPorts(self.tokens, subscriptions, self._runtime.wall, way, missing)

    def ports(self, prompt: Prompt) -> Ports:
        """Everything that a change reaches through."""
        from vmident.usecases.change.prepare import Ports

        return Ports(
            self.machines,
            self.identities,
            self.roles,
            self.clock,
            prompt,
            self.journal,
            lambda: self._make_runner(prompt),
        )

    def _make_runner(self, prompt: Prompt) -> Runner:
        """Whoever carries out many changes: side by side, but in the sandbox, which answers one at a time."""
        from vmident.arm.connection import AT_ONCE
        from vmident.fleet.runner import Runner
        from vmident.fleet.workers import InlineExecutor, ThreadExecutor

        clock, metering = self.clock, self._connection.metered
        executor = (
            InlineExecutor(clock, metering)
            if self.is_sandbox
            else ThreadExecutor(AT_ONCE, clock, metering, clock.real_seconds)
        )
        self._runner = Runner(clock, executor, prompt.show)
        return self._runner

    @property
    def stopped(self) -> VmidentError | None:
        """Why a run of many stopped before its end, where it did."""
        return self._runner.stopped if self._runner else None

    @cached_property
    def journal(self) -> SqliteJournal:
        """What is kept of runs, of every cloud in one file."""
        from vmident.fleet.journal import SqliteJournal

        runtime, file = self._runtime, self._settings.state_folder / "runs.sqlite3"
        return SqliteJournal(file, self._origin, now=runtime.wall, new_uuid=runtime.new_uuid)

    @property
    def endpoint(self) -> str:
        """Where requests go, such as `https://management.azure.com`."""
        return self._cloud.endpoint

    def _origin(self) -> Origin:
        """Return the origin of a new run; the caller is read from a token that is already there."""
        from vmident.core.auth.caller import caller_of
        from vmident.core.run_record import Origin

        caller = caller_of(self._signing.last or "")
        # A file name need not be UTF-8, but what is on record is.
        words = (os.fsencode(word).decode("utf-8", "backslashreplace") for word in self._runtime.words)
        command = shlex.join(("vmident", *words))
        return Origin(command, self._cloud.name, self.endpoint, caller.name, caller.object_id)

    def creating(self, prompt: Prompt) -> Creating:
        """Everything that making a VM reaches through."""
        from vmident.arm.deployments import ArmDeployments
        from vmident.arm.networks import ArmNetworks
        from vmident.usecases.vm.prepare import Creating

        connection = self._connection
        return Creating(self.ports(prompt), self.groups, ArmDeployments(connection), ArmNetworks(connection))

    @property
    def is_sandbox(self) -> bool:
        """Return whether this is the sandbox, which has a person of its own."""
        return self._settings.is_sandbox

    @cached_property
    def tokens(self) -> Tokens:
        """Whatever signs requests."""
        from vmident.arm.auth.credential import ArmTokens

        return ArmTokens(self._credential, self._cloud)

    @cached_property
    def sign_ins(self) -> Logins:
        """The sign-in of `vmident login`."""
        from vmident.arm.auth.login import ArmLogins

        _silence_the_sdk()
        missing = missing_certificates(self._runtime.environ, _exists)
        if missing:
            raise certificates_error(*missing)
        console = self._console
        return ArmLogins(
            self._cloud,
            self._settings.state_folder,
            prompt=lambda text: console.note([Line(text, Tone.HEADING)]),
            progress=console.progress,
            remaining_seconds=self.clock.remaining_seconds,
        )

    @property
    def environment(self) -> Environment:
        """What `whoami` tells beside the caller."""
        from vmident.usecases.whoami import Environment

        names = {one.id: one.name for one in self._settings.profile}

        def name_of(subscription: str) -> str:
            from vmident.arm.subscriptions import name_of_subscription

            return names.get(subscription) or name_of_subscription(subscription, self._connection)

        origins = dict(self._settings.origins)
        if self.is_sandbox:
            spoken_of = ("subscription", "group", "cloud")
            origins = {"subscription": "default", **{name: origins[name] for name in spoken_of if name in origins}}
        has_subscription = self.is_sandbox or self._settings.subscription is not None
        return Environment(
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
        from vmident.arm.auth.azure_cli_credential import CachedAzureCliCredential, TokenCache
        from vmident.arm.auth.credential import StaticTokenCredential, UnusableCredential, credential_for
        from vmident.arm.auth.login_record import load_login

        _silence_the_sdk()
        if self.is_sandbox:
            from vmident.sandbox.sandbox import TOKEN

            return StaticTokenCredential(TOKEN, self._runtime.wall(), "the sandbox")
        unusable = self._unusable_environment()
        if unusable:
            return UnusableCredential(unusable)
        if self._settings.access_token:
            return StaticTokenCredential(self._settings.access_token, self._runtime.wall())
        own = load_login(self._settings.state_folder)
        account = self._settings.azure_cli_account
        if account is None or (own and own.is_for(self._cloud)):
            return credential_for(self._cloud, sign_in=own)
        cache = TokenCache(
            azure_cli_folder(self._runtime.environ, self._runtime.home), self._settings.azure_cli_encrypts
        )
        return CachedAzureCliCredential(account, cache, self._cloud, self._runtime.wall, self._console.trace)

    def _unusable_environment(self) -> UsageError | None:
        """Return what in the environment keeps every request from being sent; raised when the first one is."""
        environ = self._runtime.environ
        missing = None if self._cloud.is_plain_http else missing_certificates(environ, _exists)
        if missing:
            return certificates_error(*missing)
        return None if self._settings.access_token else credential_error(environ, _exists)

    @cached_property
    def _signing(self) -> RecordingCredential:
        from vmident.arm.auth.credential import RecordingCredential

        return RecordingCredential(self._credential)

    @cached_property
    def _connection(self) -> Connection:
        from vmident.arm.connection import Connection

        door = None
        if self.is_sandbox:
            from vmident.sandbox.transport.in_process import SandboxAdapter

            door = SandboxAdapter(self.sandbox)
        return Connection(
            self._cloud,
            self._signing,
            self.clock,
            version=vmident.__version__,
            trace=self._console.trace,
            progress=self._console.progress,
            see=lambda text: self._seen.update(dict.fromkeys(names_in(text))),
            door=self._runtime.through(door),
        )

    @cached_property
    def sandbox(self) -> Sandbox:
        """The sandbox itself, for the commands that look at it or reset it."""
        from vmident.sandbox.sandbox import Sandbox

        return Sandbox(self._settings.sandbox_folder, now=self._runtime.wall, new_uuid=self._runtime.new_uuid)

    def server(
        self,
        port: int,
        *,
        vms: int,
        operation_seconds: float,
        busy: Busy,
        is_throttling: bool,
        time_scale: float = 1.0,
        log: Path | None = None,
        faults: Path | None = None,
    ) -> Server:
        """The sandbox behind a loopback HTTPS port, which is taken here; `vms` more VMs are put into it.

        Its time runs `time_scale` times as fast, all but that of its tokens. Raises `UsageError` for a file of faults
        that cannot be read.
        """
        from vmident.sandbox.sandbox import Sandbox
        from vmident.sandbox.transport.faults import read_faults
        from vmident.sandbox.transport.https_server import Server

        injected = read_faults(faults) if faults else None
        runtime, folder = self._runtime, self._settings.sandbox_folder
        began = runtime.wall()

        def make(endpoint: str, takes_token: Callable[[str], bool]) -> Sandbox:
            sandbox = Sandbox(
                folder,
                now=lambda: began + (runtime.wall() - began) * time_scale,
                new_uuid=runtime.new_uuid,
                operation_seconds=operation_seconds,
                busy=busy,
                endpoint=endpoint,
                is_throttling=is_throttling,
                shares_buckets=False,
                takes_token=takes_token,
            )
            sandbox.add_vms(vms)
            return sandbox

        return Server(folder, port, make, runtime.wall, log=log, faults=injected)

    def close(self) -> None:
        """Close what was opened, and cache the names seen for completion."""
        cache_names(self._settings.state_folder, self._settings.cloud_key, self._seen)
        opened = self.__dict__
        for part in ("_connection", "_credential", "sandbox", "journal"):
            if part in opened:
                opened[part].close()

    def subscriptions(self, words: Sequence[str]) -> tuple[str, ...]:
        """Return the ids of several subscriptions, once each; `all` means all that the account sees."""
        from vmident.usecases.resolve.subscriptions import subscription_named

        if "all" in words:
            return tuple(sorted(one.id for one in self.available_subscriptions))
        ids = (
            one if _GUID.fullmatch(one) else subscription_named(one, self.available_subscriptions).id for one in words
        )
        return tuple(dict.fromkeys(one.lower() for one in ids))

    @cached_property
    def available_subscriptions(self) -> Sequence[Subscription]:
        """The subscriptions that the account can access, listed once; the Azure CLI knows those of other tenants."""
        from vmident.arm.auth.azure_cli_credential import CachedAzureCliCredential
        from vmident.arm.subscriptions import ArmSubscriptions
        from vmident.core.resources import Subscription
        from vmident.usecases.resolve.subscriptions import with_others

        listed = ArmSubscriptions(self._connection).list()
        if not isinstance(self._credential, CachedAzureCliCredential):
            return listed
        known = (Subscription(one.id, one.name, one.state, one.tenant_id) for one in self._settings.profile)
        return with_others(listed, known)

    @property
    def subscription_list(self) -> SubscriptionList:
        """The subscriptions that the account can access, with the one that commands use."""
        from vmident.usecases.resolve.subscriptions import subscription_list

        settings = self._settings
        return subscription_list(
            self.available_subscriptions, settings.subscription, settings.origins.get("subscription")
        )

    def choose_subscription(self, chosen: Subscription | None) -> None:
        """Store the subscription of `account set` for this cloud, `None` to delete it."""
        from vmident.cli.config.chosen_subscription import ChosenSubscription, choose_subscription

        one = ChosenSubscription(chosen.id, chosen.name) if chosen else None
        choose_subscription(self._settings.state_folder, self._settings.cloud_key, one)

    @cached_property
    def _subscription(self) -> str:
        wanted = self._settings.subscription
        if wanted is not None and _GUID.fullmatch(wanted):
            return wanted
        if wanted is None and self._settings.is_sandbox:
            from vmident.sandbox.sandbox import SUBSCRIPTION

            return SUBSCRIPTION
        from vmident.usecases.resolve.subscriptions import only_usable_subscription, subscription_named

        if wanted is None:
            only = only_usable_subscription(self.available_subscriptions)
            self._console.warn([Line(f"Using subscription '{only.name}' ({only.id}), the only one available.")])
            return only.id
        return subscription_named(wanted, self.available_subscriptions).id


def _exists(path: str) -> bool:
    return Path(path).exists()


def _silence_the_sdk() -> None:
    """Keep the SDK's own logging off standard error, where it would stand beside what `faults` makes of it."""
    import logging

    for name in ("azure", "msal", "urllib3"):
        logging.getLogger(name).addHandler(logging.NullHandler())
