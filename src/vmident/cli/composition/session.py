"""What one command works with: its ports, and where the names on its command line are looked up."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec.structs import replace

from vmident.cli.completion.name_cache import cache_names, cached_names
from vmident.cli.completion.names import NameKind, SeenName, names_in
from vmident.cli.composition.azure_ports import AzurePorts
from vmident.cli.composition.credentials import exists, is_exempt
from vmident.cli.config.environment import missing_certificates, proxy_in, without_password
from vmident.cli.config.settings import GROUP_OPTION, Settings
from vmident.cli.console import Console
from vmident.cli.prompts import TerminalPrompt
from vmident.cli.runtime import CommandClock, Runtime
from vmident.core.naming import GROUP_NAME, GUID, checked_name
from vmident.core.resource_id import ResourceId
from vmident.core.vm_kind import ONLY_VMS, VmKind
from vmident.render.line import Line
from vmident.usecases.resolve.vms import Where

if TYPE_CHECKING:
    from vmident.core.resources import Subscription
    from vmident.ports.auth import Logins
    from vmident.results.account import SubscriptionList
    from vmident.usecases.doctor import LocalNetwork
    from vmident.usecases.whoami import ActiveSettings


class Session:
    """The settings and the ports of one command; nothing is sent and no file is opened before it is needed."""

    def __init__(
        self,
        runtime: Runtime,
        settings: Settings,
        console: Console,
        *,
        timeout: float | None = None,
        yes: bool = False,
        kinds: tuple[VmKind, ...] = ONLY_VMS,
    ) -> None:
        self._runtime = runtime
        self.settings = settings
        self._console = console
        self._kinds = kinds
        self._seen: dict[SeenName, None] = {}
        self.clock = CommandClock(runtime.monotonic, runtime.sleep, timeout, scale=settings.time_scale)
        self.prompt = TerminalPrompt(console, yes=yes)
        self.ports = AzurePorts(runtime, settings, console, clock=self.clock, prompt=self.prompt, see=self._see)

    def _see(self, text: str) -> None:
        self._seen.update(dict.fromkeys(names_in(text)))

    @property
    def where(self) -> Where:
        """Where bare names are looked up."""
        group = self.settings.group
        return Where(
            lambda: self._subscription,
            checked_name(group, GROUP_NAME) if group else None,
            self._vms_seen_before,
            self._kinds,
        )

    def _vms_seen_before(self, subscription: str, name: str) -> list[ResourceId]:
        folder, place = self.settings.state_folder, self.settings.cloud_key
        return [
            ResourceId(one.subscription, one.group, VmKind(one.kind.value).resource_type, one.name)
            for one in cached_names(folder, place)
            if one.kind in {NameKind.VM, NameKind.SCALE_SET}
            and (one.subscription.lower(), one.name.lower()) == (subscription.lower(), name.lower())
        ]

    @property
    def where_asked(self) -> Where:
        """Where a file that may select all VMs selects them: in the group of `-g` alone, not in the default group."""
        is_asked = self.settings.origins.get("group") == GROUP_OPTION
        return self.where if is_asked else replace(self.where, group=None)

    @property
    def is_sandbox(self) -> bool:
        """Return whether requests go to the sandbox in this process."""
        return self.settings.is_sandbox

    @property
    def endpoint(self) -> str:
        """Where requests go, such as `https://management.azure.com`."""
        return self.ports.cloud.endpoint

    @property
    def local_network(self) -> LocalNetwork:
        """How requests leave this machine."""
        from vmident.usecases.doctor import LocalNetwork

        environ = self._runtime.environ
        if self.is_sandbox:
            return LocalNetwork("to the sandbox in this process")
        _, proxy = proxy_in(environ) or ("", "")
        way = f"through the proxy {without_password(proxy)}" if proxy else "without a proxy"
        if proxy and is_exempt(self.endpoint, environ):
            way = "without a proxy, because NO_PROXY matches the endpoint"
        return LocalNetwork(way, missing_certificates(environ, exists))

    @property
    def active_settings(self) -> ActiveSettings:
        """The settings that `whoami` shows, and where each comes from."""
        from vmident.usecases.whoami import ActiveSettings

        settings, cloud = self.settings, self.ports.cloud
        origins = dict(settings.origins)
        if self.is_sandbox:
            shown = ("subscription", "group", "cloud")
            origins = {"subscription": "default", **{name: origins[name] for name in shown if name in origins}}
        has_subscription = self.is_sandbox or settings.subscription is not None
        return ActiveSettings(
            cloud.name,
            cloud.endpoint,
            origins,
            (lambda: self._subscription) if has_subscription else None,
            {one.id: one.name for one in settings.profile},
        )

    @cached_property
    def logins(self) -> Logins:
        """The sign-in of `vmident login`."""
        from vmident.cli.composition.credentials import logins_of

        remaining_seconds = self.clock.remaining_seconds
        return logins_of(self.settings, self.ports.cloud, self._runtime, self._console, remaining_seconds)

    def subscriptions(self, words: Sequence[str]) -> tuple[str, ...]:
        """Return the ids of several subscriptions, once each; `all` means all that the account sees."""
        from vmident.usecases.resolve.subscriptions import subscription_named

        if "all" in words:
            return tuple(sorted(one.id for one in self.available_subscriptions))
        ids = (
            one if GUID.fullmatch(one) else subscription_named(one, self.available_subscriptions).id for one in words
        )
        return tuple(dict.fromkeys(one.lower() for one in ids))

    @cached_property
    def available_subscriptions(self) -> Sequence[Subscription]:
        """The subscriptions that the account can access, listed once; the Azure CLI knows those of other tenants."""
        from vmident.core.resources import Subscription
        from vmident.usecases.resolve.subscriptions import with_others

        listed = self.ports.subscriptions.list()
        if not self.ports.is_signed_in_by_azure_cli:
            return listed
        known = (Subscription(one.id, one.name, one.state, one.tenant_id) for one in self.settings.profile)
        return with_others(listed, known)

    @property
    def subscription_list(self) -> SubscriptionList:
        """The subscriptions that the account can access, with the one that commands use."""
        from vmident.usecases.resolve.subscriptions import subscription_list

        settings = self.settings
        return subscription_list(
            self.available_subscriptions, settings.subscription, settings.origins.get("subscription")
        )

    def choose_subscription(self, chosen: Subscription | None) -> None:
        """Store the subscription of `account set` for this cloud, `None` to delete it."""
        from vmident.cli.config.chosen_subscription import ChosenSubscription, choose_subscription

        one = ChosenSubscription(chosen.id, chosen.name) if chosen else None
        choose_subscription(self.settings.state_folder, self.settings.cloud_key, one)

    @cached_property
    def _subscription(self) -> str:
        wanted = self.settings.subscription
        if wanted is not None and GUID.fullmatch(wanted):
            return wanted
        if wanted is None and self.is_sandbox:
            from vmident.sandbox.sandbox import SUBSCRIPTION

            return SUBSCRIPTION
        from vmident.usecases.resolve.subscriptions import only_usable_subscription, subscription_named

        if wanted is None:
            only = only_usable_subscription(self.available_subscriptions)
            self._console.warn([Line(f"Using subscription '{only.name}' ({only.id}), the only one available.")])
            return only.id
        return subscription_named(wanted, self.available_subscriptions).id

    def close(self) -> None:
        """Close what was opened, and cache the names seen for completion."""
        cache_names(self.settings.state_folder, self.settings.cloud_key, self._seen)
        self.ports.close()
