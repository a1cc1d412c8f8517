"""Which of Azure's budgets a request draws on.

Sizes and refills: Microsoft's 'Throttling limits' of the Resource Manager, of compute, of managed identities and of
role assignments (the table in the project's wire facts). What is drawn for one VM or one operation alone is left out:
the schedules of `core.polling` stay within it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TypeAlias

from msgspec import Struct

from vmident.core.rate_limit import Bucket
from vmident.core.vm_kind import VmKind
from vmident.ports.fleet import RequestCost, RequestKind

_MINUTE = 60.0
READS, WRITES = "subscription-reads", "subscription-writes"
UPDATES = "UpdateVMSubscriptionMaximum"
VM_READS = "LowCostGetSubscriptionMaximum"
SCALE_SET_UPDATES = "VMScaleSetActionsSubscriptionMaximum"
SCALE_SET_BATCHES = "VMScaleSetBatchedVMRequestsSubscriptionMaximum"
SCALE_SET_READS = "GetVMScaleSetSubscriptionMaximum"
LOOKS = "GetOperationSubscriptionMaximum"
MADE, ATTACHED, ASSIGNMENTS = "identities made", "identities attached", "role assignments"

BUCKETS: Mapping[str, Bucket] = {
    READS: Bucket(250, 25),
    WRITES: Bucket(200, 10),
    UPDATES: Bucket(1500, 500 / _MINUTE),
    VM_READS: Bucket(24_000, 8_000 / _MINUTE),
    # Sizes as recorded. The refills are not documented; a third of the size each minute is what Azure's buckets have.
    SCALE_SET_UPDATES: Bucket(1500, 500 / _MINUTE),
    SCALE_SET_BATCHES: Bucket(6000, 2_000 / _MINUTE),
    SCALE_SET_READS: Bucket(2400, 800 / _MINUTE),
    LOOKS: Bucket(15_000, 5_000 / _MINUTE),
    MADE: Bucket(80, 80 / 20),
    ATTACHED: Bucket(300, 300 / 20),
    ASSIGNMENTS: Bucket(100, 100 / _MINUTE),
}
"""By the name that answers call them by, where they do."""

_OF_ONE_RESOURCE = frozenset(
    {
        "UpdateVMResource",
        "LowCostGetResource",
        "VMScaleSetActionsResource",
        "GetVMScaleSetResource",
        "GetOperationResource",
    }
)
_READS_OF = {VmKind.VM: (VM_READS,), VmKind.SCALE_SET: (SCALE_SET_READS,)}
_WRITES_OF = {VmKind.VM: (UPDATES,), VmKind.SCALE_SET: (SCALE_SET_UPDATES, SCALE_SET_BATCHES)}

Key: TypeAlias = "tuple[str, str, str]"
"""A bucket's name, the subscription, and the region, which is empty where the bucket is one of all regions."""


class TokenUse(Struct, frozen=True):
    """So many tokens from one bucket."""

    key: Key
    count: int


@lru_cache(maxsize=4096)
def token_uses_of(cost: RequestCost) -> tuple[TokenUse, ...]:
    """Return what a request draws."""
    return tuple(_draws(cost))


def _draws(cost: RequestCost) -> Iterator[TokenUse]:
    everywhere, there = (cost.subscription, ""), (cost.subscription, cost.region)
    if cost.kind is RequestKind.READ_VM:
        yield TokenUse((READS, *everywhere), 1)
        yield from (TokenUse((name, *there), 1) for name in _READS_OF[cost.vm_kind])
    elif cost.kind is RequestKind.READ_IDENTITY:
        yield TokenUse((READS, *everywhere), 1)
    elif cost.kind is RequestKind.LOOK:
        yield TokenUse((READS, *everywhere), 1)
        yield TokenUse((LOOKS, *there), 1)
    elif cost.kind is RequestKind.WRITE_VM:
        yield TokenUse((WRITES, *everywhere), 1)
        yield from (TokenUse((name, *there), 1) for name in _WRITES_OF[cost.vm_kind])
        if cost.made:
            yield TokenUse((MADE, *there), cost.made)
        if cost.attached:
            yield TokenUse((ATTACHED, *there), cost.attached)
    elif cost.assignments:
        yield TokenUse((WRITES, *everywhere), cost.assignments)
        yield TokenUse((ASSIGNMENTS, *everywhere), cost.assignments)


def buckets_behind(cost: RequestCost, code: str, target: str | None) -> frozenset[Key]:
    """Return which buckets a 429 of a request speaks of, by Azure's code and the target in its details.

    None for the budget of one VM or one operation: then this request alone has to wait.
    """
    keys = {draw.key for draw in token_uses_of(cost)}
    if target in _OF_ONE_RESOURCE:
        return frozenset()
    named = {key for key in keys if key[0] == target}
    if not named and code == "SubscriptionRequestsThrottled":
        named = {key for key in keys if key[0] in {READS, WRITES}}
    # What makes and attaches identities refuses without saying which budget it was.
    return frozenset(named or {key for key in keys if key[0] in {MADE, ATTACHED, ASSIGNMENTS}} or keys)


def lower_bound_seconds(costs: Mapping[RequestCost, int]) -> float:
    """Return the least seconds, with full buckets, until Azure's limits let the last of these requests go."""
    needs: dict[Key, int] = {}
    for cost, number in costs.items():
        for draw in token_uses_of(cost):
            needs[draw.key] = needs.get(draw.key, 0) + draw.count * number
    return max((BUCKETS[key[0]].seconds_for(need) for key, need in needs.items()), default=0.0)
