"""What Azure says of roles and permissions: more of the error catalogue, in the manner of `refusals`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmident.sandbox.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterable


def authorization_failed(person: tuple[str, str], action: str, scope: str) -> Refused:
    """A person (name, object id) without the permission; verbatim from the wire facts."""
    name, object_id = person
    message = (
        f"The client '{name}' with object id '{object_id}' does not have authorization to perform action '{action}' "
        f"over scope '{scope}' or the scope is invalid. If access was recently granted, please refresh your "
        "credentials."
    )
    return Refused(403, "AuthorizationFailed", message)


def linked_authorization_failed(
    person: tuple[str, str], action: str, scope: str, linked_action: str, linked: Iterable[str]
) -> Refused:
    """A person who may do it, but may not use what the request names; verbatim from the wire facts."""
    name, object_id = person
    message = (
        f"The client '{name}' with object id '{object_id}' has permission to perform action '{action}' on scope "
        f"'{scope}'; however, it does not have permission to perform action '{linked_action}' on the linked scope(s) "
        f"'{','.join(linked)}' or the linked scope(s) are invalid."
    )
    return Refused(403, "LinkedAuthorizationFailed", message)


def linked_subscription_not_found(scope: str, linked_action: str, subscription: str) -> Refused:
    """A request that names something in a subscription that is not there; recorded (`refusals.json`)."""
    message = (
        f"The client has permission to perform action '{linked_action}' on scope '{scope}', however the linked "
        f"subscription '{subscription}' was not found. "
    )
    return Refused(403, "LinkedAuthorizationFailed", message)


def template_authorization_failed(person: tuple[str, str], lacking: Iterable[tuple[str, str, str, str]]) -> Refused:
    """A template with resources that the person may not make, each (name, type, action, id); from public reports."""
    name, object_id = person
    failed = [
        f"Authorization failed for template resource '{resource}' of type '{kind}'. The client '{name}' with object id "
        f"'{object_id}' does not have permission to perform action '{action}' at scope '{scope}'."
        for resource, kind, action, scope in lacking
    ]
    joined = ":".join(failed)
    with_errors = "multiple errors" if len(failed) > 1 else "error"
    return Refused(403, "InvalidTemplateDeployment", f"Deployment failed with {with_errors}: '{joined}'")


def not_registered(namespace: str) -> Refused:
    """A write to a provider that the subscription is not registered for; from public reports."""
    message = (
        f"The subscription is not registered to use namespace '{namespace}'. See https://aka.ms/rps-not-found for how "
        "to register subscriptions."
    )
    code = "MissingSubscriptionRegistration"
    return Refused(409, code, message, details=[{"code": code, "target": namespace, "message": message}])


def role_not_found(name: str, *, status: int) -> Refused:
    """A role definition that is not there: 404 where it is read (public reports), 400 where it is assigned."""
    message = f"The specified role definition with ID '{name.replace('-', '').lower()}' does not exist."
    return Refused(status, "RoleDefinitionDoesNotExist", message)


def role_id_invalid(text: str) -> Refused:
    """Text that is not the ID of a role definition; code and wording assumed."""
    return Refused(400, "InvalidRoleDefinitionId", f"The role definition ID '{text}' is not valid.")


def principal_id_invalid(text: str) -> Refused:
    """A principal that is not a GUID; azure-powershell issue 16627."""
    message = f"The Principal ID '{text}' is not valid. Principal ID must be a GUID."
    return Refused(400, "InvalidPrincipalId", message)


def condition_version_invalid(version: object) -> Refused:
    """A condition without its version; Microsoft's page on troubleshooting conditions has the code, not the wording."""
    message = f"The condition version '{version}' is not valid. The supported version is '2.0'."
    return Refused(400, "InvalidConditionVersion", message)


def role_name_invalid(name: str) -> Refused:
    """A role definition whose name is not a GUID; wording assumed, after that of role assignments."""
    message = f"The role definition ID '{name}' is not valid. The role definition ID must be a GUID."
    return Refused(400, "InvalidRoleDefinitionId", message)


def role_title_taken() -> Refused:
    """A custom role with the name of another; terraform-provider-azurerm issue 10728 and others."""
    message = "A role definition cannot be updated with a name that already exists."
    return Refused(409, "RoleDefinitionWithSameNameExists", message)


def role_in_use() -> Refused:
    """A custom role that is still assigned; Microsoft's page on troubleshooting Azure RBAC."""
    return Refused(400, "RoleDefinitionHasAssignments", "There are existing role assignments referencing role.")


def built_in_role_fixed() -> Refused:
    """A built-in role that is written or deleted; code and wording assumed."""
    return Refused(403, "BuiltInRoleUpdateNotAllowed", "Built-in role definitions cannot be changed or deleted.")


def role_definition_invalid(message: str) -> Refused:
    """A custom role that Azure does not take; wording assumed."""
    return Refused(400, "InvalidRoleDefinition", message)


def assignment_name_invalid(name: str) -> Refused:
    """An assignment whose name is not a GUID; azure-rest-api-specs issue 1684."""
    message = f"The role assignment ID '{name}' is not valid. The role assignment ID must be a GUID."
    return Refused(400, "InvalidRoleAssignmentId", message)


def assignment_scope_differs(name: str, said: str, scope: str) -> Refused:
    """A body whose scope is not the path's; message from azure-docs issue 62786, code assumed."""
    message = (
        f"The request to create role assignment '{name}' is not valid. Role assignment scope '{said}' must match the "
        f"scope specified on the URI '{scope}'."
    )
    return Refused(400, "InvalidCreateRoleAssignmentRequest", message)


def assignment_not_found(name: str) -> Refused:
    """An assignment that is not there; openshift/installer issue 4829."""
    return Refused(404, "RoleAssignmentNotFound", f"The role assignment '{name}' is not found.")


def assignment_exists(existing: str | None) -> Refused:
    """A role that the principal has there already; with the name of the assignment where the version says it."""
    message = "The role assignment already exists."
    if existing is not None:
        message += f" The ID of the existing role assignment is {existing.replace('-', '')}."
    return Refused(409, "RoleAssignmentExists", message)


def assignment_fixed() -> Refused:
    """An assignment made again with other content; azure-docs issue 85310 and others."""
    message = "Tenant ID, application ID, principal ID, and scope are not allowed to be updated."
    return Refused(400, "RoleAssignmentUpdateNotPermitted", message)


def principal_not_found(principal_id: str, tenant: str) -> Refused:
    """A principal that the directory does not know (yet); the first sentence verbatim from the wire facts.

    The rest: Microsoft's troubleshooting page for Azure RBAC.
    """
    message = (
        f"Principal {principal_id.replace('-', '')} does not exist in the directory {tenant}. Check that you have the "
        "correct principal ID. If you are creating this principal and then immediately assigning a role, this error "
        "might be related to a replication delay. In this case, set the role assignment principalType property to a "
        "value, such as ServicePrincipal, User, or Group.  See https://aka.ms/docs-principaltype"
    )
    return Refused(400, "PrincipalNotFound", message)


def principal_type_differs(principal_id: str, kind: str, said: str) -> Refused:
    """A principal of another type; Azure's own spelling, azure-dev issue 3581."""
    message = (
        f"The PrincipalId '{principal_id.replace('-', '')}' has type '{kind}' , which is different from specified "
        f"PrinciaplType '{said}'."
    )
    return Refused(400, "UnmatchedPrincipalType", message)
