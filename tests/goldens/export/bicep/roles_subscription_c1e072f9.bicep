// Generated from identities.yaml by vmident.

targetScope = 'subscription'

resource newidentity_2fc1ed91 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  scope: resourceGroup('5a4db0c5-0e5a-4d5b-8f2b-1b7a5c0ffee1', 'myResourceGroup')
  name: 'newIdentity'
}

// Role 'Reader' for identity 'newIdentity'
resource newidentity_844a0d34 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: '9a01a000-affa-561a-bbc7-49d2ab88b5bb'
  properties: {
    principalId: newidentity_2fc1ed91.properties.principalId
    roleDefinitionId: '/subscriptions/5a4db0c5-0e5a-4d5b-8f2b-1b7a5c0ffee1/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7'
    principalType: 'ServicePrincipal'
  }
}
