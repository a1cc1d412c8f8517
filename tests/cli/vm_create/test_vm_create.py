"""Making VMs, from the words to what Azure then holds."""

from __future__ import annotations

import pytest

from tests.cli.vm_create.scenario import (
    CREATE,
    IN_GROUP,
    KEY,
    NETWORK,
    deployments_sent,
    give_key,
    held,
    resources_sent,
    writes,
)
from tests.program import GROUP, TERMINAL, Program, answering, identity_id, vm_id


@pytest.fixture(autouse=True)
def _with_a_key(program: Program) -> None:
    give_key(program)


def test_a_vm_is_made_with_its_network_and_its_identities(program: Program) -> None:
    outcome = program(f"{CREATE} --system --identity myUserAssignedIdentity --tags team=web")

    assert (outcome.code, outcome.err) == (0, "")
    answer = outcome.json
    assert (answer["id"], answer["status"], answer["location"]) == (vm_id("newVM"), "changed", "westus")
    assert answer["identity"] == held(program, vm_id("newVM"), "2024-07-01")["identity"]
    assert answer["identity"]["type"] == "SystemAssigned, UserAssigned"
    assert set(answer["identity"]["userAssignedIdentities"]) == {identity_id("myUserAssignedIdentity")}
    assert (answer["adminUsername"], answer["error"], answer["warnings"]) == ("azureuser", None, [])
    assert "template" not in answer
    address = held(program, f"{NETWORK}/publicIPAddresses/newVMPublicIP")
    assert (address["sku"]["name"], address["tags"]) == ("Standard", {"team": "web"})
    assert answer["publicIpAddress"] == address["properties"]["ipAddress"]
    assert answer["privateIpAddress"] == "10.0.0.4"
    assert held(program, f"{NETWORK}/networkSecurityGroups/newVMNSG")["properties"]["securityRules"] == []


def test_one_deployment_is_sent_and_no_other_write(program: Program) -> None:
    program(CREATE)
    assert len(writes(program)) == 1
    assert deployments_sent(program)[0].body["properties"]["mode"] == "Incremental"


def test_the_end_is_noticed_soon_and_the_resources_are_told_as_they_finish(program: Program) -> None:
    began = program.time.now
    outcome = program(f"{CREATE} --verbose")
    assert program.time.now - began < 10
    for kind, name in (("virtualNetworks", "newVMVNET"), ("networkInterfaces", "newVMVMNic")):
        assert f"Microsoft.Network/{kind} '{name}' created" in outcome.err
    assert "VM 'newVM': 4 of 5 resources created" in outcome.err


def test_a_vm_that_is_there_is_left_alone(program: Program) -> None:
    before = held(program, vm_id("myVM"), "2024-07-01")
    outcome = program(f"vm create myVM -g {GROUP} --image Ubuntu2204 --system")
    assert (outcome.code, outcome.out, outcome.error["code"]) == (1, "", "already-exists")
    assert writes(program) == []
    assert held(program, vm_id("myVM"), "2024-07-01") == before


def test_a_group_that_is_not_there_is_said_before_anything_is_sent(program: Program) -> None:
    outcome = program("vm create newVM -g nosuch --image Ubuntu2204")
    assert (outcome.code, outcome.error["code"], writes(program)) == (3, "ResourceGroupNotFound", [])


def test_an_identity_that_is_not_there_is_said_before_anything_is_sent(program: Program) -> None:
    outcome = program(f"{CREATE} --identity myUserAsignedIdentity")
    assert (outcome.code, outcome.error["code"], writes(program)) == (3, "identity-not-found", [])
    assert "Did you mean 'myUserAssignedIdentity'?" in outcome.error["message"]


def test_an_identity_named_by_an_id_that_nothing_has_is_not_found_either(program: Program) -> None:
    outcome = program(f"{CREATE} --identity {identity_id('gone')}")
    assert outcome.code == 3
    assert "'gone'" in outcome.err or "gone" in outcome.json["error"]["message"]


def test_several_identities_and_none_of_the_system_bring_the_warning_about_the_default(program: Program) -> None:
    outcome = program(f"{CREATE} --identity myUserAssignedIdentity --identity otherIdentity --identity OTHERIDENTITY")
    assert [one["code"] for one in outcome.json["warnings"]] == ["identity-named-twice", "default-identity-ambiguous"]


# --- what is only worked out


def test_a_dry_run_shows_the_template_and_what_azure_would_do_and_makes_nothing(program: Program) -> None:
    outcome = program(f"{CREATE} --system --dry-run")

    assert (outcome.code, outcome.err, writes(program)) == (0, "", [])
    answer = outcome.json
    assert (answer["status"], answer["deployment"], answer["identity"]["type"]) == ("planned", None, "SystemAssigned")
    made = {one["name"] for one in answer["template"]["resources"]}
    foreseen = {one["resourceId"].rsplit("/", 1)[-1] for one in answer["whatIf"] if one["changeType"] == "Create"}
    assert foreseen == made == {"newVM", "newVMVNET", "newVMNSG", "newVMPublicIP", "newVMVMNic"}
    assert held(program, vm_id("newVM"), "2024-07-01") is None


def test_a_dry_run_shows_the_template_though_azure_does_not_say_what_it_would_do(program: Program) -> None:
    program.when("POST", "/whatif", answering(500, "InternalServerError"), times=9)
    outcome = program(f"{CREATE} --dry-run")
    assert (outcome.code, outcome.json["whatIf"]) == (0, None)
    assert [one["code"] for one in outcome.json["warnings"]] == ["what-if-failed"]
    assert outcome.json["template"]["resources"]


def test_a_dry_run_shows_the_template_though_nobody_is_signed_in(program: Program) -> None:
    program.when("GET", "/resourcegroups/", answering(401, "InvalidAuthenticationToken"), times=9)
    program.when("POST", "/whatif", answering(401, "InvalidAuthenticationToken"))
    outcome = program(f"{CREATE} --location 'West Europe' --dry-run")
    assert (outcome.code, outcome.json["location"]) == (0, "westeurope")
    assert [one["code"] for one in outcome.json["warnings"]] == ["state-not-read", "what-if-failed"]


def test_without_a_location_a_dry_run_needs_the_group(program: Program) -> None:
    program.when("GET", "/resourcegroups/", answering(401, "InvalidAuthenticationToken"))
    assert program(f"{CREATE} --dry-run").code == 4


def test_people_read_what_would_be_made_line_by_line(program: Program) -> None:
    program.terminal = TERMINAL
    outcome = program(f"{CREATE} --system --dry-run")
    lines = outcome.out.splitlines()
    assert lines[:3] == [
        f"newVM ({GROUP}, westus): would be created",
        "  type        SystemAssigned",
        "  + system-assigned identity",
    ]
    assert "  + Microsoft.Compute/virtualMachines 'newVM': Create" in lines
    assert "  {" in lines


def test_people_read_what_was_made(program: Program) -> None:
    program.terminal = TERMINAL
    lines = program(f"{CREATE} --identity otherIdentity").out.splitlines()
    assert lines[0] == f"newVM ({GROUP}, westus): created"
    assert lines[1] == "  type        UserAssigned"
    assert "  private IP  10.0.0.4" in lines
    assert lines[-1] == "  user        azureuser"


def test_a_row_holds_the_addresses(program: Program) -> None:
    cells = program(f"{CREATE} --no-public-ip -o tsv").out.rstrip("\n").split("\t")
    assert cells[:4] == ["newVM", GROUP, "westus", "changed"]
    assert cells[-3:] == ["10.0.0.4", "", ""]


# --- networks


def test_the_second_vm_of_a_group_goes_into_the_network_of_the_first(program: Program) -> None:
    program(CREATE)
    outcome = program(f"vm create nextVM -g {GROUP} --image Debian12")
    assert (outcome.code, outcome.json["privateIpAddress"]) == (0, "10.0.0.5")
    assert "virtualNetworks" not in resources_sent(program)
    assert held(program, f"{NETWORK}/virtualNetworks/nextVMVNET") is None


def test_a_network_and_a_subnet_that_are_named_are_used_or_made(program: Program) -> None:
    program(f"{CREATE} --vnet mine --subnet front")
    assert held(program, f"{NETWORK}/virtualNetworks/mine")["properties"]["subnets"][0]["name"] == "front"
    for name, words in (
        ("second", "--vnet MINE --subnet Front"),
        ("third", f"--vnet {NETWORK}/virtualNetworks/mine"),
        ("fourth", f"--subnet {NETWORK}/virtualNetworks/mine/subnets/front"),
    ):
        outcome = program(f"vm create {name} -g {GROUP} --image Ubuntu2404 {words}")
        assert outcome.code == 0, outcome.err
        configuration = resources_sent(program)["networkInterfaces"]["properties"]["ipConfigurations"][0]
        assert configuration["properties"]["subnet"]["id"] == f"{NETWORK}/virtualNetworks/mine/subnets/front"


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ("--vnet mine --subnet frond", 3, "Did you mean 'front'?"),
        (f"--vnet {NETWORK}/virtualNetworks/other", 3, "other"),
        ("--vnet mine --location eastus", 2, "The network 'mine' is in westus"),
    ],
)
def test_a_network_that_does_not_fit_is_said_before_anything_is_sent(
    program: Program, words: str, code: int, message: str
) -> None:
    program(f"{CREATE} --vnet mine --subnet front")
    outcome = program(f"vm create second -g {GROUP} --image Ubuntu2404 {words}")
    assert (outcome.code, writes(program)) == (code, [])
    assert message in outcome.error["message"]


def test_a_network_of_another_location_is_not_taken_by_itself(program: Program) -> None:
    program(CREATE)
    program(f"vm create second -g {GROUP} --image Ubuntu2404 --location eastus")
    assert resources_sent(program)["virtualNetworks"]["location"] == "eastus"


@pytest.mark.parametrize(("rule", "ports"), [("none", []), ("ssh", ["22"]), ("rdp", ["3389"])])
def test_a_port_is_open_only_where_it_is_asked_for(program: Program, rule: str, ports: list[str]) -> None:
    program(f"{CREATE} --nsg-rule {rule}")
    rules = held(program, f"{NETWORK}/networkSecurityGroups/newVMNSG")["properties"]["securityRules"]
    assert [one["properties"]["destinationPortRange"] for one in rules] == ports


def test_the_key_and_the_account_arrive(program: Program) -> None:
    program(f"{CREATE} --admin-username somebody")
    profile = held(program, f"{IN_GROUP}/providers/Microsoft.Compute/virtualMachines/newVM", "2024-07-01")
    linux = profile["properties"]["osProfile"]["linuxConfiguration"]
    assert linux["disablePasswordAuthentication"] is True
    assert linux["ssh"]["publicKeys"] == [{"path": "/home/somebody/.ssh/authorized_keys", "keyData": KEY}]


# --- words


@pytest.mark.parametrize(
    "words",
    [
        f"newVM -g {GROUP} --image Ubunto2204",
        f"newVM -g {GROUP} --image somebody:something:1:latest",
        f"newVM -g {GROUP} --image Ubuntu2204 --os-type windows",
        f"newVM -g {GROUP} --image Win2022Datacenter --ssh-key x.pub",
        f"12345 -g {GROUP} --image Win2022Datacenter",
        f"new/VM -g {GROUP} --image Ubuntu2204",
        f"new.VM. -g {GROUP} --image Ubuntu2204",
        f"{'a' * 65} -g {GROUP} --image Ubuntu2204",
        f"newVM -g {GROUP} --image Ubuntu2204 --admin-username root",
        f"newVM -g {GROUP} --image Ubuntu2204 --size 'a size'",
        f"newVM -g {GROUP} --image Ubuntu2204 --location '[x]'",
        f"newVM -g {GROUP} --image Ubuntu2204 --tags team",
        f"newVM -g {GROUP} --image Ubuntu2204 --subnet front",
        f"newVM -g {GROUP} --image Ubuntu2204 --vnet {vm_id('myVM')}",
        f"newVM -g {GROUP} --image Ubuntu2204 --subnet {vm_id('myVM')}",
        f"newVM -g {GROUP} --image Ubuntu2204 --vnet v --subnet {NETWORK}/virtualNetworks/v/subnets/s",
        f"newVM -g {GROUP} --image Ubuntu2204 --vnet 'a b'",
        f"newVM -g {GROUP} --image Ubuntu2204 --role Reader --scope group",
        f"newVM -g {GROUP} --image Ubuntu2204 --system --role Reader",
        f"newVM -g {GROUP} --image Ubuntu2204 --identity [system]",
        f"newVM -g {GROUP} --image Ubuntu2204 --ssh-key a.pub --generate-ssh-keys",
        f"newVM -g {GROUP} --image Ubuntu2204 --nsg-rule http",
        "newVM --image Ubuntu2204",
        f"newVM -g {GROUP}",
    ],
)
def test_wrong_usage_is_refused_and_nothing_is_sent(program: Program, words: str) -> None:
    outcome = program(f"vm create {words}")
    assert (outcome.code, outcome.out, program.sent) == (2, "", [])
    assert outcome.err


@pytest.mark.parametrize("words", ["--os-type linux", "--generate-ssh-keys"])
def test_an_image_that_does_not_tell_its_system_is_told_or_known_by_the_keys(program: Program, words: str) -> None:
    image = f"{IN_GROUP}/providers/Microsoft.Compute/images/mine"
    outcome = program(f"vm create newVM -g {GROUP} --image {image} {words} --dry-run")
    assert outcome.code == 0
    vm = next(one for one in outcome.json["template"]["resources"] if one["name"] == "newVM")
    assert vm["properties"]["storageProfile"]["imageReference"] == {"id": image}
