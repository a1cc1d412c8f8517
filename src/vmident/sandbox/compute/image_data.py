"""Which images and sizes of VMs there are: believable, not complete.

Images: the Azure CLI's aliases (`az vm image list`, and its file `aliases.json`, 2024) and those of the recordings.
Versions are of their time; those of the recordings are as recorded.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Image:
    """One image: its exact version, and the system in it as the VM's agent reports it."""

    version: str
    os_type: str
    os_name: str
    os_version: str
    disk_gb: int
    generation: str = "V2"


def _linux(version: str, name: str, system: str, disk_gb: int = 30, generation: str = "V2") -> Image:
    return Image(version, "Linux", name, system, disk_gb, generation)


def _windows(version: str, name: str, system: str, generation: str = "V2") -> Image:
    return Image(version, "Windows", name, system, 127, generation)


_IMAGES = {
    "Canonical:UbuntuServer:18.04-LTS": _linux("18.04.202006101", "ubuntu", "18.04", generation="V1"),
    "Canonical:0001-com-ubuntu-server-focal:20_04-lts-gen2": _linux("20.04.202410230", "ubuntu", "20.04"),
    "Canonical:0001-com-ubuntu-server-jammy:22_04-lts-gen2": _linux("22.04.202410170", "ubuntu", "22.04"),
    "Canonical:0001-com-ubuntu-server-jammy:22_04-lts": _linux("22.04.202410170", "ubuntu", "22.04", generation="V1"),
    "Canonical:ubuntu-24_04-lts:server": _linux("24.04.202410170", "ubuntu", "24.04"),
    "Canonical:ubuntu-24_04-lts:server-gen1": _linux("24.04.202410170", "ubuntu", "24.04", generation="V1"),
    "Debian:debian-10:10": _linux("0.20200610.293", "debian", "10.4", generation="V1"),
    "Debian:debian-11:11-backports-gen2": _linux("0.20241004.1890", "debian", "11.11"),
    "Debian:debian-11:11-gen2": _linux("0.20241004.1890", "debian", "11.11"),
    "Debian:debian-12:12-gen2": _linux("0.20241004.1890", "debian", "12.7"),
    "Debian:debian-12:12": _linux("0.20241004.1890", "debian", "12.7", generation="V1"),
    "RedHat:RHEL:8-lvm-gen2": _linux("8.10.2024090417", "redhat", "8.10", 64),
    "RedHat:RHEL:9-lvm-gen2": _linux("9.4.2024081415", "redhat", "9.4", 64),
    "RedHat:RHEL:9-raw": _linux("9.4.2024081415", "redhat", "9.4", 64, "V1"),
    "RedHat:RHEL:9_4": _linux("9.4.2024081415", "redhat", "9.4", 64, "V1"),
    "RedHat:rhel-raw:8_raw": _linux("8.10.2024090417", "redhat", "8.10", 64, "V1"),
    "RedHat:rhel-raw:8_raw_gen2": _linux("8.10.2024090417", "redhat", "8.10", 64),
    "RedHat:rhel-raw:9_raw": _linux("9.4.2024081415", "redhat", "9.4", 64, "V1"),
    "RedHat:rhel-raw:9_raw_gen2": _linux("9.4.2024081415", "redhat", "9.4", 64),
    "OpenLogic:CentOS:8_5-gen2": _linux("8.5.2022101401", "centos", "8.5"),
    "SUSE:openSUSE-leap-15-4:gen2": _linux("2023.10.31", "opensuse-leap", "15.4"),
    "SUSE:sles-15-sp5:gen2": _linux("2024.08.07", "sles", "15.5"),
    "kinvolk:flatcar-container-linux-free:stable-gen2": _linux("3975.2.1", "flatcar", "3975.2.1"),
    "MicrosoftCBLMariner:azure-linux-3:azure-linux-3-gen2": _linux("3.20241005.01", "azurelinux", "3.0"),
    "MicrosoftWindowsServer:WindowsServer:2022-datacenter-g2": _windows(
        "20348.2762.241006", "Windows Server 2022 Datacenter", "10.0.20348.2762"
    ),
    "MicrosoftWindowsServer:WindowsServer:2022-datacenter-azure-edition": _windows(
        "20348.2762.241006", "Windows Server 2022 Datacenter Azure Edition", "10.0.20348.2762"
    ),
    "MicrosoftWindowsServer:WindowsServer:2022-datacenter-azure-edition-core": _windows(
        "20348.2762.241006", "Windows Server 2022 Datacenter Azure Edition", "10.0.20348.2762"
    ),
    "MicrosoftWindowsServer:WindowsServer:2019-datacenter-gensecond": _windows(
        "17763.6414.241004", "Windows Server 2019 Datacenter", "10.0.17763.6414"
    ),
    "MicrosoftWindowsServer:WindowsServer:2019-Datacenter": _windows(
        "17763.6414.241004", "Windows Server 2019 Datacenter", "10.0.17763.6414", "V1"
    ),
    "MicrosoftWindowsServer:WindowsServer:2016-datacenter-gensecond": _windows(
        "14393.7428.241004", "Windows Server 2016 Datacenter", "10.0.14393.7428"
    ),
    "MicrosoftWindowsServer:WindowsServer:2016-Datacenter": _windows(
        "14393.7428.241004", "Windows Server 2016 Datacenter", "10.0.14393.7428", "V1"
    ),
}
_BY_KEY = {name.lower(): image for name, image in _IMAGES.items()}

# Sizes whose disks are premium unless something else is asked for, and those that have no premium storage.
_PREMIUM_NAMES = (
    "Standard_DS1_v2 Standard_DS2_v2 Standard_DS3_v2 Standard_DS4_v2 Standard_B1ls Standard_B1s Standard_B1ms "
    "Standard_B2s Standard_B2ms Standard_B4ms Standard_B2ts_v2 Standard_B2ls_v2 Standard_B2s_v2 Standard_B4s_v2 "
    "Standard_D2s_v3 Standard_D4s_v3 Standard_D8s_v3 Standard_D2s_v4 Standard_D4s_v4 Standard_D2s_v5 Standard_D4s_v5 "
    "Standard_D8s_v5 Standard_D2as_v5 Standard_D4as_v5 Standard_D2ds_v5 Standard_D4ds_v5 Standard_D2s_v6 "
    "Standard_E2s_v3 Standard_E4s_v3 Standard_E2s_v5 Standard_E4s_v5 Standard_F2s_v2 Standard_F4s_v2"
)
_STANDARD_NAMES = (
    "Standard_A1_v2 Standard_A2_v2 Standard_D1_v2 Standard_D2_v2 Standard_D3_v2 Standard_D2_v3 Standard_D4_v3 "
    "Standard_D2_v5 Standard_D4_v5 Standard_E2_v3 Standard_F1 Standard_NC6 Standard_NC24"
)
_PREMIUM = _PREMIUM_NAMES.split()
_STANDARD = _STANDARD_NAMES.split()
SIZES = tuple(sorted([*_PREMIUM, *_STANDARD]))

# Two sizes to fail with, so that a failure can be seen without preparing one. Both are of a series that Azure has
# retired. The first is never offered, which Azure says before anything is made; for the second there is never room,
# which Azure finds out while it makes the VM.
NEVER_OFFERED = "Standard_NC6"
NEVER_ROOM = "Standard_NC24"


def find_image(publisher: str, offer: str, sku: str, version: str) -> Image | None:
    """Find an image, in any case; `version` is `latest` or the exact one."""
    image = _BY_KEY.get(f"{publisher}:{offer}:{sku}".lower())
    return image if image and version.lower() in ("latest", image.version) else None


def names_at(*above: str) -> list[str]:
    """List the names below a publisher, or a publisher and an offer, of none the publishers; all in any case."""
    prefix = [one.lower() for one in above]
    split = (name.split(":") for name in _IMAGES)
    return sorted({parts[len(above)] for parts in split if [one.lower() for one in parts[: len(above)]] == prefix})


def find_size(text: str) -> str | None:
    """Return a size as Azure spells it, in any case; None for one that is not there."""
    return next((size for size in SIZES if size.lower() == text.lower()), None)


def default_storage(size: str) -> str:
    """Return the storage that a disk has on a size unless one is asked for."""
    return "Premium_LRS" if size in _PREMIUM else "Standard_LRS"
