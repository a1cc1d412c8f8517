from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sandbox.cloud import COMPUTE, IDENTITIES, IN_GROUP, MSI, OTHER, RESOURCES, VMS, code_of
from vmident.sandbox.token_bucket import Bucket, Level, after_draw, tokens_at, wait_seconds

if TYPE_CHECKING:
    from tests.sandbox.cloud import Cloud

buckets = st.builds(Bucket, st.integers(1, 1000), st.floats(0.01, 100))
pauses = st.lists(st.floats(0, 100), max_size=60)
RESOURCE = "x-ms-ratelimit-remaining-resource"


@given(buckets, pauses)
def test_no_more_is_ever_drawn_than_size_and_refill_allow(bucket: Bucket, between: list[float]) -> None:
    level, now, drawn = None, 1000.0, 0
    for pause in between:
        now += pause
        left = after_draw(bucket, level, now)
        if left is not None:
            drawn, level = drawn + 1, left
            assert 0 <= left.tokens <= bucket.size
    assert drawn <= bucket.size + bucket.per_second * (now - 1000.0) + 1e-6


@given(buckets, st.floats(0, 1000), st.integers(1, 2000))
def test_after_the_wait_that_is_told_the_tokens_are_there(bucket: Bucket, tokens: float, count: int) -> None:
    level = Level(min(tokens, bucket.size), 1000.0)
    if after_draw(bucket, level, 1000.0, count) is None:
        seconds = wait_seconds(bucket, level, 1000.0, count)
        assert seconds >= 1
        assert after_draw(bucket, level, 1000.0 + seconds, count) is not None


@given(buckets, st.floats(0, 100))
def test_a_clock_set_back_refills_nothing(bucket: Bucket, back: float) -> None:
    level = Level(0.5, 1000.0)
    assert tokens_at(bucket, level, 1000.0 - back) == min(0.5, bucket.size)


def test_one_vm_takes_twelve_updates_and_then_four_a_minute(cloud: Cloud) -> None:
    left = [cloud.patch("myVM", {"wrong": 1}).headers[RESOURCE] for _ in range(12)]
    assert left[0] == "Microsoft.Compute/UpdateVMSubscriptionMaximum;1499,Microsoft.Compute/UpdateVMResource;11"
    assert left[-1].endswith("UpdateVMResource;0")

    refused = cloud.patch("myVM", {"tags": {}})

    assert code_of(refused) == (429, "OperationNotAllowed")
    assert refused.headers["retry-after"] == "15"
    assert refused.json()["error"]["details"][0]["code"] == "TooManyRequests"
    assert cloud.patch("webVM", {"tags": {}}).status == 200
    cloud.now += 15
    assert cloud.patch("myVM", {"tags": {}}).status == 200


def test_a_refused_request_draws_on_no_other_bucket(cloud: Cloud) -> None:
    for _ in range(12):
        cloud.patch("myVM", {"wrong": 1})
    before = cloud.patch("webVM", {"wrong": 1})
    for _ in range(5):
        cloud.patch("myVM", {"wrong": 1})
    after = cloud.patch("webVM", {"wrong": 1})
    header = "x-ms-ratelimit-remaining-subscription-writes"
    assert int(before.headers[header]) - int(after.headers[header]) == 1


def test_arm_lets_250_reads_through_and_then_25_a_second(cloud: Cloud) -> None:
    url = f"{IN_GROUP}?api-version={RESOURCES}"
    answers = [cloud.send("GET", url) for _ in range(251)]
    assert [answer.status for answer in answers] == [200] * 250 + [429]
    assert answers[0].headers["x-ms-ratelimit-remaining-subscription-reads"] == "249"
    assert answers[0].headers["x-ms-ratelimit-remaining-subscription-global-reads"] == "3749"
    assert code_of(answers[-1]) == (429, "SubscriptionRequestsThrottled")
    assert answers[-1].headers["retry-after"] == "1"
    cloud.now += 1
    assert [cloud.send("GET", url).status for _ in range(26)] == [200] * 25 + [429]
    assert cloud.delete_identity(OTHER).headers["x-ms-ratelimit-remaining-subscription-deletes"] == "199"


def test_one_operation_takes_45_looks(cloud: Cloud) -> None:
    url = cloud.identify("myVM", "SystemAssigned").headers["Azure-AsyncOperation"]
    answers = [cloud.send("GET", url) for _ in range(46)]
    assert answers[0].headers[RESOURCE] == (
        "Microsoft.Compute/GetOperationSubscriptionMaximum;14999,Microsoft.Compute/GetOperationResource;44"
    )
    assert [answer.status for answer in answers] == [200] * 45 + [429]


@pytest.mark.parametrize(
    ("url", "header"),
    [
        (
            f"{VMS}/myVM",
            "Microsoft.Compute/LowCostGetSubscriptionMaximum;23999,Microsoft.Compute/LowCostGetResource;35",
        ),
        (VMS, "Microsoft.Compute/HighCostGetSubscriptionMaximum;899"),
    ],
)
def test_reads_say_what_is_left_to_compute(cloud: Cloud, url: str, header: str) -> None:
    assert cloud.send("GET", f"{url}?api-version={COMPUTE}").headers[RESOURCE] == header


def test_eighty_identities_can_be_made_at_once(cloud: Cloud) -> None:
    statuses = [cloud.create_identity_resource(f"{IDENTITIES}/name{number}").status for number in range(81)]
    assert statuses == [201] * 80 + [429]
    refused = cloud.identify("myVM", "SystemAssigned")
    assert code_of(refused) == (429, "TooManyRequests")
    assert "identity" not in cloud.vm("myVM")
    cloud.now += 1
    assert cloud.identify("myVM", "SystemAssigned").status == 200


def test_three_hundred_identities_can_be_attached_at_once(cloud: Cloud) -> None:
    made: dict[str, Any] = {cloud.sandbox.add_identity("myResourceGroup", f"name{number}"): {} for number in range(200)}
    assert cloud.identify("myVM", "UserAssigned", named=made).status == 200
    assert code_of(cloud.identify("webVM", "UserAssigned", named=made)) == (429, "TooManyRequests")
    assert cloud.vm("webVM")["etag"] == '"1"'


def test_buckets_outlive_the_process(cloud: Cloud) -> None:
    cloud.send("GET", f"{OTHER}?api-version={MSI}")
    cloud.sandbox.close()
    answer = cloud.send("GET", f"{OTHER}?api-version={MSI}")
    assert answer.headers["x-ms-ratelimit-remaining-subscription-reads"] == "248"


def test_reads_outside_a_subscription_have_a_bucket_of_their_own(cloud: Cloud) -> None:
    answer = cloud.send("GET", "/subscriptions?api-version=2022-12-01")
    assert answer.headers["x-ms-ratelimit-remaining-tenant-reads"] == "249"
