from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmident.core.rbac.permissions import (
    ASSIGN_IDENTITY,
    DELETE_ROLE_ASSIGNMENT,
    WRITE_ROLE_ASSIGNMENT,
    Permission,
    allows,
    grant_command,
    remediation,
    role_for,
)

VM_READ, VM_WRITE = (f"Microsoft.Compute/virtualMachines/{one}" for one in ("read", "write"))
ACTIONS = (VM_READ, VM_WRITE, ASSIGN_IDENTITY, WRITE_ROLE_ASSIGNMENT, DELETE_ROLE_ASSIGNMENT)
OWNER = Permission(("*",))
# As Azure answers for the built-in roles of these names.
CONTRIBUTOR = Permission(
    ("*",), ("Microsoft.Authorization/*/Delete", "Microsoft.Authorization/*/Write", "Microsoft.Blueprint/write")
)
OPERATOR = Permission(("Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action",))
READER = Permission(("*/read",))


@pytest.mark.parametrize(
    ("permissions", "is_allowed"),
    [
        ((), ()),
        ((OWNER,), ACTIONS),
        ((READER,), (VM_READ,)),
        ((OPERATOR,), (ASSIGN_IDENTITY,)),
        ((CONTRIBUTOR,), (VM_READ, VM_WRITE, ASSIGN_IDENTITY)),
        (
            (CONTRIBUTOR, Permission((WRITE_ROLE_ASSIGNMENT,))),
            (VM_READ, VM_WRITE, ASSIGN_IDENTITY, WRITE_ROLE_ASSIGNMENT),
        ),
        ((Permission(("Microsoft.Compute/virtualMachines/*",), (VM_WRITE,)),), (VM_READ,)),
    ],
)
def test_what_the_entries_give_is_what_may_be_done(
    permissions: tuple[Permission, ...], is_allowed: tuple[str, ...]
) -> None:
    assert tuple(action for action in ACTIONS if allows(permissions, action)) == is_allowed


@given(
    st.sampled_from(ACTIONS), st.sampled_from([str.lower, str.upper]), st.lists(st.sampled_from([READER, CONTRIBUTOR]))
)
def test_case_is_nothing_and_more_entries_never_take_away(action: str, cased: object, more: list[Permission]) -> None:
    shouted = cased(action)  # type: ignore[operator]
    assert allows([Permission((shouted,))], action)
    assert allows([OWNER, *more], shouted)


def test_a_dot_in_a_pattern_is_a_dot() -> None:
    assert not Permission(("Microsoft.Compute/virtualMachines/read",)).allows("MicrosoftXCompute/virtualMachines/read")


@pytest.mark.parametrize(
    ("action", "role"),
    [
        (VM_READ, "Reader"),
        (VM_WRITE, "Virtual Machine Contributor"),
        (ASSIGN_IDENTITY, "Managed Identity Operator"),
        ("Microsoft.ManagedIdentity/userAssignedIdentities/write", "Managed Identity Contributor"),
        (WRITE_ROLE_ASSIGNMENT, "Role Based Access Control Administrator"),
        ("Microsoft.Network/virtualNetworks/subnets/join/action", "Network Contributor"),
        ("Microsoft.Resources/deployments/write", "Contributor"),
        ("Contoso.Things/write", None),
    ],
)
def test_an_action_has_the_narrowest_role_that_is_known(action: str, role: str | None) -> None:
    assert role_for(action) == role


@pytest.mark.parametrize(
    ("action", "place"),
    [
        ("Microsoft.Resources/subscriptions/resourceGroups/write", "/subscriptions/s"),
        ("Microsoft.ManagedIdentity/userAssignedIdentities/write", "/subscriptions/s/resourceGroups/g"),
        ("Microsoft.Resources/deployments/write", "/subscriptions/s/resourceGroups/g"),
    ],
)
def test_what_makes_something_is_asked_for_where_it_is_to_be_made(action: str, place: str) -> None:
    made = "/subscriptions/s/resourceGroups/g"
    made += "" if action.endswith("resourceGroups/write") else "/providers/A.B/c/new"
    assert remediation(action, made, "oid").endswith(f"--scope {place}")


def test_the_way_out_is_a_command_that_a_shell_takes_whole() -> None:
    command = grant_command("Virtual Machine Contributor", "/subscriptions/s/resourceGroups/a(b)", "oid")
    assert command == (
        'az role assignment create --assignee oid --role "Virtual Machine Contributor" '
        '--scope "/subscriptions/s/resourceGroups/a(b)"'
    )
    assert command in remediation(VM_WRITE, "/subscriptions/s/resourceGroups/a(b)", "oid")
    assert "OBJECT_ID" in remediation(VM_WRITE, "/subscriptions/s", None)
    assert remediation("Contoso.Things/write", "/x", None) == "Ask for a role with 'Contoso.Things/write' on /x."
