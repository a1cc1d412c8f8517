"""Built-in roles that vmident itself assigns; their GUIDs are the same in every tenant.

Source: Microsoft's page 'Azure built-in roles'.
"""

from __future__ import annotations

from vmident.core.rbac.roles import Role

_DEFINITIONS = "/providers/Microsoft.Authorization/roleDefinitions"

CONTRIBUTOR = Role(f"{_DEFINITIONS}/b24988ac-6180-42a0-ab88-20f7382dd24c", "Contributor")
MANAGED_IDENTITY_OPERATOR = Role(f"{_DEFINITIONS}/f1a07417-d97a-45cb-824c-7a7467783830", "Managed Identity Operator")
USER_ACCESS_ADMINISTRATOR = Role(f"{_DEFINITIONS}/18d7d88d-d35e-4fb5-a5c3-7773c20a72d9", "User Access Administrator")
