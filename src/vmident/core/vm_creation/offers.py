"""What a region offers to make VMs of, and what to say of a region, size or image that it does not have.

Nothing listed decides nothing: a list may be empty because the caller may not see it, and the deployment tells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vmident.core.naming import did_you_mean
from vmident.core.resources import location_key
from vmident.core.shell import command_line
from vmident.errors import UsageError, VmidentError


@dataclass(frozen=True)
class SizeOffer:
    """A VM size of a region; `is_restricted` where the subscription cannot use it anywhere in the region."""

    name: str
    is_restricted: bool = False


def check_region(region: str, offered: Sequence[str]) -> None:
    """Raise `UsageError`, with near names, for a region that is not among those of the subscription."""
    if offered and location_key(region) not in map(location_key, offered):
        raise UsageError(
            f"Region '{region}' not found.{did_you_mean(location_key(region), offered)}",
            hint="To see all regions: az account list-locations -o table",
        )


def check_size(size: str, region: str, offered: Sequence[SizeOffer]) -> None:
    """Raise `UsageError` for a size that the region does not have, and `size-not-available` for a restricted one."""
    found = next((one for one in offered if one.name.lower() == size.lower()), None)
    listing = command_line("az", "vm", "list-skus", "--location", region, "--resource-type", "virtualMachines")
    hint = f"To see all sizes of the region: {listing} -o table"
    if found and found.is_restricted:
        raise VmidentError(
            f"VM size '{size}' is not available to this subscription in region '{region}'.",
            code="size-not-available",
            hint=f"Choose another --size or --location. {hint}",
        )
    if offered and found is None:
        alike = did_you_mean(size, [one.name for one in offered if not one.is_restricted])
        raise UsageError(f"VM size '{size}' not found in region '{region}'.{alike}", hint=hint)


def image_not_found(reference: Mapping[str, str], region: str, near: Sequence[str], wanted: str) -> UsageError:
    """Return the error for an image of the marketplace; `near` are the names that stand where `wanted` does."""
    urn = ":".join(reference[part] for part in ("publisher", "offer", "sku", "version"))
    listing = command_line(
        *("az", "vm", "image", "list", "--all", "--location", region, "--publisher", reference["publisher"])
    )
    return UsageError(
        f"Image '{urn}' not found in region '{region}'.{did_you_mean(wanted, near)}",
        hint=f"To see the publisher's images: {listing} -o table",
    )
