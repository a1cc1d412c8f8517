"""Who the next request would be made as, where it would go, and who said so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from vmident.core.auth.caller import caller_of
from vmident.errors import VmidentError
from vmident.ports.auth import Tokens
from vmident.results.account import WhoAmI


@dataclass(frozen=True)
class Environment:
    """Where requests go. `origins` tells who said the subscription, the group and the cloud.

    `subscription` gives the subscription's id, and is `None` where nothing says which; `name_of` gives its name.
    """

    cloud: str
    endpoint: str
    origins: Mapping[str, str]
    subscription: Callable[[], str] | None
    name_of: Callable[[str], str]


def whoami_result(tokens: Tokens, around: Environment) -> WhoAmI:
    """Read the token that requests would be signed with; raises `NotSignedIn` where there is none.

    A subscription is looked up where it was said by name. That its own name cannot be read is no failure.
    """
    token = tokens.read()
    caller = caller_of(token.text)
    subscription = around.subscription() if around.subscription else None
    return WhoAmI(
        caller=caller,
        expires_on=caller.expires_on or token.expires_on,
        cloud=around.cloud,
        endpoint=around.endpoint,
        subscription_id=subscription,
        subscription_name=_name_if_any(subscription, around.name_of) if subscription else None,
        origins={"token": token.origin, **around.origins},
    )


def _name_if_any(subscription: str, name_of: Callable[[str], str]) -> str | None:
    try:
        return name_of(subscription)
    except VmidentError:
        return None
