"""What on a VM or scale set uses its identities: extensions and disk encryption.

An extension that names an identity needs that one; one that names none gets the default identity of the VM, except
those that always use the system-assigned identity. Extensions that are not in the table are not known to use one. What
a change does to all of these is decided by `vmident.core.consequences`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from enum import Enum
from typing import Any

from msgspec import Struct

from vmident.core.identity import IdentityState
from vmident.core.resource_id import ResourceId
from vmident.errors import BadResourceId

EXTENSION = "dependent-extension"
ENCRYPTION = "dependent-encryption"


class Needs(Enum):
    """An identity that a dependent does not name."""

    SYSTEM = "the system-assigned identity"
    DEFAULT = "the default identity"


class Extension(Struct, frozen=True):
    """An extension as a VM's own GET shows it; `publisher` such as `Microsoft.Azure.Monitor`, `settings` any JSON."""

    name: str
    publisher: str
    type: str
    settings: Any = None


class Dependent(Struct, frozen=True):
    """Something that uses an identity: `needs` is how it says which, a client ID where it is text.

    `code` is that of the warning about it, `title` its name in a sentence.
    """

    code: str
    title: str
    needs: Needs | ResourceId | str

    def named_in(self, state: IdentityState) -> ResourceId | None:
        """Return the attached user-assigned identity that this names; `None` where it names none that is attached."""
        if isinstance(self.needs, ResourceId):
            return next((one for one in state.users if one == self.needs), None)
        client_id = str(self.needs).lower()
        return next((one for one, known in state.users.items() if (known.client_id or "").lower() == client_id), None)


class _Row(Struct, frozen=True):
    """What an extension is called, and the path to the identity in its settings, unless it is `always_system`."""

    title: str
    always_system: bool = False
    path: tuple[str, ...] = ()


# Extensions that take their identity from `protectedSettings`, such as the Custom Script extension, are no rows: a GET
# does not show those settings.
#
# Sources: Microsoft's 'Sign in to a Linux virtual machine in Azure by using Microsoft Entra ID and OpenSSH', and the
# page for Windows (the system-assigned identity is required); 'Understand the machine configuration feature' (the
# extension authenticates with the system-assigned identity).
_SIGN_IN = _Row("Microsoft Entra sign-in", always_system=True)
_CONFIGURATION = _Row("Machine configuration", always_system=True)
# Source: Microsoft's 'Deploy an extension-based Windows or Linux User Hybrid Runbook Worker in Azure Automation': the
# system-assigned identity must be enabled.
_RUNBOOK_WORKER = _Row("Hybrid Runbook Worker", always_system=True)
# Source: Microsoft's 'Install and manage the Azure Monitor Agent': `authentication.managedIdentity` with
# `identifier-name` (`mi_res_id`, `client_id` or `object_id`) and `identifier-value`, for a user-assigned identity.
_MONITOR = _Row("Azure Monitor Agent", path=("authentication", "managedIdentity"))
# Source: Microsoft's 'Key Vault virtual machine extension for Linux' and for Windows: `msiClientId`.
_KEY_VAULT = _Row("Key Vault extension", path=("authenticationSettings", "msiClientId"))
# Source: Microsoft's 'New version of Azure VM extension for SAP solutions': it uses an identity that is assigned to the
# VM, and no setting names one.
_SAP = _Row("Azure VM extension for SAP")
# Source: Microsoft's 'Create a chaos experiment that uses an agent-based fault with the Azure CLI': the client ID of a
# user-assigned identity in a setting whose name has dots.
_CHAOS = _Row("Chaos Studio agent", path=("auth.msi.clientid",))
_ROWS: Mapping[tuple[str, str], _Row] = {
    ("microsoft.azure.activedirectory", "aadsshloginforlinux"): _SIGN_IN,
    ("microsoft.azure.activedirectory", "aadloginforwindows"): _SIGN_IN,
    ("microsoft.guestconfiguration", "configurationforlinux"): _CONFIGURATION,
    ("microsoft.guestconfiguration", "configurationforwindows"): _CONFIGURATION,
    ("microsoft.azure.monitor", "azuremonitorlinuxagent"): _MONITOR,
    ("microsoft.azure.monitor", "azuremonitorwindowsagent"): _MONITOR,
    ("microsoft.azure.keyvault", "keyvaultforlinux"): _KEY_VAULT,
    ("microsoft.azure.keyvault", "keyvaultforwindows"): _KEY_VAULT,
    ("microsoft.azure.automation.hybridworker", "hybridworkerforlinux"): _RUNBOOK_WORKER,
    ("microsoft.azure.automation.hybridworker", "hybridworkerforwindows"): _RUNBOOK_WORKER,
    ("microsoft.azurecat.azureenhancedmonitoring", "monitorx64linux"): _SAP,
    ("microsoft.azurecat.azureenhancedmonitoring", "monitorx64windows"): _SAP,
    ("microsoft.azure.chaos", "chaoslinuxagent"): _CHAOS,
    ("microsoft.azure.chaos", "chaoswindowsagent"): _CHAOS,
}
PUBLISHERS = tuple(sorted({publisher for publisher, _ in _ROWS}))
"""The publishers of the extensions in the table, in lower case."""


def dependents_in(extensions: Iterable[Extension], encryption_identity: ResourceId | None) -> tuple[Dependent, ...]:
    """Return what uses an identity: the extensions of the table, and disk encryption where it names an identity.

    No disk encryption uses the system-assigned identity of a VM. Azure Disk Encryption gets its tokens for Key Vault
    with `securityProfile.encryptionIdentity`, which names 'one of the user identities associated with the VM'
    (`EncryptionIdentity` of azure-mgmt-compute; `vm-encryption-identity-2024.json`). Server-side encryption, encryption
    at host and confidential VMs get theirs with the identity of a disk encryption set (`EncryptionSetIdentity`).
    """
    found = [
        Dependent(EXTENSION, f"{row.title} (extension '{one.name}')", _need(row, one.settings))
        for one in extensions
        for row in [_ROWS.get((one.publisher.lower(), one.type.lower()))]
        if row
    ]
    if encryption_identity:
        found.append(Dependent(ENCRYPTION, "Disk encryption", encryption_identity))
    return tuple(found)


def may_use_system(dependents: Iterable[Dependent], user_ids: Collection[str]) -> tuple[str, ...]:
    """Return the titles of those that use the system-assigned identity of a machine that has one, or may use it.

    They always use it, use the default identity, or name an identity by an ID that is not one of `user_ids`: the client
    IDs and principal IDs of the user-assigned identities, in lower case.
    """
    return tuple(
        one.title
        for one in dependents
        if isinstance(one.needs, Needs) or (isinstance(one.needs, str) and one.needs.lower() not in user_ids)
    )


def always_on_system(dependents: Iterable[Dependent]) -> tuple[str, ...]:
    """Return the titles of those that always use the system-assigned identity."""
    return tuple(one.title for one in dependents if one.needs is Needs.SYSTEM)


def _need(row: _Row, settings: Any) -> Needs | ResourceId | str:
    """Return the identity that settings name; what cannot be read as one is as good as none."""
    if row.always_system:
        return Needs.SYSTEM
    for member in row.path:
        settings = settings.get(member) if isinstance(settings, dict) else None
    if isinstance(settings, dict):
        settings = settings.get("identifier-value")
    if not isinstance(settings, str) or not settings:
        return Needs.DEFAULT
    try:
        return ResourceId.parse(settings) if "/" in settings else settings
    except BadResourceId:
        return Needs.DEFAULT
