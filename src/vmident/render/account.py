"""The signed-in account and its subscriptions, as documents, rows and lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vmident.render.document import Document
from vmident.render.human import fact_lines
from vmident.render.line import Line, Tone
from vmident.render.moment import until, utc
from vmident.render.table import cut
from vmident.results.account import SubscriptionList, WhoAmI

if TYPE_CHECKING:
    from vmident.core.resources import Subscription

# Columns of the table without the name: the ID, the state (such as `Enabled`), `isDefault`, and the gaps; the tenant.
_WITHOUT_NAME, _TENANT, _LEAST_NAME = 36 + 8 + 9 + 9, 36 + 3, 12


def who_document(who: WhoAmI) -> Document:
    """Return what `whoami` prints: who, where, until when, and in `from` who said so.

    What the token does not say is null. `subscriptionName` is left out where it could not be read.
    """
    caller = who.caller
    name = {"subscriptionName": who.subscription_name} if who.subscription_name else {}
    return {
        "name": caller.name,
        "objectId": caller.object_id,
        "type": caller.type.value if caller.type else None,
        "tenantId": caller.tenant_id,
        "subscriptionId": who.subscription_id,
        **name,
        "cloud": who.cloud,
        "endpoint": who.endpoint,
        "expiresOn": utc(who.expires_on) if who.expires_on else None,
        "from": dict(who.origins),
    }


def who_facts(who: WhoAmI) -> Document:
    """Return the same as one flat row, for a table or tsv."""
    document = who_document(who)
    origins = document.pop("from")
    return {**document, **{f"{name} from": origin for name, origin in origins.items()}}


def who_lines(who: WhoAmI, now_seconds: float) -> Iterator[Line]:
    """Draw what is known, one fact a line, with how long the token is still valid."""
    facts = {name: value for name, value in who_facts(who).items() if value is not None}
    if who.expires_on:
        facts["expiresOn"] = until(who.expires_on, now_seconds)
    yield from fact_lines({_in_words(name): value for name, value in facts.items()})


def _in_words(name: str) -> str:
    """Return the name of a member, such as `tenantId`, as `tenant ID`."""
    words = {"expiresOn": "expires"}.get(name) or re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return words.lower().replace(" id", " ID")


def subscription_document(one: Subscription, listing: SubscriptionList) -> Document:
    """Return a subscription as `account list` prints it; `from` is the source of the setting for the one in use.

    The other members are those of `az account list`.
    """
    return {
        "name": one.name,
        "id": one.id,
        "tenantId": one.tenant_id,
        "state": one.state,
        "isDefault": one.id == listing.current,
        "from": listing.origin_of(one),
    }


def subscription_row(one: Subscription, listing: SubscriptionList) -> Document:
    """Return a subscription as one flat row, whose tables have the IDs, as those of the Azure CLI do."""
    return {
        "name": one.name,
        "subscription": one.id,
        "tenant": one.tenant_id,
        "state": one.state,
        "isDefault": one.id == listing.current,
    }


def subscription_lines(listing: SubscriptionList, width_columns: int | None) -> Iterator[Line]:
    """Draw the subscriptions as a table, and below it the one in use.

    Names are cut and never IDs, which are there to be copied. Tenants are shown where there are several, and room.
    """
    from vmident.render.resources import listing_lines

    rows = [subscription_row(one, listing) for one in listing.subscriptions]
    has_room = width_columns is None or width_columns >= _WITHOUT_NAME + _TENANT + _LEAST_NAME
    if len({row["tenant"] for row in rows}) <= 1 or not has_room:
        rows = [{key: value for key, value in row.items() if key != "tenant"} for row in rows]
    if width_columns is not None:
        room = width_columns - _WITHOUT_NAME - (_TENANT if rows and "tenant" in rows[0] else 0)
        rows = [{**row, "name": cut(row["name"], max(_LEAST_NAME, room))} for row in rows]
    yield from listing_lines(rows, "No subscriptions.", width_columns)
    current = next((one for one in listing.subscriptions if one.id == listing.current), None)
    if current:
        yield Line(f"Commands use '{current.name}' ({listing.origin}).")
    elif rows and not listing.unavailable:
        yield Line("No subscription is selected: vmident account set NAME", Tone.FAINT)
