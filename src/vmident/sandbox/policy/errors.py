"""What Azure says of policy objects that it refuses.

The codes are from public reports and from the live tests of Azure's SDKs for .NET and PowerShell, and so are the
messages that are not marked 'assumed'.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmident.sandbox.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vmident.sandbox.policy.rule_errors import RuleInvalid


def rule_invalid(name: str, invalid: RuleInvalid) -> Refused:
    """A rule that cannot be one; the beginning is Azure's."""
    if invalid.code == "InvalidPolicyRule":
        return Refused(400, invalid.code, f"Failed to parse policy rule: '{invalid.message}'.")
    return Refused(
        400, invalid.code, invalid.message.replace("The policy definition rule", f"The policy '{name}' rule")
    )


def mode_invalid(name: str, mode: object) -> Refused:
    """A mode that there is none of; wording assumed."""
    message = f"The policy definition '{name}' has an invalid mode '{mode}'. Valid modes are 'All' and 'Indexed'."
    return Refused(400, "InvalidPolicyDefinitionMode", message)


def parameters_invalid(what: str) -> Refused:
    """Definitions or values of parameters that do not fit; wording assumed."""
    return Refused(400, "InvalidPolicyParameters", what)


def parameters_unused(owner: str, names: Iterable[str]) -> Refused:
    """Parameters that nothing uses; the beginning of the message is Azure's."""
    joined = "', '".join(names)
    message = (
        f"The {owner} has defined parameters '{joined}' which are not used in the policy rule. Please either remove"
    )
    return Refused(400, "UnusedPolicyParameters", f"{message} these parameters or ensure that they are used.")


def parameters_undefined(owner: str, names: Iterable[str], definition: str) -> Refused:
    """Values of parameters that the definition does not have; the beginning of the message is Azure's."""
    joined = "', '".join(names)
    message = (
        f"The {owner} is using parameters '{joined}' that are not defined in the policy definition '{definition}'."
    )
    return Refused(400, "UndefinedPolicyParameter", message)


def parameters_missing(owner: str, names: Iterable[str]) -> Refused:
    """Parameters without a value and without a default; wording assumed."""
    joined = "', '".join(names)
    message = f"The {owner} is missing the parameters '{joined}' as defined in the policy definition."
    return Refused(400, "MissingPolicyParameter", message)


def parameters_removed() -> Refused:
    """An update that takes a parameter away."""
    message = "The policy parameters cannot be removed during policy update."
    return Refused(400, "InvalidPolicyParameterUpdate", message)


def parameters_added(names: Iterable[str]) -> Refused:
    """An update with a new parameter that has no default."""
    joined = "', '".join(names)
    message = (
        f"The policy contains new parameter(s) '{joined}' which are not present in the existing policy and have no "
        "default value. New parameters may be added to a policy only if they have a default value."
    )
    return Refused(400, "InvalidPolicyParameterUpdate", message)


def value_not_allowed(owner: str, name: str, value: object) -> Refused:
    """A value that is none of those allowed; wording assumed."""
    message = f"The value '{value}' of the parameter '{name}' of the {owner} is not part of the allowed values."
    return Refused(400, "PolicyParameterValueNotAllowed", message)


def quota_exceeded(kind: str, limit: int, scope: str) -> Refused:
    """More objects than a scope can have, or a larger one; code and wording assumed."""
    return Refused(400, f"{kind}QuotaExceeded", f"The limit of '{limit}' at the scope '{scope}' is exceeded.")


def not_found(code: str, what: str, name: str) -> Refused:
    """A definition, an initiative or an assignment that is not there; `what` is 'policy definition' or the like."""
    return Refused(404, code, f"The {what} '{name}' could not be found.")


def subscription_missing() -> Refused:
    """A definition that is written at the tenant's root."""
    message = "The request did not have a subscription or a valid tenant level resource provider."
    return Refused(404, "MissingSubscription", message, by_gateway=True)


def set_invalid(name: str, reason: str) -> Refused:
    """An initiative that cannot be made; the reason is Azure's where it is that no policy is referenced."""
    message = f"The policy set definition '{name}' create request is invalid. {reason}"
    return Refused(400, "InvalidCreatePolicySetDefinitionRequest", message)


def reference_invalid(reason: str) -> Refused:
    """A reference in an initiative, or to one of its policies, that cannot be followed; wording assumed."""
    return Refused(400, "InvalidPolicyDefinitionReference", reason)


def in_use(kind: str, what: str, name: str, used_by: str) -> Refused:
    """A definition that cannot be deleted yet; wording assumed."""
    message = f"The {what} '{name}' cannot be deleted because it is used by '{used_by}'."
    return Refused(400, f"InvalidDelete{kind}Request", message)


def out_of_scope(name: str) -> Refused:
    """An assignment of what was defined below it, or beside it; Azure's words."""
    message = (
        f"The policy definition specified in policy assignment '{name}' is out of scope. Policy definitions should be "
        "specified only at or above the policy assignment scope."
    )
    return Refused(400, "InvalidCreatePolicyAssignmentRequest", message)


def assignment_invalid(name: str, reason: str) -> Refused:
    """Another assignment that cannot be made; wording assumed."""
    message = f"The policy assignment '{name}' create request is invalid. {reason}"
    return Refused(400, "InvalidCreatePolicyAssignmentRequest", message)


def identity_required() -> Refused:
    """An assignment without an identity that its effects need; Azure's words."""
    message = (
        "Policy assignments must include a 'managed identity' when assigning 'DeployIfNotExists' policy definitions or "
        "policy definitions that contain a deployment in the effect details. Please see "
        "https://aka.ms/azurepolicyremediation for usage details."
    )
    return Refused(400, "ResourceIdentityRequired", message)
