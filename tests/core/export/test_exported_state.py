"""What a desired-state file leads to, and what of it exists; the rule numbers are those of `exported_state`."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.export.states import (
    APP,
    APP_PRINCIPAL,
    ASSIGNMENT,
    DEFINITION,
    GROUP_SCOPE,
    NEW,
    SUB,
    SYSTEM_PRINCIPAL,
    WEB,
    assignment,
    existing,
    grant,
    machine,
    rule,
    selected,
    state,
)
from vmident.core.export.labels import label
from vmident.core.identity import IdentityState, SystemIdentity, UserIdentity
from vmident.core.rbac.roles import assignment_name
from vmident.core.resource_id import ResourceId, user_identity_id, vm_id
from vmident.core.resources import CredentialResource
from vmident.core.transition import transition

MANAGEMENT_GROUP = "/providers/Microsoft.Management/managementGroups/contoso"


def test_identities_are_those_that_rules_attach_and_new_ones_are_in_the_place_of_their_group() -> None:
    excluded = user_identity_id(SUB, "prod", "excluded")
    one = selected(machine(IdentityState.of(users=[excluded])), rule(include=(APP, NEW)), rule(exclude=(excluded,)))
    found = state(one, there=existing(APP, tags={"a": "b"})).resources
    assert [(one.id.name, one.location, dict(one.tags), one.exists) for one in found.identities] == [
        ("app", "westus", {"a": "b"}, True),
        ("new", "eastus", {}, False),
    ]


def test_ids_are_spelled_as_their_groups_and_identities_were_created() -> None:
    typed = user_identity_id(SUB, "SHARED", "APP")
    created = user_identity_id(SUB, "shared", "App")
    vm = machine(vm=vm_id(SUB, "PROD", "web01"))
    found = state(selected(vm, rule(include=(typed,))), there=existing(created)).resources
    assert f"{found.identities[0].id}".endswith(
        "/resourceGroups/Shared/providers/Microsoft.ManagedIdentity/userAssignedIdentities/App"
    )
    assert (
        f"{found.machines[0].id}"
        == f"/subscriptions/{SUB}/resourceGroups/prod/providers/Microsoft.Compute/virtualMachines/web01"
    )
    assert [str(user) for user in found.machines[0].users] == [str(found.identities[0].id)]


def test_a_wanted_role_that_exists_keeps_its_name_and_a_new_one_gets_the_name_that_vmident_gives_it() -> None:
    vm = machine(IdentityState(SystemIdentity(SYSTEM_PRINCIPAL)))
    wanted = ((grant(), None), (grant(), APP), (grant(), NEW))
    there = existing(APP, assignments=(assignment(condition="@x", condition_version="2.0", description="why"),))
    found = state(selected(vm, rule(system=True, include=(APP, NEW)), grants=wanted), there=there).resources.assignments
    by_receiver = {one.receiver: one for one in found}
    assert (by_receiver[APP].name, by_receiver[APP].exists) == (ASSIGNMENT, True)
    assert by_receiver[APP].condition == "@x"
    assert by_receiver[WEB].principal_id == SYSTEM_PRINCIPAL
    assert by_receiver[WEB].name == assignment_name(grant(), SYSTEM_PRINCIPAL)
    assert (by_receiver[NEW].principal_id, by_receiver[NEW].name) == (None, assignment_name(grant(), str(NEW)))
    assert {one.role_definition_id for one in found} == {DEFINITION}


def test_roles_that_exist_for_the_identities_are_exported_too_except_those_above_subscriptions() -> None:
    names = [f"bbbbbbbb-0000-0000-0000-00000000000{number}" for number in range(1, 5)]
    scopes = [GROUP_SCOPE.replace("resourceGroups", "resourcegroups"), f"{WEB}".replace("G", "g"), MANAGEMENT_GROUP]
    there = existing(
        APP,
        assignments=(
            *(assignment(scope=scope, name=name) for scope, name in zip(scopes, names, strict=False)),
            assignment(principal=SYSTEM_PRINCIPAL, name=names[3]),
        ),
    )
    found = state(selected(machine(), rule(include=(APP,))), there=there).resources.assignments
    # A group's scope is read back in ARM's spelling, a narrower one as it is.
    assert {(one.name, one.scope) for one in found} == {(names[0], GROUP_SCOPE), (names[1], scopes[1])}
    assert all(one.id.startswith(f"{GROUP_SCOPE}/providers/Microsoft.") for one in found)


def test_a_role_at_a_management_group_has_a_definition_without_a_subscription() -> None:
    one = selected(machine(), rule(include=(APP,)), grants=((grant(MANAGEMENT_GROUP), APP),))
    (found,) = state(one, there=existing(APP)).resources.assignments
    assert found.role_definition_id == f"/{DEFINITION.split('/', 3)[3]}"
    assert found.id == f"{MANAGEMENT_GROUP}/providers/Microsoft.Authorization/roleAssignments/{found.name}"


def test_neither_the_order_of_vms_nor_that_of_answers_changes_anything() -> None:
    machines = [selected(machine(vm=vm_id(SUB, "prod", name)), rule(include=(APP, NEW))) for name in ("b", "a", "C")]
    credentials = [CredentialResource(APP, name, "https://issuer", "s", ("aud",)) for name in ("two", "one")]
    results = [
        state(*order, rules=machines[0].rules, there=existing(APP, credentials=tuple(known))).resources
        for order in itertools.permutations(machines)
        for known in (credentials, credentials[::-1])
    ]
    assert all(one == results[0] for one in results)
    assert [one.id.name for one in results[0].machines] == ["a", "b", "C"]


def test_flexible_credentials_and_those_of_other_identities_are_left_out() -> None:
    known = (CredentialResource(APP, "flexible", "i", "", ()), CredentialResource(NEW, "foreign", "i", "s", ("a",)))
    assert (
        state(selected(machine(), rule(include=(APP,))), there=existing(APP, credentials=known)).resources.credentials
        == ()
    )


def test_an_identity_without_a_known_principal_is_granted_roles_by_name_of_the_identity() -> None:
    there = existing(APP)
    unknown = {APP: type(there.identities[APP])(APP, "westus")}
    one = selected(machine(), rule(include=(APP,)), grants=((grant(), APP),))
    (found,) = state(one, there=type(there)(unknown, there.groups)).resources.assignments
    assert (found.principal_id, found.exists) == (None, False)


def test_a_vm_of_which_rules_only_exclude_identities_is_left_alone() -> None:
    now = IdentityState.of(users=[APP])
    assert state(selected(machine(now), rule(exclude=(APP,)))).resources.machines == ()
    assert len(state(selected(machine(now), rule(exclude=(APP,)), rule(system=False))).resources.machines) == 1
    assert len(state(selected(machine(now), rule(exactly=()))).resources.machines) == 1


@pytest.mark.parametrize("spelling", [None, str(APP).replace("resourceGroups", "resourcegroups")])
def test_an_attached_identity_is_named_as_the_vm_names_it(spelling: str | None) -> None:
    now = IdentityState(None, {APP: UserIdentity(None, APP_PRINCIPAL, spelling)})
    (found,) = state(selected(machine(now), rule(include=(APP, NEW))), there=existing(APP)).resources.machines
    assert dict(found.users) == {APP: spelling or str(APP), NEW: None}


def test_labels_are_identifiers_that_depend_on_their_resource_alone() -> None:
    names = ["web01", "WEB01", "web.01", "01", "_", "ünï", "x" * 200, "", "a-b", "$(rm)"]
    labels = [label(name, name) for name in names]
    assert all(one.isidentifier() and one.isascii() and len(one) <= 49 and one == one.lower() for one in labels)
    # Azure takes names in any case for the same one.
    assert labels[0] == labels[1]
    assert len(set(labels)) == len(names) - 1
    assert label("web", "/a") != label("web", "/b")
    assert labels[3] == "r_01_938db8c9"


_USERS = [user_identity_id(SUB, "prod", name) for name in ("a", "b", "c")]


@given(
    had_system=st.booleans(),
    held=st.sets(st.sampled_from(_USERS)),
    system=st.sampled_from([None, True, False]),
    include=st.sets(st.sampled_from(_USERS)),
    wants_none=st.booleans(),
)
def test_what_is_merged_into_a_vm_is_what_the_rules_lead_to(
    had_system: bool, held: set[ResourceId], system: bool | None, include: set[ResourceId], wants_none: bool
) -> None:
    """Without `exclude` and a list in `exactly`, the VM gets what `vmident apply` gives it, and the type that fits."""
    now = IdentityState.of(system=had_system, users=sorted(held))
    said = rule(system=system, include=() if wants_none else tuple(sorted(include)), exactly=() if wants_none else None)
    one = selected(machine(now), said)
    after = transition(now, one.goal).after
    found = state(one, there=existing(*_USERS)).resources.machines
    for one_machine in found:
        merged = set() if one_machine.is_without_users else held | set(one_machine.users)
        assert (one_machine.type, merged) == (after.type, set(after.users))
        assert one_machine.enables_system == (after.system is not None and not had_system)
    # Where nothing is exported, the rules want nothing.
    assert found or after == now
