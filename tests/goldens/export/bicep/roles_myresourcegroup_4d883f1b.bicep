// Generated from identities.yaml by vmident.

resource newidentity_2fc1ed91 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  scope: resourceGroup('5a4db0c5-0e5a-4d5b-8f2b-1b7a5c0ffee1', 'myResourceGroup')
  name: 'newIdentity'
}

resource scope_myuserassignedidentity_93e30d75 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-01-01' existing = {
  name: 'myUserAssignedIdentity'
}

// Role 'Reader' for identity 'newIdentity'
resource newidentity_3b49c39e 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: scope_myuserassignedidentity_93e30d75
  name: '200c03fc-52bd-5bf0-abce-56d6dabd3f54'
  properties: {
    principalId: newidentity_2fc1ed91.properties.principalId
    roleDefinitionId: '/subscriptions/5a4db0c5-0e5a-4d5b-8f2b-1b7a5c0ffee1/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7'
    principalType: 'ServicePrincipal'
  }
}
