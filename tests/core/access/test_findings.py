"""Each finding is made where it should be, with a severity that follows from the rights, and nowhere else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from tests.core.access.inventories import (
    CREDENTIAL,
    MANAGEMENT_GROUPS,
    ROOT_GROUP,
    SUBSCRIPTION,
    assignment,
    group,
    identity,
    inventories,
    role,
    vm,
)
from vmident.core.access.access_map import AccessMap
from vmident.core.access.finding import Finding, Severity, is_at_least, selected
from vmident.core.access.findings import RULES, findings
from vmident.core.access.inventory import (
    Assignment,
    DirectoryObject,
    FederatedCredential,
    Inventory,
    Machine,
    UserAssigned,
)
from vmident.core.access.privilege_rules import gains

SHARED = UserAssigned(identity("shared"), "shared-principal")
WEB = Machine(vm("web"), system_principal="web-principal", users=(SHARED,), system_extensions=("AADSSHLoginForLinux",))
OWNER = role("owner", "*")
CONTRIBUTOR = role("contributor", "*", no=("Microsoft.Authorization/*/write",))
READER = role("reader", "*/read")
RUNNER = role("runner", "Microsoft.Compute/virtualMachines/runCommand/action")
SMALL = Inventory(
    subscriptions=frozenset(MANAGEMENT_GROUPS), machines=(WEB,), identities=(SHARED,),
    roles=(OWNER, CONTRIBUTOR, READER, RUNNER), management_groups=MANAGEMENT_GROUPS,
    principals={"ann": DirectoryObject("User", "Ann")},
)  # fmt: skip


def found(*rows: Assignment, **more: object) -> dict[str, Finding]:
    """Map rule to finding, of the last one where there are several."""
    return {one.rule: one for one in findings(AccessMap(replace(SMALL, assignments=rows, **more)))}


def held(what: str, scope: str = SUBSCRIPTION, **more: object) -> Assignment:
    return assignment("held", "shared-principal", what, scope, principal_type="ServicePrincipal", **more)


def runs(who: str = "ann", **more: object) -> Assignment:
    return assignment(f"{who}-runs", who, "runner", vm("web"), **more)


def test_a_sound_inventory_has_no_findings() -> None:
    assert found(held("reader", group("prod"))) == {}


def test_a_privileged_identity_that_others_can_act_as_is_found_with_the_way_and_the_remediation() -> None:
    one = found(held("contributor"), runs())["privileged-identity-reachable"]
    assert one.severity is Severity.HIGH
    assert one.message == (
        "User 'Ann' can act as identity 'shared' (run-command, role 'Runner'), which can change every type of resource "
        "(role 'Contributor' on subscription 11111111-1111-1111-1111-111111111111)."
    )
    assert one.resources == (vm("web"), held("contributor").id, runs().id)
    assert one.remediation.startswith("az role assignment delete --ids ")
    assert "and 1 more" in found(held("owner"), runs(), runs("bob"))["privileged-identity-reachable"].message


@pytest.mark.parametrize(
    ("what", "scope", "more", "severity"),
    [
        ("owner", "/", {}, Severity.HIGH),
        ("owner", ROOT_GROUP, {}, Severity.HIGH),
        ("owner", group("prod"), {}, Severity.HIGH),
        ("owner", vm("other"), {}, Severity.MEDIUM),
        ("contributor", SUBSCRIPTION, {}, Severity.HIGH),
        ("contributor", group("prod"), {}, Severity.MEDIUM),
        ("contributor", vm("other"), {}, Severity.LOW),
        ("owner", SUBSCRIPTION, {"condition": "@x"}, Severity.MEDIUM),
        ("contributor", group("prod"), {"eligible": True}, Severity.LOW),
        ("contributor", vm("other"), {"eligible": True}, Severity.LOW),
    ],
)
def test_severity_follows_from_the_rights(what: str, scope: str, more: dict[str, object], severity: Severity) -> None:
    assert found(held(what, scope, **more), runs())["privileged-identity-reachable"].severity is severity


def test_who_can_only_act_after_activation_makes_a_lesser_finding() -> None:
    assert found(held("owner"), runs(eligible=True))["privileged-identity-reachable"].severity is Severity.MEDIUM
    both = found(held("owner"), runs(eligible=True), runs("bob"))["privileged-identity-reachable"]
    assert (both.severity, "User bob" in both.message) == (Severity.HIGH, True)


def test_a_principal_that_gains_nothing_is_no_finding() -> None:
    own = assignment("own", "ann", "owner", SUBSCRIPTION)
    rule = "privileged-identity-reachable"
    assert rule not in found(held("owner"), own)
    assert rule not in found(held("contributor", group("prod")), own)
    assert rule in found(held("owner", ROOT_GROUP), own)
    assert rule in found(held("owner"), own._replace(eligible=True))
    assert rule in found(held("owner"), own._replace(condition="@x"))
    above = assignment("own", "ann", "owner", ROOT_GROUP)
    assert rule not in found(held("owner"), above)
    assert rule in found(held("owner"), above, runs(), management_groups={})
    narrow = assignment("own", "ann", "contributor", group("prod"))
    assert rule in found(held("contributor"), narrow)


def test_who_a_federated_credential_trusts_gains_whatever_the_identity_has() -> None:
    access = AccessMap(replace(SMALL, assignments=(held("owner"),), federated=(CREDENTIAL,)))
    shared = next(one for one in access.identities if one.name == "shared")
    (edge,) = (one for one in access.can_become(shared) if one.principal_id is None)
    assert gains(access, edge, access.can_do(shared)[0])


def test_an_identity_that_grants_roles_is_found_where_a_machine_has_it() -> None:
    assert "identity-grants-roles" in found(held("owner", group("prod")))
    assert "identity-grants-roles" not in found(held("contributor"))
    assert "identity-grants-roles" not in found(held("owner"), machines=())


@pytest.mark.parametrize(("scope", "is_found"), [("/", True), (SUBSCRIPTION, True), (group("prod"), False)])
def test_a_privileged_role_on_a_subscription_or_wider_is_found(scope: str, is_found: bool) -> None:
    assert ("privileged-at-subscription" in found(held("contributor", scope))) is is_found


def test_a_principal_that_is_gone_is_orphaned_where_the_directory_was_asked_and_possibly_so_elsewhere() -> None:
    row = assignment("o", "unknown", "reader", "/", principal_type="ServicePrincipal")
    one = found(row)["possibly-orphaned-role-assignment"]
    assert (one.severity, one.identity, one.resources) == (Severity.LOW, None, (row.id,))
    assert "It may be an application" in one.message
    assert one.remediation == (
        "Check whether the principal exists: az ad sp show --id unknown\n"
        f"If it does not, delete the assignment: az role assignment delete --ids {row.id}"
    )
    assert found(row, gone=frozenset({"unknown"}))["orphaned-role-assignment"].severity is Severity.MEDIUM
    assert found(row, principals={"unknown": DirectoryObject("ServicePrincipal", "an application")}) == {}
    assert found(row._replace(principal_type="User")) == {}
    assert set(found(row._replace(principal_type="User"), gone=frozenset({"unknown"}))) == {"orphaned-role-assignment"}


def test_a_missing_identity_is_found_and_its_principal_counts_as_unknown() -> None:
    gone = UserAssigned(identity("gone"), "gone-principal")
    row = assignment("o", "gone-principal", "reader", ROOT_GROUP, principal_type="ServicePrincipal")
    seen = found(row, machines=(WEB._replace(users=(SHARED, gone)),))
    assert seen["missing-identity"].remediation == f"vmident remove-user {WEB.id} --identity {gone.id}"
    assert "management group 'root'" in seen["possibly-orphaned-role-assignment"].message


def test_an_identity_that_is_missing_on_many_machines_is_detached_by_doctor() -> None:
    gone = UserAssigned(identity("gone"), "gone-principal")
    machines = tuple(Machine(vm(f"vm{at}"), users=(gone,)) for at in range(6))
    assert found(machines=machines)["missing-identity"].remediation == "vmident doctor --all --fix"
    few = found(machines=machines[:2])["missing-identity"].remediation
    assert few == f"vmident remove-user {vm('vm0')} {vm('vm1')} --identity {gone.id}"


def test_a_role_of_a_group_and_an_eligible_one_are_not_deleted_by_their_assignment() -> None:
    rule = "privileged-at-subscription"
    of_group = assignment("g", "crew", "owner", SUBSCRIPTION, principal_type="Group")
    in_group = found(of_group, members={"crew": frozenset({"shared-principal"})})[rule]
    assert in_group.remediation == "Remove the identity from group 'crew', which has the role 'Owner'."
    assert "Privileged Identity Management" in found(held("owner", eligible=True))[rule].remediation


def test_an_unused_identity_is_found_unless_it_has_a_federated_credential() -> None:
    idle = UserAssigned(identity("idle"), "idle-principal")
    seen = found(identities=(SHARED, idle))
    assert seen["unused-identity"].remediation == f"vmident identity delete {idle.id}"
    trusting = CREDENTIAL._replace(identity=idle.id, id=f"{idle.id}/federatedIdentityCredentials/ci")
    assert "unused-identity" not in found(identities=(SHARED, idle), federated=(trusting,))


def test_a_privileged_identity_in_groups_with_different_owners_is_shared() -> None:
    machines = (WEB, Machine(vm("db", group("data")), users=(SHARED,)))
    writer = assignment("w", "bob", "runner", group("data"))
    assert found(held("contributor"), writer, machines=machines)["shared-privileged-identity"].severity is Severity.HIGH
    assert "shared-privileged-identity" not in found(held("contributor"), machines=machines)
    assert "shared-privileged-identity" not in found(held("reader"), writer, machines=machines)


def test_a_federated_credential_on_an_identity_of_a_vm_matters_as_the_identity_does() -> None:
    rule = "federated-credential-on-vm-identity"
    one = found(federated=(CREDENTIAL,))[rule]
    assert one.severity is Severity.LOW
    assert "--identity-name shared -g prod" in one.remediation
    assert found(held("owner"), federated=(CREDENTIAL,))[rule].severity is Severity.HIGH
    assert rule not in found(federated=(CREDENTIAL,), machines=())


def test_an_issuer_that_is_used_once_beside_one_that_is_used_more_often_is_found() -> None:
    def credential(name: str, issuer: str) -> FederatedCredential:
        return CREDENTIAL._replace(id=f"{identity('shared')}/federatedIdentityCredentials/{name}", issuer=issuer)

    common = credential("a", "https://usual"), credential("b", "https://usual")
    odd = credential("c", "https://odd")
    assert found(federated=(*common, odd))["issuer-used-once"].resources == (odd.id,)
    assert "issuer-used-once" not in found(federated=(common[0], odd))
    assert "issuer-used-once" not in found(federated=common)


def test_a_machine_without_a_default_identity_is_found() -> None:
    other = UserAssigned(identity("other"), "other-principal")
    assert "ambiguous-default-identity" in found(machines=(Machine(vm("web"), users=(SHARED, other)),))
    assert "ambiguous-default-identity" not in found(machines=(WEB._replace(users=(SHARED, other)),))


@pytest.mark.parametrize(
    ("extensions", "is_found", "is_doubtful"), [((), True, False), (None, True, True), (("AADLogin",), False, False)]
)
def test_a_system_assigned_identity_without_a_role_is_found_unless_an_extension_needs_it(
    extensions: tuple[str, ...] | None, is_found: bool, is_doubtful: bool
) -> None:
    seen = found(machines=(WEB._replace(system_extensions=extensions),)).get("system-identity-without-role")
    assert (seen is not None) is is_found
    assert bool(seen and "were not read" in seen.message) is is_doubtful
    used = WEB._replace(system_extensions=(), system_users=("Azure Monitor Agent",))
    assert "system-identity-without-role" not in found(machines=(used,))
    unread = frozenset({SUBSCRIPTION.rpartition("/")[2]})
    assert found(machines=(WEB._replace(system_extensions=extensions),), assignments_unread=unread) == {}


def test_what_needs_an_identity_that_is_not_there_is_found() -> None:
    rule = "dependent-without-identity"
    assert found(machines=(WEB._replace(system_principal=None),))[rule].remediation == f"vmident enable-system {WEB.id}"
    several = WEB._replace(system_principal=None, system_extensions=("Sign-in", "Configuration"))
    assert found(machines=(several,))[rule].message.startswith("Sign-in and Configuration on 'web' need ")
    encrypted = WEB._replace(encryption_identity=identity("SHARED"))
    assert rule not in found(machines=(encrypted,))
    assert found(machines=(encrypted._replace(users=()),))[rule].remediation == (
        f"vmident add-user {WEB.id} --identity {identity('SHARED')}"
    )


def test_a_long_name_is_found() -> None:
    assert "long-identity-name" in found(identities=(UserAssigned(identity("n" * 25), "p"),))
    assert "long-identity-name" not in found(identities=(UserAssigned(identity("n" * 24), "p"),))


def test_findings_can_be_chosen_and_ignored() -> None:
    access = AccessMap(replace(SMALL, assignments=(held("owner"), runs())))
    every = findings(access)
    assert [one.severity.rank for one in every] == sorted(one.severity.rank for one in every)
    assert {one.rule for one in selected(every, ["identity-grants-roles"])} == {"identity-grants-roles"}
    assert "identity-grants-roles" not in {one.rule for one in selected(every, (), ["identity-grants-roles"])}
    rest = selected(every, (), [f"identity-grants-roles:{identity('SHARED')}"])
    assert len(rest) == len(every) - 1
    assert not selected(every, (), [one.id for one in RULES])
    assert is_at_least(every[0], Severity.HIGH)
    assert not is_at_least(every[0]._replace(severity=Severity.LOW), Severity.MEDIUM)


def test_findings_about_some_identities_leave_the_rest_of_the_inventory_out() -> None:
    row = assignment("o", "unknown", "reader", SUBSCRIPTION, principal_type="ServicePrincipal")
    access = AccessMap(replace(SMALL, assignments=(held("owner"), row)))
    shared = [one for one in access.identities if one.name == "shared"]
    assert {one.rule for one in findings(access, shared)} == {"identity-grants-roles", "privileged-at-subscription"}


@settings(max_examples=40, deadline=None)
@given(inventories())
def test_every_finding_has_a_rule_a_resource_and_a_remediation(inventory: Inventory) -> None:
    for one in findings(AccessMap(inventory)):
        assert one.rule in {rule.id for rule in RULES}
        assert one.resources
        assert one.remediation
