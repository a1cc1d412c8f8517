"""Subscriptions: by name, how one answers, and which resource providers it has registered."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

from vmident.arm.connection import Connection
from vmident.arm.paging import pages
from vmident.arm.wire import unreadable
from vmident.errors import AmbiguousName, NotFound
from vmident.ports.azure import SubscriptionStatus

API_VERSION = "2022-12-01"
PROVIDERS_API_VERSION = "2021-04-01"


class ArmSubscriptions:
    """`vmident.ports.azure.Subscriptions`, as ARM has them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def read(self, subscription: str) -> SubscriptionStatus:
        """GET the subscription; every answer of ARM's carries its time in the `Date` header."""
        answer = self._connection.read(f"/subscriptions/{subscription}", API_VERSION)
        try:
            name, state = answer.body["displayName"], answer.body["state"]
        except (KeyError, TypeError) as strange:
            raise unreadable("a subscription") from strange
        return SubscriptionStatus(str(name), str(state), _epoch_seconds(answer.headers.get("Date", "")))

    def registration(self, subscription: str, namespace: str) -> str:
        """GET the provider's `registrationState`."""
        body = self._connection.read(f"/subscriptions/{subscription}/providers/{namespace}", PROVIDERS_API_VERSION).body
        try:
            return str(body["registrationState"])
        except (KeyError, TypeError) as strange:
            raise unreadable("a resource provider") from strange


def subscription_named(name: str, connection: Connection) -> str:
    """Return the id of the subscription called `name`, in any case; raises `NotFound`, `AmbiguousName`."""
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


def every_subscription(connection: Connection) -> tuple[str, ...]:
    """Return the ids of all subscriptions that the account sees, in order."""
    return tuple(sorted(str(one.get("subscriptionId")) for one in _all(connection)))


def name_of_subscription(subscription: str, connection: Connection) -> str:
    """Return the name of the subscription with that id, as Azure has it; raises what the read raises."""
    return str(connection.read(f"/subscriptions/{subscription}", API_VERSION).body.get("displayName"))


def _all(connection: Connection) -> list[dict[str, object]]:
    return list(pages(connection, "/subscriptions", API_VERSION))


def _epoch_seconds(date: str) -> float | None:
    try:
        return parsedate_to_datetime(date).timestamp()
    except (ValueError, TypeError):
        return None
