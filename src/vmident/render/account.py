"""Who is signed in, as documents."""

from __future__ import annotations

from vmident.render.document import Document
from vmident.render.moment import utc
from vmident.results.account import WhoAmI


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
    """Return the same as one flat row, for people, a table or tsv."""
    document = who_document(who)
    origins = document.pop("from")
    return {**document, **{f"{name} from": origin for name, origin in origins.items()}}
