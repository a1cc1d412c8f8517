"""What a subscription can make VMs of, in each region."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from vmident.core.vm_creation.offers import SizeOffer


class Offers(Protocol):
    """Regions, VM sizes and images of the marketplace."""

    def regions(self, subscription: str) -> Sequence[str]:
        """List the names of the regions, such as `westus`."""
        ...

    def sizes(self, subscription: str, region: str) -> Sequence[SizeOffer]:
        """List the VM sizes of a region."""
        ...

    def has_image(self, subscription: str, region: str, reference: Mapping[str, str]) -> bool:
        """Return whether the region has an image: `publisher`, `offer`, `sku` and `version`, which may be `latest`."""
        ...

    def names_beside(self, subscription: str, region: str, reference: Mapping[str, str], part: str) -> Sequence[str]:
        """List the names that could stand for one part of a reference: `publisher`, `offer`, `sku` or `version`."""
        ...
