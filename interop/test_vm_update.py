"""`az vm update --set identity.type=…`, by which the article takes identities away.

The Azure CLI writes the whole VM back as it has read it, without the image. Since its commands for VMs were generated
anew, in 2.91 at the latest, it leaves out `identity` as well: the command succeeds, and nothing changes. What a version
that sends it would do is allowed here too; everybody has to see the same in either case.
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
