"""Signs each request with a token of the tenant that its subscription is in; a policy of azure-core's pipeline.

The token of one tenant is refused for a subscription of another: 401 `InvalidAuthenticationTokenTenant`, before
anything is done, and Azure's message names the right tenant. The request is then sent once more with its token. Which
tenant a subscription listed by Azure is in does not say whose token it takes: a subscription delegated through Azure
Lighthouse takes that of the managing tenant. So only two sources count: the Azure CLI's profile, which has the tenant
that each subscription was found through, and this refusal.
"""

from __future__ import annotations

import re
from collections.abc import Callable, MutableMapping
from typing import TYPE_CHECKING, Any

from vmident.arm.answers import read_error
from vmident.arm.auth.credential import Credential
from vmident.arm.auth.errors import WRONG_TENANT, reason_of, right_tenant_in, wrong_tenant
from vmident.arm.errors.body import code_and_message
from vmident.arm.errors.network import is_network_failure
from vmident.core.auth.caller import caller_of
from vmident.errors import NotSignedIn

if TYPE_CHECKING:
    from azure.core.credentials import AccessToken

SUBSCRIPTION_OPTION = "vmident_subscription"
"""The option of a request whose URL names no subscription, such as a query of Resource Graph."""
_IN_URL = re.compile(r"https?://[^/]+/subscriptions/([^/?]+)", re.IGNORECASE)


class TenantAuthenticationPolicy:
    """Has one of azure-core's policies sign a request: that of the tenant, or that of the sign-in's own.

    `tenants` are the tenants of subscriptions whose tenant is another than the sign-in's own, in lower case; what
    Azure's refusals name is added.
    """

    next: Any

    def __init__(
        self, credential: Credential, scope: str, tenants: MutableMapping[str, str], trace: Callable[[str], None]
    ) -> None:
        self._credential = credential
        self._scope = scope
        self._tenants = tenants
        self._trace = trace
        self._signing: dict[str | None, Any] = {}

    def send(self, request: Any) -> Any:
        """Sign the request and send it on; raises `WrongTenant` without a token of the right tenant."""
        named = _IN_URL.match(request.http_request.url)
        subscription = request.context.options.pop(SUBSCRIPTION_OPTION, None) or (named[1] if named else None)
        if subscription is None:
            return self._signed(request, None, "")
        tenant = self._tenants.get(subscription.lower())
        response = self._signed(request, tenant, subscription)
        right = _right_tenant(response.http_response)
        if right is None or right == tenant:
            return response
        self._trace(f"token: subscription {subscription} is in tenant {right}")
        self._tenants[subscription.lower()] = right
        return self._signed(request, right, subscription)

    def _signed(self, request: Any, tenant: str | None, subscription: str) -> Any:
        from azure.core.pipeline.policies import BearerTokenCredentialPolicy

        if tenant not in self._signing:
            credential = _TenantCredential(self._credential, tenant, subscription) if tenant else self._credential
            self._signing[tenant] = BearerTokenCredentialPolicy(credential, self._scope)
        policy = self._signing[tenant]
        policy.next = self.next
        return policy.send(request)


class _TenantCredential:
    """A credential's tokens of one tenant; `subscription` is named where there are none."""

    def __init__(self, credential: Credential, tenant: str, subscription: str) -> None:
        self._credential = credential
        self._tenant = tenant
        self._subscription = subscription

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        """Return a token of the tenant; a credential that has tokens of another tenant alone is never sent."""
        from azure.core.exceptions import ClientAuthenticationError

        try:
            token = self._credential.get_token(*scopes, tenant_id=self._tenant, **options)
        except (ClientAuthenticationError, NotSignedIn) as failure:
            why = reason_of(failure)
            has_failed = "AADSTS" in why or is_network_failure(why)
            reason = f"but signing in to it failed: {why}" if has_failed else "which you are not signed in to."
            raise wrong_tenant(self._subscription, self._tenant, reason) from failure
        actual = caller_of(token.token).tenant_id
        if actual and actual.lower() != self._tenant:
            reason = f"but the token from {self._credential.origin} is for tenant {actual}."
            raise wrong_tenant(self._subscription, self._tenant, reason)
        return token


def _right_tenant(answer: Any) -> str | None:
    """Return the tenant that Azure names where it refused the token for its tenant."""
    if answer.status_code != 401:
        return None
    code, message = code_and_message(read_error(answer.content), "")
    return right_tenant_in(message) if code == WRONG_TENANT else None
