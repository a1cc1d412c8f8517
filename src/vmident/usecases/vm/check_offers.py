"""Check a new VM's region, size and image before its deployment is sent, which would fail minutes later or in Azure's
words alone. Whatever cannot be read decides nothing: the deployment tells.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from vmident.core.vm_creation.offers import check_region, check_size, image_not_found
from vmident.core.vm_creation.request import VmSettings
from vmident.errors import UsageError, VmidentError
from vmident.ports.offers import Offers

T = TypeVar("T")

_PARTS_OF_AN_IMAGE = ("version", "sku", "offer", "publisher")
_LATEST = "latest"


def check_offers(subscription: str, region: str, settings: VmSettings, offers: Offers, *, is_typed: bool) -> None:
    """Raise `UsageError` or `size-not-available`, with near names, for what the region does not offer.

    `is_typed` says that the region was, and is not that of the resource group. Images by ID are left to Azure.
    """
    if is_typed:
        check_region(region, _unless_it_fails(lambda: offers.regions(subscription), otherwise=()))
    check_size(settings.size, region, _unless_it_fails(lambda: offers.sizes(subscription, region), otherwise=()))
    image = settings.image.reference
    if "publisher" in image and not _unless_it_fails(
        lambda: offers.has_image(subscription, region, image), otherwise=True
    ):
        raise _no_image(subscription, region, image, offers)


def _no_image(subscription: str, region: str, image: Mapping[str, str], offers: Offers) -> UsageError:
    """Suggest names for the lowest level of the image's name below which there are any."""
    for part in _PARTS_OF_AN_IMAGE:
        near = _names(subscription, region, image, part, offers)
        if near:
            return image_not_found(image, region, near, image[part])
    return image_not_found(image, region, (), "")


def _names(subscription: str, region: str, image: Mapping[str, str], part: str, offers: Offers) -> Sequence[str]:
    if image[part].lower() == _LATEST:
        return ()
    return _unless_it_fails(lambda: offers.names_beside(subscription, region, image, part), otherwise=())


def _unless_it_fails(ask: Callable[[], T], otherwise: T) -> T:
    try:
        return ask()
    except VmidentError as failure:
        if failure.ends_run:
            raise
        return otherwise
