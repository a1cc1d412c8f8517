from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmident.core.rbac.scope import Scope, group_scope, scope_named, subscription_scope
from vmident.errors import BadResourceId

SUBSCRIPTION = "/subscriptions/5a4db0c5-0e5a-4d5b-8f2b-1b7a5c0ffee1"
GROUP = f"{SUBSCRIPTION}/resourceGroups/myGroup"
VM = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/myVM"
NESTED = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/store/blobServices/default/containers/logs"
BELOW_A_SUBSCRIPTION = f"{SUBSCRIPTION}/providers/Microsoft.Insights/diagnosticSettings/one"
MANAGEMENT_GROUP = "/providers/Microsoft.Management/managementGroups/everybody"
ALL = (SUBSCRIPTION, GROUP, VM, NESTED, BELOW_A_SUBSCRIPTION, MANAGEMENT_GROUP)


@given(
    st.sampled_from(ALL), st.sampled_from([str.lower, str.upper, str.swapcase, str]), st.sampled_from(["", "/", " "])
)
def test_a_scope_is_the_same_in_any_case_and_with_a_slash_at_its_end(text: str, cased: object, end: str) -> None:
    read = Scope.parse(cased(text) + end)  # type: ignore[operator]
    assert read == Scope(text)
    assert hash(read) == hash(Scope(text))
    assert Scope.parse(str(read)) == read


def test_the_fixed_segments_are_spelled_as_arm_spells_them() -> None:
    assert str(Scope.parse("/SUBSCRIPTIONS/s/RESOURCEGROUPS/g")) == "/subscriptions/s/resourceGroups/g"
    assert str(Scope.parse(VM.replace("resourceGroups", "resourcegroups"))) == VM
    assert str(Scope.parse(MANAGEMENT_GROUP.lower())) == MANAGEMENT_GROUP


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "subscriptions/s",
        "group",
        "/subscriptions",
        "/subscriptions/",
        "/subscriptions/s/resourceGroups",
        "/subscriptions/s/groups/g",
        f"{GROUP}/providers/Microsoft.Compute",
        f"{GROUP}/providers/Microsoft.Compute/virtualMachines",
        f"{VM}/extensions",
        f"{GROUP}/things/Microsoft.Compute/virtualMachines/myVM",
        "/providers/Microsoft.Management/managementGroups",
        "/subscriptions/s/resourceGroups/a b",
        "/subscriptions/s/resourceGroups/../x",
    ],
)
def test_what_is_no_scope_is_refused(text: str) -> None:
    with pytest.raises(BadResourceId):
        Scope.parse(text)


@pytest.mark.parametrize(
    ("outer", "inner", "holds"),
    [
        (SUBSCRIPTION, GROUP, True),
        (SUBSCRIPTION, VM.upper(), True),
        (GROUP, GROUP, True),
        (GROUP, f"{GROUP}Two", False),
        (GROUP, SUBSCRIPTION, False),
        (VM, NESTED, False),
        (MANAGEMENT_GROUP, SUBSCRIPTION, False),
    ],
)
def test_a_scope_contains_what_lies_in_it(outer: str, inner: str, holds: bool) -> None:
    assert Scope.parse(outer).contains(Scope.parse(inner)) is holds


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("/subscriptions/S", "subscription S"),
        ("/subscriptions/S/resourceGroups/web", "resource group 'web'"),
        ("/providers/Microsoft.Management/managementGroups/root", "management group 'root'"),
        (
            "/subscriptions/S/resourceGroups/web/providers/Microsoft.Storage/storageAccounts/logs",
            "'logs' (storageAccounts) in resource group 'web'",
        ),
        ("/subscriptions/S/providers/Microsoft.Consumption/budgets/year", "'year' (budgets)"),
    ],
)
def test_a_scope_is_titled_by_its_kind_and_name(text: str, title: str) -> None:
    assert Scope.parse(text).title == title


def test_a_scope_knows_its_subscription() -> None:
    assert [Scope.parse(text).subscription is None for text in ALL] == [False] * 5 + [True]
    assert Scope.parse(NESTED).subscription == SUBSCRIPTION.rsplit("/", 1)[1]


def test_two_words_stand_for_where_the_vm_is() -> None:
    assert scope_named("Subscription", "s", "g") == subscription_scope("s")
    assert scope_named("GROUP", "s", "g") == group_scope("s", "g")
    assert scope_named(VM, "s", "g") == Scope(VM)
    assert scope_named(VM, "s", "g") != VM
