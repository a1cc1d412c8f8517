"""Findings about single identities: missing, unused, without a role, with a long name."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from vmident.core.access.access_map import AccessMap
from vmident.core.access.edges import IdentityEntry
from vmident.core.access.finding import Finding, FindingRule, Severity
from vmident.core.access.inventory import lower, subscription_of
from vmident.core.consequences import SAFE_IDENTITY_NAME_LENGTH
from vmident.core.shell import command_line

MISSING = FindingRule(
    "missing-identity",
    "Attached identity that does not exist",
    "An attached identity no longer exists.",
)
UNUSED = FindingRule(
    "unused-identity",
    "Identity that no VM or scale set uses",
    "No VM or scale set uses the identity.",
)
NO_ROLE = FindingRule(
    "system-identity-without-role",
    "System-assigned identity without a role",
    "A system-assigned identity has no role assignment.",
)
LONG_NAME = FindingRule(
    "long-identity-name",
    "Identity with a long name",
    "The name has more than 24 characters, which Microsoft advises against.",
)
_NAMED_AT_MOST = 5
"""Machines that a command names; where an identity is missing on more, `doctor` detaches it everywhere."""
_FIX_ALL = command_line("vmident", "doctor", "--all", "--fix")


def _missing(access: AccessMap, identity: IdentityEntry) -> Iterator[Finding]:  # noqa: ARG001
    if identity.is_missing:
        machines = [one.id for one in identity.machines]
        few = len(machines) <= _NAMED_AT_MOST
        yield Finding(
            MISSING.id,
            Severity.MEDIUM,
            f"Identity '{identity.name}' is attached to {identity.machines_title} but does not exist.",
            identity.place,
            tuple(machines),
            command_line("vmident", "remove-user", *machines, "--identity", identity.place) if few else _FIX_ALL,
        )


def _unused(access: AccessMap, identity: IdentityEntry) -> Iterator[Finding]:
    if identity.is_system or identity.machines or access.trusted_by(identity):
        return
    is_unread = lower(identity.place) in access.inventory.federated_unread
    federated = (
        ". Its federated credentials" if is_unread else ", and it has no federated credential. Other Azure services"
    )
    yield Finding(
        UNUSED.id,
        Severity.LOW,
        f"No VM or scale set uses identity '{identity.name}'{federated} were not read.",
        identity.place,
        (identity.place,),
        command_line("vmident", "identity", "delete", identity.place),
    )


def _no_role(access: AccessMap, identity: IdentityEntry) -> Iterator[Finding]:
    if not identity.is_system or access.can_do(identity):
        return
    machine = identity.machines[0]
    if subscription_of(machine.id) in access.inventory.assignments_unread:
        return
    if machine.system_extensions or machine.system_users:
        return
    unread = "" if machine.system_extensions is not None else " Its extensions were not read: one may need it."
    yield Finding(
        NO_ROLE.id,
        Severity.LOW,
        f"The system-assigned identity of '{identity.name}' has no role assignment in the subscriptions "
        f"that were read.{unread}",
        identity.place,
        (machine.id,),
        command_line("vmident", "disable-system", machine.id),
    )


def _long_name(access: AccessMap, identity: IdentityEntry) -> Iterator[Finding]:  # noqa: ARG001
    if not identity.is_system and len(identity.name) > SAFE_IDENTITY_NAME_LENGTH:
        yield Finding(
            LONG_NAME.id,
            Severity.LOW,
            f"The name '{identity.name}' has {len(identity.name)} characters; Microsoft advises against more than "
            f"{SAFE_IDENTITY_NAME_LENGTH} for identities of VMs.",
            identity.place,
            (identity.place,),
            "Create an identity with a shorter name and attach it instead.",
        )


OF_IDENTITY: tuple[Callable[[AccessMap, IdentityEntry], Iterator[Finding]], ...] = (
    _missing,
    _unused,
    _no_role,
    _long_name,
)
