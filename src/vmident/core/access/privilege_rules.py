"""Findings about identities with a privileged role.

F1  Severity follows from what the identity can do: a role that grants roles is high on a resource group or wider and
    medium on one resource; a role that can change every type of resource is high on a subscription or wider, medium on
    a resource group, low on one resource. A role or an edge that is eligible or conditional is one step lower.
F2  Acting as an identity is a finding only for someone who gains by it: a principal that has the same privilege at the
    same scope or a wider one needs no detour.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from vmident.core.access.access_map import AccessMap
from vmident.core.access.edges import Edge, Holding, IdentityEntry, principal_title
from vmident.core.access.finding import Finding, FindingRule, Severity, delete_assignment, delete_credential
from vmident.core.access.inventory import group_of, lower, scope_title, subscription_of
from vmident.core.access.rights import CODE_EXECUTION, Privilege
from vmident.core.shell import command_line

REACHABLE = FindingRule(
    "privileged-identity-reachable",
    "Privileged identity that others can act as",
    "Someone can act as a privileged identity and does not have the same privilege at its scope.",
)
GRANTS_ROLES = FindingRule(
    "identity-grants-roles",
    "Identity of a VM that can grant roles",
    "Any program on a VM can grant roles, because an identity of the VM can.",
)
SUBSCRIPTION_WIDE = FindingRule(
    "privileged-at-subscription",
    "Privileged role on a subscription or wider",
    "An identity has a privileged role on a subscription or a management group.",
)
SHARED = FindingRule(
    "shared-privileged-identity",
    "Privileged identity shared by different owners",
    "A privileged identity is attached to VMs in resource groups with different owners.",
)
FEDERATED_ON_VM = FindingRule(
    "federated-credential-on-vm-identity",
    "Federated credential on an identity of a VM",
    "An identity of a VM also trusts tokens from outside Azure.",
)


def severity_of(holding: Holding) -> Severity:
    """Return how much a privileged role matters (rule F1)."""
    depth = len(lower(holding.scope).split("/"))
    is_wide, is_group = subscription_of(holding.scope) is None or depth == 3, depth == 5
    if holding.privilege is Privilege.GRANTS_ROLES:
        severity = Severity.HIGH if is_wide or is_group else Severity.MEDIUM
    else:
        severity = Severity.HIGH if is_wide else Severity.MEDIUM if is_group else Severity.LOW
    return severity.lowered() if holding.eligible or holding.condition else severity


def _privileged(access: AccessMap, identity: IdentityEntry) -> list[Holding]:
    holdings = [one for one in access.can_do(identity) if one.privilege is not Privilege.NONE]
    return sorted(holdings, key=lambda one: (severity_of(one).rank, lower(one.scope), one.source))


def gains(access: AccessMap, edge: Edge, holding: Holding) -> bool:
    """Return whether the principal of an edge gets more by it than it has (rule F2)."""
    if edge.principal_id is None:
        return True
    return not any(
        own.privilege in (holding.privilege, Privilege.GRANTS_ROLES)
        and not own.eligible
        and not own.condition
        and access.covers(own.scope, holding.scope)
        for own in access.held_by(edge.principal_id)
    )


def _reachable(access: AccessMap, identity: IdentityEntry) -> Iterator[Finding]:
    holdings = _privileged(access, identity)
    if not holdings:
        return
    strongest = holdings[0]
    edges = [one for one in access.can_become(identity) if one.how in CODE_EXECUTION and gains(access, one, strongest)]
    if not edges:
        return
    severity = severity_of(strongest)
    if all(one.eligible or one.condition for one in edges):
        severity = severity.lowered()
    first = min(edges, key=lambda one: (one.eligible or bool(one.condition), lower(one.source), one.how.value))
    others = len({one.principal_id for one in edges}) - 1
    more = f" and {others} more" if others else ""
    who = f"{principal_title(first)}{more}"
    yield Finding(
        REACHABLE.id,
        severity,
        f"{who} can act as {identity.title} ({first.how.value}, role '{first.role}'), which {_can(strongest)}.",
        identity.place,
        tuple(dict.fromkeys((first.at, strongest.source, first.source))),
        _removing(strongest),
    )


def _grants_roles(access: AccessMap, identity: IdentityEntry) -> Iterator[Finding]:
    for one in _privileged(access, identity):
        if identity.machines and one.privilege is Privilege.GRANTS_ROLES:
            yield Finding(
                GRANTS_ROLES.id,
                severity_of(one),
                f"Any program on {identity.machines_title} can grant roles: {identity.title} has role '{one.role}' on "
                f"{scope_title(one.scope)}.",
                identity.place,
                (one.source,),
                _removing(one),
            )


def _subscription_wide(access: AccessMap, identity: IdentityEntry) -> Iterator[Finding]:
    for one in _privileged(access, identity):
        if subscription_of(one.scope) is None or len(lower(one.scope).split("/")) == 3:
            yield Finding(
                SUBSCRIPTION_WIDE.id,
                severity_of(one),
                f"{identity.title[0].upper()}{identity.title[1:]} has role '{one.role}' on {scope_title(one.scope)}.",
                identity.place,
                (one.source,),
                _removing(one),
            )


def _shared(access: AccessMap, identity: IdentityEntry) -> Iterator[Finding]:
    groups = {group_of(one.id) for one in identity.machines}
    holdings = _privileged(access, identity) if len(groups) > 1 else []
    if not holdings:
        return
    owners = {group: access.principals_with_code_execution(identity, group) for group in sorted(groups)}
    if len(set(owners.values())) > 1:
        yield Finding(
            SHARED.id,
            severity_of(holdings[0]),
            f"Identity '{identity.name}', which {_can(holdings[0])}, is attached to VMs in {len(groups)} resource "
            "groups with different owners.",
            identity.place,
            tuple(sorted(groups)),
            command_line("vmident", "access", "--identity", identity.place),
        )


def _federated_on_vm(access: AccessMap, identity: IdentityEntry) -> Iterator[Finding]:
    holdings = _privileged(access, identity)
    severity = severity_of(holdings[0]) if holdings else Severity.LOW
    for credential in access.trusted_by(identity) if identity.machines else ():
        yield Finding(
            FEDERATED_ON_VM.id,
            severity,
            f"Identity '{identity.name}' of {identity.machines_title} also trusts tokens from '{credential.issuer}' "
            f"for '{credential.subject}'.",
            identity.place,
            (credential.id,),
            delete_credential(credential),
        )


def _removing(holding: Holding) -> str:
    """Return how to remove a role: deleting a group's assignment would remove it from every member."""
    if holding.group is not None:
        group = f"group '{holding.group_name or holding.group}'"
        return f"Remove the identity from {group}, which has the role '{holding.role}'."
    if holding.eligible:
        return f"Remove the eligible role '{holding.role}' in Privileged Identity Management."
    return delete_assignment(holding.source)


def _can(holding: Holding) -> str:
    return f"{holding.privilege.value} (role '{holding.role}' on {scope_title(holding.scope)})"


OF_IDENTITY: tuple[Callable[[AccessMap, IdentityEntry], Iterator[Finding]], ...] = (
    _reachable,
    _grants_roles,
    _subscription_wide,
    _shared,
    _federated_on_vm,
)
