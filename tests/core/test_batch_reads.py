from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.worlds import law
from vmident.core.batch_reads import HANDFUL, lists_for
from vmident.core.resource_id import ResourceId, vm_id
from vmident.core.vm_kind import VmKind


def vms(number: int, group: str = "west", subscription: str = "sub") -> list[ResourceId]:
    return [vm_id(subscription, group, f"vm{one}") for one in range(number)]


def scale_sets(number: int) -> list[ResourceId]:
    return [VmKind.SCALE_SET.id_of("sub", "west", f"set{one}") for one in range(number)]


def places(wanted: list[ResourceId]) -> list[tuple[str, str | None, int]]:
    return [(one.subscription, one.group, len(one.wanted)) for one in lists_for(wanted)]


@pytest.mark.parametrize(
    ("wanted", "lists"),
    [
        ([], []),
        (vms(HANDFUL), []),
        (vms(HANDFUL) + vms(HANDFUL, "WEST", "SUB"), []),
        (vms(HANDFUL + 1), [("sub", "west", HANDFUL + 1)]),
        (vms(30) + vms(HANDFUL, "east"), [("sub", "west", 30)]),
        (vms(30) + vms(HANDFUL + 1, "east"), [("sub", None, 41)]),
        (vms(6) + vms(6, "east"), [("sub", None, 12)]),
        (vms(20) + vms(10, subscription="other"), [("sub", "west", 20)]),
        (vms(HANDFUL) + scale_sets(HANDFUL), []),
        (vms(20) + scale_sets(HANDFUL), [("sub", "west", 20)]),
        (vms(20) + scale_sets(12), [("sub", "west", 20), ("sub", "west", 12)]),
        (vms(20) + vms(20, "east", "other"), [("sub", "west", 20), ("other", "east", 20)]),
    ],
)
def test_what_is_listed(wanted: list[ResourceId], lists: list[tuple[str, str | None, int]]) -> None:
    assert places(wanted) == lists


counts = st.integers(min_value=0, max_value=2 * HANDFUL)


@law
@given(counts, counts, counts)
def test_at_most_a_handful_of_each_subscription_is_in_no_list(west: int, east: int, other: int) -> None:
    wanted = vms(west) + vms(east, "east") + vms(other, subscription="other")
    listed = {vm for one in lists_for(wanted) for vm in one.wanted}
    left = [vm for vm in wanted if vm not in listed]
    assert all(sum(vm.subscription == sub for vm in left) <= HANDFUL for sub in ("sub", "other"))
    assert len(lists_for(wanted)) <= 2


def test_a_list_that_has_cost_as_much_as_reading_is_given_up() -> None:
    (one,) = lists_for(vms(20))
    assert one.worth_vms == 1000
