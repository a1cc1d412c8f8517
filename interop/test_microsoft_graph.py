"""The real Azure CLI reads the Microsoft Graph of the sandbox with a token for it, and sees what vmident sees."""

from __future__ import annotations

import json

from interop.azure_cli import AzureCli
from vmident.sandbox.seeded_access import OPERATORS


def test_the_azure_cli_names_principals_and_lists_members_and_vmident_the_same(az: AzureCli) -> None:
    names = {one["principalType"]: one["principalName"] for one in az("role assignment list --all")}
    assert names["Group"] == "Web Operators"
    graph = az.served.facts["graphEndpoint"]
    url = f"{graph}/v1.0/groups/{OPERATORS}/transitiveMembers?$count=true"
    members = az(f"rest --url '{url}' --resource {graph} --headers ConsistencyLevel=eventual")["value"]
    accounts = {one["userPrincipalName"] for one in members if one["@odata.type"] == "#microsoft.graph.user"}
    ran = az.served.vmident("access", "signInVM", "--groups", "-o", "json")
    (identity,) = json.loads(ran.stdout)["identities"]
    in_group = {one["principalName"] for one in identity["canBecome"] if one["groupName"] == "Web Operators"}
    assert in_group == accounts == {"web.engineer@sandbox.invalid", "data.engineer@sandbox.invalid"}
