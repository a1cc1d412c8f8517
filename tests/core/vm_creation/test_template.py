"""Laws of the template that makes a VM, and what it holds in cases that have a name."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given

from tests.core.vm_creation.requests import (
    GROUP,
    KEY,
    PASSWORD,
    READER,
    REQUESTS,
    SCOPES,
    SEED,
    STORAGE,
    SUBNET,
    USERS,
    vm_request,
)
from vmident.core.identity import IdentityState
from vmident.core.rbac.roles import Grant
from vmident.core.rbac.scope import Scope
from vmident.core.vm_creation.admin import Admin
from vmident.core.vm_creation.images import OsType, image_named
from vmident.core.vm_creation.request import OpenPort, VmRequest
from vmident.core.vm_creation.template import assignment_id_in_template, parameters_for, template_for

_ID = re.compile(r"/subscriptions/[^'\"]+")


def full_id(resource: dict[str, Any], request: VmRequest) -> str:
    group = f"/subscriptions/{request.vm.subscription}/resourceGroups/{GROUP}"
    return f"{resource.get('scope', group)}/providers/{resource['type']}/{resource['name']}"


def kinds(request: VmRequest) -> list[str]:
    return [one["type"].rsplit("/", 1)[-1] for one in template_for(request)["resources"]]


def resource(request: VmRequest, kind: str) -> Any:
    return next(one for one in template_for(request)["resources"] if one["type"].endswith(f"/{kind}"))


@given(request=REQUESTS)
def test_a_template_survives_json(request: VmRequest) -> None:
    template = template_for(request)
    assert json.loads(json.dumps(template)) == template


@given(request=REQUESTS)
def test_no_template_holds_the_password(request: VmRequest) -> None:
    assert PASSWORD not in json.dumps(template_for(request))
    assert PASSWORD not in repr(request)


@given(request=REQUESTS)
def test_every_parameter_has_a_value_and_every_value_a_parameter(request: VmRequest) -> None:
    template = template_for(request)
    assert template["parameters"].keys() == parameters_for(request).keys()
    uses = set(re.findall(r"parameters\('(\w+)'\)", json.dumps(template["resources"])))
    assert uses == template["parameters"].keys()


@given(request=REQUESTS)
def test_what_a_resource_depends_on_is_in_the_template(request: VmRequest) -> None:
    resources = template_for(request)["resources"]
    made = {full_id(one, request) for one in resources}
    assert len(made) == len(resources)
    assert {needed for one in resources for needed in one["dependsOn"]} <= made


@given(request=REQUESTS)
def test_a_resource_depends_on_every_resource_of_the_template_that_it_names(request: VmRequest) -> None:
    resources = template_for(request)["resources"]
    for one in resources:
        properties = json.dumps(one["properties"])
        named = [full_id(other, request) for other in resources if f"{full_id(other, request)}" in _ids_in(properties)]
        assert set(named) <= set(one["dependsOn"])


def _ids_in(text: str) -> set[str]:
    """The ids named in a text, and for a subnet its network's."""
    found = set(_ID.findall(text))
    return found | {one.partition("/subnets/")[0] for one in found}


@given(request=REQUESTS)
def test_no_port_is_open_unless_it_is_asked_for(request: VmRequest) -> None:
    rules = resource(request, "networkSecurityGroups")["properties"]["securityRules"]
    ports = {OpenPort.NONE: [], OpenPort.SSH: ["22"], OpenPort.RDP: ["3389"]}
    assert [one["properties"]["destinationPortRange"] for one in rules] == ports[request.settings.open_port]


@given(request=REQUESTS)
def test_every_grant_is_made_once_in_the_template_or_afterwards(request: VmRequest) -> None:
    internal, after = request.grants_in_template, request.grants_afterwards
    assert sorted(map(repr, (*internal, *after))) == sorted(map(repr, request.grants))
    assert kinds(request).count("roleAssignments") == len(internal)


def test_a_network_that_is_there_is_used_and_not_made() -> None:
    request = vm_request(subnet_id=SUBNET)
    assert "virtualNetworks" not in kinds(request)
    configuration = resource(request, "networkInterfaces")["properties"]["ipConfigurations"][0]
    assert configuration["properties"]["subnet"] == {"id": SUBNET}


def test_names_are_those_of_the_azure_cli() -> None:
    names = [one["name"] for one in template_for(vm_request())["resources"]]
    assert names == ["myVMVNET", "myVMNSG", "myVMPublicIP", "myVMVMNic", "myVM"]


def test_a_vm_without_a_public_address_names_none() -> None:
    request = vm_request(has_public_ip=False)
    assert "publicIPAddresses" not in kinds(request)
    assert "publicIPAddress" not in json.dumps(resource(request, "networkInterfaces"))


def test_tags_in_brackets_are_no_expressions() -> None:
    tags = resource(vm_request(tags={"a": "[resourceGroup().id]", "b": "[open", "c": "plain"}), "virtualMachines")[
        "tags"
    ]
    assert tags == {"a": "[[resourceGroup().id]", "b": "[open", "c": "plain"}


def test_keys_turn_passwords_off_and_a_password_beside_them_leaves_them_on() -> None:
    both = vm_request(admin=Admin("azureuser", (KEY,), PASSWORD))
    profiles = [resource(one, "virtualMachines")["properties"]["osProfile"] for one in (vm_request(), both)]
    assert [one["linuxConfiguration"]["disablePasswordAuthentication"] for one in profiles] == [True, False]
    assert [one.get("adminPassword") for one in profiles] == [None, "[parameters('adminPassword')]"]


def test_windows_has_a_short_computer_name_and_no_linux_configuration() -> None:
    windows = {"os": OsType.WINDOWS, "image": image_named("Win2022Datacenter")}
    request = vm_request("a-rather-long_name", **windows, admin=Admin("azureuser", (), PASSWORD))
    profile = resource(request, "virtualMachines")["properties"]["osProfile"]
    assert profile["computerName"] == "a-rather-longna"
    assert "linuxConfiguration" not in profile


def test_an_image_that_is_sold_under_a_plan_brings_the_plan() -> None:
    plan = resource(vm_request(image=image_named("FlatcarLinuxFreeGen2")), "virtualMachines")["plan"]
    assert plan == {"name": "stable-gen2", "publisher": "kinvolk", "product": "flatcar-container-linux-free"}


@pytest.mark.parametrize(
    ("system", "users", "written"),
    [
        (False, [], None),
        (True, [], {"type": "SystemAssigned"}),
        (False, USERS[:1], {"type": "UserAssigned", "userAssignedIdentities": {str(USERS[0]): {}}}),
        (True, USERS[:1], {"type": "SystemAssigned, UserAssigned", "userAssignedIdentities": {str(USERS[0]): {}}}),
    ],
)
def test_the_vm_begins_with_the_identities_asked_for(system: bool, users: Any, written: Any) -> None:
    request = vm_request(identities=IdentityState.of(system=system, users=users))
    assert resource(request, "virtualMachines").get("identity") == written


def test_a_role_on_a_resource_of_the_group_names_its_scope_and_one_on_the_group_none() -> None:
    grants = tuple(Grant(READER, scope) for scope in SCOPES)
    request = vm_request(identities=IdentityState.of(system=True), grants=grants)
    roles = [one for one in template_for(request)["resources"] if one["type"].endswith("roleAssignments")]
    assert [one.get("scope") for one in roles] == [None, STORAGE]
    assert [str(one.scope) for one in request.grants_afterwards] == [str(scope) for scope in SCOPES[2:]]


def test_roles_of_user_assigned_identities_follow_the_deployment() -> None:
    request = vm_request(identities=IdentityState.of(users=USERS), grants=(Grant(READER, SCOPES[0]),))
    assert (request.grants_in_template, request.grants_afterwards) == ((), request.grants)


def test_role_assignments_of_two_creations_have_different_names() -> None:
    grant = Grant(READER, Scope.parse(STORAGE))
    again = [assignment_id_in_template(grant, vm_request(seed=seed)) for seed in (SEED, SEED, SEED.replace("1", "9"))]
    assert again[0] == again[1] != again[2]
    assert again[0].startswith(f"{STORAGE}/providers/Microsoft.Authorization/roleAssignments/")
