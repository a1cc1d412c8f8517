"""Making VMs when something goes wrong: before, while and after Azure is at it."""

from __future__ import annotations

import pytest

from tests.cli.vm_create.scenario import (
    CREATE,
    NETWORK,
    NETWORK_VERSION,
    NEVER_OFFERED,
    NEVER_ROOM,
    deployments_sent,
    give_key,
    held,
    writes,
)
from tests.program import (
    GROUP,
    WIDE_TERMINAL,
    Program,
    answering,
    answering_about_it,
    answering_with,
    interrupting,
    losing_the_answer,
    losing_the_request,
    vm_id,
)


@pytest.fixture(autouse=True)
def _with_a_key(program: Program) -> None:
    give_key(program)


def test_a_lost_answer_is_looked_up_and_nothing_is_sent_again(program: Program) -> None:
    program.when("PUT", "/deployments/", losing_the_answer)
    outcome = program(f"{CREATE} --system")
    assert (outcome.code, outcome.json["status"], len(deployments_sent(program))) == (0, "changed", 1)


@pytest.mark.parametrize(
    "trouble", [losing_the_request, answering(503, "ServiceUnavailable"), answering(429, "TooManyRequests")]
)
def test_a_deployment_that_azure_does_not_have_is_sent_again_under_its_name(program: Program, trouble: object) -> None:
    program.when("PUT", "/deployments/", trouble)  # type: ignore[arg-type]
    outcome = program(CREATE)
    assert (outcome.code, outcome.json["status"]) == (0, "changed")
    first, second = deployments_sent(program)
    assert first.path == second.path


def test_where_azure_takes_no_deployment_at_all_it_is_said_that_it_may_have(program: Program) -> None:
    program.when("PUT", "/deployments/", answering(503, "ServiceUnavailable"), times=99)
    outcome = program(CREATE)
    assert (outcome.code, outcome.out, outcome.error["code"]) == (1, "", "ServiceUnavailable")
    assert "was sent and may still complete." in outcome.error["message"]
    assert len(deployments_sent(program)) == 6


def test_what_azure_refuses_at_once_is_its_own_error_and_made_nothing(program: Program) -> None:
    program.when("GET", "/skus?", answering(403, "AuthorizationFailed"))
    outcome = program(f"{CREATE} {NEVER_OFFERED}")
    assert (outcome.code, outcome.out, outcome.error["code"]) == (1, "", "SkuNotAvailable")
    assert "Standard_NC6" in outcome.error["message"]
    assert outcome.error["hint"].startswith("Choose another --size or --location")
    assert held(program, f"{NETWORK}/virtualNetworks/newVMVNET") is None


def test_a_person_who_may_not_deploy_is_told_so_and_nothing_is_made(program: Program) -> None:
    message = (
        "The client 'a' with object id 'b' does not have authorization to perform action "
        f"'Microsoft.Resources/deployments/write' over scope '/subscriptions/s/resourceGroups/{GROUP}'."
    )
    program.when("PUT", "/deployments/", answering(403, "AuthorizationFailed", message))
    outcome = program(CREATE)
    assert (outcome.code, outcome.out, outcome.error["code"]) == (4, "", "AuthorizationFailed")


def test_a_resource_that_fails_says_why_and_what_was_made_stays(program: Program) -> None:
    outcome = program(f"{CREATE} {NEVER_ROOM}")

    assert (outcome.code, outcome.json["status"]) == (1, "failed")
    error = outcome.json["error"]
    assert error["code"] == "AllocationFailed"
    assert error["message"].startswith("VM 'newVM' was not created: Microsoft.Compute/virtualMachines 'newVM' failed: ")
    assert "deployment" not in error["message"].lower().split("these are there")[0]
    left = error["hint"].partition("az resource delete --ids ")[2].split()
    names = [one.rsplit("/", 1)[-1] for one in left]
    assert names[:2] == ["newVM", "newVMVMNic"]
    assert sorted(names[2:]) == ["newVMNSG", "newVMPublicIP", "newVMVNET"]
    assert all(held(program, one, version_for(one)) for one in left)


def version_for(resource_id: str) -> str:
    return NETWORK_VERSION if "/Microsoft.Network/" in resource_id else "2024-07-01"


def test_a_vm_that_cannot_be_looked_for_after_a_failure_is_not_said_to_be_there(program: Program) -> None:
    program.when("GET", "/virtualMachines/newVM", answering(403, "AuthorizationFailed"), skip=1)
    outcome = program(f"{CREATE} {NEVER_ROOM}")
    assert outcome.json["error"]["code"] == "AllocationFailed"
    assert vm_id("newVM") not in outcome.json["error"]["hint"]


def test_a_sign_in_that_ends_meanwhile_leaves_azure_at_it(program: Program) -> None:
    program.when("GET", "/operations", answering(401, "ExpiredAuthenticationToken"))
    outcome = program(CREATE)
    assert (outcome.code, outcome.json["error"]["code"]) == (4, "ExpiredAuthenticationToken")
    assert "was sent and may still complete." in outcome.json["error"]["message"]


def test_a_vm_that_did_not_come_up_is_in_the_way_and_said_so(program: Program) -> None:
    program(f"{CREATE} {NEVER_ROOM}")
    outcome = program(f"{CREATE} --system")
    assert (outcome.code, outcome.error["code"], writes(program)) == (1, "already-exists", [])
    assert outcome.error["message"].endswith("It failed to start: it is 'Failed'.")
    assert outcome.error["hint"].endswith(f"az vm delete --ids {vm_id('newVM')}")


def leave_security_group(program: Program) -> None:
    """Have a security group, without rules, from an attempt that failed."""
    body = {"location": "westus", "properties": {"securityRules": []}}
    path = f"{NETWORK}/networkSecurityGroups/newVMNSG"
    assert program.colleague("PUT", path, body, version=NETWORK_VERSION).status == 201
    program.time.sleep(60)


def test_after_a_failure_the_command_goes_on_with_what_is_there(program: Program) -> None:
    leave_security_group(program)
    outcome = program(f"{CREATE} --system")
    assert (outcome.code, outcome.json["identity"]["type"]) == (0, "SystemAssigned")


@pytest.mark.parametrize(
    ("said", "code", "exit_code", "message"),
    [
        ({"statusCode": "Conflict", "statusMessage": {"error": {"code": "A", "message": "Of a."}}}, "A", 1, "Of a."),
        (
            {
                "statusCode": "Conflict",
                "statusMessage": {
                    "status": "Failed",
                    "error": {
                        "code": "ResourceDeploymentFailure",
                        "message": "It reached 'Failed'.",
                        "details": [{"code": "Inner", "message": "Of inner."}],
                    },
                },
            },
            "Inner",
            1,
            "Of inner.",
        ),
        (
            {
                "statusCode": "BadRequest",
                "statusMessage": {
                    "error": {"code": "BadRequest", "message": '{"error": {"code": "B", "message": "Of b."}}'}
                },
            },
            "B",
            1,
            "Of b.",
        ),
        (
            {"statusCode": "Forbidden", "statusMessage": {"error": {"code": "AuthorizationFailed", "message": "No."}}},
            "AuthorizationFailed",
            4,
            "No.",
        ),
        (
            {
                "statusCode": "BadRequest",
                "statusMessage": {"error": {"code": "FailedIdentityOperation", "message": "Resource 'x' not found."}},
            },
            "FailedIdentityOperation",
            3,
            "Resource 'x' not found.",
        ),
        ({"statusCode": "Conflict", "statusMessage": "In words."}, "Failed", 1, "In words."),
        ({"statusCode": "Conflict"}, "Failed", 1, "Azure gave no reason"),
    ],
)
def test_every_shape_that_a_failure_comes_in_is_unwrapped(
    program: Program, said: object, code: str, exit_code: int, message: str
) -> None:
    failed = {"properties": {"provisioningState": "Failed", "error": {"code": "DeploymentFailed", "message": "See."}}}
    nic = {"id": f"{NETWORK}/networkInterfaces/newVMVMNic", "resourceType": "Microsoft.Network/networkInterfaces"}
    step = {"properties": {"provisioningState": "Failed", "targetResource": nic, **said}}  # type: ignore[dict-item]
    program.when("GET", "/deployments/vmident-", answering_about_it(failed))
    program.when("GET", "/operations", answering_with(200, {"value": [{"properties": {}}, step]}))
    outcome = program(CREATE)
    error = outcome.json["error"]
    assert (outcome.code, error["code"]) == (exit_code, code)
    assert message in error["message"]
    assert "newVMVMNic" in error["message"]


def test_a_failure_whose_resources_cannot_be_read_is_the_deployments_own(program: Program) -> None:
    error = {"code": "DeploymentFailed", "message": "See.", "details": [{"code": "Quota", "message": "Too many."}]}
    failed = {"properties": {"provisioningState": "Failed", "error": error}}
    program.when("GET", "/deployments/vmident-", answering_about_it(failed))
    program.when("GET", "/operations", answering(404, "DeploymentNotFound"))
    outcome = program(CREATE)
    assert outcome.json["error"]["code"] == "Quota"
    assert "was not created: Too many." in outcome.json["error"]["message"]


def test_a_deployment_that_vanishes_ends_the_wait(program: Program) -> None:
    program.when("GET", "/deployments/vmident-", answering(404, "DeploymentNotFound"))
    outcome = program(CREATE)
    assert (outcome.code, outcome.json["error"]["code"]) == (1, "operation-failed")


@pytest.mark.parametrize("body", [{}, {"properties": {}}, [], {"properties": {"provisioningState": None}}])
def test_a_deployment_that_does_not_read_as_one_is_no_success(program: Program, body: object) -> None:
    program.when("GET", "/deployments/vmident-", answering_with(200, body), times=99)
    outcome = program(f"{CREATE} --timeout 60")
    assert (outcome.json["status"], outcome.code) in {("unknown", 1), ("unknown", 7)}


def test_no_wait_hands_the_deployment_over(program: Program) -> None:
    outcome = program(f"{CREATE} --system --no-wait")
    assert (outcome.code, outcome.json["status"], outcome.json["identity"]) == (0, "accepted", None)
    assert program.sent[-1].method == "PUT"
    program.time.sleep(60)
    assert held(program, outcome.json["id"], "2024-07-01")["identity"]["type"] == "SystemAssigned"


def test_when_the_time_is_up_azure_goes_on(program: Program) -> None:
    outcome = program(f"{CREATE} --timeout 3")
    assert (outcome.code, outcome.json["status"]) == (7, "unknown")
    name = outcome.json["deployment"].rsplit("/", 1)[-1]
    assert "was sent and may still complete." in outcome.json["error"]["message"]
    assert outcome.json["error"]["hint"] == f"To see its progress: az deployment group show -g {GROUP} -n {name}"


def test_ctrl_c_while_azure_is_at_it_says_so(program: Program) -> None:
    program.when("GET", "/deployments/vmident-", interrupting, skip=2)
    outcome = program(CREATE)
    assert (outcome.code, outcome.json["status"], outcome.json["error"]["code"]) == (130, "unknown", "interrupted")
    assert "was sent and may still complete." in outcome.json["error"]["message"]


def test_ctrl_c_before_says_that_nothing_was_sent(program: Program) -> None:
    program.when("GET", "/virtualNetworks", interrupting)
    outcome = program(CREATE)
    assert (outcome.code, outcome.out, outcome.error["message"]) == (130, "", "Interrupted. Nothing was sent.")
    assert writes(program) == []


def test_addresses_that_cannot_be_read_are_left_out(program: Program) -> None:
    program.when("GET", "/publicIPAddresses/", answering(403, "AuthorizationFailed"))
    outcome = program(CREATE)
    assert (outcome.code, outcome.json["publicIpAddress"]) == (0, None)


def test_a_failure_is_three_lines_and_more_for_people(program: Program) -> None:
    program.terminal = WIDE_TERMINAL
    outcome = program(f"{CREATE} {NEVER_ROOM}")
    assert outcome.out == f"newVM ({GROUP}, westus): failed\n"
    lines = outcome.err.splitlines()
    assert lines[0].startswith("error: VM 'newVM' was not created: ")
    assert f"  {NETWORK}/networkInterfaces/newVMVMNic" in [line.rstrip()[2:] for line in lines]


def test_a_what_if_that_azure_fails_is_a_warning(program: Program) -> None:
    said = {"status": "Failed", "error": {"code": "InvalidTemplate", "message": "It is not valid."}}
    program.when("POST", "/whatif", answering_with(200, said))
    outcome = program(f"{CREATE} --dry-run")
    assert "It is not valid." in outcome.json["warnings"][0]["message"]


@pytest.mark.parametrize("body", [{}, {"status": "Succeeded", "properties": {"changes": [{}]}}, []])
def test_a_what_if_that_does_not_read_as_one_is_a_warning(program: Program, body: object) -> None:
    program.when("POST", "/whatif", answering_with(200, body))
    outcome = program(f"{CREATE} --dry-run")
    assert (outcome.code, [one["code"] for one in outcome.json["warnings"]]) == (0, ["what-if-failed"])


def test_a_what_if_that_takes_too_long_ends_the_command(program: Program) -> None:
    assert program(f"{CREATE} --dry-run --timeout 0.7").code == 7


def test_a_dry_run_says_what_would_change_in_what_is_there(program: Program) -> None:
    leave_security_group(program)
    program.terminal = WIDE_TERMINAL
    outcome = program(f"{CREATE} --nsg-rule ssh --dry-run")
    assert "~ Microsoft.Network/networkSecurityGroups 'newVMNSG': Modify (properties.securityRules" in outcome.out


def test_a_network_that_does_not_read_as_one_is_an_error(program: Program) -> None:
    program.when("GET", "/virtualNetworks", answering_with(200, {"value": [{"name": "x"}]}))
    assert program(CREATE).error["code"] == "invalid-response"


def test_a_group_that_does_not_read_as_one_is_an_error(program: Program) -> None:
    program.when("GET", f"/resourcegroups/{GROUP}", answering_with(200, {}))
    assert program(CREATE).error["code"] == "invalid-response"
    assert held(program, vm_id("newVM"), "2024-07-01") is None
