from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.cloud import IN_SUBSCRIPTION, code_of, message_of
from tests.sandbox.deployments.templates import NETWORK, NETWORKS, VNET_BODY, nic_body, put, put_network, read, vm_body

if TYPE_CHECKING:
    from tests.sandbox.cloud import Cloud

RULE = {"protocol": "Tcp", "access": "Allow", "priority": 1000, "direction": "Inbound", "destinationPortRange": "22"}


def rules(*properties: Any) -> dict[str, Any]:
    return {"securityRules": [{"name": f"r{at}", "properties": one} for at, one in enumerate(properties)]}


def subnets(*prefixes: str) -> dict[str, Any]:
    found = [{"name": f"s{at}", "properties": {"addressPrefix": one}} for at, one in enumerate(prefixes)]
    return {**VNET_BODY, "subnets": found}


def test_an_interface_gets_the_first_address_that_is_free(cloud: Cloud) -> None:
    put_network(cloud)
    assert put(cloud, "networkInterfaces", "other", nic_body()).status == 201

    found = [
        read(cloud, "networkInterfaces", name)["properties"]["ipConfigurations"][0]["properties"]["privateIPAddress"]
        for name in ("nic", "other")
    ]

    assert found == ["10.0.0.4", "10.0.0.5"]


def test_an_interface_written_again_keeps_its_address_and_gets_another_etag(cloud: Cloud) -> None:
    put_network(cloud)
    before = read(cloud, "networkInterfaces", "nic")

    answer = put(cloud, "networkInterfaces", "nic", before["properties"])

    assert answer.status == 200
    after = answer.json()
    assert after["etag"] != before["etag"]
    addresses = [one["properties"]["ipConfigurations"][0]["properties"]["privateIPAddress"] for one in (before, after)]
    assert addresses[0] == addresses[1]


def test_an_address_that_is_asked_for_is_given(cloud: Cloud) -> None:
    put(cloud, "virtualNetworks", "vnet", VNET_BODY)
    body = nic_body()
    body["ipConfigurations"][0]["properties"] |= {
        "privateIPAllocationMethod": "Static",
        "privateIPAddress": "10.0.0.77",
    }
    shown = put(cloud, "networkInterfaces", "nic", body).json()["properties"]["ipConfigurations"][0]["properties"]
    assert (shown["privateIPAddress"], shown["privateIPAllocationMethod"]) == ("10.0.0.77", "Static")


def test_a_subnet_says_who_has_an_address_in_it(cloud: Cloud) -> None:
    put_network(cloud)

    answer = cloud.send("GET", f"{NETWORKS}/virtualNetworks/vnet/subnets/DEFAULT?api-version={NETWORK}")

    holders = [one["id"] for one in answer.json()["properties"]["ipConfigurations"]]
    assert holders == [f"{NETWORKS}/networkInterfaces/nic/ipConfigurations/main"]


def test_a_security_group_knows_its_rules_its_subnets_and_its_interfaces(cloud: Cloud) -> None:
    put(cloud, "networkSecurityGroups", "nsg", rules(RULE, {**RULE, "direction": "Outbound"}))
    nsg = {"id": f"{NETWORKS}/networkSecurityGroups/nsg"}
    put(
        cloud,
        "virtualNetworks",
        "vnet",
        {
            **VNET_BODY,
            "subnets": [
                {"name": "default", "properties": {"addressPrefix": "10.0.0.0/24", "networkSecurityGroup": nsg}}
            ],
        },
    )
    put(cloud, "networkInterfaces", "nic", nic_body(nsg="nsg"))

    properties = read(cloud, "networkSecurityGroups", "nsg")["properties"]
    subnet = read(cloud, "virtualNetworks", "vnet")["properties"]["subnets"][0]["properties"]

    assert [rule["properties"]["priority"] for rule in properties["securityRules"]] == [1000, 1000]
    assert len(properties["defaultSecurityRules"]) == 6
    assert properties["networkInterfaces"] == [{"id": f"{NETWORKS}/networkInterfaces/nic"}]
    assert subnet["networkSecurityGroup"] == nsg


def test_a_dynamic_address_is_there_once_a_vm_has_it_and_a_static_one_at_once(cloud: Cloud) -> None:
    put(cloud, "virtualNetworks", "vnet", VNET_BODY)
    put(cloud, "publicIPAddresses", "dynamic", {})
    put(cloud, "publicIPAddresses", "static", {"publicIPAllocationMethod": "Static"}, sku={"name": "Standard"})
    put(cloud, "networkInterfaces", "nic", nic_body(ip="dynamic"))
    assert "ipAddress" not in read(cloud, "publicIPAddresses", "dynamic")["properties"]
    assert read(cloud, "publicIPAddresses", "static")["properties"]["ipAddress"].startswith("203.0.113.")

    cloud.make_vm("newVM", vm_body())

    assert "ipAddress" in read(cloud, "publicIPAddresses", "dynamic")["properties"]


def test_what_is_made_is_listed_in_its_group_and_in_the_subscription(cloud: Cloud) -> None:
    put_network(cloud)
    for where in (NETWORKS, f"{IN_SUBSCRIPTION}/providers/Microsoft.Network"):
        answer = cloud.send("GET", f"{where}/networkInterfaces?api-version={NETWORK}")
        assert [one["name"] for one in answer.json()["value"]] == sorted(
            ["nic", *(f"{vm}VMNic" for vm in ("appVM", "dbVM", "myVM", "webVM"))], key=str.lower
        )
    empty = cloud.send("GET", f"{NETWORKS}/publicIPAddresses?api-version={NETWORK}")
    assert empty.json() == {"value": []}


@pytest.mark.parametrize(
    ("kind", "properties", "code"),
    [
        ("virtualNetworks", None, "InvalidRequestFormat"),
        ("virtualNetworks", [], "InvalidRequestFormat"),
        ("virtualNetworks", {"addressSpace": {"addressPrefixes": ["10.0.0.0/33"]}}, "InvalidAddressPrefixFormat"),
        ("virtualNetworks", {"addressSpace": {"addressPrefixes": [None]}}, "InvalidAddressPrefixFormat"),
        ("virtualNetworks", subnets("10.1.0.0/24"), "NetcfgSubnetRangeOutsideVnet"),
        ("virtualNetworks", subnets("10.0.0.0/24", "10.0.0.128/25"), "NetcfgSubnetRangesOverlap"),
        ("virtualNetworks", {**VNET_BODY, "subnets": [{"name": "s"}]}, "InvalidRequestFormat"),
        ("virtualNetworks", {**VNET_BODY, "enableDdosProtection": True}, "NotSupportedBySandbox"),
        ("networkSecurityGroups", rules({**RULE, "direction": None}), "SecurityRuleInvalidParameter"),
        ("networkSecurityGroups", rules({**RULE, "priority": 99}), "SecurityRuleInvalidPriority"),
        ("networkSecurityGroups", rules(RULE, RULE), "SecurityRuleConflict"),
        ("publicIPAddresses", {"publicIPAddressVersion": "IPv6"}, "NotSupportedBySandbox"),
        ("publicIPAddresses", {"publicIPAllocationMethod": "Some"}, "InvalidRequestFormat"),
        ("networkInterfaces", {}, "InvalidRequestFormat"),
        ("networkInterfaces", {"ipConfigurations": [{"name": "x"}]}, "InvalidRequestFormat"),
        ("networkInterfaces", nic_body(), "InvalidResourceReference"),
        ("networkInterfaces", {**nic_body(), "networkSecurityGroup": {"id": 1}}, "InvalidRequestFormat"),
        ("networkInterfaces", {**nic_body(), "networkSecurityGroup": {"id": "x"}}, "InvalidResourceReference"),
        ("networkInterfaces", nic_body(nsg="missing"), "InvalidResourceReference"),
    ],
)
def test_a_wrong_body_is_refused(cloud: Cloud, kind: str, properties: Any, code: str) -> None:
    assert code_of(put(cloud, kind, "new", properties)) == (400, code)
    assert cloud.send("GET", f"{NETWORKS}/{kind}/new?api-version={NETWORK}").status == 404


def test_a_standard_address_must_be_static(cloud: Cloud) -> None:
    answer = put(cloud, "publicIPAddresses", "ip", {}, sku={"name": "Standard"})
    assert code_of(answer) == (400, "StandardSkuPublicIPAddressMustBeStatic")


def test_a_reference_into_another_region_is_refused_in_azures_words(cloud: Cloud) -> None:
    put(cloud, "virtualNetworks", "vnet", VNET_BODY, location="eastus")

    answer = put(cloud, "networkInterfaces", "nic", nic_body())

    assert message_of(answer) == (
        f"Resource {NETWORKS}/virtualNetworks/vnet/subnets/default referenced by resource "
        f"{NETWORKS}/networkInterfaces/nic was not found. Please make sure that the referenced resource exists, and "
        "that both resources are in the same region."
    )


def test_a_reference_to_another_subscription_or_type_is_refused(cloud: Cloud) -> None:
    put_network(cloud)
    for wrong in (f"{NETWORKS}/virtualNetworks/vnet", "/subscriptions/x/resourceGroups/g/providers/a/networks/vnet"):
        body = {**nic_body(), "networkSecurityGroup": {"id": wrong}}
        assert code_of(put(cloud, "networkInterfaces", "other", body)) == (400, "InvalidResourceReference")


def test_a_public_address_belongs_to_one_interface(cloud: Cloud) -> None:
    put_network(cloud)
    put(cloud, "publicIPAddresses", "ip", {})
    assert put(cloud, "networkInterfaces", "nic", nic_body(ip="ip")).status == 200
    assert put(cloud, "networkInterfaces", "nic", nic_body(ip="ip")).status == 200

    assert code_of(put(cloud, "networkInterfaces", "other", nic_body(ip="ip"))) == (400, "PublicIPAddressInUse")


def test_a_full_subnet_takes_nobody(cloud: Cloud) -> None:
    body = subnets("10.0.0.0/29")
    body["subnets"][0]["name"] = "default"
    put(cloud, "virtualNetworks", "vnet", body)
    answers = [put(cloud, "networkInterfaces", f"nic{number}", nic_body()) for number in range(4)]
    assert [answer.status for answer in answers] == [201, 201, 201, 400]
    assert code_of(answers[-1]) == (400, "SubnetIsFull")


def test_a_region_never_changes(cloud: Cloud) -> None:
    put_network(cloud)
    answer = put(cloud, "virtualNetworks", "vnet", VNET_BODY, location="eastus")
    assert code_of(answer) == (409, "InvalidResourceLocation")


def test_members_that_no_resource_has_are_refused(cloud: Cloud) -> None:
    assert code_of(put(cloud, "virtualNetworks", "v", VNET_BODY, colour="red")) == (400, "InvalidRequestContent")


def test_a_missing_subnet_is_not_found(cloud: Cloud) -> None:
    put_network(cloud)
    answer = cloud.send("GET", f"{NETWORKS}/virtualNetworks/vnet/subnets/other?api-version={NETWORK}")
    assert code_of(answer) == (404, "ResourceNotFound")


@pytest.mark.parametrize(
    ("kind", "name", "code"),
    [
        ("virtualNetworks", "vnet", "InUseSubnetCannotBeDeleted"),
        ("networkSecurityGroups", "nsg", "InUseNetworkSecurityGroupCannotBeDeleted"),
        ("publicIPAddresses", "ip", "PublicIPAddressCannotBeDeleted"),
        ("networkInterfaces", "nic", "NicInUse"),
    ],
)
def test_what_is_in_use_is_not_deleted(cloud: Cloud, kind: str, name: str, code: str) -> None:
    put(cloud, "virtualNetworks", "vnet", VNET_BODY)
    put(cloud, "publicIPAddresses", "ip", {})
    put(cloud, "networkSecurityGroups", "nsg", {})
    put(cloud, "networkInterfaces", "nic", nic_body(ip="ip", nsg="nsg"))
    cloud.make_vm("newVM", vm_body())

    assert code_of(cloud.send("DELETE", f"{NETWORKS}/{kind}/{name}?api-version={NETWORK}")) == (400, code)


def test_what_nobody_uses_is_deleted_once(cloud: Cloud) -> None:
    put_network(cloud)
    put(cloud, "publicIPAddresses", "ip", {})
    for kind, name in (("publicIPAddresses", "ip"), ("networkInterfaces", "nic"), ("virtualNetworks", "vnet")):
        url = f"{NETWORKS}/{kind}/{name}?api-version={NETWORK}"
        assert [cloud.send("DELETE", url).status for _ in range(2)] == [200, 204]


@pytest.mark.parametrize(
    ("kind", "child", "properties"),
    [
        ("virtualNetworks/net/subnets", "more", {"addressPrefix": "10.0.1.0/24"}),
        (
            "networkSecurityGroups/nsg/securityRules",
            "ssh",
            {"protocol": "Tcp", "access": "Allow", "priority": 300, "direction": "Inbound"},
        ),
    ],
)
def test_subnets_and_rules_are_written_one_by_one(
    cloud: Cloud, kind: str, child: str, properties: dict[str, Any]
) -> None:
    body = {"location": "westus", "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}}
    cloud.send("PUT", f"{NETWORKS}/virtualNetworks/net?api-version={NETWORK}", body)
    cloud.send("PUT", f"{NETWORKS}/networkSecurityGroups/nsg?api-version={NETWORK}", {"location": "westus"})
    url = f"{NETWORKS}/{kind}/{child}?api-version={NETWORK}"

    statuses = [cloud.send("PUT", url, {"properties": properties}).status for _ in range(2)]

    assert statuses == [201, 200]
    assert cloud.send("GET", url).json()["properties"].items() >= properties.items()
    listed = cloud.send("GET", f"{NETWORKS}/{kind}?api-version={NETWORK}").json()["value"]
    assert [one["name"] for one in listed] == [child]
    assert [cloud.send("DELETE", url).status for _ in range(2)] == [200, 204]
    assert cloud.send("GET", url).status == 404


def test_a_subnet_in_use_stays(cloud: Cloud) -> None:
    put_network(cloud)
    vnets = cloud.send("GET", f"{NETWORKS}/virtualNetworks?api-version={NETWORK}").json()["value"]
    subnet = vnets[0]["properties"]["subnets"][0]["id"]
    answer = cloud.send("DELETE", f"{subnet}?api-version={NETWORK}")
    assert code_of(answer) == (400, "InUseSubnetCannotBeDeleted")


def test_the_tags_of_a_network_resource_are_replaced(cloud: Cloud) -> None:
    put_network(cloud)
    answer = cloud.send("PATCH", f"{NETWORKS}/networkInterfaces/nic?api-version={NETWORK}", {"tags": {"a": "b"}})
    assert (answer.status, answer.json()["tags"]) == (200, {"a": "b"})
