"""The images that VMs are made from, as compute lists them: publishers, offers, SKUs, versions, and one version.

Path and query: Microsoft's REST reference for 'Virtual Machine Images - List' and '- Get', version 2024-11-01; that a
list is an array, also with `$expand=properties`, is how the Azure CLI 2.91 reads it, though the API specification says
otherwise of the second. Members: the same pages. What is said of an image that is not there: public reports.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vmident.sandbox import errors
from vmident.sandbox.api_versions import LOCATIONS, known_location
from vmident.sandbox.compute.image_data import Image, find_image, names_at
from vmident.sandbox.http_messages import Response, json_answer
from vmident.sandbox.tenant import SUBSCRIPTION

if TYPE_CHECKING:
    from vmident.sandbox.protocol.call import Call

TYPE = "locations/publishers/artifacttypes/offers/skus/versions"
_ORDERS = ("", "name", "name asc", "name desc")


def list_names(call: Call) -> Response:
    """Answer the publishers, the offers of one, or the SKUs of an offer; 404 where what is above does not exist."""
    location = _region(call)
    above = [call.words[name] for name in ("publisher", "offer") if name in call.words]
    names = names_at(*above)
    if not names:
        raise _not_found()
    return json_answer(
        200, [{"location": location, "name": name, "id": _id_of(location, *above, name)} for name in names]
    )


def list_versions(call: Call) -> Response:
    """Answer the versions of an image: the one that there is, or none where `$top` is 0."""
    expand, order = call.query.get("$expand", ""), call.query.get("$orderby", "")
    if expand.lower() not in ("", "properties"):
        raise errors.not_in_the_sandbox(f"$expand={expand}")
    if order.lower() not in _ORDERS:
        raise errors.not_in_the_sandbox(f"$orderby={order}")
    top = call.query.get("$top", "1")
    if not top.isdecimal():
        raise errors.parameter_invalid(f"The value '{top}' of parameter '$top' is invalid.", "$top")
    shown = _shown(call, _found(call, "latest"), with_properties=bool(expand))
    return json_answer(200, [shown][: int(top)])


def read_version(call: Call) -> Response:
    """Answer one version; `latest` is a word for VMs, and names no version here."""
    version = call.words["version"]
    if version.lower() == "latest":
        raise _not_found()
    return json_answer(200, _shown(call, _found(call, version), with_properties=True))


def _region(call: Call) -> str:
    location = known_location(call.words["location"])
    if location is None:
        raise errors.location_not_available(call.words["location"], TYPE, LOCATIONS)
    return location


def _found(call: Call, version: str) -> Image:
    _region(call)
    image = find_image(call.words["publisher"], call.words["offer"], call.words["sku"], version)
    if image is None:
        raise _not_found()
    return image


def _not_found() -> errors.Refused:
    return errors.Refused(404, "NotFound", "Artifact: VMImage was not found.")


def _shown(call: Call, image: Image, *, with_properties: bool) -> dict[str, Any]:
    location = _region(call)
    # The names as they were asked for, which Azure does as well (assumed).
    image_id = _id_of(location, *(call.words[name] for name in ("publisher", "offer", "sku")), image.version)
    shown: dict[str, Any] = {"location": location, "name": image.version, "id": image_id}
    return {**shown, "properties": _properties(image)} if with_properties else shown


def _id_of(location: str, *names: str) -> str:
    levels = zip(("Publishers", "ArtifactTypes/VMImage/Offers", "Skus", "Versions"), names, strict=False)
    path = "/".join(f"{level}/{name}" for level, name in levels)
    return f"/Subscriptions/{SUBSCRIPTION}/Providers/Microsoft.Compute/Locations/{location}/{path}"


def _properties(image: Image) -> dict[str, Any]:
    # That every image of the second generation can be launched trusted, and of the first none, is near the truth.
    security = [{"name": "SecurityType", "value": "TrustedLaunchSupported"}] if image.generation == "V2" else []
    return {
        "hyperVGeneration": image.generation,
        "architecture": "x64",
        "osDiskImage": {"operatingSystem": image.os_type, "sizeInGb": image.disk_gb},
        "dataDiskImages": [],
        "automaticOSUpgradeProperties": {"automaticOSUpgradeSupported": True},
        "imageDeprecationStatus": {"imageState": "Active"},
        "features": security,
    }
