// Generated from identities.yaml by vmident.

targetScope = 'subscription'

module identities_myresourcegroup_4d883f1b 'identities_myresourcegroup_4d883f1b.bicep' = {
  scope: resourceGroup('5a4db0c5-0e5a-4d5b-8f2b-1b7a5c0ffee1', 'myResourceGroup')
  name: 'identities_myresourcegroup_4d883f1b'
}

module roles_subscription_c1e072f9 'roles_subscription_c1e072f9.bicep' = {
  scope: subscription('5a4db0c5-0e5a-4d5b-8f2b-1b7a5c0ffee1')
  name: 'roles_subscription_c1e072f9-${deployment().location}'
  dependsOn: [
    identities_myresourcegroup_4d883f1b
  ]
}

module roles_myresourcegroup_4d883f1b 'roles_myresourcegroup_4d883f1b.bicep' = {
  scope: resourceGroup('5a4db0c5-0e5a-4d5b-8f2b-1b7a5c0ffee1', 'myResourceGroup')
  name: 'roles_myresourcegroup_4d883f1b'
  dependsOn: [
    identities_myresourcegroup_4d883f1b
  ]
}
