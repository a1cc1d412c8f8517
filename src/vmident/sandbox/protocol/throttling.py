"""Which buckets a request draws on, and how ARM says what is left or that nothing is.

Sizes and refills: the table in the wire facts (Microsoft's pages on ARM's and on compute's throttling).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from vmident.sandbox.errors import Refused
from vmident.sandbox.token_bucket import Bucket, after_draw, tokens_at, wait_seconds

if TYPE_CHECKING:
    from vmident.sandbox.token_bucket import Level

_RESOURCE_HEADER = "x-ms-ratelimit-remaining-resource"
_GLOBAL_FACTOR = 15
_MINUTE = 60.0


@dataclass(frozen=True)
class Draw:
    """So many tokens from one bucket: `name` is its row, `title` what Azure calls it."""

    bucket: Bucket
    name: str
    title: str
    # Who refuses, and so how: 'arm', 'compute', 'identity', 'authorization', 'graph' or 'microsoft-graph'.
    level: str
    count: int = 1


_ARM = {"reads": Bucket(250, 25), "writes": Bucket(200, 10), "deletes": Bucket(200, 10)}


def arm(kind: str, subscription: str) -> list[Draw]:
    """Return what `reads`, `writes` or `deletes` cost, for the principal and for all principals."""
    small = _ARM[kind]
    large = Bucket(small.size * _GLOBAL_FACTOR, small.per_second * _GLOBAL_FACTOR)
    return [
        Draw(small, f"arm/{subscription}/{kind}", f"subscription-{kind}", "arm"),
        Draw(large, f"arm/{subscription}/global-{kind}", f"subscription-global-{kind}", "arm"),
    ]


def tenant_read() -> list[Draw]:
    """Return what a read outside any subscription costs; size assumed to be that of a subscription."""
    return [Draw(_ARM["reads"], "arm/tenant/reads", "tenant-reads", "arm")]


def vm_write(what: str, region: str, vm: str) -> list[Draw]:
    """Return what a write to one VM costs: `UpdateVM` for PATCH, `PutVM` for PUT, `DeleteVM` for DELETE and deallocate.

    Source: the recordings; that an action on a VM draws on `UpdateVM` too is assumed of all but Run Command.
    """
    return _compute(
        (f"{what}SubscriptionMaximum", region, Bucket(1500, 500 / _MINUTE)),
        (f"{what}Resource", vm, Bucket(12, 4 / _MINUTE)),
    )


def scale_set_write(region: str, scale_set: str) -> list[Draw]:
    """Return what a write to one scale set costs; sizes recorded, refills assumed to be those of VMs."""
    return [
        *_compute(
            ("VMScaleSetActionsSubscriptionMaximum", region, Bucket(1500, 500 / _MINUTE)),
            ("VMScaleSetActionsResource", scale_set, Bucket(12, 4 / _MINUTE)),
        ),
        *_batched(region),
    ]


def scale_set_update_instances(region: str) -> list[Draw]:
    """Return what updating the instances of a scale set costs: nothing of the scale set's own budget (recorded)."""
    return [
        *_compute(("VMScaleSetActionsSubscriptionMaximum", region, Bucket(1500, 500 / _MINUTE))),
        *_batched(region),
    ]


def scale_set_read(region: str, scale_set: str) -> list[Draw]:
    """Return what a read of one scale set costs."""
    return _compute(
        ("GetVMScaleSetSubscriptionMaximum", region, Bucket(2400, 800 / _MINUTE)),
        ("GetVMScaleSetResource", scale_set, Bucket(36, 12 / _MINUTE)),
    )


def scale_set_list(region: str) -> list[Draw]:
    """Return what a page of scale sets costs; size reported in azure-cli issue 29722, refill assumed."""
    return _compute(("HighCostGetVMScaleSetSubscriptionMaximum", region, Bucket(1080, 360 / _MINUTE)))


def instance_write(region: str, instance: str, *, deletes: bool = False) -> list[Draw]:
    """Return what a write to one instance of a scale set costs; deletions have a budget of their own (recorded)."""
    what = "DeleteVMScaleSetVM" if deletes else "VMScaleSetVMActions"
    return [
        *_compute(
            (f"{what}SubscriptionMaximum", region, Bucket(2000, 666 / _MINUTE)),
            (f"{what}Resource", instance, Bucket(12, 4 / _MINUTE)),
        ),
        *_batched(region),
    ]


def instance_read(region: str, instance: str) -> list[Draw]:
    """Return what a read of one instance of a scale set costs."""
    return _compute(
        ("GetVMScaleSetVMSubscriptionMaximum", region, Bucket(6000, 2000 / _MINUTE)),
        ("GetVMScaleSetVMResource", instance, Bucket(36, 12 / _MINUTE)),
    )


def _batched(region: str) -> list[Draw]:
    """Return what a write to a scale set or an instance costs besides.

    One batched request for each write is as much as Azure was seen to take, or more. The last title is no budget but
    the length of a queue, 0 in all recordings: it draws nothing.
    """
    batched = _compute(("VMScaleSetBatchedVMRequestsSubscriptionMaximum", region, Bucket(6000, 2000 / _MINUTE)))
    queued = _compute(("VmssQueuedVMOperations", region, Bucket(0, 0)))
    return [*batched, *(replace(one, count=0) for one in queued)]


def vm_read(region: str, vm: str) -> list[Draw]:
    """Return what a read of one VM costs."""
    return _compute(
        ("LowCostGetSubscriptionMaximum", region, Bucket(24_000, 8_000 / _MINUTE)),
        ("LowCostGetResource", vm, Bucket(36, 12 / _MINUTE)),
    )


def vm_list(region: str) -> list[Draw]:
    """Return what a page of VMs costs."""
    return _compute(("HighCostGetSubscriptionMaximum", region, Bucket(900, 300 / _MINUTE)))


def operation_read(region: str, operation: str) -> list[Draw]:
    """Return what a look at an operation costs."""
    return _compute(
        ("GetOperationSubscriptionMaximum", region, Bucket(15_000, 5_000 / _MINUTE)),
        ("GetOperationResource", operation, Bucket(45, 15 / _MINUTE)),
    )


def _compute(*buckets: tuple[str, str, Bucket]) -> list[Draw]:
    return [Draw(bucket, f"compute/{title}/{scope.lower()}", title, "compute") for title, scope, bucket in buckets]


def identities(region: str, *, made: int = 0, attached: int = 0) -> list[Draw]:
    """Return what making and attaching identities cost."""
    draws = []
    if made:
        draws.append(Draw(Bucket(80, 4), f"identity/made/{region}", "identities made", "identity", made))
    if attached:
        draws.append(Draw(Bucket(300, 15), f"identity/attached/{region}", "identities attached", "identity", attached))
    return draws


def assignment_write() -> list[Draw]:
    """Return what writing or deleting a role assignment costs: about 100 a minute."""
    return [Draw(Bucket(100, 100 / _MINUTE), "authorization", "role assignments", "authorization")]


def graph() -> list[Draw]:
    """Return what a query of the Resource Graph costs: 15 in 5 seconds for a user."""
    return [Draw(Bucket(15, 3), "graph", "user-quota", "graph")]


def microsoft_graph(cost: int) -> list[Draw]:
    """Return what a request to Microsoft Graph costs, in resource units: 3,500 in 10 seconds for an app in a tenant.

    Source: 'Microsoft Graph service-specific throttling limits', for the smallest tenants.
    """
    return [Draw(Bucket(3_500, 350), "microsoft-graph", "resource units", "microsoft-graph", cost)]


class Levels(Protocol):
    """Where the levels of buckets are kept: the rows of the file, or memory."""

    def level(self, bucket: str) -> Level | None:
        """Return a bucket's level; None for one never drawn from."""

    def write_level(self, bucket: str, level: Level) -> None:
        """Write a bucket's level."""


@dataclass
class Meter:
    """Draws tokens during one request, and remembers what the answer is to say about it."""

    levels: Levels
    now_seconds: float
    subscription: str
    is_throttling: bool = True
    remaining: dict[str, str] = field(default_factory=dict)

    def draw(self, draws: list[Draw]) -> None:
        """Take all tokens or raise a 429; the caller then rolls back the whole request."""
        for draw in draws:
            level = self.levels.level(draw.name)
            left = after_draw(draw.bucket, level, self.now_seconds, draw.count)
            tokens = math.floor((left.tokens if left else tokens_at(draw.bucket, level, self.now_seconds)) + 1e-9)
            self._note(draw, tokens)
            if left is None and not self.is_throttling:
                continue
            if left is None:
                raise self._refusal(draw, wait_seconds(draw.bucket, level, self.now_seconds, draw.count))
            if draw.count:
                self.levels.write_level(draw.name, left)

    def _note(self, draw: Draw, tokens: int) -> None:
        if draw.level == "arm":
            self.remaining[f"x-ms-ratelimit-remaining-{draw.title}"] = str(tokens)
        elif draw.level == "compute":
            before = self.remaining.get(_RESOURCE_HEADER)
            entry = f"Microsoft.Compute/{draw.title};{tokens}"
            self.remaining[_RESOURCE_HEADER] = f"{before},{entry}" if before else entry
        elif draw.level == "graph":
            self.remaining["x-ms-user-quota-remaining"] = str(tokens)
            self.remaining["x-ms-user-quota-resets-after"] = "00:00:05"

    def _refusal(self, draw: Draw, seconds: int) -> Refused:
        code, message, details = {
            "arm": self._arm_words,
            "compute": self._compute_words,
            "identity": self._identity_words,
            "authorization": self._authorization_words,
            "graph": self._graph_words,
            "microsoft-graph": self._microsoft_graph_words,
        }[draw.level](draw, seconds)
        return Refused(429, code, message, headers={"retry-after": str(seconds)}, details=details)

    def _arm_words(self, draw: Draw, seconds: int) -> tuple[str, str, list[dict[str, str]]]:
        # Microsoft's page on throttling in Resource Manager.
        kind = draw.title.rpartition("-")[2]
        message = (
            f"Number of '{kind}' requests for subscription '{self.subscription}' exceeded. Please try again after "
            f"'{seconds}' seconds after additional tokens are available. Refer to https://aka.ms/arm-throttling for "
            "additional information."
        )
        return "SubscriptionRequestsThrottled", message, []

    def _compute_words(self, draw: Draw, seconds: int) -> tuple[str, str, list[dict[str, str]]]:
        # Microsoft's page on troubleshooting API throttling errors in compute; the nested text's numbers are ours.
        message = "The server rejected the request because too many requests have been received for this subscription."
        nested = (
            f'{{"operationGroup":"{draw.title}","allowedRequestCount":{draw.bucket.size},'
            f'"retryAfterSeconds":{seconds}}}'
        )
        return "OperationNotAllowed", message, [{"code": "TooManyRequests", "target": draw.title, "message": nested}]

    def _identity_words(self, draw: Draw, seconds: int) -> tuple[str, str, list[dict[str, str]]]:
        message = f"Too many requests: {draw.title}. Try again after {seconds} seconds."
        return "TooManyRequests", message, []

    def _authorization_words(self, draw: Draw, seconds: int) -> tuple[str, str, list[dict[str, str]]]:
        # alzlib issue 168, where the limit is that of another type.
        message = (
            f"Number of requests for Microsoft.Authorization exceeded the limit of '{draw.bucket.size}' for time "
            f"interval '00:01:00'. Please try again after '{seconds}' seconds."
        )
        return "ResourceRequestsThrottled", message, []

    def _graph_words(self, _draw: Draw, _seconds: int) -> tuple[str, str, list[dict[str, str]]]:
        # Microsoft's page on throttled requests in Azure Resource Graph.
        message = (
            "Client application has been throttled and should not attempt to repeat the request until an amount of "
            "time has elapsed. Please see https://aka.ms/resourcegraph-throttling for help."
        )
        outer = "Please provide below info when asking for support."
        return "RateLimiting", outer, [{"code": "RateLimiting", "message": message}]

    def _microsoft_graph_words(self, _draw: Draw, _seconds: int) -> tuple[str, str, list[dict[str, str]]]:
        # Microsoft's page 'Microsoft Graph throttling guidance'.
        return "TooManyRequests", "Too many requests", []


class FreeMeter(Meter):
    """Draws nothing: for what the cloud does by itself, which waits where a client would be throttled (assumed)."""

    def draw(self, draws: list[Draw]) -> None:
        """Leave the buckets as they are."""
