"""Subscriptions by name, and their names."""

from __future__ import annotations

from vmident.arm.connection import Connection
from vmident.arm.listing import pages
from vmident.errors import AmbiguousName, NotFound

API_VERSION = "2022-12-01"


def subscription_named(name: str, connection: Connection) -> str:
    """Give the id of the subscription called `name`, in any case; raises `NotFound`, `AmbiguousName`."""
    every = [(str(one.get("subscriptionId")), str(one.get("displayName"))) for one in _all(connection)]
    found = sorted(subscription for subscription, called in every if called.lower() == name.lower())
    if len(found) > 1:
        raise AmbiguousName(
            f"{len(found)} subscriptions are named '{name}': {', '.join(found)}", hint="Give the id to --subscription."
        )
    if not found:
        names = ", ".join(sorted(f"'{called}'" for _, called in every)) or "none"
        raise NotFound(
            f"No subscription named '{name}'. You can see: {names}.",
            code="subscription-not-found",
            hint="Give the id or the name of one that you can see to --subscription.",
        )
    return found[0]


def name_of_subscription(subscription: str, connection: Connection) -> str:
    """Give the name of the subscription with that id, as Azure has it; raises what the read raises."""
    return str(connection.read(f"/subscriptions/{subscription}", API_VERSION).body.get("displayName"))


def _all(connection: Connection) -> list[dict[str, object]]:
    return list(pages(connection, "/subscriptions", API_VERSION))
