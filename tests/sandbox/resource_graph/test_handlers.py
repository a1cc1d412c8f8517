from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.cloud import (
    GROUP,
    IN_GROUP,
    IN_SUBSCRIPTION,
    MINE,
    OTHER,
    VMS,
    Cloud,
    assignment_url,
    code_of,
    role_body,
)
from vmident.sandbox.sandbox import SUBSCRIPTION, TENANT

if TYPE_CHECKING:
    from vmident.sandbox.http_messages import Response

URL = "/providers/Microsoft.ResourceGraph/resources?api-version=2022-10-01"
VM_QUERY = "Resources | where type =~ 'Microsoft.Compute/virtualMachines'"
NAMES = f"{VM_QUERY} | project id, name | order by name asc"


def ask(cloud: Cloud, query: str, **more: Any) -> Response:
    return cloud.send("POST", URL, {"query": query, **more})


def names(answer: Response) -> list[str]:
    assert answer.status == 200, answer.body
    return [row["name"] for row in answer.json()["data"]]


def test_rows_have_the_columns_asked_for_in_arms_casing(cloud: Cloud) -> None:
    query = f"{VM_QUERY} and name =~ 'MYvm' | project id, name, type, resourceGroup, subscriptionId, tenantId, location"
    assert ask(cloud, query).json() == {
        "totalRecords": 1,
        "count": 1,
        "data": [
            {
                "id": f"{VMS}/myVM",
                "name": "myVM",
                "type": "microsoft.compute/virtualmachines",
                "resourceGroup": GROUP.lower(),
                "subscriptionId": SUBSCRIPTION,
                "tenantId": TENANT,
                "location": "westus",
            }
        ],
        "facets": [],
        "resultTruncated": "false",
    }


def test_a_row_without_a_projection_has_all_columns(cloud: Cloud) -> None:
    vm, identity = (
        ask(cloud, f"Resources | where name == '{name}'").json()["data"][0] for name in ("appVM", "otherIdentity")
    )
    assert vm["identity"] == cloud.vm("appVM")["identity"]
    assert vm["properties"]["vmId"]
    assert vm["properties"]["extended"]["instanceView"]["powerState"]["code"] == "PowerState/running"
    assert {"tenantId", "principalId", "clientId"} <= set(identity["properties"])
    assert set(vm) == set(identity)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (NAMES, ["appVM", "dbVM", "myVM", "webVM"]),
        (f"{VM_QUERY} | order by name", ["webVM", "myVM", "dbVM", "appVM"]),
        (f"{VM_QUERY} | sort by location asc, name desc", ["webVM", "myVM", "dbVM", "appVM"]),
        (f"resources | where name == 'myVM' | where resourceGroup =~ '{GROUP}'", ["myVM"]),
        ("Resources | where name == 'MYVM'", []),
        (f"Resources | where resourceGroup == '{GROUP}'", []),
        (f'Resources\n| where subscriptionId == "{SUBSCRIPTION}" and name=~"webvm"', ["webVM"]),
        (
            "Resources | where type == 'microsoft.managedidentity/userassignedidentities' | order by id asc",
            ["myUserAssignedIdentity", "otherIdentity"],
        ),
        (f"{VM_QUERY} and name contains 'EBv' | project name", ["webVM"]),
        (f"{VM_QUERY} and tostring(identity.type) =~ 'userassigned' | project name", ["dbVM"]),
        (f"{VM_QUERY} | where tostring(properties['provisioningState']) == 'Succeeded' and name == 'myVM'", ["myVM"]),
        (f"{VM_QUERY} | where tostring(identity.type) == '' | project name", ["myVM"]),
        (
            f"{VM_QUERY} | where tostring(identity.type.more) == '' | order by name asc",
            ["appVM", "dbVM", "myVM", "webVM"],
        ),
        (r"Resources | where name == 'it\'s \"\\\n\t'", []),
    ],
)
def test_a_query_finds_the_resources_it_describes(cloud: Cloud, query: str, expected: list[str]) -> None:
    assert names(ask(cloud, query)) == expected


@pytest.mark.parametrize(
    ("query", "details"),
    [
        ("Resources | where", [("InvalidQuery", None), ("ParserFailure", "<EOF>")]),
        ("Resources | where name =~ 'x", [("InvalidQuery", None), ("ParserFailure", "'")]),
        ("Resources\n| project id |\n| take 1", [("InvalidQuery", None), ("ParserFailure", "|")]),
        ("Resources Resources", [("InvalidQuery", None), ("ParserFailure", "Resources")]),
        ("Resources | where Name =~ 'x'", [("InvalidQuery", None), ("SemanticError", None)]),
        ("Resources | project id | where name =~ 'x'", [("InvalidQuery", None), ("SemanticError", None)]),
        ("Resources | where cout(name) == 1", [("InvalidQuery", None), ("UnknownFunction", None)]),
        ("VirtualMachines", [("DisallowedLogicalTableName", None)]),
        ("Resources | parse id with *", [("NotSupportedBySandbox", None)]),
        ("Resources | project bin(1, 2)", [("NotSupportedBySandbox", None)]),
        ("AdvisorResources | count", [("NotSupportedBySandbox", None)]),
    ],
)
def test_a_query_is_refused_as_the_graph_refuses(
    cloud: Cloud, query: str, details: list[tuple[str, str | None]]
) -> None:
    answer = ask(cloud, query)
    assert code_of(answer) == (400, "BadRequest")
    assert answer.json()["error"]["message"].startswith("Please provide below info when asking for support: timestamp")
    assert [(one["code"], one.get("token")) for one in answer.json()["error"]["details"]] == details


def test_a_syntax_error_has_its_place(cloud: Cloud) -> None:
    failure = ask(cloud, "Resources\n| where\n  id ~ 5").json()["error"]["details"][1]
    assert (failure["line"], failure["characterPositionInLine"], failure["token"]) == (3, 5, "~")
    assert "characterPositionInLine" not in ask(cloud, "~").json()["error"]["details"][1]


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("Resources | parse id with *", "the operator 'parse'"),
        ("Resources | evaluate bag_unpack(tags)", "the operator 'evaluate'"),
        ("Resources | summarize arg_max(name, id)", "the function 'arg_max'"),
        ("Resources | join kind=rightouter (Resources) on id", "the join kind 'rightouter'"),
        ("let f = (a: string) { a }; Resources", "functions in 'let'"),
        ("SecurityResources", "the table 'SecurityResources'"),
    ],
)
def test_what_the_sandbox_lacks_is_named(cloud: Cloud, query: str, name: str) -> None:
    (detail,) = ask(cloud, query).json()["error"]["details"]
    assert detail["message"] == f"The sandbox's Resource Graph does not support {name}."


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"managementGroups": ["sandbox-landing-zone"]}, "NotAnError"),
        ({"managementGroups": "x"}, "InvalidRequestContent"),
        ({"facets": []}, "NotSupportedBySandbox"),
        ({"subscriptions": SUBSCRIPTION}, "InvalidRequestContent"),
        ({"subscriptions": []}, "BadRequest"),
        ({"subscriptions": ["11111111-1111-1111-1111-111111111111"]}, "BadRequest"),
        ({"options": []}, "NotAnError"),
        ({"options": 3}, "InvalidRequestContent"),
        ({"options": {"$top": 0}}, "BadRequest"),
        ({"options": {"$top": 1001}}, "BadRequest"),
        ({"options": {"$top": True}}, "BadRequest"),
        ({"options": {"$skip": -1}}, "BadRequest"),
        ({"options": {"allowPartialScopes": False, "authorizationScopeFilter": "AtScopeAndBelow"}}, "NotAnError"),
        ({"options": {"someOption": True}}, "NotSupportedBySandbox"),
        ({"options": {"resultFormat": "csv"}}, "NotSupportedBySandbox"),
        ({"options": {"resultFormat": "table", "$skip": None}}, "NotAnError"),
        ({"options": {"resultFormat": 1}}, "NotSupportedBySandbox"),
        ({"options": {"$skipToken": "x"}}, "InvalidSkipToken"),
        ({"options": {"$skipToken": 7}}, "BadRequest"),
        ({"query": None}, "BadRequest"),
    ],
)
def test_what_stands_beside_the_query_is_checked(cloud: Cloud, more: dict[str, Any], code: str) -> None:
    answer = cloud.send("POST", URL, {"query": NAMES, **more})
    if code == "NotAnError":
        assert answer.status == 200
    else:
        assert code_of(answer) == (400, code)


def test_another_management_group_is_refused(cloud: Cloud) -> None:
    assert code_of(ask(cloud, NAMES, managementGroups=["x"])) == (403, "AccessDenied")


@pytest.mark.parametrize(
    ("query", "limit"),
    [
        ("Resources" + " | join (Resources | project id) on id" * 4, "join"),
        ("Resources" + " | mv-expand tags" * 4, "mv-expand"),
        ("Resources | union (Resources), (Resources), (Resources), (Resources)", "union"),
    ],
)
def test_a_query_has_at_most_three_of_the_costly_operators(cloud: Cloud, query: str, limit: str) -> None:
    details = ask(cloud, query).json()["error"]["details"]
    assert f"more than 3 '{limit}'" in details[1]["message"]


def test_the_subscriptions_may_be_named(cloud: Cloud) -> None:
    asked = [SUBSCRIPTION.upper(), "11111111-1111-1111-1111-111111111111"]
    assert len(names(ask(cloud, NAMES, subscriptions=asked, options={"resultFormat": "objectArray"}))) == 4


@pytest.mark.parametrize(
    "condition",
    [
        "type =~ 'Microsoft.Compute/disks'",
        "type in~ ('microsoft.compute/virtualMachines', 'Microsoft.Network/networkInterfaces') and name contains 'my'",
        "type == 'Microsoft.Compute/disks'",
        "type =~ 'none/such'",
    ],
)
def test_a_condition_on_the_type_finds_the_same_wherever_it_stands(cloud: Cloud, condition: str) -> None:
    order = "project id, name | order by id asc"
    first, later = (f"Resources | {step}where {condition} | {order}" for step in ("", "extend x = 1 | "))
    assert names(ask(cloud, first)) == names(ask(cloud, later))


def test_vms_are_found_by_an_identity_that_is_attached(cloud: Cloud) -> None:
    query = (
        "Resources | where type =~ 'microsoft.compute/virtualmachines' "
        f"| where tostring(identity.userAssignedIdentities) contains '{MINE.upper()}' | project id | order by id asc"
    )
    assert ask(cloud, query).json()["data"] == [{"id": f"{VMS}/appVM"}, {"id": f"{VMS}/dbVM"}]


@pytest.mark.parametrize("condition", ["tags['team'] =~ 'WEB'", "tags.team == 'web'", "tostring(tags) has_cs 'team'"])
def test_vms_are_found_by_a_tag(cloud: Cloud, condition: str) -> None:
    cloud.sandbox.add_vm(GROUP, "tagged", tags={"team": "web"})
    cloud.sandbox.add_vm(GROUP, "other", tags={"Team": "web"})
    answer = ask(cloud, f"{VM_QUERY} | where {condition} | order by name asc")
    assert names(answer) == ["tagged"]


def test_pages_follow_one_another_to_the_end(cloud: Cloud) -> None:
    first = ask(cloud, NAMES, options={"$top": 3})
    token = first.json()["$skipToken"]
    second = ask(cloud, NAMES, options={"$top": 3, "$skipToken": token})
    assert (names(first), names(second)) == (["appVM", "dbVM", "myVM"], ["webVM"])
    assert first.json()["resultTruncated"] == "false"
    assert (first.json()["totalRecords"], first.json()["count"]) == (4, 3)
    assert "$skipToken" not in second.json()
    assert names(ask(cloud, NAMES, options={"$skip": 1, "$top": 1})) == ["dbVM"]


def test_a_token_is_of_its_query_alone(cloud: Cloud) -> None:
    token = ask(cloud, NAMES, options={"$top": 1}).json()["$skipToken"]
    assert code_of(ask(cloud, NAMES + " ", options={"$skipToken": token})) == (400, "BadRequest")


def test_a_query_that_limits_its_rows_ignores_skip(cloud: Cloud) -> None:
    assert names(ask(cloud, f"{NAMES} | take 2", options={"$skip": 1})) == ["appVM", "dbVM"]


def test_a_table_has_columns_with_types_and_rows(cloud: Cloud) -> None:
    query = (
        f"{VM_QUERY} | where name == 'appVM' | project name, tags, n = array_length(zones), now = datetime(2024-01-31)"
    )
    assert ask(cloud, query, options={"resultFormat": "table"}).json()["data"] == {
        "columns": [
            {"name": "name", "type": "string"},
            {"name": "tags", "type": "object"},
            {"name": "n", "type": "integer"},
            {"name": "now", "type": "datetime"},
        ],
        "rows": [["appVM", {}, None, "2024-01-31T00:00:00.0000000Z"]],
    }


def test_there_is_no_token_where_id_is_not_projected(cloud: Cloud) -> None:
    answer = ask(cloud, f"{VM_QUERY} | project name", options={"$top": 1}).json()
    assert answer["resultTruncated"] == "true"
    assert "$skipToken" not in answer


def test_without_an_order_the_rows_come_in_any(cloud: Cloud) -> None:
    orders = set()
    for _ in range(10):
        orders.add(tuple(names(ask(cloud, VM_QUERY))))
        cloud.now += 1
    assert len(orders) > 1


def test_a_page_has_at_most_a_thousand_rows(cloud: Cloud) -> None:
    for number in range(1000):
        cloud.sandbox.add_vm(GROUP, f"vm{number:04}")
    answer = ask(cloud, NAMES).json()
    assert (answer["totalRecords"], answer["count"]) == (1004, 1000)


def test_what_is_new_or_gone_is_seen_late(cloud: Cloud) -> None:
    query = "Resources | where type =~ 'Microsoft.ManagedIdentity/userAssignedIdentities' | order by name asc"
    cloud.create_identity_resource(OTHER.replace("otherIdentity", "newIdentity"))
    cloud.delete_identity(MINE)
    assert names(ask(cloud, query)) == ["myUserAssignedIdentity", "otherIdentity"]
    cloud.now += 20
    assert names(ask(cloud, query)) == ["newIdentity", "otherIdentity"]


def test_one_made_again_is_one(cloud: Cloud) -> None:
    query = "Resources | where name == 'otherIdentity'"
    cloud.delete_identity(OTHER)
    cloud.now += 5
    cloud.create_identity_resource(OTHER)
    cloud.now += 16
    assert names(ask(cloud, query)) == []
    cloud.now += 5
    assert names(ask(cloud, query)) == ["otherIdentity"]


def test_fifteen_queries_go_through_at_once(cloud: Cloud) -> None:
    answers = [ask(cloud, NAMES) for _ in range(16)]
    assert answers[0].headers["x-ms-user-quota-remaining"] == "14"
    assert answers[0].headers["x-ms-user-quota-resets-after"] == "00:00:05"
    assert code_of(answers[-1]) == (429, "RateLimiting")
    assert answers[-1].headers["retry-after"] == "1"
    cloud.now += 5
    assert ask(cloud, NAMES).headers["x-ms-user-quota-remaining"] == "14"


def test_the_graph_has_one_path(cloud: Cloud) -> None:
    assert code_of(cloud.send("GET", URL)) == (405, "MethodNotAllowed")
    assert code_of(cloud.send("POST", IN_SUBSCRIPTION + URL, {"query": NAMES})) == (400, "NotSupportedBySandbox")


@pytest.mark.parametrize("column", ["kind", "managedBy", "location", "sku", "identity", "zones"])
def test_a_column_that_a_table_has_nothing_for_is_empty(cloud: Cloud, column: str) -> None:
    query = f"resourcecontainers | where type =~ 'microsoft.resources/subscriptions' | project x = isempty({column})"
    assert ask(cloud, query).json()["data"] == [{"x": True}]


def test_containers_are_the_subscription_and_its_groups(cloud: Cloud) -> None:
    cloud.sandbox.add_group("other", tags={"team": "web"})
    answer = ask(cloud, "resourcecontainers | project name, type, tags | order by type asc, name asc").json()["data"]
    assert [(row["name"], row["type"]) for row in answer] == [
        ("vmident sandbox", "microsoft.resources/subscriptions"),
        (GROUP, "microsoft.resources/subscriptions/resourcegroups"),
        ("other", "microsoft.resources/subscriptions/resourcegroups"),
    ]
    assert answer[2]["tags"] == {"team": "web"}


def test_role_assignments_join_their_definitions(cloud: Cloud) -> None:
    """The query of Microsoft's sample 'Get role assignments with key properties', joined as its others are."""
    principal = cloud.vm("webVM")["identity"]["principalId"]
    scope = f"{VMS}/myVM"
    cloud.send("PUT", assignment_url(scope), role_body(principal, principalType="ServicePrincipal"))
    query = """
        AuthorizationResources
        | where type =~ "microsoft.authorization/roleassignments"
        | extend PrincipalId = tostring(properties.principalId), Scope = tolower(properties.scope)
        | extend RoleDefinitionId = tolower(tostring(properties.roleDefinitionId))
        | join kind = leftouter (
            AuthorizationResources
            | where type =~ "microsoft.authorization/roledefinitions"
            | extend RoleName = tostring(properties.roleName), RoleId = tolower(id)
        ) on $left.RoleDefinitionId == $right.RoleId
        | where PrincipalId == "%s"
        | project RoleName, Scope, Kind = properties.principalType"""
    found = ask(cloud, query % principal).json()["data"]
    assert found == [{"RoleName": "Reader", "Scope": scope.lower(), "Kind": "ServicePrincipal"}]


def test_networks_are_resources_too(cloud: Cloud) -> None:
    vnet = f"{IN_GROUP}/providers/Microsoft.Network/virtualNetworks/net?api-version=2023-09-01"
    body = {"location": "westus", "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}}
    assert cloud.send("PUT", vnet, body).status in (200, 201)
    cloud.now += 20
    query = "where type has 'virtualNetworks' | project name, properties.addressSpace.addressPrefixes[0]"
    assert ask(cloud, query).json()["data"] == [
        {"name": "net", "properties_addressSpace_addressPrefixes_0": "10.0.0.0/16"}
    ]
