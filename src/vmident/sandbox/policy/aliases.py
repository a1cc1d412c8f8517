"""The aliases of VMs and scale sets that the sandbox knows, and the path of each in the resource as ARM shows it.

Facts: names and paths as `az provider show --expand resourceTypes/aliases` prints them for Microsoft.Compute, as far as
a VM of the sandbox has the property. Azure has hundreds more; the sandbox refuses those as if they were unknown.
"""

from __future__ import annotations

VM = "Microsoft.Compute/virtualMachines"
SCALE_SET = "Microsoft.Compute/virtualMachineScaleSets"

# Below `properties`, under the same name.
_VM_PROPERTIES = """
    vmId provisioningState networkProfile networkProfile.networkInterfaces networkProfile.networkInterfaces[*]
    networkProfile.networkInterfaces[*].id osProfile osProfile.computerName osProfile.adminUsername
    osProfile.allowExtensionOperations osProfile.linuxConfiguration
    osProfile.linuxConfiguration.disablePasswordAuthentication osProfile.linuxConfiguration.provisionVMAgent
    osProfile.windowsConfiguration osProfile.windowsConfiguration.provisionVMAgent
    osProfile.windowsConfiguration.enableAutomaticUpdates storageProfile.imageReference
    storageProfile.imageReference.id storageProfile.imageReference.exactVersion storageProfile.osDisk
    storageProfile.osDisk.osType storageProfile.osDisk.name storageProfile.osDisk.caching
    storageProfile.osDisk.createOption storageProfile.osDisk.diskSizeGB storageProfile.osDisk.managedDisk.id
    storageProfile.osDisk.managedDisk.storageAccountType storageProfile.dataDisks storageProfile.dataDisks[*]
    storageProfile.dataDisks[*].name storageProfile.dataDisks[*].lun securityProfile securityProfile.encryptionAtHost
    securityProfile.securityType securityProfile.uefiSettings securityProfile.uefiSettings.secureBootEnabled
    securityProfile.uefiSettings.vTpmEnabled securityProfile.encryptionIdentity
    securityProfile.encryptionIdentity.userAssignedIdentityResourceId virtualMachineScaleSet.id
"""
_SCALE_SET_PROPERTIES = """
    provisioningState orchestrationMode upgradePolicy.mode virtualMachineProfile singlePlacementGroup
"""
# Those whose path is another one.
_VM_SPECIAL = {
    "Microsoft.Compute/virtualMachines/sku.name": "properties.hardwareProfile.vmSize",
    "Microsoft.Compute/virtualMachines/imagePublisher": "properties.storageProfile.imageReference.publisher",
    "Microsoft.Compute/virtualMachines/imageOffer": "properties.storageProfile.imageReference.offer",
    "Microsoft.Compute/virtualMachines/imageSku": "properties.storageProfile.imageReference.sku",
    "Microsoft.Compute/virtualMachines/imageVersion": "properties.storageProfile.imageReference.version",
    "Microsoft.Compute/virtualMachines/zones": "zones",
    "Microsoft.Compute/virtualMachines/zones[*]": "zones[*]",
}
_SCALE_SET_SPECIAL = {
    "Microsoft.Compute/virtualMachineScaleSets/sku.name": "sku.name",
    "Microsoft.Compute/virtualMachineScaleSets/sku.capacity": "sku.capacity",
    "Microsoft.Compute/virtualMachineScaleSets/zones": "zones",
    "Microsoft.Compute/virtualMachineScaleSets/zones[*]": "zones[*]",
}
# Those that several types share, without a type in their names.
_SHARED = {
    "Microsoft.Compute/imageId": "properties.storageProfile.imageReference.id",
    "Microsoft.Compute/imagePublisher": "properties.storageProfile.imageReference.publisher",
    "Microsoft.Compute/imageOffer": "properties.storageProfile.imageReference.offer",
    "Microsoft.Compute/imageSku": "properties.storageProfile.imageReference.sku",
    "Microsoft.Compute/imageVersion": "properties.storageProfile.imageReference.version",
}


def _table() -> dict[str, tuple[str, str]]:
    """Return the type and the path of each alias, by its name in lower case; the type is empty for shared ones."""
    found = {name.lower(): ("", path) for name, path in _SHARED.items()}
    for kind, names, special in (
        (VM, _VM_PROPERTIES, _VM_SPECIAL),
        (SCALE_SET, _SCALE_SET_PROPERTIES, _SCALE_SET_SPECIAL),
    ):
        found |= {f"{kind}/{name}".lower(): (kind, f"properties.{name}") for name in names.split()}
        found |= {name.lower(): (kind, path) for name, path in special.items()}
    return found


ALIASES = _table()


def path_of(alias: str, resource_type: str) -> str | None:
    """Return the path that an alias has in a resource of a type; None where it belongs to another type.

    Raises `KeyError` for an alias that there is none of.
    """
    kind, path = ALIASES[alias.lower()]
    return path if kind.lower() in ("", resource_type.lower()) else None
