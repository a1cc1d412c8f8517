from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.cloud import (
    BOTH,
    COMPUTE,
    GROUP,
    IDENTITIES,
    IN_GROUP,
    IN_SUBSCRIPTION,
    MINE,
    MSI,
    OTHER,
    RESOURCES,
    ROLES,
    VM_CONTRIBUTOR,
    VMS,
    assignment_url,
    code_of,
    message_of,
    role_body,
)
from vmident.errors import UsageError
from vmident.sandbox.authorization import permissions
from vmident.sandbox.authorization.built_in_roles import BUILT_IN_ROLES
from vmident.sandbox.authorization.grants import allows
from vmident.sandbox.authorization.role import Role
from vmident.sandbox.routing import request_authorization
from vmident.sandbox.routing.route import Route
from vmident.sandbox.routing.routes import every_route
from vmident.sandbox.sandbox import PERSON_ID, PERSON_NAME, SUBSCRIPTION

if TYPE_CHECKING:
    from tests.sandbox.cloud import Cloud

WRITE = "Microsoft.Compute/virtualMachines/write"
ASSIGN = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action"
NEW = f"{IDENTITIES}/new"
ROLE = {role.title: role for role in BUILT_IN_ROLES}


def is_allowed(cloud: Cloud, action: str, scope: str) -> bool:
    with cloud.sandbox._store.transaction() as rows:
        return permissions.is_allowed(rows, action, scope)


@pytest.mark.parametrize(
    ("role", "allowed", "refused"),
    [
        ("Owner", [WRITE, ASSIGN, "Microsoft.Authorization/roleAssignments/write"], []),
        ("Contributor", [WRITE, ASSIGN], ["Microsoft.Authorization/roleAssignments/write"]),
        ("Reader", ["Microsoft.Compute/virtualMachines/read"], [WRITE, ASSIGN]),
        (
            "Virtual Machine Contributor",
            [WRITE.lower()],
            [ASSIGN, "Microsoft.ManagedIdentity/userAssignedIdentities/read"],
        ),
        ("Managed Identity Operator", [ASSIGN, "Microsoft.ManagedIdentity/userAssignedIdentities/read"], [WRITE]),
        ("Managed Identity Contributor", ["Microsoft.ManagedIdentity/userAssignedIdentities/write"], [ASSIGN]),
        ("User Access Administrator", ["Microsoft.Authorization/roleAssignments/write"], [WRITE]),
        ("Role Based Access Control Administrator", ["Microsoft.Authorization/roleAssignments/delete"], [WRITE]),
        ("Network Contributor", ["Microsoft.Network/virtualNetworks/subnets/write"], [WRITE]),
        ("Storage Blob Data Reader", [], ["Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"]),
        ("Key Vault Secrets User", [], ["Microsoft.KeyVault/vaults/secrets/getSecret/action"]),
    ],
)
def test_a_built_in_role_allows_what_it_says(role: str, allowed: list[str], refused: list[str]) -> None:
    assert [action for action in allowed if not allows(ROLE[role], action)] == []
    assert [action for action in refused if allows(ROLE[role], action)] == []


@pytest.mark.parametrize(
    ("pattern", "action", "matches"),
    [
        ("*", "A/b/read", True),
        ("*/read", "A/b/READ", True),
        ("*/read", "A/b/reader", False),
        ("A/*/read", "a/read", True),
        ("A/*/read", "a/b/c/read", True),
        ("A/b*/read", "a/bcd/read", True),
        ("A.b/c", "aXb/c", False),
        ("", "", True),
    ],
)
def test_a_star_stands_for_any_text(pattern: str, action: str, *, matches: bool) -> None:
    assert allows(Role("x", "x", "", (pattern,)), action) is matches


def test_what_one_role_takes_away_another_still_gives(cloud: Cloud) -> None:
    cautious = cloud.sandbox.add_role("Cautious", ["*"], ["*/delete"])
    cloud.sandbox.limit_person([(cautious, IN_GROUP)])
    assert code_of(cloud.delete_identity(OTHER)) == (403, "AuthorizationFailed")
    cloud.sandbox.limit_person([(cautious, IN_GROUP), ("Managed Identity Contributor", OTHER)])
    assert cloud.delete_identity(OTHER).status == 200
    assert code_of(cloud.delete_identity(MINE)) == (403, "AuthorizationFailed")


def test_a_role_holds_at_its_scope_and_below(cloud: Cloud) -> None:
    cloud.sandbox.limit_person([("Reader", "group")])
    assert is_allowed(cloud, "Microsoft.Compute/virtualMachines/read", f"{VMS}/myVM".upper())
    assert is_allowed(cloud, "Microsoft.Resources/subscriptions/resourceGroups/read", IN_GROUP)
    assert not is_allowed(cloud, "Microsoft.Resources/subscriptions/read", IN_SUBSCRIPTION)
    assert not is_allowed(cloud, "Microsoft.Resources/subscriptions/resourceGroups/read", f"{IN_GROUP}2")


def test_a_refusal_says_who_may_not_do_what_where(cloud: Cloud) -> None:
    cloud.sandbox.limit_person([("Reader", "subscription")])
    answer = cloud.identify("myVM", "SystemAssigned")
    assert code_of(answer) == (403, "AuthorizationFailed")
    assert message_of(answer) == (
        f"The client '{PERSON_NAME}' with object id '{PERSON_ID}' does not have authorization to perform action "
        f"'{WRITE}' over scope '{VMS}/myVM' or the scope is invalid. If access was recently granted, please refresh "
        "your credentials."
    )
    assert "identity" not in cloud.vm("myVM")


@pytest.mark.parametrize(
    ("method", "url", "action"),
    [
        ("GET", f"{VMS}/myVM?api-version={COMPUTE}", "Microsoft.Compute/virtualMachines/read"),
        ("GET", f"{VMS}/no?api-version={COMPUTE}", "Microsoft.Compute/virtualMachines/read"),
        ("PATCH", f"{VMS}/myVM?api-version={COMPUTE}", WRITE),
        ("PUT", f"{NEW}?api-version={MSI}", "Microsoft.ManagedIdentity/userAssignedIdentities/write"),
        ("DELETE", f"{OTHER}?api-version={MSI}", "Microsoft.ManagedIdentity/userAssignedIdentities/delete"),
        ("GET", f"{IN_GROUP}?api-version={RESOURCES}", "Microsoft.Resources/subscriptions/resourceGroups/read"),
        ("HEAD", f"{IN_GROUP}?api-version={RESOURCES}", ""),
        ("PUT", f"{IN_GROUP}?api-version={RESOURCES}", "Microsoft.Resources/subscriptions/resourceGroups/write"),
        ("GET", f"{IN_SUBSCRIPTION}?api-version={RESOURCES}", "Microsoft.Resources/subscriptions/read"),
        (
            "GET",
            f"{IN_SUBSCRIPTION}/providers?api-version={RESOURCES}",
            "Microsoft.Resources/subscriptions/providers/read",
        ),
        (
            "POST",
            f"{IN_SUBSCRIPTION}/providers/Microsoft.Compute/register?api-version={RESOURCES}",
            "Microsoft.Compute/register/action",
        ),
        ("PUT", assignment_url(IN_GROUP), "Microsoft.Authorization/roleAssignments/write"),
        ("DELETE", assignment_url(IN_GROUP), "Microsoft.Authorization/roleAssignments/delete"),
        ("GET", assignment_url(IN_GROUP), "Microsoft.Authorization/roleAssignments/read"),
    ],
)
def test_every_request_takes_its_own_permission(cloud: Cloud, method: str, url: str, action: str) -> None:
    cloud.sandbox.limit_person([])
    answer = cloud.send(method, url, {"tags": {}} if method in ("PUT", "PATCH") else None)
    assert answer.status == 403
    if action:
        assert f"perform action '{action}' over scope" in message_of(answer)


def test_every_route_names_the_permission_that_its_methods_take() -> None:
    named = {request_authorization.action_of(route, method) for route in every_route() for method in route.methods}
    assert {"", WRITE, "Microsoft.Resources/subscriptions/providers/read"} <= named
    assert [action for action in named if action and action.count("/") < 2] == []
    whole = Route("{scope}/providers/microsoft.resources/deployments/{name}/whatif", {}, (), "deployments")
    assert request_authorization.action_of(whole, "POST") == "Microsoft.Resources/deployments/whatif/action"


@pytest.mark.parametrize(
    "url",
    [
        f"{IN_SUBSCRIPTION}?api-version={RESOURCES}",
        f"{IN_SUBSCRIPTION}/providers?api-version={RESOURCES}",
        f"{IN_SUBSCRIPTION}/providers/Microsoft.Network?api-version={RESOURCES}",
        f"{IN_SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions?api-version={ROLES}",
    ],
)
def test_for_some_reads_any_role_will_do(cloud: Cloud, url: str) -> None:
    cloud.sandbox.limit_person([("Storage Blob Data Reader", f"{VMS}/myVM")])
    assert cloud.send("GET", url).status == 200
    cloud.sandbox.limit_person([])
    assert code_of(cloud.send("GET", url)) == (403, "AuthorizationFailed")


def test_the_subscription_is_listed_for_who_has_any_role_in_it(cloud: Cloud) -> None:
    listed = cloud.send("GET", f"/subscriptions?api-version={RESOURCES}").json()
    assert (len(listed["value"]), listed["count"]["value"]) == (1, 1)
    cloud.sandbox.limit_person([])
    assert cloud.send("GET", f"/subscriptions?api-version={RESOURCES}").json()["value"] == []


def test_an_operation_is_polled_without_a_permission(cloud: Cloud) -> None:
    url = cloud.identify("myVM", "SystemAssigned").headers["Azure-AsyncOperation"]
    cloud.sandbox.limit_person([])
    assert cloud.send("GET", url).status == 200


class TestLists:
    @pytest.fixture(autouse=True)
    def _limited(self, cloud: Cloud) -> None:
        cloud.sandbox.add_group("other", tags={"team": "web"})
        cloud.sandbox.add_vm("other", "far")
        cloud.sandbox.limit_person([("Reader", f"{VMS}/myVM"), ("Reader", f"{IN_SUBSCRIPTION}/resourceGroups/other")])

    @pytest.mark.parametrize(
        ("url", "names"),
        [
            (f"{VMS}?api-version={COMPUTE}", ["myVM"]),
            (f"{IN_SUBSCRIPTION}/providers/Microsoft.Compute/virtualMachines?api-version={COMPUTE}", ["myVM", "far"]),
            (f"{IDENTITIES}?api-version={MSI}", []),
            (f"{IN_SUBSCRIPTION}/resourcegroups?api-version={RESOURCES}", ["other"]),
            (f"{IN_SUBSCRIPTION}/resourcegroups?$filter=tagName eq 'team'&api-version={RESOURCES}", ["other"]),
        ],
    )
    def test_they_show_what_the_person_may_read(self, cloud: Cloud, url: str, names: list[str]) -> None:
        assert [one["name"] for one in cloud.send("GET", url).json()["value"]] == names

    def test_the_list_of_everything_shows_what_the_person_may_read_by_its_type(self, cloud: Cloud) -> None:
        url = f"{IN_SUBSCRIPTION}/resources?api-version={RESOURCES}"
        listed = cloud.send("GET", url).json()["value"]
        assert [one["name"] for one in listed if one["type"].endswith("/virtualMachines")] == ["myVM", "far"]
        cloud.sandbox.limit_person([("Managed Identity Operator", "subscription")])
        names = [one["name"] for one in cloud.send("GET", url).json()["value"]]
        assert names == ["myUserAssignedIdentity", "otherIdentity"]

    def test_the_graph_shows_what_the_person_may_read(self, cloud: Cloud) -> None:
        query = {
            "query": "Resources | where type =~ 'microsoft.compute/virtualMachines' | project name | order by name asc"
        }
        answer = cloud.send("POST", "/providers/Microsoft.ResourceGraph/resources?api-version=2022-10-01", query)
        assert answer.json()["data"] == [{"name": "far"}, {"name": "myVM"}]


class TestAttaching:
    """What a request names with a value is what the person must be allowed to assign, attached already or not."""

    @pytest.fixture(autouse=True)
    def _limited(self, cloud: Cloud) -> None:
        cloud.sandbox.limit_person([(VM_CONTRIBUTOR, "group")])

    def test_it_is_refused_without_permission_on_the_identities(self, cloud: Cloud) -> None:
        answer = cloud.identify("appVM", BOTH, named={MINE: {}, OTHER: {}})
        assert code_of(answer) == (403, "LinkedAuthorizationFailed")
        assert message_of(answer) == (
            f"The client '{PERSON_NAME}' with object id '{PERSON_ID}' has permission to perform action '{WRITE}' on "
            f"scope '{VMS}/appVM'; however, it does not have permission to perform action '{ASSIGN}' on the linked "
            f"scope(s) '{MINE},{OTHER}' or the linked scope(s) are invalid."
        )

    def test_what_is_allowed_is_not_named(self, cloud: Cloud) -> None:
        cloud.sandbox.limit_person([(VM_CONTRIBUTOR, "group"), ("Managed Identity Operator", MINE)])
        answer = cloud.identify("appVM", BOTH, named={MINE: {}, OTHER: {}})
        assert f"linked scope(s) '{OTHER}' or" in message_of(answer)
        assert cloud.identify("appVM", BOTH, named={MINE: {}}).status == 200

    @pytest.mark.parametrize(
        "identity",
        [
            {"type": "SystemAssigned"},
            {"type": "None"},
            {"type": BOTH},
            {"type": "SystemAssigned", "userAssignedIdentities": None},
        ],
    )
    def test_what_is_not_named_takes_no_permission(self, cloud: Cloud, identity: Any) -> None:
        assert cloud.patch("appVM", {"identity": identity}).status == 200

    def test_detaching_takes_no_permission_on_the_identity(self, cloud: Cloud) -> None:
        cloud.sandbox.limit_person([(VM_CONTRIBUTOR, "group"), ("Managed Identity Operator", OTHER)])
        assert cloud.identify("dbVM", "UserAssigned", named={MINE: None, OTHER: {}}).status == 200

    def test_an_identity_that_is_gone_is_said_to_be_gone_to_who_may_assign_it(self, cloud: Cloud) -> None:
        cloud.sandbox.limit_person([("Contributor", "group")])
        assert code_of(cloud.identify("myVM", "UserAssigned", named={NEW: {}})) == (400, "FailedIdentityOperation")


class TestPermissionsList:
    def test_it_gives_what_each_role_that_holds_there_allows(self, cloud: Cloud) -> None:
        cloud.sandbox.limit_person([("Contributor", f"{VMS}/myVM"), ("Reader", "group"), ("Owner", f"{VMS}/webVM")])
        shown = cloud.send("GET", f"{VMS}/myVM/providers/Microsoft.Authorization/permissions?api-version={ROLES}")
        assert sorted(one["actions"] for one in shown.json()["value"]) == [["*"], ["*/read"]]
        contributor = next(one for one in shown.json()["value"] if one["actions"] == ["*"])
        assert "Microsoft.Authorization/*/Write" in contributor["notActions"]
        assert contributor["dataActions"] == contributor["notDataActions"] == []

    def test_it_is_empty_where_no_role_holds(self, cloud: Cloud) -> None:
        cloud.sandbox.limit_person([("Reader", "group")])
        url = f"{IN_SUBSCRIPTION}/providers/Microsoft.Authorization/permissions?api-version=2015-07-01"
        assert cloud.send("GET", url).json() == {"value": []}

    def test_of_what_is_not_there_there_is_none(self, cloud: Cloud) -> None:
        url = f"{VMS}/no/providers/Microsoft.Authorization/permissions?api-version={ROLES}"
        assert code_of(cloud.send("GET", url)) == (404, "ResourceNotFound")


def test_roles_given_by_request_count_at_once(cloud: Cloud) -> None:
    cloud.sandbox.limit_person([("User Access Administrator", "subscription")])
    assert code_of(cloud.delete_identity(OTHER)) == (403, "AuthorizationFailed")
    assert cloud.send("PUT", assignment_url(IN_GROUP), role_body(PERSON_ID, ROLE["Owner"].name)).status == 201
    assert cloud.delete_identity(OTHER).status == 200


def test_an_assignment_of_a_role_that_is_gone_grants_nothing(cloud: Cloud) -> None:
    name = cloud.sandbox.add_role("Everything", ["*"])
    cloud.sandbox.limit_person([(name, "subscription")])
    with cloud.sandbox._store.transaction() as rows:
        rows.soft_delete("role", "", name, deleted=cloud.now)
    assert not is_allowed(cloud, WRITE, f"{VMS}/myVM")
    assert cloud.sandbox.status()["roles"] == []


@pytest.mark.parametrize(
    "limit", [("Raeder", "group"), ("Reader", "/tenants/x"), ("Reader", f"/subscriptions/{GROUP}")]
)
def test_a_person_is_not_limited_to_what_is_not_there(cloud: Cloud, limit: tuple[str, str]) -> None:
    with pytest.raises(UsageError):
        cloud.sandbox.limit_person([("Reader", "group"), limit])
    assert cloud.sandbox.status()["roles"] == [f"Owner on /subscriptions/{SUBSCRIPTION}"]


def test_a_template_with_what_the_person_may_not_make_is_refused_before_anything_is_begun(cloud: Cloud) -> None:
    cloud.sandbox.add_role("Deployer", ["Microsoft.Resources/deployments/*"])
    cloud.sandbox.limit_person([("Deployer", "group"), ("Reader", "group")])
    address = {
        "type": "Microsoft.Network/publicIPAddresses",
        "apiVersion": "2023-04-01",
        "name": "ip1",
        "location": "westus",
        "properties": {},
    }
    schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
    template = {"$schema": schema, "contentVersion": "1.0.0.0", "resources": [address]}
    body = {"properties": {"template": template, "mode": "Incremental"}}
    url = f"{IN_GROUP}/providers/Microsoft.Resources/deployments/d?api-version=2021-04-01"
    refused = cloud.send("PUT", url, body)

    assert (refused.status, refused.json()["error"]["code"]) == (403, "InvalidTemplateDeployment")
    assert "perform action 'Microsoft.Network/publicIPAddresses/write' at scope" in refused.json()["error"]["message"]
    assert cloud.send("GET", url).status == 404


def test_whoever_may_not_assign_an_identity_makes_no_vm_with_it(cloud: Cloud) -> None:
    cloud.sandbox.limit_person([("Virtual Machine Contributor", "group"), ("Network Contributor", "group")])
    identity = {"type": "UserAssigned", "userAssignedIdentities": {OTHER: {}}}
    body = {"location": "westus", "identity": identity}
    refused = cloud.send("PUT", f"{VMS}/myVM?api-version=2024-07-01", body)
    assert (refused.status, refused.json()["error"]["code"]) == (403, "LinkedAuthorizationFailed")
