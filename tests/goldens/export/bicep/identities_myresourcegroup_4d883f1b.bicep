// Generated from identities.yaml by vmident.

resource newidentity_2fc1ed91 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'newIdentity'
  location: 'westus'
}

resource otheridentity_0f8049f1 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'otherIdentity'
  location: 'westus'
}
