from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.cloud import (
    COMPUTE,
    GROUP,
    IDENTITIES,
    IN_GROUP,
    IN_SUBSCRIPTION,
    MSI,
    OTHER,
    VMS,
    code_of,
    message_of,
)
from vmident.sandbox.http_messages import Request
from vmident.sandbox.routing.route import resolved
from vmident.sandbox.routing.routes import every_route
from vmident.sandbox.sandbox import ENDPOINT, SUBSCRIPTION, TENANT, TOKEN, Sandbox
from vmident.sandbox.tenant import EMPTY_TENANT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sandbox.cloud import Cloud

RESOURCES = "2021-04-01"


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "AuthenticationFailed"),
        ({"authorization": ""}, "AuthenticationFailed"),
        ({"authorization": "Bearer other"}, "InvalidAuthenticationToken"),
        ({"authorization": f"Basic {TOKEN}"}, "InvalidAuthenticationToken"),
        ({"authorization": TOKEN}, "InvalidAuthenticationToken"),
    ],
)
def test_a_request_without_the_token_is_challenged(cloud: Cloud, headers: dict[str, str], code: str) -> None:
    answer = cloud.sandbox.answer(Request("GET", f"{ENDPOINT}{VMS}/myVM?api-version={COMPUTE}", headers))
    assert code_of(answer) == (401, code)
    assert TENANT in answer.headers["www-authenticate"]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", f"{VMS}/myVM?api-version={COMPUTE}", 401, "InvalidAuthenticationTokenTenant"),
        ("PATCH", f"{VMS}/myVM?api-version={COMPUTE}", 401, "InvalidAuthenticationTokenTenant"),
        (
            "GET",
            "/subscriptions/11111111-2222-3333-4444-555555555555?api-version=2022-12-01",
            404,
            "SubscriptionNotFound",
        ),
        ("POST", "/providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01", 400, "NotSupportedBySandbox"),
    ],
)
def test_a_token_of_another_tenant_is_refused_with_the_right_one(
    tmp_path: Path, method: str, path: str, status: int, code: str
) -> None:
    sandbox = _in_the_empty_tenant(tmp_path)
    answer = sandbox.answer(Request(method, f"{ENDPOINT}{path}", {"authorization": "Bearer any"}, b"{}"))
    assert code_of(answer) == (status, code)
    if status == 401:
        assert f"https://login.windows.net/{TENANT}'" in answer.json()["error"]["message"]
        assert TENANT in answer.headers["www-authenticate"]


def test_the_other_tenant_has_no_subscriptions(tmp_path: Path) -> None:
    sandbox = _in_the_empty_tenant(tmp_path)

    def listed(path: str) -> Any:
        url = f"{ENDPOINT}{path}?api-version=2022-12-01"
        return sandbox.answer(Request("GET", url, {"authorization": "Bearer any"})).json()["value"]

    assert listed("/subscriptions") == []
    assert [one["tenantId"] for one in listed("/tenants")] == [EMPTY_TENANT]


def _in_the_empty_tenant(folder: Path) -> Sandbox:
    return Sandbox(folder, now=lambda: 0.0, new_uuid=lambda: "uuid", tenant_of_token=lambda _token: EMPTY_TENANT)


@pytest.mark.parametrize(
    ("method", "url", "status", "code"),
    [
        ("GET", f"{VMS}/myVM", 400, "MissingApiVersionParameter"),
        ("GET", f"{VMS}/myVM?api-version=", 400, "MissingApiVersionParameter"),
        ("GET", f"{VMS}/myVM?api-version=2000-01-01", 400, "NoRegisteredProviderFound"),
        ("GET", f"{VMS}/myVM?api-version={COMPUTE}&api-version={COMPUTE}", 400, "NoRegisteredProviderFound"),
        ("GET", f"{IDENTITIES}?api-version={COMPUTE}", 400, "NoRegisteredProviderFound"),
        ("GET", f"{IN_GROUP}?api-version=2000-01-01", 400, "InvalidApiVersionParameter"),
        ("GET", f"{IN_GROUP}/providers/Microsoft.Compute/floppies/d?api-version=x", 404, "InvalidResourceType"),
        ("GET", f"{VMS}/myVM/spares/e?api-version={COMPUTE}", 404, "InvalidResourceType"),
        ("POST", f"{VMS}/myVM/polish?api-version={COMPUTE}", 404, "InvalidResourceType"),
        ("GET", f"{IN_GROUP}/providers/Microsoft.Compute/galleries/g?api-version=x", 400, "NotSupportedBySandbox"),
        ("POST", f"{VMS}/myVM/simulateEviction?api-version={COMPUTE}", 400, "NotSupportedBySandbox"),
        (
            "PUT",
            f"{IN_GROUP}/providers/Microsoft.Storage/storageAccounts/s?api-version=x",
            400,
            "NotSupportedBySandbox",
        ),
        ("GET", f"{IN_SUBSCRIPTION}/providers/microsoft.storage?api-version={RESOURCES}", 400, "NotSupportedBySandbox"),
        ("GET", f"{IN_SUBSCRIPTION}/tagNames?api-version={RESOURCES}", 400, "NotSupportedBySandbox"),
        ("GET", f"{IN_SUBSCRIPTION}/providers/Microsoft.Wrong/x?api-version=x", 404, "InvalidResourceNamespace"),
        ("GET", f"{IN_SUBSCRIPTION}/providers/?api-version=x", 400, "InvalidApiVersionParameter"),
        ("GET", "/landlords?api-version=2022-12-01", 404, "NotFound"),
        ("GET", f"/subscriptions/mine?api-version={RESOURCES}", 400, "InvalidSubscriptionId"),
        ("GET", f"/subscriptions/{SUBSCRIPTION[:-1]}z?api-version={RESOURCES}", 400, "InvalidSubscriptionId"),
        ("GET", f"/subscriptions/{SUBSCRIPTION[:-1]}0?api-version={RESOURCES}", 404, "SubscriptionNotFound"),
        ("GET", f"{IN_SUBSCRIPTION}/resourceGroups/no?api-version={RESOURCES}", 404, "ResourceGroupNotFound"),
        ("GET", f"{VMS.replace(GROUP, 'no')}/myVM?api-version={COMPUTE}", 404, "ResourceGroupNotFound"),
        ("GET", f"{VMS}/no?api-version={COMPUTE}", 404, "ResourceNotFound"),
        ("GET", f"{VMS}/o'no?api-version={COMPUTE}", 404, "ResourceNotFound"),
        ("GET", f"{IDENTITIES}/no?api-version={MSI}", 404, "ResourceNotFound"),
        ("POST", f"{VMS}/myVM?api-version={COMPUTE}", 405, "MethodNotAllowed"),
        ("BREW", f"{VMS}/myVM?api-version={COMPUTE}", 405, "MethodNotAllowed"),
        ("GET", f"{VMS}/myVM?api-version={COMPUTE}&$expand=userData", 400, "NotSupportedBySandbox"),
        ("GET", f"{VMS}?api-version={COMPUTE}&$filter=x", 400, "NotSupportedBySandbox"),
        ("GET", f"{VMS}?api-version={COMPUTE}&$skiptoken=x", 400, "InvalidSkipToken"),
        ("GET", f"{VMS}?api-version={COMPUTE}&$skiptoken=%ff", 400, "InvalidSkipToken"),
    ],
)
def test_a_wrong_request_gets_azures_error(cloud: Cloud, method: str, url: str, status: int, code: str) -> None:
    answer = cloud.send(method, url)
    assert code_of(answer) == (status, code)
    assert set(answer.json()) == {"error"}
    assert answer.headers["content-type"] == "application/json; charset=utf-8"


def test_a_vm_that_is_not_there_is_named_as_azure_names_it(cloud: Cloud) -> None:
    answer = cloud.send("GET", f"{VMS}/no?api-version={COMPUTE}")
    assert answer.headers["x-ms-failure-cause"] == "gateway"
    assert message_of(answer) == (
        "The Resource 'Microsoft.Compute/virtualMachines/no' under resource group 'myResourceGroup' was not found. "
        "For more details please go to https://aka.ms/ARMResourceNotFoundFix"
    )


def test_an_unknown_version_lists_those_there_are(cloud: Cloud) -> None:
    message = message_of(cloud.send("GET", f"{VMS}/myVM?api-version=2000-01-01"))
    assert (
        "API version '2000-01-01' for type 'virtualMachines'. The supported api-versions are '2019-07-01, " in message
    )


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"\xff", b'{"a": NaN}', b'{"tags": {"a": "\\ud800"}}', b"[" * 99999]
)
def test_a_body_that_is_no_json_object_is_refused(cloud: Cloud, body: bytes) -> None:
    assert code_of(cloud.patch("myVM", body)) == (400, "InvalidRequestContent")


@pytest.mark.parametrize("content_type", ["text/plain", "", "application/merge-patch+json"])
def test_a_body_that_is_not_called_json_is_refused(cloud: Cloud, content_type: str) -> None:
    assert code_of(cloud.patch("myVM", b"{}", content_type=content_type)) == (415, "UnsupportedMediaType")


def test_path_and_parameter_names_are_read_in_any_case(cloud: Cloud) -> None:
    assert cloud.send("GET", f"{VMS}/myVM".upper() + f"?API-VERSION={COMPUTE}").status == 200
    assert cloud.send("GET", f"{VMS}/my%56M?api-version={COMPUTE}").status == 200


@pytest.mark.parametrize(
    "path",
    [
        f"/{VMS}/myVM",
        f"{VMS}/myVM/",
        f"{VMS}/myVM".replace("Microsoft.Compute/", "Microsoft.Compute//"),
        f"{VMS}//myVM",
    ],
)
def test_empty_segments_of_a_path_are_nothing(cloud: Cloud, path: str) -> None:
    answer = cloud.send("GET", f"{ENDPOINT}{path}?api-version={COMPUTE}")
    assert answer.json()["name"] == "myVM"


def test_a_path_with_no_name_is_the_list(cloud: Cloud) -> None:
    assert len(cloud.send("GET", f"{VMS}/?api-version={COMPUTE}").json()["value"]) == 4


def test_what_azure_has_and_the_sandbox_lacks_is_named(cloud: Cloud) -> None:
    answer = cloud.send("POST", f"{VMS}/myVM/simulateeviction?api-version={COMPUTE}")
    assert message_of(answer) == ("The sandbox does not support 'Microsoft.Compute/virtualMachines/simulateEviction'.")


def test_every_handler_can_be_imported() -> None:
    handlers = [one for route in every_route() for one in route.methods.values()]
    assert len(handlers) > 40
    assert all(callable(resolved(one)) for one in handlers)


def test_every_answer_carries_azures_usual_headers(cloud: Cloud) -> None:
    answer = cloud.send("GET", f"{VMS}/myVM?api-version={COMPUTE}", x_ms_correlation_request_id="mine")
    assert answer.headers["date"] == "Sun, 13 Sep 2020 12:26:40 GMT"
    assert answer.headers["x-ms-request-id"]
    assert answer.headers["x-ms-correlation-request-id"] == "mine"
    assert answer.headers["content-type"] == "application/json; charset=utf-8"


def test_the_log_keeps_what_was_asked_and_no_token(cloud: Cloud) -> None:
    cloud.patch("myVM", {"tags": {}})
    kept = cloud.sandbox.requests[-1]
    assert (kept.method, kept.body) == ("PATCH", b'{"tags": {}}')
    assert "authorization" not in kept.headers


def test_the_instance_view_comes_where_it_is_asked_for(cloud: Cloud) -> None:
    answer = cloud.send("GET", f"{VMS}/myVM?$expand=instanceView&api-version={COMPUTE}")
    codes = [status["code"] for status in answer.json()["properties"]["instanceView"]["statuses"]]
    assert codes == ["ProvisioningState/succeeded", "PowerState/running"]
    assert "instanceView" not in cloud.vm("myVM")["properties"]


class TestUserAssignedIdentities:
    def test_one_is_made_once_and_then_updated(self, cloud: Cloud) -> None:
        made = cloud.send("PUT", f"{IDENTITIES}/new?api-version={MSI}", {"location": "West US", "tags": {"a": "b"}})
        again = cloud.send("PUT", f"{IDENTITIES}/NEW?api-version={MSI}", {"location": "westus", "properties": {}})

        assert (made.status, again.status) == (201, 200)
        assert made.json()["id"] == f"{IDENTITIES}/new".replace("resourceGroups", "resourcegroups")
        assert made.headers["location"] == made.json()["id"]
        assert set(made.json()["properties"]) == {"tenantId", "principalId", "clientId"}
        assert again.json() == made.json() | {"tags": {}}

    def test_the_secret_url_is_in_the_oldest_version_alone(self, cloud: Cloud) -> None:
        answer = cloud.send("GET", f"{OTHER}?api-version=2015-08-31-preview")
        assert "clientSecretUrl" in answer.json()["properties"]

    def test_deleting_answers_200_then_204(self, cloud: Cloud) -> None:
        assert [cloud.delete_identity(OTHER).status for _ in range(2)] == [200, 204]
        assert cloud.send("GET", f"{OTHER}?api-version={MSI}").status == 404
        assert "content-type" not in cloud.delete_identity(OTHER).headers

    def test_one_made_again_has_other_ids(self, cloud: Cloud) -> None:
        before = cloud.send("GET", f"{OTHER}?api-version={MSI}").json()["properties"]
        cloud.delete_identity(OTHER)
        after = cloud.create_identity_resource(OTHER).json()["properties"]
        assert before["clientId"] != after["clientId"]
        assert before["principalId"] != after["principalId"]

    @pytest.mark.parametrize(
        ("name", "body", "status", "code"),
        [
            ("new", {}, 400, "LocationRequired"),
            ("new", {"location": ""}, 400, "LocationRequired"),
            ("new", {"location": 1}, 400, "InvalidRequestContent"),
            ("new", {"location": "mars"}, 400, "LocationNotAvailableForResourceType"),
            ("new", {"location": "westus", "tags": {"a": None}}, 400, "InvalidRequestContent"),
            ("new", {"location": "westus", "sku": "x"}, 400, "InvalidRequestContent"),
            ("new", {"location": "westus", "properties": {"isolationScope": "Regional"}}, 400, "InvalidRequestContent"),
            ("ab", {"location": "westus"}, 400, "InvalidResourceName"),
            ("-abc", {"location": "westus"}, 400, "InvalidResourceName"),
            ("a" * 129, {"location": "westus"}, 400, "InvalidResourceName"),
            ("a.bc", {"location": "westus"}, 400, "InvalidResourceName"),
            ("otherIdentity", {"location": "eastus"}, 409, "InvalidResourceLocation"),
        ],
    )
    def test_what_cannot_be_made_is_refused(self, cloud: Cloud, name: str, body: Any, status: int, code: str) -> None:
        assert code_of(cloud.send("PUT", f"{IDENTITIES}/{name}?api-version={MSI}", body)) == (status, code)

    def test_lists_hold_those_of_the_group_or_of_all(self, cloud: Cloud) -> None:
        cloud.sandbox.add_group("other", location="eastus")
        cloud.sandbox.add_identity("other", "third", location="eastus")
        kind = "providers/Microsoft.ManagedIdentity/userAssignedIdentities"
        in_group = cloud.send("GET", f"{IDENTITIES}?api-version={MSI}").json()["value"]
        in_all = cloud.send("GET", f"{IN_SUBSCRIPTION}/{kind}?api-version={MSI}").json()["value"]
        assert [one["name"] for one in in_group] == ["myUserAssignedIdentity", "otherIdentity"]
        assert [one["name"] for one in in_all] == ["myUserAssignedIdentity", "otherIdentity", "third"]


class TestGroupsAndSubscriptions:
    def test_a_group_is_made_once_and_then_updated(self, cloud: Cloud) -> None:
        url = f"{IN_SUBSCRIPTION}/resourcegroups/new?api-version={RESOURCES}"
        assert cloud.send("HEAD", url).status == 404
        assert cloud.send("HEAD", url).body == b""
        made = cloud.send("PUT", url, {"location": "West US", "tags": {"a": "b"}, "managedBy": None})
        assert (made.status, made.json()["id"]) == (201, f"{IN_SUBSCRIPTION}/resourceGroups/new")
        assert cloud.send("GET", url).json() == made.json()
        assert cloud.send("PUT", url, {"location": "westus"}).status == 200
        assert "tags" not in cloud.send("GET", url).json()
        assert cloud.send("HEAD", url).status == 204
        names = [
            group["name"]
            for group in cloud.send("GET", f"{IN_SUBSCRIPTION}/resourcegroups?api-version={RESOURCES}").json()["value"]
        ]
        assert names == [GROUP, "new"]

    @pytest.mark.parametrize(
        ("name", "body", "status", "code"),
        [
            ("new", {}, 400, "LocationRequired"),
            ("new", {"location": "mars"}, 400, "LocationNotAvailableForResourceGroup"),
            ("new", {"location": 1}, 400, "LocationNotAvailableForResourceGroup"),
            ("new", {"location": "westus", "managedBy": "x"}, 400, "NotSupportedBySandbox"),
            ("new", {"location": "westus", "kind": "x"}, 400, "InvalidRequestContent"),
            ("new.", {"location": "westus"}, 400, "InvalidResourceGroup"),
            ("a" * 91, {"location": "westus"}, 400, "InvalidResourceGroup"),
            (GROUP, {"location": "eastus"}, 409, "InvalidResourceGroupLocation"),
        ],
    )
    def test_what_cannot_be_made_is_refused(self, cloud: Cloud, name: str, body: Any, status: int, code: str) -> None:
        url = f"{IN_SUBSCRIPTION}/resourcegroups/{name}?api-version={RESOURCES}"
        assert code_of(cloud.send("PUT", url, body)) == (status, code)

    def test_there_is_one_subscription(self, cloud: Cloud) -> None:
        listed = cloud.send("GET", "/subscriptions?api-version=2022-12-01").json()["value"]
        one = cloud.send("GET", f"{IN_SUBSCRIPTION.upper()}?api-version=2022-12-01").json()
        assert listed == [one]
        assert (one["subscriptionId"], one["tenantId"], one["state"]) == (SUBSCRIPTION, TENANT, "Enabled")
