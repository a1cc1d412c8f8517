"""What use cases return about the account, and about what a change needs; frozen as `results`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from vmident.core.auth.caller import Caller
    from vmident.core.diagnosis import Check
    from vmident.core.history.entries import HistoryEntry
    from vmident.core.resource_id import ResourceId
    from vmident.core.resources import Subscription


class WhoAmI(Struct, frozen=True):
    """Who requests are made as, and where they go. `expires_on` is when the token ends, in epoch seconds.

    `origins` tells where `token`, `subscription`, `cloud`, `group`, `endpoint` and `authority` came from, as far as
    each was said.
    """

    caller: Caller
    expires_on: float | None
    cloud: str
    endpoint: str
    subscription_id: str | None
    subscription_name: str | None
    origins: Mapping[str, str]


class SubscriptionList(Struct, frozen=True):
    """The subscriptions that the account can access, by name, and the ID of the one that commands use.

    `origin` is the source of that setting; `current` is `None` where nothing is set, and where the setting is none of
    the list: `unavailable` is its value then.
    """

    subscriptions: tuple[Subscription, ...]
    current: str | None = None
    origin: str | None = None
    unavailable: str | None = None

    def origin_of(self, subscription: Subscription) -> str | None:
        """Return the source of the setting for the subscription in use, `None` for any other."""
        return self.origin if subscription.id == self.current else None


class VmChecks(Struct, frozen=True):
    """What was found of one VM, and the dead attachments that can be taken from it.

    `vm` is `None` where the word names none that is there, and `word` then what was typed. `remade` are attached
    identities that were deleted and created again. `changes` tell who last changed what findings are about: the VM, and
    the identities that are dead or remade.
    """

    word: str
    findings: tuple[Check, ...]
    vm: ResourceId | None = None
    dead: tuple[ResourceId, ...] = ()
    remade: tuple[ResourceId, ...] = ()
    changes: tuple[HistoryEntry, ...] = ()

    @property
    def changed_resources(self) -> tuple[ResourceId, ...]:
        """Return the resources whose last change may explain a finding about identities; none without one."""
        if self.vm is None or not any(one.has_failed and one.is_about_identities for one in self.findings):
            return ()
        return (self.vm, *self.dead, *self.remade)


class DoctorReport(Struct, frozen=True):
    """What was found that is the same for all VMs, and then of each VM, in the order of the checks."""

    general: tuple[Check, ...]
    vms: tuple[VmChecks, ...] = ()

    @property
    def findings(self) -> tuple[Check, ...]:
        """All findings."""
        return (*self.general, *(one for vm in self.vms for one in vm.findings))
