"""Subscriptions by name or ID, and the one to use where no setting names one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from vmident.core.naming import did_you_mean
from vmident.core.resources import Subscription
from vmident.errors import AmbiguousName, NotFound, UsageError
from vmident.results.account import SubscriptionList

_NOT_USABLE = {"disabled", "deleted"}
_SHOWN = 20


def subscription_named(word: str, listed: Sequence[Subscription]) -> Subscription:
    """Return the subscription with that name or ID, in any case; raises `NotFound` and `AmbiguousName`."""
    found = [one for one in listed if word.lower() in {one.name.lower(), one.id.lower()}]
    if len(found) > 1:
        ids = ", ".join(sorted(one.id for one in found))
        raise AmbiguousName(f"{len(found)} subscriptions are named '{word}': {ids}", hint="Use the subscription's ID.")
    if not found:
        names = ", ".join(sorted(f"'{one.name}'" for one in listed)) or "none"
        alike = did_you_mean(word, [one.name for one in listed])
        raise NotFound(
            f"Subscription '{word}' not found.{alike} Available subscriptions: {names}.",
            code="subscription-not-found",
            hint="To see all subscriptions: vmident account list",
        )
    return found[0]


def with_others(listed: Sequence[Subscription], known: Iterable[Subscription]) -> tuple[Subscription, ...]:
    """Return the subscriptions that Azure lists and those known besides, each once, by name.

    Azure lists what one tenant's token can access; the Azure CLI has signed in to all tenants of the account.
    """
    by_id = {one.id.lower(): one for one in (*known, *listed)}
    return tuple(sorted(by_id.values(), key=lambda one: (one.name.lower(), one.id)))


def subscription_list(available: Sequence[Subscription], setting: str | None, origin: str | None) -> SubscriptionList:
    """Return the subscriptions with the one in use: that of the setting, else the only usable one."""
    ordered = with_others(available, ())
    if setting is None:
        usable = [one for one in ordered if one.state.lower() not in _NOT_USABLE]
        only = usable[0].id if len(usable) == 1 else None
        return SubscriptionList(ordered, only, "the only one available" if only else None)
    found = [one.id for one in ordered if setting.lower() in {one.name.lower(), one.id.lower()}]
    if len(found) == 1:
        return SubscriptionList(ordered, found[0], origin)
    return SubscriptionList(ordered, None, origin, setting)


def only_usable_subscription(listed: Sequence[Subscription]) -> Subscription:
    """Return the one subscription that is neither disabled nor deleted.

    Raises `UsageError` with a table of them where there are several, `NotFound` where there is none.
    """
    usable = [one for one in listed if one.state.lower() not in _NOT_USABLE]
    if not usable:
        raise NotFound(
            "The signed-in account has no subscriptions.",
            code="no-subscriptions",
            hint="Check the tenant and the account: vmident whoami\n"
            "Sign in to another tenant: az login --tenant TENANT",
        )
    if len(usable) > 1:
        raise UsageError(
            f"No subscription selected, and {len(usable)} are available:\n{_table(usable)}",
            hint="Choose one with 'vmident account set NAME', or use --subscription.",
        )
    return usable[0]


def _table(subscriptions: Sequence[Subscription]) -> str:
    ordered = sorted(subscriptions, key=lambda one: one.name.lower())[:_SHOWN]
    width = max(len(one.name) for one in ordered)
    lines = [f"{one.name.ljust(width)}   {one.id}" for one in ordered]
    more = len(subscriptions) - len(ordered)
    return "\n".join([*lines, *([f"and {more} more"] if more else [])])
