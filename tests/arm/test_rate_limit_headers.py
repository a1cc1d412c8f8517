from __future__ import annotations

from vmident.arm.rate_limit_headers import remaining_in


def test_what_is_left_is_read_by_azures_names() -> None:
    """Headers as in the recordings of 2025 and 2026."""
    headers = {
        "x-ms-ratelimit-remaining-subscription-reads": "249",
        "X-Ms-Ratelimit-Remaining-Subscription-Global-Reads": "3749",
        "x-ms-ratelimit-remaining-resource": (
            "Microsoft.Compute/UpdateVMSubscriptionMaximum;1499,Microsoft.Compute/UpdateVMResource;11"
        ),
        "Date": "Wed, 25 Nov 2026 00:00:00 GMT",
    }
    assert remaining_in(headers) == {
        "subscription-reads": 249,
        "subscription-global-reads": 3749,
        "UpdateVMSubscriptionMaximum": 1499,
        "UpdateVMResource": 11,
    }


def test_what_does_not_read_is_left_out() -> None:
    headers = {
        "x-ms-ratelimit-remaining-subscription-reads": "many",
        "x-ms-ratelimit-remaining-resource": "Microsoft.Compute/LowCostGetResource;-1,;,Microsoft.Compute/Other",
    }
    assert remaining_in(headers) == {}
