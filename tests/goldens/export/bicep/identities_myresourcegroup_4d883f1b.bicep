// Generated from identities.yaml by vmident.

resource newidentity_2fc1ed91 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: 'newIdentity'
  location: 'westus'
}

resource otheridentity_0f8049f1 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: 'otherIdentity'
  location: 'westus'
}
