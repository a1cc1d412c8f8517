"""`az vm update --set identity.type=…`, by which the article takes identities away.

The Azure CLI writes the whole VM back, as it has read it. Since its commands for VMs were generated anew, 2.91 among
them, it leaves `identity` out of that: the command succeeds, and nothing changes. A version that sends it again
changes what it says; what holds for both is that everybody sees the same.
"""

from __future__ import annotations

import pytest

from interop.azure_cli import GROUP, AzureCli


@pytest.mark.parametrize(
    ("vm", "setting", "kept", "wanted"),
    [
        ("appVM", "identity.type=UserAssigned", "SystemAssigned, UserAssigned", "UserAssigned"),
        ("webVM", "identity.type=none", "SystemAssigned", "None"),
        (
            "appVM",
            "identity.type=SystemAssigned identity.userAssignedIdentities=null",
            "SystemAssigned, UserAssigned",
            "SystemAssigned",
        ),
        ("dbVM", "identity.type=none identity.userAssignedIdentities=null", "UserAssigned", "None"),
    ],
)
def test_the_whole_vm_is_taken_back(az: AzureCli, vm: str, setting: str, kept: str, wanted: str) -> None:
    before = az.vmident("show", vm)["identity"]
    said = az(f"vm update -g {GROUP} -n {vm} --set {setting}")
    after = az.identity(vm)
    assert after["type"] in (kept, wanted)
    assert (said["identity"] or {"type": "None"})["type"] == after["type"]
    if after["type"] == kept:
        assert az.vmident("show", vm)["identity"] == before
    assert said["provisioningState"] in ("Succeeded", "Updating")
