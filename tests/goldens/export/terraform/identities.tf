# Generated from identities.yaml by vmident.

# Identity 'newIdentity' does not exist yet.
resource "azurerm_user_assigned_identity" "newidentity_2fc1ed91" {
  name                = "newIdentity"
  resource_group_name = "myResourceGroup"
  location            = "westus"
}

import {
  to = azurerm_user_assigned_identity.otheridentity_0f8049f1
  id = "/subscriptions/5a4db0c5-0e5a-4d5b-8f2b-1b7a5c0ffee1/resourceGroups/myResourceGroup/providers/Microsoft.ManagedIdentity/userAssignedIdentities/otherIdentity"
}

resource "azurerm_user_assigned_identity" "otheridentity_0f8049f1" {
  name                = "otherIdentity"
  resource_group_name = "myResourceGroup"
  location            = "westus"
}
