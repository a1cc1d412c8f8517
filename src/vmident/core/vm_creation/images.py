"""Which image a word means: an alias, a URN of the marketplace, or the full id of an image of one's own.

Aliases stand for the URNs that the Azure CLI has for them, in its `_alias.py` and `az vm image list`, read 2026-11. It
has no `Debian12` and no `RHELRaw9`: what they stand for is assumed from the publishers' other offers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum

from msgspec import Struct, field

from vmident.core.naming import did_you_mean
from vmident.core.rbac.scope import Scope
from vmident.core.resource_id import looks_like_id
from vmident.errors import BadResourceId, UsageError


class OsType(Enum):
    """The two kinds of system that a VM can run, in ARM's words."""

    LINUX = "Linux"
    WINDOWS = "Windows"


class Image(Struct, frozen=True):
    """An image; `reference` is ARM's `imageReference`, `plan` what the marketplace sells it under, if it does.

    `os` is `None` where the name alone does not tell.
    """

    reference: Mapping[str, str]
    os: OsType | None
    plan: Mapping[str, str] = field(default_factory=dict)


_LINUX = {
    "AzureLinux4": "microsoftazurelinux:azurelinux-4:4",
    "CentOS85Gen2": "OpenLogic:CentOS:8_5-gen2",
    "Debian11": "Debian:debian-11:11-backports-gen2",
    "Debian12": "Debian:debian-12:12-gen2",
    "FlatcarLinuxFreeGen2": "kinvolk:flatcar-container-linux-free:stable-gen2",
    "OpenSuseLeap154Gen2": "SUSE:openSUSE-leap-15-4:gen2",
    "RHELRaw8LVMGen2": "RedHat:RHEL:8-lvm-gen2",
    "RHELRaw9": "RedHat:rhel-raw:9_raw_gen2",
    "SuseSles15SP3": "SUSE:sles-15-sp3:gen2",
    "SuseSles15SP5": "SUSE:sles-15-sp5:gen2",
    "Ubuntu2204": "Canonical:0001-com-ubuntu-server-jammy:22_04-lts-gen2",
    "Ubuntu2404": "Canonical:ubuntu-24_04-lts:server",
    "Ubuntu2404Pro": "Canonical:ubuntu-24_04-lts:ubuntu-pro",
}
_WINDOWS = {
    "Win2022Datacenter": "MicrosoftWindowsServer:WindowsServer:2022-datacenter-g2",
    "Win2022AzureEditionCore": "MicrosoftWindowsServer:WindowsServer:2022-datacenter-azure-edition-core",
    "Win2019Datacenter": "MicrosoftWindowsServer:WindowsServer:2019-datacenter-gensecond",
    "Win2016Datacenter": "MicrosoftWindowsServer:WindowsServer:2016-datacenter-gensecond",
    "Win2012R2Datacenter": "MicrosoftWindowsServer:WindowsServer:2012-R2-Datacenter",
    "Win2012Datacenter": "MicrosoftWindowsServer:WindowsServer:2012-Datacenter",
}
ALIASES = (*_LINUX, *_WINDOWS)

# Publishers of one kind of system alone.
_LINUX_PUBLISHERS = frozenset({urn.partition(":")[0].lower() for urn in _LINUX.values()} | {"almalinux", "resf"})
_WINDOWS_PUBLISHERS = frozenset({"microsoftwindowsserver", "microsoftwindowsdesktop"})
# Flatcar is sold, at no cost, under a plan; without it Azure refuses the VM (Flatcar's own page on Azure).
_SOLD_UNDER_A_PLAN = frozenset({"kinvolk"})

_URN_PART = re.compile(r"[\w.-]+")
_IMAGE_TYPES = (
    ("microsoft.compute", "images"),
    ("microsoft.compute", "galleries", "images"),
    ("microsoft.compute", "galleries", "images", "versions"),
)
_SHAPES = "Use an alias, a URN (PUBLISHER:OFFER:SKU:VERSION) or the resource ID of an image."


def image_named(word: str) -> Image:
    """Return the image that a word means; raises `UsageError`, with near aliases, for what names none."""
    text = word.strip()
    if looks_like_id(text):
        return _own_image(text)
    if ":" in text:
        return _from_the_marketplace(text)
    for aliases in (_LINUX, _WINDOWS):
        urn = {alias.lower(): urn for alias, urn in aliases.items()}.get(text.lower())
        if urn:
            return _from_the_marketplace(f"{urn}:latest")
    alike = did_you_mean(text, ALIASES)
    raise UsageError(f"'{text}' is not an image alias.{alike}", hint=f"{_SHAPES} Aliases: {', '.join(ALIASES)}")


def _from_the_marketplace(urn: str) -> Image:
    parts = urn.split(":")
    if len(parts) != 4 or not all(_URN_PART.fullmatch(part) for part in parts):
        raise UsageError(f"'{urn}' is not an image URN.", hint=_SHAPES)
    publisher, offer, sku, version = parts
    reference = {"publisher": publisher, "offer": offer, "sku": sku, "version": version}
    is_sold = publisher.lower() in _SOLD_UNDER_A_PLAN
    return Image(
        reference, _os_of(publisher), {"name": sku, "publisher": publisher, "product": offer} if is_sold else {}
    )


def _os_of(publisher: str) -> OsType | None:
    if publisher.lower() in _LINUX_PUBLISHERS:
        return OsType.LINUX
    return OsType.WINDOWS if publisher.lower() in _WINDOWS_PUBLISHERS else None


def _own_image(text: str) -> Image:
    try:
        image_id = str(Scope.parse(text))
    except BadResourceId as bad:
        raise UsageError(f"'{text}' is not the resource ID of an image.", hint=_SHAPES) from bad
    namespace, *levels = image_id.partition("/providers/")[2].lower().split("/")
    if (namespace, *levels[::2]) not in _IMAGE_TYPES:
        raise UsageError(f"'{text}' is not the resource ID of an image.", hint=_SHAPES)
    return Image({"id": image_id}, None)
