from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.cloud import IN_GROUP, IN_SUBSCRIPTION, READER, ROLES, VMS, code_of, message_of, role_id
from vmident.sandbox.authorization.built_in_roles import BUILT_IN_ROLES
from vmident.sandbox.errors import Refused
from vmident.sandbox.http_messages import Response
from vmident.sandbox.protocol.call import is_guid
from vmident.sandbox.protocol.odata_filter import Clause, read_filter

if TYPE_CHECKING:
    from tests.sandbox.cloud import Cloud

DEFINITIONS = "providers/Microsoft.Authorization/roleDefinitions"


def listed(cloud: Cloud, condition: str, scope: str = IN_SUBSCRIPTION, version: str = ROLES) -> Response:
    return cloud.send("GET", f"{scope}/{DEFINITIONS}?$filter={condition}&api-version={version}")


def titles(answer: Response) -> list[str]:
    assert answer.status == 200, answer.body
    return [one["properties"]["roleName"] for one in answer.json()["value"]]


@pytest.mark.parametrize("scope", [IN_SUBSCRIPTION, IN_GROUP, f"{VMS}/myVM", ""])
@pytest.mark.parametrize("version", ["2015-07-01", "2018-01-01-preview", "2022-04-01", "2022-05-01-preview"])
def test_a_role_is_found_by_its_name_in_any_case_at_any_scope(cloud: Cloud, scope: str, version: str) -> None:
    answer = listed(cloud, "roleName eq 'READER'", scope, version)
    assert titles(answer) == ["Reader"]
    assert answer.json()["value"][0]["id"] == role_id(READER)


def test_without_a_filter_all_roles_come(cloud: Cloud) -> None:
    cloud.sandbox.add_role("VM Restarter", ["Microsoft.Compute/virtualMachines/restart/action"])
    assert titles(listed(cloud, "")) == [*(role.title for role in BUILT_IN_ROLES), "VM Restarter"]
    assert titles(listed(cloud, "atScopeAndBelow()")) == titles(listed(cloud, "atScope()")) == titles(listed(cloud, ""))


def test_a_custom_role_is_found_by_its_kind_and_read_by_its_guid(cloud: Cloud) -> None:
    name = cloud.sandbox.add_role("VM Restarter", ["a/*"], ["a/b"])
    assert titles(listed(cloud, "type eq 'CustomRole'")) == ["VM Restarter"]
    assert "VM Restarter" not in titles(listed(cloud, "type eq 'BuiltInRole'"))
    assert titles(listed(cloud, "roleName eq 'vm restarter' and type eq 'CustomRole'")) == ["VM Restarter"]
    shown = cloud.send("GET", f"{role_id(name).upper()}?api-version={ROLES}").json()
    assert (shown["id"], shown["name"]) == (role_id(name), name)
    assert shown["properties"]["type"] == "CustomRole"
    assert shown["properties"]["assignableScopes"] == [IN_SUBSCRIPTION]
    assert shown["properties"]["permissions"][0]["notActions"] == ["a/b"]


def test_a_built_in_role_is_read_without_a_subscription_too(cloud: Cloud) -> None:
    shown = cloud.send("GET", f"/{DEFINITIONS}/{READER}?api-version={ROLES}").json()
    assert shown["properties"]["permissions"] == [
        {"actions": ["*/read"], "notActions": [], "dataActions": [], "notDataActions": []}
    ]


def test_the_built_in_roles_are_some_forty_with_names_and_titles_of_their_own() -> None:
    assert len({role.name for role in BUILT_IN_ROLES}) == len({role.title for role in BUILT_IN_ROLES}) == 46
    assert all(is_guid(role.name) and role.description for role in BUILT_IN_ROLES)
    assert all(
        (action == action.strip() and "/" in action) or action == "*"
        for role in BUILT_IN_ROLES
        for action in role.actions
    )


def test_a_role_for_signing_in_allows_no_change(cloud: Cloud) -> None:
    cloud.sandbox.limit_person([("Virtual Machine Administrator Login", "subscription")])
    assert cloud.vm("myVM")["name"] == "myVM"
    assert code_of(cloud.patch("myVM", {"tags": {}})) == (403, "AuthorizationFailed")


def test_a_role_that_is_not_there_is_named_without_dashes(cloud: Cloud) -> None:
    answer = cloud.send("GET", f"{role_id('11111111-1111-1111-1111-11111111111A')}?api-version={ROLES}")
    assert code_of(answer) == (404, "RoleDefinitionDoesNotExist")
    assert message_of(answer) == (
        "The specified role definition with ID '1111111111111111111111111111111a' does not exist."
    )


@pytest.mark.parametrize(
    ("url", "status", "code"),
    [
        (f"{IN_SUBSCRIPTION}/{DEFINITIONS}?$filter=name eq 'x'&api-version={ROLES}", 400, "NotSupportedBySandbox"),
        (f"{IN_SUBSCRIPTION}/{DEFINITIONS}?$filter=roleName&api-version={ROLES}", 400, "InvalidFilterInQueryString"),
        (f"{IN_SUBSCRIPTION}/{DEFINITIONS}?api-version=2001-01-01", 400, "NoRegisteredProviderFound"),
        (f"{IN_SUBSCRIPTION}/resourceGroups/no/{DEFINITIONS}?api-version={ROLES}", 404, "ResourceGroupNotFound"),
        (f"{VMS}/no/{DEFINITIONS}?api-version={ROLES}", 404, "ResourceNotFound"),
        (f"{VMS}/{DEFINITIONS}?api-version={ROLES}", 404, "NotFound"),
        (f"{IN_SUBSCRIPTION}/resourceGroups/{DEFINITIONS}?api-version={ROLES}", 404, "NotFound"),
        (f"/subscriptions/mine/{DEFINITIONS}?api-version={ROLES}", 400, "InvalidSubscriptionId"),
        (f"/tenants/x/{DEFINITIONS}?api-version={ROLES}", 404, "NotFound"),
        (f"{IN_GROUP}/providers/Microsoft.Wrong/types/x/{DEFINITIONS}?api-version={ROLES}", 404, "ResourceNotFound"),
    ],
)
def test_what_is_asked_wrongly_is_refused(cloud: Cloud, url: str, status: int, code: str) -> None:
    assert code_of(cloud.send("GET", url)) == (status, code)


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("", ()),
        ("  ", ()),
        ("roleName eq 'O''Brien'", (Clause("rolename", "O'Brien"),)),
        ("atScope()", (Clause("atscope", None, is_call=True),)),
        ("assignedTo('x') AND atScope()", (Clause("assignedto", "x", is_call=True), Clause("atscope", None, True))),
        (" a eq 'b and c'  and d eq ''", (Clause("a", "b and c"), Clause("d", ""))),
    ],
)
def test_a_filter_is_read_clause_by_clause(text: str, clauses: Any) -> None:
    assert read_filter(text) == clauses


@pytest.mark.parametrize(
    "text",
    ["x", "a eq b", "a eq 'b", "a eq 'b' or c eq 'd'", "a eq 'b' and", "a('b'", "eq 'b'", "a eq 'b' andc eq 'd'"],
)
def test_any_other_filter_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refused:
        read_filter(text)
    assert refused.value.code == "InvalidFilterInQueryString"
