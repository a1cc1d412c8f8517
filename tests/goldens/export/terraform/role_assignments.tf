# Generated from identities.yaml by vmident.

# Role 'Reader' for VM 'myVM'
resource "azurerm_role_assignment" "myvm_a882efee" {
  name               = "e28a0beb-4742-50fc-bbf1-e385b76a10ce"
  scope              = "/subscriptions/5a4db0c5-0e5a-4d5b-8f2b-1b7a5c0ffee1/resourceGroups/myResourceGroup"
  role_definition_id = "/subscriptions/5a4db0c5-0e5a-4d5b-8f2b-1b7a5c0ffee1/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7"
  principal_id       = azapi_update_resource.myvm_6ccfd33b.output.identity.principalId
  principal_type     = "ServicePrincipal"
}

# Role 'Reader' for identity 'newIdentity'
resource "azurerm_role_assignment" "newidentity_f57acb7c" {
  name               = "f2538353-e9ad-524d-a5f6-4fd1b7e8cdda"
  scope              = "/subscriptions/5a4db0c5-0e5a-4d5b-8f2b-1b7a5c0ffee1/resourceGroups/myResourceGroup"
  role_definition_id = "/subscriptions/5a4db0c5-0e5a-4d5b-8f2b-1b7a5c0ffee1/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7"
  principal_id       = azurerm_user_assigned_identity.newidentity_2fc1ed91.principal_id
  principal_type     = "ServicePrincipal"
}
