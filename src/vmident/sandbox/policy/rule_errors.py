"""What makes a policy rule impossible: found when it is written, or when it is evaluated."""

from __future__ import annotations


class RuleInvalid(Exception):
    """A rule that Azure does not take when its definition is written; `code` is Azure's error code.

    The codes, and the message of `InvalidPolicyAlias`, are from public reports and from the live tests of Azure's SDK
    for .NET; the other messages are worded after Azure's manner.
    """

    def __init__(self, message: str, code: str = "InvalidPolicyRule") -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class EvaluationFailed(Exception):
    """A rule whose evaluation fails, which Azure counts as `deny`: a template function that has no value, or a value
    of a type that the condition does not take. Source: Microsoft's page 'Azure Policy definition structure policy
    rule', section 'Avoiding template failures'.
    """


def alias_unknown(field: str) -> RuleInvalid:
    """Return the error for a field that is neither one of Azure's own nor a known alias."""
    provider, _, rest = field.partition("/")
    kind = rest.partition("/")[0]
    message = (
        f"The policy definition rule is invalid. The 'field' property '{field}' doesn't exist as an alias under "
        f"provider '{provider}' and resource type '{kind}'."
    )
    return RuleInvalid(message, "InvalidPolicyAlias")
