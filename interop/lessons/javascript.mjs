// A lesson with Azure's JavaScript SDKs, from an empty subscription to an empty one; prints each step as a line of JSON.
//
// Knows nothing of vmident: it is what a user of the SDKs would write, with the endpoint and the credentials of the
// environment. The packages have no client of networks here, so the VM gets its card from a deployment by hand: a raw
// request through the same pipeline.

import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const env = process.env;
// Modules are looked up where they are installed, not beside this file.
const require = createRequire(pathToFileURL(`${env.INTEROP_NODE_FOLDER}/package.json`));
const { ClientSecretCredential } = require("@azure/identity");
const { ComputeManagementClient } = require("@azure/arm-compute");
const { ManagedServiceIdentityClient } = require("@azure/arm-msi");
const { AuthorizationManagementClient } = require("@azure/arm-authorization");
const { ResourceManagementClient } = require("@azure/arm-resources");

const group = "lesson";
const location = "westus";
const reader = "acdd72a7-3385-48ef-bd42-f606fba81ae7";
const assignment = "11111111-1111-4111-8111-111111111111";
const role = "22222222-2222-4222-8222-222222222222";
const endpoint = env.ARM_ENDPOINT;
const subscription = env.AZURE_SUBSCRIPTION_ID;
const inSubscription = `/subscriptions/${subscription}`;
const inGroup = `${inSubscription}/resourceGroups/${group}`;
const vmId = `${inGroup}/providers/Microsoft.Compute/virtualMachines/lessonVM`;
const identityId = `${inGroup}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/lessonIdentity`;

const credential = new ClientSecretCredential(env.AZURE_TENANT_ID, env.AZURE_CLIENT_ID, env.AZURE_CLIENT_SECRET, {
  authorityHost: endpoint,
  disableInstanceDiscovery: true,
});
const options = {
  endpoint,
  credentialScopes: [`${endpoint}/.default`],
  credentials: { scopes: [`${endpoint}/.default`] },
  retryOptions: { maxRetries: 0 },
};
const resources = new ResourceManagementClient(credential, subscription, options);
const compute = new ComputeManagementClient(credential, subscription, options);
const identities = new ManagedServiceIdentityClient(credential, subscription, options);
const roles = new AuthorizationManagementClient(credential, subscription, options);
const soon = { updateIntervalInMs: 200 };

async function step(command, call) {
  try {
    const given = await call();
    console.log(JSON.stringify({ command, works: true }));
    return given;
  } catch (failed) {
    console.log(JSON.stringify({ command, works: false, error: `${failed.code ?? ""} ${failed.message}`.slice(0, 400) }));
    return undefined;
  }
}

async function all(pages) {
  const found = [];
  for await (const one of pages) found.push(one);
  return found;
}

async function put(path, body) {
  const { token } = await credential.getToken(`${endpoint}/.default`);
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const answer = await fetch(`${endpoint}${path}`, { method: "PUT", headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(await answer.text());
}

async function network() {
  const path = `${inGroup}/providers/Microsoft.Network`;
  const subnets = [{ name: "default", properties: { addressPrefix: "10.1.0.0/24" } }];
  const space = { addressSpace: { addressPrefixes: ["10.1.0.0/16"] }, subnets };
  await put(`${path}/virtualNetworks/lessonVnet?api-version=2024-05-01`, { location, properties: space });
  const subnet = { id: `${path}/virtualNetworks/lessonVnet/subnets/default` };
  const ipConfigurations = [{ name: "first", properties: { subnet } }];
  await put(`${path}/networkInterfaces/lessonNic?api-version=2024-05-01`, { location, properties: { ipConfigurations } });
}

const vm = {
  location,
  hardwareProfile: { vmSize: "Standard_B1s" },
  storageProfile: {
    imageReference: {
      publisher: "Canonical",
      offer: "0001-com-ubuntu-server-jammy",
      sku: "22_04-lts-gen2",
      version: "latest",
    },
    osDisk: { createOption: "FromImage", deleteOption: "Delete" },
  },
  osProfile: { computerName: "lessonVM", adminUsername: "azureuser", adminPassword: "Correct-horse-7" },
  networkProfile: {
    networkInterfaces: [{ id: `${inGroup}/providers/Microsoft.Network/networkInterfaces/lessonNic` }],
  },
};
const changed = (type, userAssignedIdentities) =>
  compute.virtualMachines.update(group, "lessonVM", { identity: { type, userAssignedIdentities } }, soon);
const both = "SystemAssigned, UserAssigned";
const machines = compute.virtualMachines;
const credentials = identities.federatedIdentityCredentials;

for (const { name } of await all(resources.resourceGroups.list())) {
  await step("resourceGroups.beginDeleteAndWait", () => resources.resourceGroups.beginDeleteAndWait(name, soon));
}
await step("resourceGroups.createOrUpdate", () => resources.resourceGroups.createOrUpdate(group, { location }));
await step("resourceGroups.checkExistence", () => resources.resourceGroups.checkExistence(group));
await step("resourceGroups.list", () => all(resources.resourceGroups.list()));
await step("providers.get", () => resources.providers.get("Microsoft.Compute"));
await network();
const made = await step("userAssignedIdentities.createOrUpdate", () =>
  identities.userAssignedIdentities.createOrUpdate(group, "lessonIdentity", { location }),
);
await step("userAssignedIdentities.update", () =>
  identities.userAssignedIdentities.update(group, "lessonIdentity", { tags: { course: "identities" } }),
);
await step("userAssignedIdentities.get", () => identities.userAssignedIdentities.get(group, "lessonIdentity"));
await step("userAssignedIdentities.listByResourceGroup", () =>
  all(identities.userAssignedIdentities.listByResourceGroup(group)),
);
await step("federatedIdentityCredentials.createOrUpdate", () =>
  credentials.createOrUpdate(group, "lessonIdentity", "github", {
    issuer: "https://token.actions.githubusercontent.com",
    subject: "repo:contoso/web:environment:prod",
    audiences: ["api://AzureADTokenExchange"],
  }),
);
await step("federatedIdentityCredentials.list", () => all(credentials.list(group, "lessonIdentity")));
await step("federatedIdentityCredentials.delete", () => credentials.delete(group, "lessonIdentity", "github"));
await step("virtualMachines.createOrUpdate", () => machines.createOrUpdate(group, "lessonVM", { ...vm }, soon));
await step("virtualMachines.get", () => machines.get(group, "lessonVM"));
await step("virtualMachines.instanceView", () => machines.instanceView(group, "lessonVM"));
await step("virtualMachines.list", () => all(machines.list(group)));
await step("virtualMachines.listAll", () => all(machines.listAll()));
await step("virtualMachines.update (enable)", () => changed("SystemAssigned"));
await step("virtualMachines.update (attach)", () => changed(both, { [identityId]: {} }));
await step("systemAssignedIdentities.getByScope", () => identities.systemAssignedIdentities.getByScope(vmId.slice(1)));
await step("virtualMachines.update (detach)", () => changed("SystemAssigned"));
await step("virtualMachines.update (none)", () => changed("None"));
await step("roleAssignments.create", () =>
  roles.roleAssignments.create(inGroup, assignment, {
    roleDefinitionId: `${inSubscription}/providers/Microsoft.Authorization/roleDefinitions/${reader}`,
    principalId: made?.principalId,
    principalType: "ServicePrincipal",
  }),
);
await step("roleAssignments.listForScope", () => all(roles.roleAssignments.listForScope(inGroup)));
await step("roleAssignments.delete", () => roles.roleAssignments.delete(inGroup, assignment));
await step("roleDefinitions.list", () => all(roles.roleDefinitions.list(inSubscription, { filter: "roleName eq 'Reader'" })));
await step("roleDefinitions.createOrUpdate", () =>
  roles.roleDefinitions.createOrUpdate(inSubscription, role, {
    roleName: "Lesson Reader",
    roleType: "CustomRole",
    permissions: [{ actions: ["Microsoft.Compute/virtualMachines/read"], notActions: [] }],
    assignableScopes: [inSubscription],
  }),
);
await step("roleDefinitions.delete", () => roles.roleDefinitions.delete(inSubscription, role));
await step("resources.listByResourceGroup", () => all(resources.resources.listByResourceGroup(group)));
await step("virtualMachines.powerOff", () => machines.powerOff(group, "lessonVM", soon));
await step("virtualMachines.start", () => machines.start(group, "lessonVM", soon));
await step("virtualMachines.deallocate", () => machines.deallocate(group, "lessonVM", soon));
await step("disks.listByResourceGroup", () => all(compute.disks.listByResourceGroup(group)));
await step("virtualMachines.delete", () => machines.delete(group, "lessonVM", soon));
await step("userAssignedIdentities.delete", () => identities.userAssignedIdentities.delete(group, "lessonIdentity"));
await step("resourceGroups.beginDeleteAndWait", () => resources.resourceGroups.beginDeleteAndWait(group, soon));
await step("resources.list (empty)", async () => {
  const left = await all(resources.resources.list());
  if (left.length) throw new Error(`Left: ${left.map((one) => one.id)}`);
});
