"""What Azure has, whether the sandbox has it or not: resource types and actions of its services, and other providers.

Facts alone: the paths in Microsoft's REST specifications of each service, read off the URL templates of its Python SDKs
(azure-mgmt-compute 39, -network 33, -msi 7, -authorization 4, -resource 26), and the providers' names from Microsoft's
page 'Azure resource providers and their services'. Actions stand with the types that have them.
"""

from __future__ import annotations

_AUTHORIZATION = """
    accessReviewHistoryDefinitions accessReviewHistoryDefinitions/instances
    accessReviewHistoryDefinitions/instances/generateDownloadUri accessReviewScheduleDefinitions
    accessReviewScheduleDefinitions/instances accessReviewScheduleDefinitions/instances/acceptRecommendations
    accessReviewScheduleDefinitions/instances/applyDecisions
    accessReviewScheduleDefinitions/instances/contactedReviewers accessReviewScheduleDefinitions/instances/decisions
    accessReviewScheduleDefinitions/instances/recordAllDecisions
    accessReviewScheduleDefinitions/instances/resetDecisions accessReviewScheduleDefinitions/instances/sendReminders
    accessReviewScheduleDefinitions/instances/stop accessReviewScheduleDefinitions/stop accessReviewScheduleSettings
    checkAccess classicAdministrators dataPolicyManifests denyAssignments elevateAccess eligibleChildResources
    findOrphanRoleAssignments locks operations permissions policyAssignments policyDefinitions policyExemptions
    policySetDefinitions providerOperations roleAssignmentApprovals roleAssignmentApprovals/stages roleAssignments
    roleAssignments/validate roleAssignmentScheduleInstances roleAssignmentScheduleRequests
    roleAssignmentScheduleRequests/cancel roleAssignmentScheduleRequests/validate roleAssignmentSchedules
    roleAssignmentsUsageMetrics roleDefinitions roleEligibilityScheduleInstances roleEligibilityScheduleRequests
    roleEligibilityScheduleRequests/cancel roleEligibilityScheduleRequests/validate roleEligibilitySchedules
    roleManagementAlertConfigurations roleManagementAlertDefinitions roleManagementAlertOperations
    roleManagementAlerts roleManagementAlerts/alertIncidents roleManagementAlerts/alertIncidents/remediate
    roleManagementAlerts/refresh roleManagementPolicies roleManagementPolicyAssignments variables
"""
_COMPUTE = """
    availabilitySets availabilitySets/cancelMigrationToVirtualMachineScaleSet
    availabilitySets/convertToVirtualMachineScaleSet availabilitySets/startMigrationToVirtualMachineScaleSet
    availabilitySets/validateMigrationToVirtualMachineScaleSet availabilitySets/vmSizes capacityReservationGroups
    capacityReservationGroups/capacityReservations diskAccesses diskAccesses/privateEndpointConnections
    diskAccesses/privatelinkresources diskEncryptionSets diskEncryptionSets/associatedResources disks
    disks/beginGetAccess disks/endGetAccess galleries galleries/applications galleries/applications/versions
    galleries/images galleries/images/versions galleries/inVMAccessControlProfiles
    galleries/inVMAccessControlProfiles/versions galleries/scripts galleries/scripts/versions galleries/share
    galleries/softdeletedartifacttypes/artifacts/versions hostGroups hostGroups/hosts hostGroups/hosts/hostSizes
    hostGroups/hosts/redeploy hostGroups/hosts/restart images interconnectBlocks locations/communityGalleries
    locations/communityGalleries/images locations/communityGalleries/images/versions locations/edgeZones/publishers
    locations/edgeZones/publishers/artifacttypes/offers locations/edgeZones/publishers/artifacttypes/offers/skus
    locations/edgeZones/publishers/artifacttypes/offers/skus/versions locations/edgeZones/vmimages
    locations/logAnalytics/getRequestRateByInterval locations/logAnalytics/getThrottledRequests locations/publishers
    locations/publishers/artifacttypes/offers locations/publishers/artifacttypes/offers/skus
    locations/publishers/artifacttypes/offers/skus/versions locations/publishers/artifacttypes/types
    locations/publishers/artifacttypes/types/versions locations/runCommands locations/sharedGalleries
    locations/sharedGalleries/images locations/sharedGalleries/images/versions
    locations/sharedGallerySubscriptions/sharedGalleries/accept
    locations/sharedGallerySubscriptions/sharedGalleries/reject
    locations/tenantLevelSharedGallerySubscriptions/sharedGalleries/accept
    locations/tenantLevelSharedGallerySubscriptions/sharedGalleries/reject locations/usages
    locations/virtualMachines locations/virtualMachineScaleSets locations/vmSizes operations
    proximityPlacementGroups restorePointCollections restorePointCollections/restorePoints
    restorePointCollections/restorePoints/diskRestorePoints
    restorePointCollections/restorePoints/diskRestorePoints/beginGetAccess
    restorePointCollections/restorePoints/diskRestorePoints/endGetAccess skus snapshots snapshots/beginGetAccess
    snapshots/endGetAccess snapshots/updateImmutabilityPolicy snapshots/updateImmutabilityPolicyLock sshPublicKeys
    sshPublicKeys/generateKeyPair virtualMachines virtualMachines/assessPatches
    virtualMachines/attachDetachDataDisks virtualMachines/capture virtualMachines/convertToManagedDisks
    virtualMachines/deallocate virtualMachines/diagnosticRunCommands virtualMachines/extensions
    virtualMachines/generalize virtualMachines/installPatches virtualMachines/instanceView
    virtualMachines/migrateToVirtualMachineScaleSet virtualMachines/performMaintenance virtualMachines/powerOff
    virtualMachines/reapply virtualMachines/redeploy virtualMachines/reimage virtualMachines/restart
    virtualMachines/retrieveBootDiagnosticsData virtualMachines/runCommand virtualMachines/runCommands
    virtualMachines/simulateEviction virtualMachines/start virtualMachines/vmSizes virtualMachineScaleSets
    virtualMachineScaleSets/approveRollingUpgrade virtualMachineScaleSets/convertToSinglePlacementGroup
    virtualMachineScaleSets/deallocate virtualMachineScaleSets/delete
    virtualMachineScaleSets/extensionRollingUpgrade virtualMachineScaleSets/extensions
    virtualMachineScaleSets/forceRecoveryServiceFabricPlatformUpdateDomainWalk virtualMachineScaleSets/instanceView
    virtualMachineScaleSets/lifecycleHookEvents virtualMachineScaleSets/manualupgrade
    virtualMachineScaleSets/migrateVMAvailabilityZone virtualMachineScaleSets/networkInterfaces
    virtualMachineScaleSets/osRollingUpgrade virtualMachineScaleSets/osUpgradeHistory
    virtualMachineScaleSets/performMaintenance virtualMachineScaleSets/poweroff
    virtualMachineScaleSets/publicipaddresses virtualMachineScaleSets/reapply virtualMachineScaleSets/redeploy
    virtualMachineScaleSets/reimage virtualMachineScaleSets/reimageall virtualMachineScaleSets/restart
    virtualMachineScaleSets/rollingUpgrades virtualMachineScaleSets/scaleOut
    virtualMachineScaleSets/setOrchestrationServiceState virtualMachineScaleSets/skus virtualMachineScaleSets/start
    virtualMachineScaleSets/virtualMachines virtualMachineScaleSets/virtualMachines/approveRollingUpgrade
    virtualMachineScaleSets/virtualMachines/attachDetachDataDisks virtualMachineScaleSets/virtualMachines/deallocate
    virtualMachineScaleSets/virtualMachines/diagnosticRunCommands virtualMachineScaleSets/virtualMachines/extensions
    virtualMachineScaleSets/virtualMachines/instanceView virtualMachineScaleSets/virtualMachines/networkInterfaces
    virtualMachineScaleSets/virtualMachines/networkInterfaces/ipConfigurations
    virtualMachineScaleSets/virtualMachines/networkInterfaces/ipconfigurations/publicipaddresses
    virtualMachineScaleSets/virtualMachines/performMaintenance virtualMachineScaleSets/virtualMachines/powerOff
    virtualMachineScaleSets/virtualMachines/redeploy virtualMachineScaleSets/virtualMachines/reimage
    virtualMachineScaleSets/virtualMachines/reimageall virtualMachineScaleSets/virtualMachines/restart
    virtualMachineScaleSets/virtualMachines/retrieveBootDiagnosticsData
    virtualMachineScaleSets/virtualMachines/runCommand virtualMachineScaleSets/virtualMachines/runCommands
    virtualMachineScaleSets/virtualMachines/simulateEviction virtualMachineScaleSets/virtualMachines/start
"""
_MANAGEDIDENTITY = """
    identities operations userAssignedIdentities userAssignedIdentities/assign
    userAssignedIdentities/federatedIdentityCredentials userAssignedIdentities/listAssociatedResources
    userAssignedIdentities/revokeTokens
"""
_NETWORK = """
    applicationGatewayAvailableRequestHeaders applicationGatewayAvailableResponseHeaders
    applicationGatewayAvailableServerVariables applicationGatewayAvailableSslOptions
    applicationGatewayAvailableSslOptions/predefinedPolicies applicationGatewayAvailableWafRuleSets
    applicationGateways applicationGateways/backendhealth applicationGateways/getBackendHealthOnDemand
    applicationGateways/privateEndpointConnections applicationGateways/privateLinkResources
    applicationGateways/start applicationGateways/stop ApplicationGatewayWebApplicationFirewallPolicies
    applicationSecurityGroups applicationSecurityGroups/addressPrefixSets authenticationPolicies
    azureFirewallFqdnTags azureFirewalls azureFirewalls/learnedIPPrefixes azureFirewalls/packetCapture
    azureFirewalls/packetCaptureOperation azureWebCategories bastionHosts bastionHosts/createShareableLinks
    bastionHosts/deleteShareableLinks bastionHosts/deleteShareableLinksByToken bastionHosts/disconnectActiveSessions
    bastionHosts/getActiveSessions bastionHosts/getShareableLinks bgpServiceCommunities cloudServiceSlots
    connections connections/getikesas connections/resetconnection connections/sharedkey
    connections/startPacketCapture connections/stopPacketCapture connections/vpndeviceconfigurationscript
    customIpPrefixes ddosCustomPolicies ddosProtectionPlans dscpConfigurations expressRouteCircuits
    expressRouteCircuits/authorizations expressRouteCircuits/authorizations/listKeys
    expressRouteCircuits/getCircuitLinkFailoverAllTestsDetails
    expressRouteCircuits/getCircuitLinkFailoverSingleTestDetails expressRouteCircuits/peerings
    expressRouteCircuits/peerings/arpTables expressRouteCircuits/peerings/connections
    expressRouteCircuits/peerings/peerConnections expressRouteCircuits/peerings/routeTables
    expressRouteCircuits/peerings/routeTablesSummary expressRouteCircuits/peerings/stats
    expressRouteCircuits/startCircuitLinkFailoverTest expressRouteCircuits/stats
    expressRouteCircuits/stopCircuitLinkFailoverTest expressRouteCrossConnections
    expressRouteCrossConnections/commitCircuitMigration expressRouteCrossConnections/getCircuitMigrationInfo
    expressRouteCrossConnections/migrateCircuit expressRouteCrossConnections/peerings
    expressRouteCrossConnections/peerings/arpTables expressRouteCrossConnections/peerings/routeTables
    expressRouteCrossConnections/peerings/routeTablesSummary expressRouteCrossConnections/prepareCircuitMigration
    expressRouteCrossConnections/restoreBgpForCircuitMigration expressRouteCrossConnections/rollbackCircuitMigration
    expressRouteCrossConnections/shutDownBgpForCircuitMigration
    expressRouteCrossConnections/validateCircuitMigration expressRouteGateways
    expressRouteGateways/expressRouteConnections expressRouteGateways/getFailoverAllTestsDetails
    expressRouteGateways/getFailoverSingleTestDetails expressRouteGateways/getResiliencyInformation
    expressRouteGateways/getRoutesInformation expressRouteGateways/startSiteFailoverTest
    expressRouteGateways/stopSiteFailoverTest expressRouteLags expressRouteLags/authorizations
    expressRouteLags/authorizations/listKeys expressRouteLags/generateLoa expressRouteLags/links
    expressRouteLags/links/members ExpressRoutePorts expressRoutePorts/authorizations
    expressRoutePorts/authorizations/listKeys ExpressRoutePorts/generateLoa ExpressRoutePorts/links
    ExpressRoutePortsLocations expressRouteProviderPorts expressRouteServiceProviders firewallPolicies
    firewallPolicies/deploy firewallPolicies/firewallPolicyDrafts firewallPolicies/kubeSelectorGroups
    firewallPolicies/listIdpsFilterOptions firewallPolicies/listIdpsSignatures firewallPolicies/ruleCollectionGroups
    firewallPolicies/ruleCollectionGroups/ruleCollectionGroupDrafts firewallPolicies/signatureOverrides
    firstPartyServiceTags interconnectGroups interconnectGroups/nodeAvailability interconnectGroups/subgroups
    IpAllocations ipGroups loadBalancers loadBalancers/backendAddressPools
    loadBalancers/backendAddressPools/queryInboundNatRulePortMapping loadBalancers/frontendIPConfigurations
    loadBalancers/inboundNatRules loadBalancers/loadBalancingRules loadBalancers/loadBalancingRules/health
    loadBalancers/migrateToIpBased loadBalancers/networkInterfaces loadBalancers/outboundRules loadBalancers/probes
    localNetworkGateways locations/applicationGatewayWafDynamicManifests locations/autoApprovedPrivateLinkServices
    locations/availableDelegations locations/availablePrivateEndpointTypes locations/availableServiceAliases
    locations/checkDnsNameAvailability locations/checkPrivateLinkServiceVisibility
    locations/networkSecurityPerimeterOperationStatuses locations/nspServiceTags
    locations/perimeterAssociableResourceTypes locations/serviceTagDetails locations/serviceTags
    locations/setLoadBalancerFrontendPublicIpAddresses locations/usages
    locations/virtualNetworkAvailableEndpointServices natGateways networkInterfaces
    networkInterfaces/effectiveNetworkSecurityGroups networkInterfaces/effectiveRouteTable
    networkInterfaces/ipConfigurations networkInterfaces/loadBalancers networkInterfaces/tapConfigurations
    networkManagerConnections networkManagers networkManagers/commit networkManagers/commits
    networkManagers/connectivityConfigurations networkManagers/ipamPools networkManagers/ipamPools/getPoolUsage
    networkManagers/ipamPools/listAssociatedResources networkManagers/ipamPools/staticCidrs
    networkManagers/listActiveConnectivityConfigurations networkManagers/listActiveSecurityAdminRules
    networkManagers/listDeploymentStatus networkManagers/networkGroups networkManagers/networkGroups/staticMembers
    networkManagers/routingConfigurations networkManagers/routingConfigurations/ruleCollections
    networkManagers/routingConfigurations/ruleCollections/rules networkManagers/scopeConnections
    networkManagers/securityAdminConfigurations networkManagers/securityAdminConfigurations/ruleCollections
    networkManagers/securityAdminConfigurations/ruleCollections/rules networkManagers/securityUserConfigurations
    networkManagers/securityUserConfigurations/ruleCollections
    networkManagers/securityUserConfigurations/ruleCollections/rules networkManagers/verifierWorkspaces
    networkManagers/verifierWorkspaces/reachabilityAnalysisIntents
    networkManagers/verifierWorkspaces/reachabilityAnalysisRuns networkProfiles networkSecurityGroups
    networkSecurityGroups/defaultSecurityRules networkSecurityGroups/securityRules networkSecurityPerimeters
    networkSecurityPerimeters/linkReferences networkSecurityPerimeters/links
    networkSecurityPerimeters/loggingConfigurations networkSecurityPerimeters/profiles
    networkSecurityPerimeters/profiles/accessRules networkSecurityPerimeters/profiles/accessRules/reconcile
    networkSecurityPerimeters/resourceAssociations networkSecurityPerimeters/resourceAssociations/reconcile
    networkVirtualAppliances networkVirtualAppliances/abortMigration networkVirtualAppliances/commitMigration
    networkVirtualAppliances/executeMigration networkVirtualAppliances/getBootDiagnosticLogs
    networkVirtualAppliances/inboundSecurityRules networkVirtualAppliances/networkVirtualApplianceConnections
    networkVirtualAppliances/prepareMigration networkVirtualAppliances/reimage networkVirtualAppliances/restart
    networkVirtualAppliances/virtualApplianceSites networkVirtualApplianceSkus networkWatchers
    networkWatchers/availableProvidersList networkWatchers/azureReachabilityReport networkWatchers/configureFlowLog
    networkWatchers/connectionAnalyzers networkWatchers/connectionAnalyzers/query networkWatchers/connectionMonitors
    networkWatchers/connectionMonitors/stop networkWatchers/connectivityCheck networkWatchers/flowLogs
    networkWatchers/ipFlowVerify networkWatchers/networkConfigurationDiagnostic networkWatchers/nextHop
    networkWatchers/packetCaptures networkWatchers/packetCaptures/queryStatus networkWatchers/packetCaptures/stop
    networkWatchers/queryFlowLogStatus networkWatchers/queryTroubleshootResult networkWatchers/securityGroupView
    networkWatchers/topology networkWatchers/troubleshoot operations p2svpnGateways
    p2svpnGateways/disconnectP2sVpnConnections p2svpnGateways/generatevpnprofile
    p2svpnGateways/getP2sVpnConnectionHealth p2svpnGateways/getP2sVpnConnectionHealthDetailed p2svpnGateways/reset
    privateEndpoints privateEndpoints/privateDnsZoneGroups privateLinkServices
    privateLinkServices/privateEndpointConnections publicIPAddresses publicIPAddresses/ddosProtectionStatus
    publicIPAddresses/disassociateCloudServiceReservedPublicIp publicIPAddresses/reserveCloudServicePublicIpAddress
    publicIPPrefixes routeFilters routeFilters/routeFilterRules routeTables routeTables/routes
    securityPartnerProviders serviceEndpointPolicies serviceEndpointPolicies/serviceEndpointPolicyDefinitions
    serviceGateways serviceGateways/addressLocations serviceGateways/services serviceGateways/updateAddressLocations
    serviceGateways/updateServices virtualHubs virtualHubs/bgpConnections
    virtualHubs/bgpConnections/advertisedRoutes virtualHubs/bgpConnections/learnedRoutes
    virtualHubs/connectionPolicies virtualHubs/effectiveRoutes virtualHubs/hubRouteTables
    virtualHubs/hubVirtualNetworkConnections virtualHubs/inboundRoutes virtualHubs/ipConfigurations
    virtualHubs/outboundRoutes virtualHubs/routeMaps virtualHubs/routeTables virtualHubs/routingIntent
    virtualNetworkAppliances virtualNetworkAppliances/capabilities virtualNetworkGateways
    virtualNetworkGateways/abortMigration virtualNetworkGateways/commitMigration virtualNetworkGateways/connections
    virtualNetworkGateways/disconnectVirtualNetworkGatewayVpnConnections virtualNetworkGateways/executeMigration
    virtualNetworkGateways/generatevpnclientpackage virtualNetworkGateways/generatevpnprofile
    virtualNetworkGateways/getAdvertisedRoutes virtualNetworkGateways/getBgpPeerStatus
    virtualNetworkGateways/getEffectiveRoutes virtualNetworkGateways/getFailoverAllTestsDetails
    virtualNetworkGateways/getFailoverSingleTestDetails virtualNetworkGateways/getLearnedRoutes
    virtualNetworkGateways/getResiliencyInformation virtualNetworkGateways/getRoutesInformation
    virtualNetworkGateways/getVpnClientConnectionHealth virtualNetworkGateways/getvpnclientipsecparameters
    virtualNetworkGateways/getvpnprofilepackageurl virtualNetworkGateways/listRadiusSecrets
    virtualNetworkGateways/natRules virtualNetworkGateways/prepareMigration virtualNetworkGateways/reset
    virtualNetworkGateways/resetvpnclientsharedkey virtualNetworkGateways/setvpnclientipsecparameters
    virtualNetworkGateways/startPacketCapture virtualNetworkGateways/startSiteFailoverTest
    virtualNetworkGateways/stopPacketCapture virtualNetworkGateways/stopSiteFailoverTest
    virtualNetworkGateways/supportedvpndevices virtualNetworks virtualNetworks/checkIPAddressAvailability
    virtualNetworks/ddosProtectionStatus virtualNetworks/listNetworkManagerEffectiveConnectivityConfigurations
    virtualNetworks/listNetworkManagerEffectiveSecurityAdminRules virtualNetworks/moveIpConfigurations
    virtualNetworks/subnets virtualNetworks/subnets/prepareNetworkPolicies
    virtualNetworks/subnets/resourceNavigationLinks virtualNetworks/subnets/serviceAssociationLinks
    virtualNetworks/subnets/unprepareNetworkPolicies virtualNetworks/usages virtualNetworks/virtualNetworkPeerings
    virtualNetworkTaps virtualRouters virtualRouters/peerings virtualWans virtualWans/generateVpnProfile
    virtualWans/supportedSecurityProviders virtualWans/vpnConfiguration virtualWans/vpnServerConfigurations
    vpnGateways vpnGateways/natRules vpnGateways/reset vpnGateways/startpacketcapture vpnGateways/stoppacketcapture
    vpnGateways/vpnConnections vpnGateways/vpnConnections/startpacketcapture
    vpnGateways/vpnConnections/stoppacketcapture vpnGateways/vpnConnections/vpnLinkConnections
    vpnGateways/vpnConnections/vpnLinkConnections/getikesas
    vpnGateways/vpnConnections/vpnLinkConnections/resetconnection
    vpnGateways/vpnConnections/vpnLinkConnections/sharedKeys
    vpnGateways/vpnConnections/vpnLinkConnections/sharedKeys/listSharedKey vpnServerConfigurations
    vpnServerConfigurations/configurationPolicyGroups vpnServerConfigurations/listRadiusSecrets vpnSites
    vpnSites/vpnSiteLinks
"""
_POLICYINSIGHTS = """
    asyncOperationResults attestations checkPolicyRestrictions componentPolicyStates eventGridFilters operations
    policyEvents policyMetadata policyStates policyStates/queryResults policyStates/summarize
    policyStates/triggerEvaluation policyTrackedResources remediations remediations/cancel remediations/listDeployments
"""
_RESOURCEGRAPH = """
    generateQuery operations queries resourceChangeDetails resourceChanges resources resourcesHistory
"""
_RESOURCES = """
    bulkDelete calculateTemplateHash changes checkResourceName dataBoundaries deployments deployments/cancel
    deployments/exportTemplate deployments/operations deployments/validate deployments/whatIf deploymentScripts
    deploymentStacks links moveResources operations providers resourceGroups subscriptions subscriptions/locations
    subscriptions/resourceGroups tags templateSpecs templateSpecs/versions tenants validateMoveResources
"""
_OTHERS = """
    Microsoft.AAD Microsoft.AlertsManagement Microsoft.ApiManagement Microsoft.App Microsoft.AppConfiguration
    Microsoft.Attestation Microsoft.Automanage Microsoft.Automation Microsoft.AVS Microsoft.AzureStackHCI
    Microsoft.Batch Microsoft.Billing Microsoft.Cache Microsoft.Cdn Microsoft.ChangeAnalysis Microsoft.CognitiveServices
    Microsoft.Communication Microsoft.Consumption Microsoft.ContainerInstance Microsoft.ContainerRegistry
    Microsoft.ContainerService Microsoft.CostManagement Microsoft.Databricks Microsoft.DataFactory
    Microsoft.DataProtection Microsoft.DBforMySQL Microsoft.DBforPostgreSQL Microsoft.DesktopVirtualization
    Microsoft.DevCenter Microsoft.Devices Microsoft.DevTestLab Microsoft.DocumentDB Microsoft.EventGrid
    Microsoft.EventHub Microsoft.ExtendedLocation Microsoft.Features Microsoft.GuestConfiguration Microsoft.HDInsight
    Microsoft.HybridCompute Microsoft.Insights Microsoft.KeyVault Microsoft.Kubernetes Microsoft.Kusto Microsoft.Logic
    Microsoft.MachineLearningServices Microsoft.Maintenance Microsoft.ManagedServices Microsoft.Management
    Microsoft.Marketplace Microsoft.MarketplaceOrdering Microsoft.Monitor Microsoft.NetApp Microsoft.NotificationHubs
    Microsoft.OperationalInsights Microsoft.OperationsManagement Microsoft.Portal
    Microsoft.Purview Microsoft.Quota Microsoft.RecoveryServices Microsoft.Relay Microsoft.ResourceHealth
    Microsoft.ResourceNotifications Microsoft.Search Microsoft.Security Microsoft.SecurityInsights
    Microsoft.ServiceBus Microsoft.ServiceFabric Microsoft.SignalRService Microsoft.Solutions Microsoft.Sql
    Microsoft.SqlVirtualMachine Microsoft.Storage Microsoft.StorageCache Microsoft.StorageSync
    Microsoft.StreamAnalytics Microsoft.Subscription Microsoft.Support Microsoft.Synapse
    Microsoft.VirtualMachineImages Microsoft.Web
"""

_BY_NAMESPACE = {
    "Microsoft.Authorization": _AUTHORIZATION,
    "Microsoft.Compute": _COMPUTE,
    "Microsoft.ManagedIdentity": _MANAGEDIDENTITY,
    "Microsoft.Network": _NETWORK,
    "Microsoft.PolicyInsights": _POLICYINSIGHTS,
    "Microsoft.ResourceGraph": _RESOURCEGRAPH,
    "Microsoft.Resources": _RESOURCES,
}
# What stands in a path without a provider: the last fixed words of it.
_OUTSIDE = """
    tenants locations providers tagNames checkZonePeers resources resourceGroups exportTemplate moveResources
    validateMoveResources
"""


def spelled(namespace: str) -> str | None:
    """Return the name of a provider as Azure spells it; None for one that Azure does not have."""
    return next((one for one in (*_BY_NAMESPACE, *_OTHERS.split()) if one.lower() == namespace.lower()), None)


def known(namespace: str, kind: str) -> str | None:
    """Return a type, or an action below one, as Azure spells it; None for one that Azure does not have.

    `namespace` is spelled as Azure has it. Of another service than those listed here, every type counts as Azure's.
    """
    if namespace not in _BY_NAMESPACE:
        return kind
    return next((one for one in _BY_NAMESPACE[namespace].split() if one.lower() == kind.lower()), None)


def outside_providers(lower: list[str]) -> str | None:
    """Return the word that a path without a provider ends with, where Azure has such a path."""
    return next((word for word in _OUTSIDE.split() if word.lower() == lower[-1]), None)
