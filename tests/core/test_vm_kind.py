"""VMs and scale sets as kinds: what a kind is called, and how a mixture is counted."""

from __future__ import annotations

import pytest

from vmident.core.resource_id import ResourceId, typed_id, user_identity_id, vm_id
from vmident.core.vm_kind import (
    ALL_KINDS,
    VmKind,
    capitalized,
    counted,
    either,
    is_machine,
    kind_of,
    titled,
    titled_identity,
)
from vmident.errors import BadResourceId

VM = vm_id("sub", "group", "web01")
SCALE_SET = VmKind.SCALE_SET.id_of("sub", "group", "web")


def test_a_full_id_says_its_kind_in_any_case() -> None:
    lower = ResourceId.parse(
        "/subscriptions/sub/resourcegroups/group/providers/microsoft.compute/VIRTUALMACHINESCALESETS/web"
    )

    assert kind_of(lower) is VmKind.SCALE_SET
    assert str(lower) == str(SCALE_SET)
    assert kind_of(VM) is VmKind.VM
    assert VM != SCALE_SET
    assert not is_machine(user_identity_id("sub", "group", "identity"))


def test_messages_name_the_kind() -> None:
    assert (titled(VM), titled(SCALE_SET)) == ("VM 'web01'", "scale set 'web'")
    assert capitalized(titled(SCALE_SET)) == "Scale set 'web'"
    assert either(ALL_KINDS) == "VM or scale set"


@pytest.mark.parametrize(
    ("vms", "text"),
    [
        ([VM], "1 VM"),
        ([VM, VM], "2 VMs"),
        ([SCALE_SET], "1 scale set"),
        ([SCALE_SET, VM, SCALE_SET], "1 VM and 2 scale sets"),
        ([], "0 VMs"),
    ],
)
def test_a_mixture_is_counted_by_kind(vms: list[ResourceId], text: str) -> None:
    assert counted(vms) == text


def test_the_names_of_a_typed_id_are_checked_by_the_rules_of_its_kind() -> None:
    types = [kind.resource_type for kind in VmKind]

    assert typed_id(str(SCALE_SET), *types) == SCALE_SET
    with pytest.raises(BadResourceId, match="scale set name"):
        typed_id(str(SCALE_SET) + "-", *types)
    with pytest.raises(BadResourceId, match="scale set name"):
        VmKind.SCALE_SET.id_of("sub", "group", "_web")


@pytest.mark.parametrize(
    ("subscription", "group", "title"),
    [
        ("SUB", "Group", "identity 'web'"),
        ("sub", "shared", "identity 'web' in resource group 'shared'"),
        ("other", "group", f"identity '{user_identity_id('other', 'group', 'web')}'"),
    ],
)
def test_an_identity_is_named_by_as_much_as_the_vm_leaves_open(subscription: str, group: str, title: str) -> None:
    assert titled_identity(user_identity_id(subscription, group, "web"), VM) == title
