"""Regions, VM sizes and images: the SDK's compute client, and ARM's list of locations.

Source: Microsoft's REST reference for 'Resource Skus - List', 'Virtual Machine Images - List' and 'Subscriptions - List
Locations'. A SKU's restriction of type `Location` bars the size from the whole region; one of type `Zone` does not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from vmident.arm.answers import read
from vmident.arm.connection import Connection
from vmident.arm.paging import pages
from vmident.arm.pipeline_policy import raw_content
from vmident.arm.wire.vm_creation_types import NamedBody
from vmident.core.vm_creation.offers import SizeOffer
from vmident.errors import NotFound

if TYPE_CHECKING:
    from azure.mgmt.compute import ComputeManagementClient

LOCATIONS_API_VERSION = "2022-12-01"
IMAGES_API_VERSION = "2024-07-01"
_VMS = "virtualmachines"


class ArmOffers:
    """`vmident.ports.offers.Offers`, as ARM and compute have them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def regions(self, subscription: str) -> Sequence[str]:
        """GET the locations of the subscription."""
        path = f"/subscriptions/{subscription}/locations"
        return [one.name for one in pages(self._connection, path, LOCATIONS_API_VERSION, NamedBody, "a region")]

    def sizes(self, subscription: str, region: str) -> Sequence[SizeOffer]:
        """List the resource SKUs of the region, and take those of VMs."""
        skus = self._client(subscription).resource_skus

        def listed() -> list[SizeOffer]:
            found = skus.list(filter=f"location eq '{region}'")
            return [_size(one) for one in found if str(one.resource_type).lower() == _VMS and one.name]

        offers: list[SizeOffer] = self._connection.patiently(lambda: self._connection.call(listed))
        return offers

    def has_image(self, subscription: str, region: str, reference: Mapping[str, str]) -> bool:
        """List the versions of the image; `latest` is any."""
        versions = self.names_beside(subscription, region, reference, "version")
        wanted = reference["version"].lower()
        return bool(versions) if wanted == "latest" else wanted in map(str.lower, versions)

    def names_beside(self, subscription: str, region: str, reference: Mapping[str, str], part: str) -> Sequence[str]:
        """List the level of the image's name; a level above that does not exist has none."""
        images = self._client(subscription).virtual_machine_images
        publisher, offer, sku = (reference[name] for name in ("publisher", "offer", "sku"))
        raw: Any = {"cls": raw_content, "api_version": IMAGES_API_VERSION}
        ask = {
            "publisher": lambda: images.list_publishers(region, **raw),
            "offer": lambda: images.list_offers(region, publisher, **raw),
            "sku": lambda: images.list_skus(region, publisher, offer, **raw),
            "version": lambda: images.list(region, publisher, offer, sku, **raw),
        }[part]
        try:
            content: Any = self._connection.patiently(lambda: self._connection.call(ask))
        except NotFound:
            return []
        return [one.name for one in read(content, list[NamedBody], "a list of images")]

    def _client(self, subscription: str) -> ComputeManagementClient:
        from azure.mgmt.compute import ComputeManagementClient

        return self._connection.sdk(ComputeManagementClient, subscription)


def _size(sku: Any) -> SizeOffer:
    # The kind of a restriction is a `str` that is an `Enum` too.
    return SizeOffer(str(sku.name), any((one.type or "").lower() == "location" for one in sku.restrictions or ()))
