"""Microsoft's article, 'Configure managed identities for Azure resources on an Azure VM using Azure CLI'.

Its commands as it has them, run by the Azure CLI against `sandbox serve`. Each test is a chapter on a server of its
own, so that they wait at the same time: the Azure CLI looks at a change at once, and then every 30 seconds.
"""

from __future__ import annotations

from interop.azure_cli import GROUP, PASSWORD, AzureCli, group_id, users_of

BOTH = "SystemAssigned, UserAssigned"
SCOPE = group_id()


def test_a_group_and_a_vm_with_the_system_assigned_identity(az: AzureCli) -> None:
    az("group create --name articleGroup --location westus")
    assert "articleGroup" in [one["name"] for one in az.vmident("group", "list")]

    scope = group_id("articleGroup")
    az(
        "vm create --resource-group articleGroup --name firstVM --image Win2022Datacenter --generate-ssh-keys "
        f"--assign-identity --role contributor --scope {scope} --admin-username azureuser --admin-password {PASSWORD}"
    )
    made = az.identity("firstVM", "articleGroup")
    assert made["type"] == "SystemAssigned"
    assert az.roles(made["principalId"], scope) == ["Contributor"]
    assert [one["name"] for one in az("vm list --resource-group articleGroup")] == ["firstVM"]


def test_the_system_assigned_identity_of_a_vm_that_is_there(az: AzureCli) -> None:
    az(f"vm identity assign -g {GROUP} -n myVM --role Reader --scope {SCOPE}")
    enabled = az.identity("myVM")
    assert enabled["type"] == "SystemAssigned"
    assert az.roles(enabled["principalId"], SCOPE) == ["Reader"]

    az(f"vm identity remove -g {GROUP} -n myVM")
    assert az.identity("myVM") == {"type": "None", "userAssignedIdentities": {}}


def test_a_vm_with_a_user_assigned_identity(az: AzureCli) -> None:
    az(f"identity create -g {GROUP} -n articleId")
    made = az(f"identity show -g {GROUP} -n articleId")
    assert az.vmident("identity", "show", "articleId", "-g", GROUP)["principalId"] == made["principalId"]

    # The article has `--role` and `--scope` here too; the Azure CLI takes them with a system-assigned identity alone.
    az(
        f"vm create --resource-group {GROUP} --name secondVM --image Ubuntu2204 --admin-username azureuser "
        f"--admin-password {PASSWORD} --assign-identity {made['id']}"
    )
    second = az.identity("secondVM")
    assert (second["type"], users_of(second)) == ("UserAssigned", ["articleid"])


def test_a_vm_with_both_kinds_and_a_key(az: AzureCli) -> None:
    az(
        f"vm create -g {GROUP} -n bothVM --image Ubuntu2204 --generate-ssh-keys --admin-username azureuser "
        f"--assign-identity [system] otherIdentity --role Reader --scope {SCOPE}"
    )
    both = az.identity("bothVM")
    assert (both["type"], users_of(both)) == (BOTH, ["otheridentity"])
    assert az.roles(both["principalId"], SCOPE) == ["Reader"]


def test_user_assigned_identities_of_a_vm_that_is_there(az: AzureCli) -> None:
    az(f"vm identity assign -g {GROUP} -n dbVM --identities otherIdentity")
    assert sorted(users_of(az.identity("dbVM"))) == ["myuserassignedidentity", "otheridentity"]

    az(f"vm identity remove -g {GROUP} -n dbVM --identities otherIdentity")
    assert users_of(az.identity("dbVM")) == ["myuserassignedidentity"]

    az(f"vm identity remove -g {GROUP} -n dbVM --identities myUserAssignedIdentity")
    assert az.identity("dbVM")["type"] == "None"

    az(f"identity delete -g {GROUP} -n myUserAssignedIdentity")
    assert [one["name"] for one in az(f"identity list -g {GROUP}")] == ["otherIdentity"]
    assert [one["name"] for one in az.vmident("identity", "list", "-g", GROUP)] == ["otherIdentity"]


def test_one_kind_is_taken_from_a_vm_with_both(az: AzureCli) -> None:
    az(f"vm identity remove -g {GROUP} -n appVM")
    left = az.identity("appVM")
    assert (left["type"], users_of(left)) == ("UserAssigned", ["myuserassignedidentity"])

    az(f"vm identity assign -g {GROUP} -n appVM --identities [system]")
    assert az.identity("appVM")["type"] == BOTH

    az(f"vm identity remove -g {GROUP} -n appVM --identities myUserAssignedIdentity")
    assert az.identity("appVM")["type"] == "SystemAssigned"


def test_what_vmident_changes_the_azure_cli_sees(az: AzureCli) -> None:
    az.vmident("set", "myVM", "--type", "both", "--identity", "otherIdentity")
    assert (az.identity("myVM")["type"], users_of(az.identity("myVM"))) == (BOTH, ["otheridentity"])
    az.vmident("disable-system", "myVM", "--yes")
    assert az.identity("myVM")["type"] == "UserAssigned"
