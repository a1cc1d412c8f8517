"""Built-in roles that programs on VMs have: storage, key vaults, messages, container images, configuration.

Source: Microsoft's lists of built-in roles ('storage', 'security', 'integration', 'containers', 2025).
"""

from __future__ import annotations

from vmident.sandbox.authorization.role import EVERYDAY, Role

_STORAGE = "Microsoft.Storage/storageAccounts"
_BLOBS, _QUEUES, _TABLES = f"{_STORAGE}/blobServices", f"{_STORAGE}/queueServices", f"{_STORAGE}/tableServices"
_FILES = f"{_STORAGE}/fileServices/fileshares/files"
_VAULTS = "Microsoft.KeyVault/vaults"
_VAULT_READS = (
    *EVERYDAY,
    "Microsoft.KeyVault/checkNameAvailability/read",
    "Microsoft.KeyVault/deletedVaults/read",
    "Microsoft.KeyVault/locations/*/read",
    "Microsoft.KeyVault/vaults/*/read",
    "Microsoft.KeyVault/operations/read",
)
_ONLY_RBAC = "Only works for key vaults that use the 'Azure role-based access control' permission model."
_BUS, _HUB = "Microsoft.ServiceBus", "Microsoft.EventHub"
_BUS_READS = (f"{_BUS}/*/queues/read", f"{_BUS}/*/topics/read", f"{_BUS}/*/topics/subscriptions/read")

_STORAGE_ROLES = (
    Role(
        "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
        "Storage Blob Data Contributor",
        "Allows for read, write and delete access to Azure Storage blob containers and data",
        (
            *(f"{_BLOBS}/containers/{verb}" for verb in ("delete", "read", "write")),
            f"{_BLOBS}/generateUserDelegationKey/action",
        ),
        data_actions=tuple(
            f"{_BLOBS}/containers/blobs/{verb}" for verb in ("delete", "read", "write", "move/action", "add/action")
        ),
    ),
    Role(
        "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
        "Storage Blob Data Owner",
        "Allows for full access to Azure Storage blob containers and data, including assigning POSIX access control.",
        (f"{_BLOBS}/containers/*", f"{_BLOBS}/generateUserDelegationKey/action"),
        data_actions=(f"{_BLOBS}/containers/blobs/*",),
    ),
    Role(
        "0c867c2a-1d8c-454a-a3db-ab2ea1bdc8bb",
        "Storage File Data SMB Share Contributor",
        "Allows for read, write, and delete access in Azure Storage file shares over SMB",
        data_actions=(f"{_FILES}/read", f"{_FILES}/write", f"{_FILES}/delete"),
    ),
    Role(
        "974c5e8b-45b9-4653-ba55-5f855dd0fb88",
        "Storage Queue Data Contributor",
        "Allows for read, write, and delete access to Azure Storage queues and queue messages",
        tuple(f"{_QUEUES}/queues/{verb}" for verb in ("delete", "read", "write")),
        data_actions=tuple(
            f"{_QUEUES}/queues/messages/{verb}" for verb in ("delete", "read", "write", "process/action")
        ),
    ),
    Role(
        "19e7f393-937e-4f77-808e-94535e297925",
        "Storage Queue Data Reader",
        "Allows for read access to Azure Storage queues and queue messages",
        (f"{_QUEUES}/queues/read",),
        data_actions=(f"{_QUEUES}/queues/messages/read",),
    ),
    Role(
        "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3",
        "Storage Table Data Contributor",
        "Allows for read, write and delete access to Azure Storage tables and entities",
        tuple(f"{_TABLES}/tables/{verb}" for verb in ("read", "write", "delete")),
        data_actions=tuple(
            f"{_TABLES}/tables/entities/{verb}" for verb in ("read", "write", "delete", "add/action", "update/action")
        ),
    ),
    Role(
        "76199698-9eea-4c19-bc75-cec21354c6b6",
        "Storage Table Data Reader",
        "Allows for read access to Azure Storage tables and entities",
        (f"{_TABLES}/tables/read",),
        data_actions=(f"{_TABLES}/tables/entities/read",),
    ),
)

_VAULT_ROLES = (
    Role(
        "00482a5a-887f-4fb3-b363-3b7fe8e74483",
        "Key Vault Administrator",
        "Perform all data plane operations on a key vault and all objects in it, including certificates, keys, and "
        f"secrets. Cannot manage key vault resources or manage role assignments. {_ONLY_RBAC}",
        _VAULT_READS,
        data_actions=(f"{_VAULTS}/*",),
    ),
    Role(
        "db79e9a7-68ee-4b58-9aeb-b90e7c24fcba",
        "Key Vault Certificate User",
        f"Read certificate contents. {_ONLY_RBAC}",
        data_actions=(
            f"{_VAULTS}/certificates/read",
            f"{_VAULTS}/secrets/getSecret/action",
            f"{_VAULTS}/secrets/readMetadata/action",
            f"{_VAULTS}/keys/read",
        ),
    ),
    Role(
        "f25e0fa2-a7c8-4377-a976-54943a77a395",
        "Key Vault Contributor",
        "Lets you manage key vaults, but not access to them.",
        (*EVERYDAY, "Microsoft.KeyVault/*"),
        (
            "Microsoft.KeyVault/locations/deletedVaults/purge/action",
            "Microsoft.KeyVault/hsmPools/*",
            "Microsoft.KeyVault/managedHsms/*",
        ),
    ),
    Role(
        "14b46e9e-c2b7-41b4-b07b-48a6ebf60603",
        "Key Vault Crypto Officer",
        f"Perform any action on the keys of a key vault, except manage permissions. {_ONLY_RBAC}",
        _VAULT_READS,
        data_actions=(f"{_VAULTS}/keys/*", f"{_VAULTS}/keyrotationpolicies/*"),
    ),
    Role(
        "e147488a-f6f5-4113-8e2d-b22465e65bf6",
        "Key Vault Crypto Service Encryption User",
        f"Read metadata of keys and perform wrap/unwrap operations. {_ONLY_RBAC}",
        tuple(f"Microsoft.EventGrid/eventSubscriptions/{verb}" for verb in ("write", "read", "delete")),
        data_actions=tuple(f"{_VAULTS}/keys/{verb}" for verb in ("read", "wrap/action", "unwrap/action")),
    ),
    Role(
        "12338af0-0e69-4776-bea7-57ae8d297424",
        "Key Vault Crypto User",
        f"Perform cryptographic operations using keys. {_ONLY_RBAC}",
        data_actions=(
            f"{_VAULTS}/keys/read",
            *(
                f"{_VAULTS}/keys/{verb}/action"
                for verb in ("update", "backup", "encrypt", "decrypt", "wrap", "unwrap", "sign", "verify")
            ),
        ),
    ),
    Role(
        "21090545-7ca7-4776-b22c-e363652d74d2",
        "Key Vault Reader",
        "Read metadata of key vaults and its certificates, keys, and secrets. Cannot read sensitive values such as "
        f"secret contents or key material. {_ONLY_RBAC}",
        _VAULT_READS,
        data_actions=(f"{_VAULTS}/*/read", f"{_VAULTS}/secrets/readMetadata/action"),
    ),
    Role(
        "b86a8fe4-44ce-4948-aee5-eccb2c155cd7",
        "Key Vault Secrets Officer",
        f"Perform any action on the secrets of a key vault, except manage permissions. {_ONLY_RBAC}",
        _VAULT_READS,
        data_actions=(f"{_VAULTS}/secrets/*",),
    ),
)

_OTHER_ROLES = (
    Role(
        "7f951dda-4ed3-4680-a7ca-43fe172d538d",
        "AcrPull",
        "acr pull",
        ("Microsoft.ContainerRegistry/registries/pull/read",),
    ),
    Role(
        "8311e382-0749-4cb8-b61a-304f252e45ec",
        "AcrPush",
        "acr push",
        ("Microsoft.ContainerRegistry/registries/pull/read", "Microsoft.ContainerRegistry/registries/push/write"),
    ),
    Role(
        "516239f1-63e1-4d78-a4de-a74fb236a071",
        "App Configuration Data Reader",
        "Allows read access to App Configuration data.",
        data_actions=("Microsoft.AppConfiguration/configurationStores/*/read",),
    ),
    Role(
        "a638d3c7-ab3a-418d-83e6-5f17a39d4fde",
        "Azure Event Hubs Data Receiver",
        "Allows receive access to Azure Event Hubs resources.",
        (f"{_HUB}/*/eventhubs/consumergroups/read",),
        data_actions=(f"{_HUB}/*/receive/action",),
    ),
    Role(
        "2b629674-e913-4c01-ae53-ef4638d8f975",
        "Azure Event Hubs Data Sender",
        "Allows send access to Azure Event Hubs resources.",
        (f"{_HUB}/*/eventhubs/read",),
        data_actions=(f"{_HUB}/*/send/action",),
    ),
    Role(
        "4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0",
        "Azure Service Bus Data Receiver",
        "Allows for receive access to Azure Service Bus resources.",
        _BUS_READS,
        data_actions=(f"{_BUS}/*/receive/action",),
    ),
    Role(
        "69a216fc-b8fb-44d8-bc22-1f3c2cd27a39",
        "Azure Service Bus Data Sender",
        "Allows for send access to Azure Service Bus resources.",
        _BUS_READS,
        data_actions=(f"{_BUS}/*/send/action",),
    ),
)

DATA_ROLES = (*_STORAGE_ROLES, *_VAULT_ROLES, *_OTHER_ROLES)
