"""azure-mgmt-resourcegraph, signed in as a service principal, against the served sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from azure.mgmt import resourcegraph
from azure.mgmt.resourcegraph import models

from tests.served import Served

pytestmark = pytest.mark.enable_socket  # the SDK runs in this process

# One query for each form that Microsoft's samples use: 'Starter' and 'Advanced Resource Graph queries', 'Get resource
# changes'.
_SAMPLES = """\
Resources | summarize count()

Resources | project name, type, location | order by name asc

Resources | project name, location, type | where type =~ 'Microsoft.Compute/virtualMachines' | order by name
  desc

Resources | where type =~ 'Microsoft.Compute/virtualMachines' | project name,
  properties.storageProfile.osDisk.osType | top 5 by name desc

Resources | where type =~ 'Microsoft.Compute/virtualMachines' | summarize count() by
  tostring(properties.storageProfile.osDisk.osType)

Resources | where type =~ 'Microsoft.Compute/virtualMachines' | extend os =
  properties.storageProfile.osDisk.osType | summarize count() by tostring(os)

Resources | where type contains 'publicIPAddresses' and isnotempty(properties.ipAddress) | project
  properties.ipAddress | limit 100

Resources | where type =~ 'microsoft.compute/virtualmachines' and name matches regex @'^(.*)VM$' | project
  name | order by name asc

Resources | where tags.environment=~'internal' | project name, tags

Resources | where isnotnull(properties.extended) | distinct type | order by type asc

Resources | where type == 'microsoft.compute/virtualmachines' | summarize count() by
  tostring(properties.extended.instanceView.powerState.code)

ResourceContainers | where type=='microsoft.resources/subscriptions' | project SubName=name, subscriptionId

Resources | join kind=leftouter (ResourceContainers | where type=='microsoft.resources/subscriptions' |
  project SubName=name, subscriptionId) on subscriptionId | project type, name, SubName | limit 1

ResourceContainers | where type=='microsoft.resources/subscriptions/resourcegroups' | project name, type |
  limit 5 | union (Resources | project name, type | limit 5)

Resources | summarize resourceCount=count() by subscriptionId | join (ResourceContainers | where
  type=='microsoft.resources/subscriptions' | project SubName=name, subscriptionId) on subscriptionId |
  project-away subscriptionId, subscriptionId1

resourcechanges | extend changeTime=todatetime(properties.changeAttributes.timestamp) | project changeTime,
  properties.changeType, properties.targetResourceId, properties.changes | order by changeTime desc | limit 5
"""
SAMPLES = _SAMPLES.split("\n\n")


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    made = Served(tmp_path)
    yield made
    made.kill()


def client_of(served: Served) -> Any:
    from azure.identity import ClientSecretCredential

    facts, endpoint = served.facts, served.facts["endpoint"]
    credential = ClientSecretCredential(
        facts["tenantId"],
        facts["clientId"],
        facts["clientSecret"],
        authority=endpoint,
        disable_instance_discovery=True,
        connection_verify=facts["certificates"],
    )
    return resourcegraph.ResourceGraphClient(
        credential,
        base_url=endpoint,
        credential_scopes=[f"{endpoint}/.default"],
        connection_verify=facts["certificates"],
    )


def ask(client: Any, query: str, **options: Any) -> Any:
    return client.resources(models.QueryRequest(query=query, options=models.QueryRequestOptions(**options)))


def test_microsofts_samples_are_answered(served: Served) -> None:
    client = client_of(served)
    rows = {query: ask(client, query).data for query in SAMPLES}
    resources = ask(client, "Resources | project name, type", top=1000).data
    vms = sorted(one["name"] for one in resources if one["type"] == "microsoft.compute/virtualmachines")
    assert {"appVM", "dbVM", "myVM", "webVM", "stoppedVM"} <= set(vms)
    assert rows[SAMPLES[0]] == [{"count_": len(resources)}]
    assert rows[SAMPLES[4]] == [{"properties_storageProfile_osDisk_osType": "Linux", "count_": len(vms)}]
    assert rows[SAMPLES[7]] == [{"name": name} for name in vms]
    states = {one["properties_extended_instanceView_powerState_code"]: one["count_"] for one in rows[SAMPLES[10]]}
    assert states == {"PowerState/running": len(vms) - 1, "PowerState/deallocated": 1}
    assert rows[SAMPLES[14]] == [{"resourceCount": len(resources), "SubName": "vmident sandbox"}]


def test_pages_and_tables_are_read(served: Served) -> None:
    client = client_of(served)
    query = (
        "Resources | where resourceGroup =~ 'myResourceGroup' and type endswith '/virtualMachines' | order by id asc"
    )
    first = ask(client, query, top=3)
    second = ask(client, query, top=3, skip_token=first.skip_token)
    assert (first.count, first.total_records, second.count, second.skip_token) == (3, 4, 1, None)
    assert str(getattr(first.result_truncated, "value", first.result_truncated)) == "false"
    table = ask(client, "Resources | project name | take 1", result_format=models.ResultFormat.TABLE).data
    assert table["columns"] == [{"name": "name", "type": "string"}]


def test_an_error_carries_its_details(served: Served) -> None:
    from azure.core.exceptions import HttpResponseError

    with pytest.raises(HttpResponseError) as refused:
        ask(client_of(served), "Resources | parse id with *")
    assert refused.value.status_code == 400
    assert "NotSupportedBySandbox" in str(refused.value)
    assert "the operator 'parse'" in str(refused.value)
