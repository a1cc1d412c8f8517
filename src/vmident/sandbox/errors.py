"""The error catalogue: what Azure says when it refuses, one function for each code.

Messages marked 'assumed' are worded after Azure's manner without a source; the others are Azure's own, seen in its
documentation, in `azure-wire-facts.md`'s list, or in public reports.

This file is long because it is a catalog: each function is one code that more than one service returns, with its
status, its message and its source. Errors of a single service are in the service's folder.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vmident.sandbox.http_messages import Response, json_answer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# The sandbox's own code, for what Azure does and the sandbox does not: never to be mistaken for Azure's answer.
NOT_IN_THE_SANDBOX = "NotSupportedBySandbox"


class Refused(Exception):
    """A request that ends in an error answer; what it changed so far stays, except after a 429.

    `by_gateway` says that Azure Resource Manager itself refuses, before the service: `x-ms-failure-cause: gateway`.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        headers: Mapping[str, str] | None = None,
        details: Iterable[Mapping[str, Any]] = (),
        target: str | None = None,
        by_gateway: bool = False,
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.headers = {**({"x-ms-failure-cause": "gateway"} if by_gateway else {}), **(headers or {})}
        self.details = [dict(detail) for detail in details]
        self.target = target

    def error(self) -> dict[str, Any]:
        """Return the value of `error`, as in an answer or a failed operation."""
        body: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.target:
            body["target"] = self.target
        if self.details:
            body["details"] = self.details
        return body

    def answer(self) -> Response:
        """Return the whole answer."""
        return json_answer(self.status, {"error": self.error()}, self.headers)


# --- who asks


def _challenge(tenant: str, error: str = "") -> dict[str, str]:
    uri = f'Bearer authorization_uri="https://login.microsoftonline.com/{tenant}"'
    return {"www-authenticate": f'{uri}, error="invalid_token"{error}' if error else uri}


def authorization_missing(tenant: str) -> Refused:
    """No `Authorization` header."""
    message = "Authentication failed. The 'Authorization' header is missing."
    return Refused(401, "AuthenticationFailed", message, headers=_challenge(tenant), by_gateway=True)


def token_invalid(tenant: str) -> Refused:
    """A token that is not the sandbox's."""
    message = "The access token is invalid."
    headers = _challenge(tenant, f', error_description="{message}"')
    return Refused(401, "InvalidAuthenticationToken", message, headers=headers, by_gateway=True)


def tenant_of_token_wrong(token_tenant: str, tenant: str) -> Refused:
    """A token of another tenant than the subscription's; body and header as published in reports of users."""
    issuer = "https://sts.windows.net"
    message = (
        f"The access token is from the wrong issuer '{issuer}/{token_tenant}/'. It must match the tenant "
        f"'{issuer}/{tenant}/' associated with this subscription. Please use the authority (URL) "
        f"'https://login.windows.net/{tenant}' to get the token. Note, if the subscription is transferred to another "
        "tenant there is no impact to the services, but information about new tenant could take time to propagate "
        "(up to an hour). If you just transferred your subscription and see this error message, please try back later."
    )
    description = (
        "The access token is from the wrong issuer. It must match the tenant associated with this subscription. "
        "Please use correct authority to get the token."
    )
    headers = _challenge(tenant, f', error_description="{description}"')
    return Refused(401, "InvalidAuthenticationTokenTenant", message, headers=headers, by_gateway=True)


# --- where to


def api_version_missing() -> Refused:
    """No `api-version` in the query."""
    message = "The api-version query parameter (?api-version=) is required for all requests."
    return Refused(400, "MissingApiVersionParameter", message, by_gateway=True)


def api_version_invalid(version: str, supported: Iterable[str]) -> Refused:
    """An API version that groups or subscriptions do not have."""
    message = f"The api-version '{version}' is invalid. The supported versions are '{','.join(supported)}'."
    return Refused(400, "InvalidApiVersionParameter", message, by_gateway=True)


def provider_not_registered(
    location: str, version: str, kind: str, supported: Iterable[str], locations: Iterable[str]
) -> Refused:
    """An API version that the resource type does not have."""
    return Refused(
        400,
        "NoRegisteredProviderFound",
        f"No registered resource provider found for location '{location}' and API version '{version}' for type "
        f"'{kind}'. The supported api-versions are '{', '.join(supported)}'. The supported locations are "
        f"'{', '.join(locations)}'.",
        by_gateway=True,
    )


def namespace_invalid(namespace: str) -> Refused:
    """A resource provider that is not there."""
    return Refused(
        404, "InvalidResourceNamespace", f"The resource namespace '{namespace}' is invalid.", by_gateway=True
    )


def type_invalid(kind: str, namespace: str, version: str) -> Refused:
    """A resource type that its provider does not have."""
    message = (
        f"The resource type '{kind}' could not be found in the namespace '{namespace}' for api version '{version}'."
    )
    return Refused(404, "InvalidResourceType", message, by_gateway=True)


def path_unknown(path: str) -> Refused:
    """A path that is none of ARM's; assumed."""
    return Refused(404, "NotFound", f"No resource type answers at '{path}'.")


def method_not_allowed(method: str) -> Refused:
    """A method that the resource type does not have; code assumed."""
    message = f"The requested resource does not support http method '{method}'."
    return Refused(405, "MethodNotAllowed", message)


def not_in_the_sandbox(what: str, status: int = 400) -> Refused:
    """Something that Azure does and the sandbox does not."""
    return Refused(status, NOT_IN_THE_SANDBOX, f"The sandbox does not support {what}.")


def subscription_id_invalid(text: str) -> Refused:
    """A subscription that is not a GUID."""
    message = f"The provided subscription identifier '{text}' is malformed or invalid."
    return Refused(400, "InvalidSubscriptionId", message, by_gateway=True)


def subscription_not_found(text: str) -> Refused:
    """Another subscription than the sandbox's."""
    return Refused(404, "SubscriptionNotFound", f"The subscription '{text}' could not be found.", by_gateway=True)


def group_not_found(name: str) -> Refused:
    """A resource group that is not there."""
    return Refused(404, "ResourceGroupNotFound", f"Resource group '{name}' could not be found.", by_gateway=True)


def management_group_not_found(name: str) -> Refused:
    """A management group that is not there; code and wording assumed."""
    return Refused(404, "NotFound", f"The management group '{name}' could not be found.")


def resource_not_found(kind: str, name: str, group: str) -> Refused:
    """A resource that is not there, in a group that is; verbatim from the wire facts."""
    message = (
        f"The Resource '{kind}/{name}' under resource group '{group}' was not found. For more details please go to "
        "https://aka.ms/ARMResourceNotFoundFix"
    )
    return Refused(404, "ResourceNotFound", message, by_gateway=True)


def operation_not_found(name: str) -> Refused:
    """An operation that is not there, or a URL that is not the one that was handed out; wording assumed."""
    return Refused(404, "NotFound", f"The operation '{name}' was not found in this Azure location.")


# --- what was sent


def content_invalid(reason: str) -> Refused:
    """A body that cannot be read as what it should be."""
    message = f"The request content was invalid and could not be deserialized: '{reason}'."
    return Refused(400, "InvalidRequestContent", message, by_gateway=True)


def member_unknown(member: str, type_name: str, path: str) -> Refused:
    """A member that the type does not have; ARM reads bodies with Newtonsoft's wording."""
    return content_invalid(f"Could not find member '{member}' on object of type '{type_name}'. Path '{path}'.")


def media_type_unsupported(content_type: str) -> Refused:
    """A body that is not sent as JSON."""
    message = f"The content media type '{content_type}' is not supported. Only 'application/json' is supported."
    return Refused(415, "UnsupportedMediaType", message)


def parameter_invalid(message: str, target: str | None = None) -> Refused:
    """A value that the resource provider refuses."""
    return Refused(400, "InvalidParameter", message, target=target)


def location_required() -> Refused:
    """A resource made without saying where."""
    return Refused(400, "LocationRequired", "The location property is required for this definition.", by_gateway=True)


def location_not_available(location: str, kind: str, locations: Iterable[str]) -> Refused:
    """A region that is not there."""
    message = (
        f"The provided location '{location}' is not available for resource type '{kind}'. "
        f"List of available regions for the resource type is '{','.join(locations)}'."
    )
    return Refused(400, "LocationNotAvailableForResourceType", message, by_gateway=True)


def group_location_not_available(location: str, locations: Iterable[str]) -> Refused:
    """A region that is not there, for a group."""
    message = (
        f"The provided location '{location}' is not available for resource group. "
        f"List of available regions is '{','.join(locations)}'."
    )
    return Refused(400, "LocationNotAvailableForResourceGroup", message)


def location_fixed(name: str, group: str, now: str, wanted: str) -> Refused:
    """A resource made again elsewhere."""
    message = (
        f"The resource '{name}' already exists in location '{now}' in resource group '{group}'. A resource with the "
        f"same name cannot be created in location '{wanted}'. Please select a new resource name."
    )
    return Refused(409, "InvalidResourceLocation", message, by_gateway=True)


def group_location_fixed(now: str, wanted: str) -> Refused:
    """A group made again elsewhere."""
    message = f"Invalid resource group location '{wanted}'. The Resource group already exists in location '{now}'."
    return Refused(409, "InvalidResourceGroupLocation", message)


def name_invalid(name: str, kind: str, rule: str) -> Refused:
    """A name that the type cannot have; wording assumed."""
    return Refused(400, "InvalidResourceName", f"The resource name '{name}' is invalid for type '{kind}'. {rule}")


def group_name_invalid(name: str) -> Refused:
    """A name that no group can have; wording assumed."""
    message = (
        f"The provided resource group name '{name}' is invalid. The name has 1 to 90 letters, digits, '-', '.', '(', "
        "')' or '_', and does not end with a period."
    )
    return Refused(400, "InvalidResourceGroup", message)


def skip_token_invalid() -> Refused:
    """A page's link that is not as it was handed out; wording assumed."""
    return Refused(400, "InvalidSkipToken", "The provided skip token is invalid.")


# --- writes that meet something else


def precondition_failed(condition: str, etag: str) -> Refused:
    """An etag that is not the resource's; seen on a scale set (wire facts)."""
    message = f"Etag provided in if-match header {condition} does not match etag {etag} of resource."
    return Refused(412, "PreconditionFailed", message)


def already_there(etag: str) -> Refused:
    """A resource that is there, where `If-None-Match: *` wants none; wording assumed."""
    message = f"Etag provided in if-none-match header * matches etag {etag} of resource."
    return Refused(412, "PreconditionFailed", message)


def concurrent_change() -> Refused:
    """A write that meets a running one; reported in August 2026 (bosh-azure-cpi-release issue 762)."""
    message = "The operation was interrupted by a conflicting concurrent write on the same entity. Please retry later."
    return Refused(409, "ConflictingConcurrentWriteNotAllowed", message)


def conflicting_request() -> Refused:
    """A write that meets a running one, as Azure said it before 2026; verbatim from the wire facts."""
    message = (
        "The request failed due to conflict with a concurrent request. To resolve it, please refer to "
        "https://aka.ms/activitylog to get more details on the conflicting requests."
    )
    return Refused(409, "Conflict", message)


def group_being_deleted(group: str) -> Refused:
    """A write into a group that is being deleted; seen in public reports."""
    message = f"The resource group '{group}' is in deprovisioning state and cannot perform this operation."
    return Refused(409, "ResourceGroupBeingDeleted", message, by_gateway=True)


def scope_locked(scope: str, operation: str, locked: Iterable[str]) -> Refused:
    """A write (`operation` is 'write' or 'delete') where a lock forbids it; seen in public reports."""
    scopes = ", ".join(f"'{one}'" for one in locked)
    message = (
        f"The scope '{scope}' cannot perform {operation} operation because following scope(s) are locked: {scopes}. "
        "Please remove the lock and try again."
    )
    return Refused(409, "ScopeLocked", message, by_gateway=True)
