"""What a PUT of a VM asks for, checked as far as its own body goes, and how the VM will show it: pure.

1. A size, an image, a user's name and a way in are required, and at least one network interface.
2. The user's name and the password follow the rules of Microsoft's REST reference ('Virtual Machines - Create Or
   Update', `osProfile`): on Windows 8 to 123 characters, on Linux 6 to 72, three of the four kinds.
3. The password is checked and dropped: what comes back from here does not hold it.

What the shown profile looks like: exchange 11 of the recording `vm-user-identities-2020.json` (a key) and exchange 7
of `vm-system-identity-2020.json` (a password).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vmident.sandbox import errors
from vmident.sandbox.compute import errors as compute_errors
from vmident.sandbox.compute.image_data import NEVER_OFFERED, SIZES, Image, default_storage, find_image, find_size
from vmident.sandbox.network import errors as network_errors

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_ADMIN_NAMES = (
    "administrator admin user user1 test user2 test1 user3 admin1 1 123 a actuser adm admin2 aspnet backup console "
    "david guest john owner root server sql support support_388945a0 sys test2 test3 user4 user5"
)
_NEVER_ADMIN = frozenset(_ADMIN_NAMES.split())
_USED_BY_ALL = "abc@123 P@$$w0rd P@ssw0rd P@ssword123 Pa$$word pass@word1 Password! Password1 Password22 iloveyou!"
_NEVER_PASSWORD = frozenset(_USED_BY_ALL.split())
_PROFILES = ("hardwareProfile", "storageProfile", "osProfile", "networkProfile", "securityProfile")
# User data is write-only: Azure shows it with `$expand=userData` alone.
_PROPERTIES = (
    "userData",
    *_PROFILES,
    "provisioningState",
    "vmId",
    "timeCreated",
    "instanceView",
    "virtualMachineScaleSet",
)
_SECURITY = ("securityType", "uefiSettings", "encryptionAtHost", "encryptionIdentity", "proxyAgentSettings")
_WINDOWS = ("provisionVMAgent", "enableAutomaticUpdates")
_KINDS = (r"[a-z]", r"[A-Z]", r"\d", r"[\W_]")
_NEVER_IN_A_NAME = set("`~!@#$%^&*()=+_[]{}\\|;:'\",<>/?")
_BEYOND = "of a VM that is made"


@dataclass(frozen=True)
class NicReference:
    """A network interface of a VM: `delete_option` is `Delete`, `Detach`, or empty where none was asked for."""

    id: str
    is_primary: bool
    delete_option: str = ""


@dataclass(frozen=True)
class Profile:
    """A VM as asked for: its size, image, network interfaces; the rest is as answers carry it.

    Where `disk` has no name, the VM gives it one. `controller` is `SCSI`, `NVMe`, or empty where none was asked for.
    """

    size: str
    image: Image
    nics: tuple[NicReference, ...]
    image_reference: dict[str, Any]
    disk: dict[str, Any]
    os_profile: dict[str, Any]
    security: dict[str, Any]
    controller: str = ""


def read_profile(properties: Any, name: str, location: str, *, held_image: Mapping[str, Any] | None = None) -> Profile:
    """Read the `properties` of a PUT of the VM `name`; raises what Azure says of one that it would not make.

    A VM that is there, made from `held_image`, needs no password or image in the request: the Azure CLI leaves
    out the image when it writes back a VM that it has read (`get_vm_to_update_by_aaz`, 2.91).
    """
    is_new = held_image is None
    content = _members(properties, "properties", _PROPERTIES)
    size = _read_size(content.get("hardwareProfile"), location)
    known = ["imageReference", "osDisk", "dataDisks", "diskControllerType"]
    storage = _members(content.get("storageProfile"), "storageProfile", known)
    if storage.get("dataDisks"):
        raise errors.not_in_the_sandbox(f"'dataDisks' {_BEYOND}")
    reference, image = _read_image(storage.get("imageReference") or held_image)
    disk = _read_disk(storage.get("osDisk"), size, image)
    os_profile = _read_system(content.get("osProfile"), name, image, is_new=is_new)
    nics = _read_nics(content.get("networkProfile"))
    security = _members(content.get("securityProfile"), "securityProfile", _SECURITY)
    controller = storage.get("diskControllerType", "")
    if controller not in ("", "SCSI", "NVMe"):
        raise errors.parameter_invalid("The value of parameter 'diskControllerType' is invalid.", "diskControllerType")
    return Profile(size, image, nics, reference, disk, os_profile, security, controller)


def _members(value: Any, what: str, known: Iterable[str]) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise errors.content_invalid(f"Error converting value to an object. Path '{what}'.")
    for member, inner in value.items():
        if member not in known and inner not in (None, [], {}, False):
            raise errors.not_in_the_sandbox(f"'{what}.{member}' {_BEYOND}")
    return {member: inner for member, inner in value.items() if inner is not None}


def _read_size(value: Any, location: str) -> str:
    asked = _members(value, "hardwareProfile", ["vmSize"]).get("vmSize")
    if not asked:
        raise compute_errors.required("hardwareProfile.vmSize")
    size = find_size(str(asked))
    if size is None:
        raise compute_errors.size_invalid(str(asked), SIZES)
    if size == NEVER_OFFERED:
        raise compute_errors.size_not_available(size, location)
    return size


def _read_image(value: Any) -> tuple[dict[str, Any], Image]:
    asked = _members(value, "imageReference", ["publisher", "offer", "sku", "version", "exactVersion"])
    for member in ("publisher", "offer", "sku", "version"):
        if not asked.get(member):
            raise compute_errors.required(f"imageReference.{member}")
    words = [str(asked[member]) for member in ("publisher", "offer", "sku", "version")]
    image = find_image(*words)
    if image is None:
        raise compute_errors.image_not_found(":".join(words))
    reference = dict(zip(("publisher", "offer", "sku", "version"), words, strict=True))
    return {**reference, "exactVersion": image.version}, image


def _read_disk(value: Any, size: str, image: Image) -> dict[str, Any]:
    known = ["name", "createOption", "caching", "managedDisk", "diskSizeGB", "osType", "deleteOption"]
    asked = _members(value, "osDisk", known)
    managed = _members(asked.get("managedDisk"), "managedDisk", ["storageAccountType", "id"])
    if str(asked.get("createOption", "FromImage")).lower() != "fromimage":
        raise errors.not_in_the_sandbox(f"a disk that is not made from an image, {_BEYOND}")
    disk = {
        "osType": image.os_type,
        "name": asked.get("name"),
        "createOption": "FromImage",
        "caching": asked.get("caching", "ReadWrite"),
        "storageAccountType": managed.get("storageAccountType", default_storage(size)),
        "diskSizeGB": asked.get("diskSizeGB", image.disk_gb),
    }
    return {**disk, "deleteOption": asked["deleteOption"]} if "deleteOption" in asked else disk


def _read_system(value: Any, vm_name: str, image: Image, *, is_new: bool) -> dict[str, Any]:
    known = "computerName adminUsername adminPassword linuxConfiguration windowsConfiguration secrets "
    known += "allowExtensionOperations requireGuestProvisionSignal"
    asked = _members(value, "osProfile", known.split())
    is_windows = image.os_type == "Windows"
    computer_name = str(asked.get("computerName", vm_name))
    _check_computer_name(computer_name, is_windows=is_windows)
    user = asked.get("adminUsername")
    if not user:
        raise compute_errors.required("osProfile.adminUsername")
    _check_user(str(user), is_windows=is_windows)
    password = asked.get("adminPassword")
    if password is not None:
        _check_password(str(password), is_windows=is_windows)
    shown: dict[str, Any] = {"computerName": computer_name, "adminUsername": user}
    if is_windows:
        if password is None and is_new:
            raise compute_errors.required("osProfile.adminPassword")
        _members(asked.get("windowsConfiguration"), "windowsConfiguration", [*_WINDOWS, "patchSettings"])
        shown["windowsConfiguration"] = dict.fromkeys(_WINDOWS, True)
    else:
        has_password = password is not None or not is_new
        shown["linuxConfiguration"] = _read_linux(asked.get("linuxConfiguration"), has_password=has_password)
    shown |= {"secrets": [], "allowExtensionOperations": True, "requireGuestProvisionSignal": True}
    return shown


def _read_linux(value: Any, *, has_password: bool) -> dict[str, Any]:
    asked = _members(
        value, "linuxConfiguration", ["disablePasswordAuthentication", "ssh", "provisionVMAgent", "patchSettings"]
    )
    keys = _members(asked.get("ssh"), "ssh", ["publicKeys"]).get("publicKeys", [])
    only_keys = bool(asked.get("disablePasswordAuthentication", False))
    if (only_keys and not keys) or not (keys or has_password):
        raise compute_errors.no_way_in()
    shown: dict[str, Any] = {"disablePasswordAuthentication": only_keys}
    if keys:
        shown["ssh"] = {"publicKeys": [{"path": key.get("path"), "keyData": key.get("keyData")} for key in keys]}
    return {**shown, "provisionVMAgent": True}


def _read_nics(value: Any) -> tuple[NicReference, ...]:
    found = _members(value, "networkProfile", ["networkInterfaces"]).get("networkInterfaces", [])
    if not found:
        raise compute_errors.required("networkProfile.networkInterfaces")
    nics = []
    for one in found:
        entry = _members(one, "networkInterfaces", ["id", "properties", "primary"])
        if not isinstance(entry.get("id"), str):
            raise network_errors.format_invalid("a network interface of a VM has an id")
        properties = entry.get("properties") or {}
        is_primary = bool(properties.get("primary", len(found) == 1))
        nics.append(NicReference(entry["id"], is_primary, str(properties.get("deleteOption") or "")))
    return tuple(nics)


def _check_computer_name(name: str, *, is_windows: bool) -> None:
    bad = bool(set(name) & _NEVER_IN_A_NAME) or not name
    if is_windows and (bad or len(name) > 15 or name.isdigit() or "." in name):
        raise compute_errors.windows_name_wrong()
    if bad or len(name) > 64:
        raise compute_errors.linux_name_wrong()


def _check_user(name: str, *, is_windows: bool) -> None:
    longest = 20 if is_windows else 64
    if name.lower() in _NEVER_ADMIN:
        raise compute_errors.admin_name_not_allowed()
    if len(name) > longest or (is_windows and name.endswith(".")):
        raise compute_errors.admin_name_wrong(longest)


def _check_password(password: str, *, is_windows: bool) -> None:
    shortest, longest = (8, 123) if is_windows else (6, 72)
    kinds = sum(re.search(kind, password) is not None for kind in _KINDS)
    fits = shortest <= len(password) <= longest and kinds >= 3
    if not fits or any(ord(character) < 32 or ord(character) == 127 for character in password):
        raise compute_errors.password_wrong(shortest, longest)
    if password in _NEVER_PASSWORD:
        raise compute_errors.password_not_allowed()
