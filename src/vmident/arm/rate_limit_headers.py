"""What an answer says is left in Azure's budgets, by the names that Azure has for them.

Source: the headers of the recordings, and Microsoft's pages on throttling in Resource Manager and in compute:
`x-ms-ratelimit-remaining-subscription-reads: 249`, and
`x-ms-ratelimit-remaining-resource: Microsoft.Compute/UpdateVMSubscriptionMaximum;1499,Microsoft.Compute/…;11`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

_PREFIX = "x-ms-ratelimit-remaining-"
_OF_RESOURCES = "resource"


def remaining_in(headers: Mapping[str, str]) -> dict[str, int]:
    """Read what is left: `subscription-reads`, `UpdateVMSubscriptionMaximum`; what does not read is left out."""
    return dict(_remaining(headers))


def _remaining(headers: Mapping[str, str]) -> Iterator[tuple[str, int]]:
    for name, value in headers.items():
        if not name.lower().startswith(_PREFIX):
            continue
        kind = name.lower().removeprefix(_PREFIX)
        if kind != _OF_RESOURCES:
            yield from _pair(kind, value)
            continue
        for part in value.split(","):
            title, _, number = part.strip().partition(";")
            yield from _pair(title.rpartition("/")[2], number)


def _pair(name: str, number: str) -> Iterator[tuple[str, int]]:
    # What no budget is left out: digits of other scripts, and numbers that `int` refuses to read for their length.
    if len(number) < 12 and number.strip().isascii() and number.strip().isdigit():
        yield name, int(number)
