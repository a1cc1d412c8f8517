"""What Azure says of identities that a VM or a scale set cannot have."""

from __future__ import annotations

import json

from vmident.sandbox.errors import Refused, parameter_invalid


def identities_not_expected(identity_type: str) -> Refused:
    """Identities beside a type that has none; verbatim from the wire facts."""
    message = f'ResourceIdentity identityIds should not be provided if the type is "{identity_type}".'
    return parameter_invalid(message, "identity.userAssignedIdentities")


def identities_expected(identity_type: str) -> Refused:
    """No identity left beside a type that needs one; seen in public reports, such as azurerm issue 17082."""
    message = f"The identity ids must not be null or empty for '{identity_type}' identity type."
    return Refused(400, "MissingIdentityIds", message, by_gateway=True)


def identity_duplicated(identity_id: str) -> Refused:
    """Two ids that differ in case alone; verbatim from the wire facts."""
    message = f"ResourceIdentity identityId '{identity_id}' cannot be duplicated in the provided identityIds list."
    return parameter_invalid(message, "identity.userAssignedIdentities")


def linked_id_invalid(text: str) -> Refused:
    """Text that is not a resource ID where one is required."""
    message = (
        f"Property id '{text}' at path 'identity.userAssignedIdentities' is invalid. Expect fully qualified resource "
        "Id that start with '/subscriptions/{subscriptionId}' or '/providers/{resourceProviderNamespace}/'."
    )
    return Refused(400, "LinkedInvalidPropertyId", message, by_gateway=True)


def identity_operation_failed(vm_id: str, identity_id: str) -> Refused:
    """A user-assigned identity that is not there (any more); verbatim from the wire facts."""
    inner = {"error": {"code": "BadRequest", "message": f"Resource '{identity_id}' was not found."}}
    message = (
        f"Identity operation for resource '{vm_id}' failed with error 'Failed to perform resource identity operation. "
        f"Status: 'BadRequest'. Response: '{json.dumps(inner, separators=(',', ':'))}'.'."
    )
    return Refused(400, "FailedIdentityOperation", message, by_gateway=True)
