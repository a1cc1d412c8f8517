"""Which API versions and regions there are: believable, not complete.

Source: the version folders of Microsoft's public API specifications, as far as they matter here; `etag` in a VM since
2024-03-01 is from the wire facts.
"""

from __future__ import annotations

COMPUTE = (
    "2019-07-01",
    "2019-12-01",
    "2020-06-01",
    "2020-12-01",
    "2021-03-01",
    "2021-04-01",
    "2021-07-01",
    "2021-11-01",
    "2022-03-01",
    "2022-08-01",
    "2022-11-01",
    "2023-03-01",
    "2023-07-01",
    "2023-09-01",
    "2024-03-01",
    "2024-07-01",
    "2024-11-01",
    "2025-04-01",
    "2025-11-01",
    "2026-03-01",
    "2026-04-01",
)
FIRST_WITH_ETAG = "2024-03-01"
LOCKS = ("2015-01-01", "2016-09-01", "2017-04-01", "2020-05-01")
SKUS = ("2017-09-01", "2019-04-01", "2021-07-01")
DISKS = (
    "2017-03-30",  # what Ansible's azure_rm_virtualmachine deletes disks with
    "2018-04-01",
    "2018-06-01",
    "2018-09-30",
    "2019-03-01",
    "2019-07-01",
    "2019-11-01",
    "2020-05-01",
    "2020-06-30",
    "2020-09-30",
    "2020-12-01",
    "2021-04-01",
    "2021-08-01",
    "2021-12-01",
    "2022-03-02",
    "2022-07-02",
    "2023-01-02",
    "2023-04-02",
    "2023-10-02",
    "2024-03-02",
    "2025-01-02",
    "2026-03-02",
)
IDENTITIES = (
    "2015-08-31-preview",
    "2018-11-30",
    "2021-09-30-preview",
    "2022-01-31-preview",
    "2023-01-31",
    "2024-11-30",
    "2025-01-31-preview",
    "2025-05-31-preview",
    "2026-04-30",
    "2026-05-31",
)
FEDERATED_CREDENTIALS = IDENTITIES[3:]
ASSOCIATED_RESOURCES = ("2021-09-30-preview", "2022-01-31-preview")
OLDEST_IDENTITIES = "2015-08-31-preview"
MANAGEMENT_GROUPS = (
    "2018-03-01-preview",
    "2019-11-01",
    "2020-02-01",
    "2020-05-01",
    "2021-04-01",
    "2023-04-01",
    "2025-04-01",
)
GROUPS = (
    "2019-05-01",
    "2019-07-01",
    "2019-10-01",
    "2020-06-01",
    "2020-10-01",
    "2021-01-01",
    "2021-04-01",
    "2022-09-01",
    "2023-07-01",
    "2024-03-01",
    "2024-07-01",
    "2024-11-01",
    "2025-04-01",
)
NETWORK = (
    "2015-06-15",
    "2018-01-01",
    "2020-11-01",
    "2021-08-01",
    "2022-01-01",
    "2022-07-01",
    "2022-11-01",
    "2023-02-01",
    "2023-04-01",
    "2023-05-01",
    "2023-06-01",
    "2023-09-01",
    "2023-11-01",
    "2024-01-01",
    "2024-03-01",
    "2024-05-01",
    "2024-07-01",
    "2024-10-01",
    "2025-01-01",
    "2025-03-01",
    "2025-05-01",
    "2025-07-01",
    "2025-09-01",
    "2026-03-01",
)
DEPLOYMENTS = (
    "2019-05-01",
    "2019-07-01",
    "2019-10-01",
    "2020-06-01",
    "2020-10-01",
    "2021-01-01",
    "2021-04-01",
    "2022-09-01",
    "2023-07-01",
    "2024-03-01",
    "2024-07-01",
    "2024-11-01",
    "2025-03-01",
    "2025-04-01",
    "2026-06-01",
)
SUBSCRIPTIONS = (
    "2016-06-01",
    "2018-06-01",
    "2019-06-01",
    "2019-11-01",
    "2020-01-01",
    "2021-01-01",
    "2021-04-01",
    "2022-09-01",
    "2022-12-01",
    "2024-11-01",
)
ROLES = (
    "2015-07-01",
    "2017-10-01-preview",
    "2018-01-01-preview",
    "2018-07-01",
    "2018-09-01-preview",
    "2020-04-01-preview",
    "2022-04-01",
    "2022-05-01-preview",
)
DENY_ASSIGNMENTS = ("2022-04-01", "2024-07-01-preview")
SCHEDULE_INSTANCES = ("2020-10-01", "2024-09-01-preview")
OLDEST_ROLES = "2015-07-01"
FIRST_NAMING_ASSIGNMENTS = "2022-04-01"
POLICY_DEFINITIONS = (
    "2018-05-01",
    "2019-01-01",
    "2019-06-01",
    "2019-09-01",
    "2020-03-01",
    "2020-09-01",
    "2021-06-01",
    "2023-04-01",
    "2024-05-01",
    "2025-01-01",
    "2025-03-01",
    "2025-11-01",
)
POLICY_ASSIGNMENTS = (*POLICY_DEFINITIONS[:7], "2022-06-01", *POLICY_DEFINITIONS[7:])
POLICY_STATES = ("2018-07-01-preview", "2019-10-01", "2024-10-01")
REMEDIATIONS = ("2018-07-01-preview", "2019-07-01", "2021-10-01", "2024-10-01")
PROVIDERS = ("2016-09-01", "2018-05-01", *GROUPS)
GRAPH = ("2021-03-01", "2022-10-01", "2024-04-01")

LOCATIONS = (
    "australiaeast",
    "brazilsouth",
    "canadacentral",
    "centralindia",
    "centralus",
    "eastasia",
    "eastus",
    "eastus2",
    "francecentral",
    "germanywestcentral",
    "italynorth",
    "japaneast",
    "koreacentral",
    "northcentralus",
    "northeurope",
    "norwayeast",
    "polandcentral",
    "southafricanorth",
    "southcentralus",
    "southeastasia",
    "spaincentral",
    "swedencentral",
    "switzerlandnorth",
    "uaenorth",
    "uksouth",
    "ukwest",
    "westcentralus",
    "westeurope",
    "westus",
    "westus2",
    "westus3",
)
DEFAULT_LOCATION = "westus"


def known_location(text: str) -> str | None:
    """Return a region's name as ARM prints it, from `West US` or `WESTUS`; None for one that is not there."""
    name = text.replace(" ", "").lower()
    return name if name in LOCATIONS else None
