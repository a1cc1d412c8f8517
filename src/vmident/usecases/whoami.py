"""The signed-in account and the active settings, with the source of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct

from vmident.errors import VmidentError
from vmident.ports.ports import Ports
from vmident.results.account import WhoAmI
from vmident.usecases.resolve.caller import read_caller


class ActiveSettings(Struct, frozen=True):
    """Where requests go. `origins` names the source of the subscription, the group and the cloud.

    `subscription` returns the subscription's ID, and is `None` where no setting names one; `subscription_names` are the
    names that are known without a request, by ID.
    """

    cloud: str
    endpoint: str
    origins: Mapping[str, str]
    subscription: Callable[[], str] | None
    subscription_names: Mapping[str, str]


def whoami_result(ports: Ports, settings: ActiveSettings) -> WhoAmI:
    """Read the token that requests are signed with; raises `NotSignedIn` where there is none.

    A subscription that a setting names by name is looked up. A subscription whose name cannot be read has none here.
    """
    token, caller = read_caller(ports.tokens)
    subscription = settings.subscription() if settings.subscription else None
    return WhoAmI(
        caller=caller,
        expires_on=caller.expires_on or token.expires_on,
        cloud=settings.cloud,
        endpoint=settings.endpoint,
        subscription_id=subscription,
        subscription_name=_name_of(subscription, settings, ports) if subscription else None,
        origins={"token": token.origin, **settings.origins},
    )


def _name_of(subscription: str, settings: ActiveSettings, ports: Ports) -> str | None:
    known = settings.subscription_names.get(subscription)
    if known:
        return known
    try:
        return ports.subscriptions.read(subscription).name
    except VmidentError:
        return None
