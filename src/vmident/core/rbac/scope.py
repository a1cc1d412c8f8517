"""Where a role holds: a subscription, a group, one resource, or a management group; knows ids as text alone."""

from __future__ import annotations

from msgspec import Struct

from vmident.core.naming import RESOURCE_NAME, checked_name, did_you_mean
from vmident.errors import BadResourceId

SUBSCRIPTION_WORD = "subscription"
GROUP_WORD = "group"
_SHAPES = "/subscriptions/ID, /subscriptions/ID/resourceGroups/GROUP, or the resource ID of a resource"
_NOUNS = {
    "microsoft.compute/virtualmachines": "VM",
    "microsoft.compute/virtualmachinescalesets": "scale set",
    "microsoft.managedidentity/userassignedidentities": "identity",
}
"""What resources are called in messages; others are named with their type."""
_MANAGEMENT_GROUP = ("providers", "microsoft.management", "managementgroups")


class Scope(Struct, frozen=True, eq=False):
    """One scope; printed with ARM's spelling of the fixed segments, compared without regard to case."""

    text: str

    @classmethod
    def parse(cls, text: str) -> Scope:
        """Read a full id such as `/subscriptions/ID/resourceGroups/GROUP`, in any case, a slash at its end or not.

        Resources of any type and depth are scopes, and so are management groups. Raises `BadResourceId`.
        Source: Microsoft's 'Understand scope for Azure RBAC'.
        """
        first, *segments = text.strip().rstrip("/").split("/")
        if first or not segments:
            raise _no_scope(text)
        for segment in segments:
            checked_name(segment, RESOURCE_NAME)
        if tuple(segment.lower() for segment in segments[:3]) == _MANAGEMENT_GROUP and len(segments) == 4:
            return cls(f"/providers/Microsoft.Management/managementGroups/{segments[3]}")
        if segments[0].lower() != "subscriptions" or len(segments) < 2:
            raise _no_scope(text)
        return cls(f"/subscriptions/{segments[1]}{_in_subscription(segments[2:], text)}")

    @property
    def subscription(self) -> str | None:
        """The id of the subscription that this is or lies in; `None` for a management group."""
        segments = self.text.split("/")
        return segments[2] if segments[1] == "subscriptions" else None

    @property
    def title(self) -> str:
        """The scope as people read it, such as `resource group 'G'`; a resource is named with its type and group."""
        segments = self.text.split("/")
        if segments[1] != "subscriptions":
            return f"management group '{segments[-1]}'"
        if len(segments) == 3:
            return f"subscription {segments[2]}"
        if len(segments) == 5:
            return f"resource group '{segments[4]}'"
        group = f" in resource group '{segments[4]}'" if segments[3].lower() == "resourcegroups" else ""
        noun = _NOUNS.get("/".join(segments[-3:-1]).lower())
        return f"{noun} '{segments[-1]}'{group}" if noun else f"'{segments[-1]}' ({segments[-2]}){group}"

    def contains(self, other: Scope) -> bool:
        """Return whether a role granted here holds at `other` too, as far as the ids tell."""
        return f"{other.text.lower()}/".startswith(f"{self.text.lower()}/")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Scope) and self.text.lower() == other.text.lower()

    def __hash__(self) -> int:
        return hash(self.text.lower())

    def __str__(self) -> str:
        return self.text


def subscription_scope(subscription: str) -> Scope:
    """Return the scope that is a whole subscription."""
    return Scope.parse(f"/subscriptions/{subscription}")


def group_scope(subscription: str, group: str) -> Scope:
    """Return the scope that is a resource group."""
    return Scope.parse(f"/subscriptions/{subscription}/resourceGroups/{group}")


def scope_named(word: str, subscription: str, group: str) -> Scope:
    """Return the scope that a word means: `subscription`, `group`, or a full id. Raises `BadResourceId`."""
    if word.lower() == SUBSCRIPTION_WORD:
        return subscription_scope(subscription)
    if word.lower() == GROUP_WORD:
        return group_scope(subscription, group)
    return Scope.parse(word)


def _in_subscription(segments: list[str], text: str) -> str:
    spelled = ""
    if segments and segments[0].lower() == "resourcegroups" and len(segments) >= 2:
        spelled, segments = f"/resourceGroups/{segments[1]}", segments[2:]
    if not segments:
        return spelled
    # After the namespace, types and names take turns.
    if segments[0].lower() != "providers" or len(segments) < 4 or len(segments) % 2:
        raise _no_scope(text)
    return f"{spelled}/providers/{'/'.join(segments[1:])}"


def _no_scope(text: str) -> BadResourceId:
    alike = did_you_mean(text.strip(), (SUBSCRIPTION_WORD, GROUP_WORD))
    return BadResourceId(
        f"'{text.strip()}' is not a valid scope.{alike}", hint=f"Use 'subscription', 'group', {_SHAPES}."
    )
