"""Built-in roles around VMs: signing in, disks, images, monitoring, tags.

Source: Microsoft's lists of built-in roles ('compute', 'monitor', 'management and governance', 2025).
"""

from __future__ import annotations

from vmident.sandbox.authorization.role import EVERYDAY, Role

_READS = ("Microsoft.Authorization/*/read", "Microsoft.Resources/subscriptions/resourceGroups/read")
_ARC_LOGIN = (
    "Microsoft.HybridCompute/machines/*/read",
    "Microsoft.HybridConnectivity/endpoints/listCredentials/action",
)
_LOGIN = (
    "Microsoft.Network/publicIPAddresses/read",
    "Microsoft.Network/virtualNetworks/read",
    "Microsoft.Network/loadBalancers/read",
    "Microsoft.Network/networkInterfaces/read",
    "Microsoft.Compute/virtualMachines/*/read",
    *_ARC_LOGIN,
)

COMPUTE_ROLES = (
    Role(
        "cf7c76d2-98a3-4358-a134-615aa78bf44d",
        "Compute Gallery Image Reader",
        "This is the role for reading gallery images.",
        ("Microsoft.Compute/galleries/images/read", "Microsoft.Compute/galleries/images/versions/read"),
    ),
    Role(
        "959f8984-c045-4866-89c7-12bf9737be2e",
        "Data Operator for Managed Disks",
        "Provides permissions to upload data to empty managed disks, read, or export data of managed disks (not "
        "attached to running VMs) and snapshots using SAS URIs and Azure AD authentication.",
        data_actions=(
            "Microsoft.Compute/disks/download/action",
            "Microsoft.Compute/disks/upload/action",
            "Microsoft.Compute/snapshots/download/action",
            "Microsoft.Compute/snapshots/upload/action",
        ),
    ),
    Role(
        "3e5e47e6-65f7-47ef-90b5-e5dd4d455f24",
        "Disk Backup Reader",
        "Provides permission to backup vault to perform disk backup.",
        (
            "Microsoft.Authorization/*/read",
            "Microsoft.Compute/disks/read",
            "Microsoft.Compute/disks/beginGetAccess/action",
        ),
    ),
    Role(
        "b50d9833-a0cb-478e-945f-707fcc997c13",
        "Disk Restore Operator",
        "Provides permission to backup vault to perform disk restore.",
        (*_READS, "Microsoft.Compute/disks/write", "Microsoft.Compute/disks/read"),
    ),
    Role(
        "7efff54f-a5b4-42b5-a1c5-5411624893ce",
        "Disk Snapshot Contributor",
        "Provides permission to backup vault to manage disk snapshots.",
        (
            *_READS,
            "Microsoft.Compute/snapshots/delete",
            "Microsoft.Compute/snapshots/write",
            "Microsoft.Compute/snapshots/read",
            "Microsoft.Compute/snapshots/beginGetAccess/action",
            "Microsoft.Compute/snapshots/endGetAccess/action",
            "Microsoft.Compute/disks/beginGetAccess/action",
            "Microsoft.Storage/storageAccounts/listkeys/action",
            "Microsoft.Storage/storageAccounts/write",
            "Microsoft.Storage/storageAccounts/read",
            "Microsoft.Storage/storageAccounts/delete",
        ),
    ),
    Role(
        "73c42c96-874c-492b-b04d-ab87d138a893",
        "Log Analytics Reader",
        "Log Analytics Reader can view and search all monitoring data as well as and view monitoring settings, "
        "including viewing the configuration of Azure diagnostics on all Azure resources.",
        (
            "*/read",
            "Microsoft.OperationalInsights/workspaces/analytics/query/action",
            "Microsoft.OperationalInsights/workspaces/search/action",
            "Microsoft.Support/*",
        ),
        ("Microsoft.OperationalInsights/workspaces/sharedKeys/read",),
    ),
    Role(
        "3913510d-42f4-4e42-8a64-420c390055eb",
        "Monitoring Metrics Publisher",
        "Enables publishing metrics against Azure resources",
        (
            "Microsoft.Insights/Register/Action",
            "Microsoft.Support/*",
            "Microsoft.Resources/subscriptions/resourceGroups/read",
        ),
        data_actions=("Microsoft.Insights/Metrics/Write", "Microsoft.Insights/Telemetry/Write"),
    ),
    Role(
        "43d0d8ad-25c7-4714-9337-8ba259a9fe05",
        "Monitoring Reader",
        "Can read all monitoring data.",
        ("*/read", "Microsoft.OperationalInsights/workspaces/search/action", "Microsoft.Support/*"),
    ),
    Role(
        "17d1049b-9a84-46fb-8f53-869881c3d3ab",
        "Storage Account Contributor",
        "Lets you manage storage accounts, including accessing storage account keys which provide full access to "
        "storage account data.",
        (
            "Microsoft.Authorization/*/read",
            "Microsoft.Insights/alertRules/*",
            "Microsoft.Insights/diagnosticSettings/*",
            "Microsoft.Network/virtualNetworks/subnets/joinViaServiceEndpoint/action",
            "Microsoft.ResourceHealth/availabilityStatuses/read",
            "Microsoft.Resources/deployments/*",
            "Microsoft.Resources/subscriptions/resourceGroups/read",
            "Microsoft.Storage/storageAccounts/*",
            "Microsoft.Support/*",
        ),
    ),
    Role(
        "4a9ae827-6dc8-4573-8ac7-8239d42aa03f",
        "Tag Contributor",
        "Lets you manage tags on entities, without providing access to the entities themselves.",
        (
            *EVERYDAY,
            "Microsoft.Resources/subscriptions/resourceGroups/resources/read",
            "Microsoft.Resources/subscriptions/resources/read",
            "Microsoft.Resources/tags/*",
        ),
    ),
    Role(
        "1c0163c0-47e6-4577-8991-ea5c82e286e4",
        "Virtual Machine Administrator Login",
        "View Virtual Machines in the portal and login as administrator",
        _LOGIN,
        data_actions=(
            "Microsoft.Compute/virtualMachines/login/action",
            "Microsoft.Compute/virtualMachines/loginAsAdmin/action",
            "Microsoft.HybridCompute/machines/login/action",
            "Microsoft.HybridCompute/machines/loginAsAdmin/action",
        ),
    ),
    Role(
        "602da2ba-a5c2-41da-b01d-5360126ab525",
        "Virtual Machine Local User Login",
        "View Virtual Machines in the portal and login as a local user configured on the arc server",
        _ARC_LOGIN,
    ),
    Role(
        "fb879df8-f326-4884-b1cf-06f3ad86be52",
        "Virtual Machine User Login",
        "View Virtual Machines in the portal and login as a regular user.",
        _LOGIN,
        data_actions=(
            "Microsoft.Compute/virtualMachines/login/action",
            "Microsoft.HybridCompute/machines/login/action",
        ),
    ),
)
