"""Access is decided from actions: an independent evaluator agrees, and laws hold whatever the inventory is."""

from __future__ import annotations

import random
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.core.access.inventories import (
    CREDENTIAL,
    MANAGEMENT_GROUPS,
    OTHER_SUBSCRIPTION,
    ROOT_GROUP,
    SUBSCRIPTION,
    TEAM_GROUP,
    assignment,
    group,
    identity,
    inventories,
    role,
    scale_set,
    vm,
)
from tests.core.access.naive_access import Reached, naive_edges
from vmident.core.access.access_map import AccessMap, management_groups_in
from vmident.core.access.edges import FEDERATED, Edge, IdentityEntry, principal_title
from vmident.core.access.inventory import (
    ALL_PRINCIPALS,
    Assignment,
    DenyAssignment,
    DirectoryObject,
    Inventory,
    Machine,
    RoleDefinition,
    RolePermission,
    Unread,
    UserAssigned,
)
from vmident.core.access.openings import MEMBERS_AT_MOST
from vmident.core.access.rights import How, Privilege
from vmident.core.vm_kind import VmKind

T = TypeVar("T")
WEB = Machine(
    vm("web"), system_principal="web-principal", users=(UserAssigned(identity("shared"), "shared-principal"),)
)
SHARED = UserAssigned(identity("shared"), "shared-principal", "shared-client")
SMALL = Inventory(
    subscriptions=frozenset(MANAGEMENT_GROUPS), machines=(WEB,), identities=(SHARED,),
    management_groups=MANAGEMENT_GROUPS,
)  # fmt: skip
RUNNER = role("runner", "Microsoft.Compute/virtualMachines/runCommand/action")


def edges(inventory: Inventory) -> dict[str, list[Edge]]:
    """Map each identity's name, or `system` for a machine's own, to its edges."""
    access = AccessMap(inventory)
    return {"system" if one.is_system else one.name: list(access.can_become(one)) for one in access.identities}


def hows(inventory: Inventory) -> dict[str, set[str]]:
    return {name: {one.how.value for one in found} for name, found in edges(inventory).items()}


def with_role(definition: RoleDefinition, *rows: Assignment, **more: object) -> Inventory:
    return replace(SMALL, roles=(definition,), assignments=rows, **more)


def reached(inventory: Inventory) -> set[Reached]:
    access = AccessMap(inventory)
    return {
        Reached(
            f"system:{one.place.lower()}" if one.is_system else one.place.lower(),
            edge.source, edge.how.value, edge.at_count, edge.eligible, edge.condition,
        )
        for one in access.identities
        for edge in access.can_become(one)
        if edge.how is not How.FEDERATED_CREDENTIAL
    }  # fmt: skip


@settings(max_examples=50, deadline=None)
@given(inventories())
def test_an_independent_evaluator_finds_the_same_edges(inventory: Inventory) -> None:
    assert reached(inventory) == naive_edges(inventory)


@pytest.mark.once
@settings(max_examples=2000, deadline=None)
@given(inventories())
def test_an_independent_evaluator_finds_the_same_edges_in_2000_inventories(inventory: Inventory) -> None:
    assert reached(inventory) == naive_edges(inventory)


@settings(max_examples=40, deadline=None)
@given(inventories(), st.randoms(use_true_random=False))
def test_the_order_of_rows_and_the_names_of_roles_change_nothing(
    inventory: Inventory, shuffling: random.Random
) -> None:
    def mixed(rows: tuple[T, ...]) -> tuple[T, ...]:
        return tuple(shuffling.sample(rows, len(rows)))

    permuted = replace(
        inventory,
        machines=mixed(inventory.machines), assignments=mixed(inventory.assignments), denials=mixed(inventory.denials),
        roles=mixed(tuple(one._replace(name=f"another {one.name}") for one in inventory.roles)),
    )  # fmt: skip
    assert reached(permuted) == reached(inventory)
    assert [one.place for one in AccessMap(permuted).identities] == [
        one.place for one in AccessMap(inventory).identities
    ]


@settings(max_examples=40, deadline=None)
@given(inventories())
def test_another_assignment_removes_no_edge_and_each_edge_has_its_source(inventory: Inventory) -> None:
    sources = {one.id for one in inventory.assignments} | {one.id for one in inventory.federated}
    access = AccessMap(inventory)
    for one in access.identities:
        found = list(access.can_become(one))
        assert {edge.source for edge in found} <= sources
        assert len({(edge.source, edge.how) for edge in found}) == len(found)
    fewer = replace(inventory, assignments=inventory.assignments[:-1])
    # Another right to write machines can make an eligible edge active (rule O2), so that is not compared.
    before = {(one.identity, one.assignment, one.how) for one in reached(fewer)}
    assert before <= {(one.identity, one.assignment, one.how) for one in reached(inventory)}


@settings(max_examples=50, deadline=None)
@given(inventories())
def test_routes_that_are_shared_are_the_edges_by_their_source(inventory: Inventory) -> None:
    access = AccessMap(inventory)
    for one in access.identities:
        edges_of = list(access.can_become(one))
        assert [(route.source, how) for route in access.routes(one) for how in route.hows] == sorted(
            ((edge.source, edge.how) for edge in edges_of),
            key=lambda pair: [edge.source for edge in edges_of].index(pair[0]),
        )


def test_a_custom_role_with_run_command_alone_opens_one_way() -> None:
    found = edges(with_role(RUNNER, assignment("a", "ann", "runner", group("PROD"))))
    assert {name: [(one.how, one.at, one.principal_id) for one in of] for name, of in found.items()} == {
        "system": [(How.RUN_COMMAND, WEB.id, "ann")],
        "shared": [(How.RUN_COMMAND, WEB.id, "ann")],
    }


def test_every_write_less_compute_leaves_the_ways_around_the_machine() -> None:
    broad = role("broad", "*/write", no=("Microsoft.Compute/*",))
    assert hows(with_role(broad, assignment("a", "ann", "broad", SUBSCRIPTION))) == {
        "system": {"role-write"},
        "shared": {"role-write", "federation-write"},
    }


def test_an_action_that_the_role_leaves_out_opens_nothing_and_another_role_opens_it_again() -> None:
    without = role("without", "Microsoft.Compute/*", no=("Microsoft.Compute/virtualMachines/runCommand*",))
    row = assignment("a", "ann", "without", vm("web"))
    assert "run-command" not in hows(with_role(without, row))["system"]
    both = replace(with_role(without, row, assignment("b", "ann", "runner", vm("web"))), roles=(without, RUNNER))
    assert "run-command" in hows(both)["system"]


def test_a_condition_makes_an_edge_conditional_and_an_eligible_role_says_so() -> None:
    rows = (
        assignment("a", "ann", "runner", vm("web"), condition="@Principal[...]"),
        assignment("b", "bob", "runner", vm("web"), eligible=True, expires="2027-01-01T00:00:00Z"),
    )
    first, second = edges(with_role(RUNNER, *rows))["system"]
    assert (first.condition, first.eligible) == ("@Principal[...]", False)
    assert (second.condition, second.eligible, second.expires) == (None, True, "2027-01-01T00:00:00Z")


@pytest.mark.parametrize(
    ("scope", "known", "holds"),
    [
        ("/", {}, True),
        (ROOT_GROUP, MANAGEMENT_GROUPS, True),
        (TEAM_GROUP.upper(), MANAGEMENT_GROUPS, True),
        (TEAM_GROUP, {}, False),
        (OTHER_SUBSCRIPTION, MANAGEMENT_GROUPS, False),
        (group("pro"), MANAGEMENT_GROUPS, False),
    ],
)
def test_assignments_hold_below_their_scope(scope: str, known: dict[str, tuple[str, ...]], holds: bool) -> None:
    inventory = with_role(RUNNER, assignment("a", "ann", "runner", scope), management_groups=known)
    assert bool(edges(inventory)["system"]) is holds
    unread = [one for one in AccessMap(inventory).unread if "team" in one.what]
    assert bool(unread) is (scope == TEAM_GROUP and not known)


def test_groups_give_their_members_what_they_have() -> None:
    rows = [assignment("a", "crew", "runner", SUBSCRIPTION, principal_type="Group")]
    read = with_role(RUNNER, *rows, members={"crew": frozenset({"web-principal"})})
    access = AccessMap(read)
    system, shared = access.identities
    assert [(one.via, one.role) for one in access.can_do(system)] == [("group", "Runner")]
    assert access.can_do(shared) == ()
    assert [one.principal_type for one in access.can_become(system)] == ["Group"]
    assert AccessMap(replace(read, members={})).can_do(system) == ()


def test_members_of_a_group_are_edges_that_name_the_group() -> None:
    known = {
        "ann": DirectoryObject("User", "Ann"),
        "inner": DirectoryObject("Group", "Inner"),
        "crew": DirectoryObject("Group", "Crew"),
    }
    row = assignment("a", "crew", "runner", vm("web"), principal_type="Group")
    members = {"crew": frozenset({"ann", "inner", "robot"})}
    access = AccessMap(with_role(RUNNER, row, members=members, principals=known))
    system = access.identities[1]
    found = list(access.can_become(system, with_members=True))
    assert [(one.principal_id, one.principal_type, one.via, one.group_name) for one in found] == [
        ("crew", "Group", "direct", None), ("ann", "User", "group", "Crew"), ("robot", "Unknown", "group", "Crew"),
    ]  # fmt: skip
    assert [principal_title(one) for one in found[:2]] == ["Group 'Crew' with 2 members", "User 'Ann'"]
    assert list(access.can_become(system)) == found[:1]
    crowd = {"crew": frozenset(f"m{at}" for at in range(MEMBERS_AT_MOST + 1))}
    (edge,) = AccessMap(with_role(RUNNER, row, members=crowd)).can_become(system, with_members=True)
    assert (edge.member_count, edge.group_name) == (MEMBERS_AT_MOST + 1, None)


@given(inventories())
def test_a_member_of_a_group_has_the_edges_that_an_assignment_of_its_own_would_give(inventory: Inventory) -> None:
    for row in (one for one in inventory.assignments if one.principal_id in inventory.members):
        for member in inventory.members[row.principal_id]:
            own = replace(
                inventory,
                assignments=tuple(
                    one if one is not row else row._replace(principal_id=member) for one in inventory.assignments
                ),
            )
            assert _of(row, member, inventory) == _of(row, member, own)


def _of(row: Assignment, member: str, inventory: Inventory) -> set[tuple[str, How, str, int, bool]]:
    access = AccessMap(inventory)
    return {
        (identity.place, one.how, one.at, one.at_count, one.eligible)
        for identity in access.identities
        for one in access.can_become(identity, with_members=True)
        if one.source == row.id and one.principal_id == member
    }


def test_attaching_takes_a_machine_to_attach_to() -> None:
    operator = role("operator", "Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action")
    writer = role("writer", "Microsoft.Compute/virtualMachines/write")
    assign = assignment("a", "ann", "operator", identity("shared"))
    elsewhere = group("far", OTHER_SUBSCRIPTION)

    def shared(*rows: Assignment, **more: object) -> list[tuple[str, bool]]:
        inventory = replace(with_role(operator, *rows, **more), roles=(operator, writer))
        return [(one.how.value, one.eligible) for one in edges(inventory)["shared"]]

    crew = assignment("b", "crew", "writer", elsewhere, principal_type="Group")
    assert shared(assign) == []
    assert shared(assign, assignment("b", "ann", "writer", elsewhere)) == [("assign", False)]
    assert shared(assign, assignment("b", "ann", "writer", elsewhere, eligible=True)) == [("assign", True)]
    nobody, ann_in_it = {"crew": frozenset[str]()}, {"crew": frozenset({"ann"})}
    assert shared(assign, crew, members=nobody) == []
    assert shared(assign, crew, members=ann_in_it) == [("assign", False)]
    assert shared(assign, crew) == [("assign", False)]
    members = assignment("a", "crew", "operator", identity("shared"), principal_type="Group")
    assert shared(members) == [("assign", False)]
    assert shared(members, members=ann_in_it) == []
    ann = assignment("b", "ann", "writer", elsewhere)
    assert shared(members, ann, members=ann_in_it) == [("assign", False)]


def test_a_deny_assignment_closes_a_way_for_its_principals() -> None:
    denial = DenyAssignment(
        "d", group("prod"), (RolePermission(("Microsoft.Compute/virtualMachines/runCommand/*",)),),
        frozenset({ALL_PRINCIPALS}), frozenset({"bob"}),
    )  # fmt: skip
    rows = [assignment(name, name, "runner", SUBSCRIPTION) for name in ("ann", "bob")]

    def who(denied: DenyAssignment, **more: object) -> list[str | None]:
        return [one.principal_id for one in edges(with_role(RUNNER, *rows, denials=(denied,), **more))["system"]]

    assert who(denial) == ["bob"]
    assert who(denial._replace(principals=frozenset({"bob"}), excluded=frozenset())) == ["ann"]
    assert who(denial._replace(is_for_scope_alone=True)) == ["ann", "bob"]
    assert who(denial._replace(is_for_scope_alone=True, scope=vm("WEB"))) == ["bob"]
    assert who(denial._replace(permissions=(RolePermission(("*",), ("*/action",)),))) == ["ann", "bob"]
    # Anyone may be in a group that is excluded and was not read.
    crew = frozenset({"crew"})
    assert who(denial._replace(excluded=crew, groups=crew)) == ["ann", "bob"]
    assert who(denial._replace(excluded=crew, groups=crew), members={"crew": frozenset({"ann"})}) == ["ann"]


def test_one_edge_counts_the_machines_that_an_assignment_opens() -> None:
    machines = tuple(Machine(vm(f"vm{at}"), users=(SHARED,)) for at in range(3))
    (edge,) = edges(replace(with_role(RUNNER, assignment("a", "ann", "runner", SUBSCRIPTION)), machines=machines))[
        "shared"
    ]
    assert (edge.at, edge.at_count, edge.scope, edge.role) == (vm("vm0"), 3, SUBSCRIPTION, "Runner")


def test_scale_sets_have_actions_of_their_own() -> None:
    machine = Machine(scale_set("workers"), VmKind.SCALE_SET, "workers-principal")
    everything = role("all", "Microsoft.Compute/virtualMachineScaleSets/*", data=("*",))
    inventory = replace(with_role(everything, assignment("a", "ann", "all", SUBSCRIPTION)), machines=(machine, WEB))
    access = AccessMap(inventory)
    of_set = next(one for one in access.identities if one.place == machine.id)
    of_vm = next(one for one in access.identities if one.place == WEB.id)
    assert {one.how.value for one in access.can_become(of_set)} == {"run-command", "extension", "vm-write", "login"}
    assert {one.how.value for one in access.can_become(of_vm)} == {"login"}


def test_principals_are_named_where_their_names_are_known() -> None:
    rows = [assignment(f"a{at}", who, "runner", vm("web")) for at, who in enumerate(("ann", "bob", "shared-PRINCIPAL"))]
    found = edges(with_role(RUNNER, *rows, principals={"ann": DirectoryObject("User", "Ann")}))
    assert [one.principal_name for one in found["system"]] == ["Ann", None, "identity 'shared'"]
    # Its own right is no edge to itself.
    assert [one.principal_name for one in found["shared"]] == ["Ann", None]


def test_a_federated_credential_is_an_edge_of_its_identity_alone() -> None:
    found = edges(replace(SMALL, federated=(CREDENTIAL,)))
    (edge,) = found["shared"]
    assert (edge.principal_type, edge.principal_name) == (FEDERATED, "https://issuer.example repo:a")
    assert (edge.how, edge.source, edge.principal_id) == (How.FEDERATED_CREDENTIAL, CREDENTIAL.id, None)
    assert found["system"] == []


def test_identities_that_are_gone_unread_or_idle_are_told_apart() -> None:
    elsewhere = UserAssigned(identity("far", group("x", "/subscriptions/unread")), "far-principal")
    gone = UserAssigned(identity("gone"), "gone-principal")
    machine = Machine(vm("web"), users=(SHARED, gone, elsewhere))
    idle = UserAssigned(identity("idle"), "idle-principal")
    inventory = replace(
        with_role(RUNNER, assignment("a", "ann", "runner", SUBSCRIPTION)),
        machines=(machine,), identities=(SHARED, idle),
    )  # fmt: skip
    access = AccessMap(inventory)

    def seen(one: IdentityEntry) -> tuple[bool, int, int]:
        return one.is_missing, len(one.machines), len(list(access.can_become(one)))

    assert {one.name: seen(one) for one in access.identities} == {
        "shared": (False, 1, 1), "gone": (True, 1, 0), "far": (False, 1, 1), "idle": (False, 0, 0),
    }  # fmt: skip


def test_management_groups_are_read_by_name() -> None:
    found = management_groups_in({"11111111-1111-1111-1111-111111111111": ["Root", "team"], "ABC": []})
    assert found == {SUBSCRIPTION.rpartition("/")[2]: (ROOT_GROUP.lower(), TEAM_GROUP.lower()), "abc": ()}


def test_what_was_not_read_is_listed() -> None:
    unread = Unread("groups", "Microsoft Graph refused")
    rows = assignment("a", "ann", "nowhere", SUBSCRIPTION), assignment("b", "web-principal", "nowhere", SUBSCRIPTION)
    access = AccessMap(replace(SMALL, assignments=rows, unread=(unread,)))
    assert access.unread == (unread, Unread("role definition nowhere", "what it allows is not known"))
    (held,) = access.held_by("WEB-principal")
    assert (held.role, held.privilege) == ("nowhere", Privilege.NONE)
