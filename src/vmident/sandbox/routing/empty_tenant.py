"""What a token of a tenant without subscriptions gets: empty lists, and 401 for the sandbox's subscription."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from vmident.sandbox import errors
from vmident.sandbox.authorization.scopes import tidied
from vmident.sandbox.http_messages import Response, json_answer
from vmident.sandbox.tenant import SUBSCRIPTION, TENANT

if TYPE_CHECKING:
    from vmident.sandbox.http_messages import Request


def answer_in(tenant: str, request: Request) -> Response:
    """Answer a request whose token is of `tenant`, which is not the sandbox's; raises what Azure says of the rest."""
    segments = [one.lower() for one in tidied(urlsplit(request.url).path).split("/")[1:]]
    if segments[0] == "subscriptions" and len(segments) > 1:
        is_here = segments[1] == SUBSCRIPTION
        raise errors.tenant_of_token_wrong(tenant, TENANT) if is_here else errors.subscription_not_found(segments[1])
    if (request.method, segments) == ("GET", ["subscriptions"]):
        return json_answer(200, {"value": [], "count": {"type": "Total", "value": 0}})
    if (request.method, segments) == ("GET", ["tenants"]):
        return json_answer(200, {"value": [{"id": f"/tenants/{tenant}", "tenantId": tenant, "tenantCategory": "Home"}]})
    raise errors.not_in_the_sandbox("anything else in a tenant without subscriptions")
