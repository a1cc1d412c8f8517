"""Five clients at once on one server: each of them gets its answers while the others ask."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from interop.azure_cli import GROUP, AzureCli
from interop.lesson_runs import ANSIBLE, AZURE_CLI, NODE, PYTHON, environment

PYTHON_SCRIPT = """
import os
from azure.identity import ClientSecretCredential
from azure.mgmt.compute import ComputeManagementClient
e = os.environ
url = e["ARM_ENDPOINT"]
credential = ClientSecretCredential(
    e["AZURE_TENANT_ID"], e["AZURE_CLIENT_ID"], e["AZURE_CLIENT_SECRET"], authority=url, disable_instance_discovery=True
)
client = ComputeManagementClient(
    credential, e["AZURE_SUBSCRIPTION_ID"], base_url=url, credential_scopes=[f"{url}/.default"]
)
for _ in range(200):
    names = [one.name for one in client.virtual_machines.list_all()]
print(names)
"""
JAVASCRIPT = """
const path = `${process.env.INTEROP_NODE_FOLDER}/node_modules/`;
const { ClientSecretCredential } = require(`${path}@azure/identity`);
const { ComputeManagementClient } = require(`${path}@azure/arm-compute`);
const e = process.env, url = e.ARM_ENDPOINT;
const credential = new ClientSecretCredential(e.AZURE_TENANT_ID, e.AZURE_CLIENT_ID, e.AZURE_CLIENT_SECRET, {
  authorityHost: url,
  disableInstanceDiscovery: true,
});
const options = { endpoint: url, credentials: { scopes: [`${url}/.default`] } };
const client = new ComputeManagementClient(credential, e.AZURE_SUBSCRIPTION_ID, options);
(async () => {
  let names = [];
  for (let i = 0; i < 200; i++) {
    names = [];
    for await (const vm of client.virtualMachines.listAll()) names.push(vm.name);
  }
  console.log(names.join(" "));
})();
"""


@pytest.fixture
def az(tmp_path: Path) -> Iterator[AzureCli]:
    if not os.environ.get(AZURE_CLI):
        pytest.skip(f"The Azure CLI is not installed: {AZURE_CLI} is not set")
    made = AzureCli(tmp_path)
    yield made
    made.served.kill()


def test_five_clients_are_answered_at_once(az: AzureCli, tmp_path: Path) -> None:
    missing = [name for name in (PYTHON, NODE, ANSIBLE) if not os.environ.get(name)]
    if missing:
        pytest.skip(f"Not all of the clients are installed: {', '.join(missing)} not set")
    environ = environment(az.served, tmp_path)
    ansible = ["localhost", "-m", "azure.azcollection.azure_rm_virtualmachine_info", "-a", f"resource_group={GROUP}"]
    commands = {
        "Azure CLI": [os.environ[AZURE_CLI], "-m", "azure.cli", "vm", "list", "-o", "tsv", "--query", "[].name"],
        "Python": [os.environ[PYTHON], "-c", PYTHON_SCRIPT],
        "JavaScript": ["node", "-e", JAVASCRIPT],
        "Ansible": [os.environ[ANSIBLE], "-m", "ansible", "adhoc", *ansible],
        "vmident": [sys.executable, "-m", "vmident", "list"],
    }
    environs = {"Azure CLI": az.environ, "vmident": {**os.environ, **az.served.exported("vmident")}}
    running = {
        client: subprocess.Popen(
            command, env=environs.get(client, environ), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for client, command in commands.items()
    }
    said = {client: process.communicate(timeout=600) for client, process in running.items()}

    assert {client: process.returncode for client, process in running.items()} == dict.fromkeys(commands, 0), said
    for client, (out, err) in said.items():
        assert all(name in out for name in ("myVM", "webVM", "dbVM", "appVM")), (client, out, err)
