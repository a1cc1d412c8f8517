"""Findings about machines, role assignments and federated credentials, rather than about one identity."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from vmident.core.access.access_map import AccessMap
from vmident.core.access.finding import Finding, FindingRule, Severity, delete_assignment, delete_credential
from vmident.core.access.inventory import Assignment, Machine, lower, name_of, scope_title
from vmident.core.shell import command_line

ORPHANED = FindingRule(
    "orphaned-role-assignment",
    "Role assignment of a deleted principal",
    "The principal of a role assignment no longer exists.",
)
POSSIBLY_ORPHANED = FindingRule(
    "possibly-orphaned-role-assignment",
    "Role assignment of a principal that was not found",
    "The principal of a role assignment was not found; it may be an application.",
)
RARE_ISSUER = FindingRule(
    "issuer-used-once",
    "Federated credential with an issuer that no other credential has",
    "Only one identity trusts the issuer of a federated credential.",
)
AMBIGUOUS = FindingRule(
    "ambiguous-default-identity",
    "VM without a default identity",
    "Programs that do not specify an identity get an error: several are attached.",
)
DEPENDENT = FindingRule(
    "dependent-without-identity",
    "Extension or encryption without the identity that it needs",
    "An extension or disk encryption needs an identity that the VM does not have.",
)


def _ambiguous(machine: Machine) -> Iterator[Finding]:
    if machine.system_principal is None and len(machine.users) > 1:
        yield Finding(
            AMBIGUOUS.id,
            Severity.LOW,
            f"Programs on '{name_of(machine.id)}' that do not specify an identity get an error: there are "
            f"{len(machine.users)} user-assigned identities and no system-assigned one.",
            None,
            (machine.id,),
            command_line("vmident", "enable-system", machine.id),
        )


def _dependent(machine: Machine) -> Iterator[Finding]:
    name = name_of(machine.id)
    if machine.system_extensions and machine.system_principal is None:
        what = " and ".join(machine.system_extensions)
        needs = "needs" if len(machine.system_extensions) == 1 else "need"
        yield Finding(
            DEPENDENT.id,
            Severity.MEDIUM,
            f"{what} on '{name}' {needs} the system-assigned identity, which is not enabled.",
            None,
            (machine.id,),
            command_line("vmident", "enable-system", machine.id),
        )
    needed = machine.encryption_identity
    if needed and lower(needed) not in {lower(one.id) for one in machine.users}:
        yield Finding(
            DEPENDENT.id,
            Severity.MEDIUM,
            f"Disk encryption on '{name}' uses identity '{name_of(needed)}', which is not attached.",
            needed,
            (machine.id,),
            command_line("vmident", "add-user", machine.id, "--identity", needed),
        )


def _orphaned_assignments(access: AccessMap) -> Iterator[Finding]:
    inventory = access.inventory
    known = {one.principal_id.lower() for one in access.identities if one.principal_id and not one.is_missing}
    known |= inventory.principals.keys()
    for one in inventory.assignments:
        principal = one.principal_id.lower()
        if principal in known:
            continue
        if principal in inventory.gone:
            message = f"Principal {one.principal_id} no longer exists."
            yield _orphan(ORPHANED, Severity.MEDIUM, one, message, delete_assignment(one.id))
        elif one.principal_type == "ServicePrincipal":
            # The identity of a policy assignment or of another Azure service looks the same: deleting its role would
            # break that service.
            message = (
                f"Principal {one.principal_id} was not found among the identities that were read. It may be an "
                "application, or the identity of a policy assignment or of another Azure service."
            )
            check = command_line("az", "ad", "sp", "show", "--id", one.principal_id)
            remediation = (
                f"Check whether the principal exists: {check}\nIf it does not, delete the assignment: "
                f"{delete_assignment(one.id)}"
            )
            yield _orphan(POSSIBLY_ORPHANED, Severity.LOW, one, message, remediation)


def _orphan(rule: FindingRule, severity: Severity, one: Assignment, message: str, remediation: str) -> Finding:
    return Finding(
        rule.id, severity, f"{message} It has a role on {scope_title(one.scope)}.", None, (one.id,), remediation
    )


def _rare_issuers(access: AccessMap) -> Iterator[Finding]:
    issuers = Counter(one.issuer for one in access.inventory.federated)
    if not issuers or max(issuers.values()) == 1:
        return
    for one in access.inventory.federated:
        if issuers[one.issuer] == 1:
            yield Finding(
                RARE_ISSUER.id,
                Severity.LOW,
                f"Only identity '{name_of(one.identity)}' trusts the issuer '{one.issuer}'.",
                one.identity,
                (one.id,),
                delete_credential(one),
            )


OF_MACHINE: tuple[Callable[[Machine], Iterator[Finding]], ...] = (_ambiguous, _dependent)
OF_INVENTORY: tuple[Callable[[AccessMap], Iterator[Finding]], ...] = (_orphaned_assignments, _rare_issuers)
