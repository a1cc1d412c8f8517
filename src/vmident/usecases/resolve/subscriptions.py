"""Subscriptions by name or ID, and the one to use where no setting names one."""

from __future__ import annotations

from collections.abc import Sequence

from vmident.core.selection import did_you_mean
from vmident.errors import AmbiguousName, NotFound, UsageError
from vmident.ports.azure import Subscription

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
            f"No subscription named '{word}'.{alike} Available subscriptions: {names}.",
            code="subscription-not-found",
            hint="Set --subscription to the name or ID of one of these.",
        )
    return found[0]


def only_usable_subscription(listed: Sequence[Subscription]) -> Subscription:
    """Return the one subscription that is neither disabled nor deleted.

    Raises `UsageError` with a table of them where there are several, `NotFound` where there is none.
    """
    usable = [one for one in listed if one.state.lower() not in _NOT_USABLE]
    if not usable:
        raise NotFound(
            "The signed-in account has no subscriptions.",
            code="no-subscriptions",
            hint="Check the tenant and the account with 'vmident whoami'; to sign in to another tenant, "
            "run 'az login --tenant TENANT' or 'vmident login --tenant TENANT'.",
        )
    if len(usable) > 1:
        raise UsageError(
            f"No subscription selected, and {len(usable)} are available:\n{_table(usable)}",
            hint="Use --subscription, set VMIDENT_SUBSCRIPTION, or run 'az account set'.",
        )
    return usable[0]


def _table(subscriptions: Sequence[Subscription]) -> str:
    ordered = sorted(subscriptions, key=lambda one: one.name.lower())[:_SHOWN]
    width = max(len(one.name) for one in ordered)
    lines = [f"{one.name.ljust(width)}   {one.id}" for one in ordered]
    more = len(subscriptions) - len(ordered)
    return "\n".join([*lines, *([f"and {more} more"] if more else [])])
