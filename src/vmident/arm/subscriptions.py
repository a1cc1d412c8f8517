"""Subscriptions: by name, how one answers, and which resource providers it has registered."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

from vmident.arm.answers import check_about
from vmident.arm.connection import Connection
from vmident.arm.paging import pages
from vmident.arm.wire.types import ProviderBody, SubscriptionBody
from vmident.core.resources import Subscription
from vmident.ports.azure import SubscriptionStatus

API_VERSION = "2022-12-01"
PROVIDERS_API_VERSION = "2021-04-01"


class ArmSubscriptions:
    """`vmident.ports.azure.Subscriptions`, as ARM has them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list(self) -> list[Subscription]:
        """GET all pages of `/subscriptions`."""
        bodies = pages(self._connection, "/subscriptions", API_VERSION, SubscriptionBody, "a subscription")
        return [Subscription(one.subscription_id, one.display_name, one.state or "", one.tenant_id) for one in bodies]

    def read(self, subscription: str) -> SubscriptionStatus:
        """GET the subscription; every answer of ARM's carries its time in the `Date` header."""
        answer = self._connection.read(f"/subscriptions/{subscription}", API_VERSION)
        body = answer.read(SubscriptionBody, "a subscription")
        check_about(subscription, body.subscription_id)
        return SubscriptionStatus(body.display_name, body.state or "", _epoch_seconds(answer.headers.get("Date", "")))

    def registration(self, subscription: str, namespace: str) -> str:
        """GET the provider's `registrationState`."""
        answer = self._connection.read(f"/subscriptions/{subscription}/providers/{namespace}", PROVIDERS_API_VERSION)
        return answer.read(ProviderBody, "a resource provider").registration_state


def _epoch_seconds(date: str) -> float | None:
    try:
        return parsedate_to_datetime(date).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
