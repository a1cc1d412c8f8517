"""`plan`, `apply` and `export-state`, typed as a user types them."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Typing
from tests.cli.desired_state.conftest import LOSING, OTHER, USER, WEB, Description, attach
from tests.program import GROUP, TERMINAL, WIDE_TERMINAL, Program, answering, identity_id, letting_in, vm_id
from vmident.sandbox.sandbox import SUBSCRIPTION


def test_a_plan_tells_before_after_request_and_warnings_of_every_vm_and_writes_nothing(
    program: Program, desired_file: Description
) -> None:
    outcome = program(f"plan -f {desired_file(WEB)}")

    assert (outcome.code, program.patches) == (0, [])
    mine, web = outcome.json["vms"]
    assert mine["id"] == vm_id("myVM")
    assert (mine["name"], mine["resourceGroup"]) == ("myVM", "myResourceGroup")
    assert mine["before"] == {"type": "None", "userAssignedIdentities": {}}
    assert mine["after"] == {"type": "UserAssigned", "userAssignedIdentities": {identity_id(OTHER): {}}}
    assert mine["request"] == {"identity": {"type": "UserAssigned", "userAssignedIdentities": {identity_id(OTHER): {}}}}
    assert mine["warnings"] == []
    assert web["after"]["principalId"] == web["before"]["principalId"]
    assert outcome.json["summary"] == {
        "vms": 2,
        "pending": 2,
        "asDescribed": 0,
        "enableSystem": 0,
        "disableSystem": 0,
        "attach": 2,
        "detach": 0,
        "grant": 0,
    }


TWO_PLACES = """\
version: 1
rules:
- vms: {{names: [my*], subscriptions: [{here}, {there}]}}
  identities: {{include: [otherIdentity]}}
"""
ELSEWHERE = "00000000-0000-0000-0000-000000000001"


@pytest.mark.parametrize("code", ["ResourceGroupNotFound", "SubscriptionNotFound"])
def test_of_several_subscriptions_one_that_lacks_the_group_is_passed_over(
    program: Program, desired_file: Description, code: str
) -> None:
    program.when("GET", f"{ELSEWHERE}/resourceGroups/myResourceGroup", answering(404, code))
    file = desired_file(TWO_PLACES.format(here=SUBSCRIPTION, there=ELSEWHERE))
    outcome = program(f"plan -f {file} -g myResourceGroup")
    if code == "ResourceGroupNotFound":
        assert [one["id"] for one in outcome.json["vms"]] == [vm_id("myVM")]
    else:
        assert (outcome.code, outcome.error["code"]) == (3, code)


def test_a_group_that_the_only_subscription_lacks_is_not_found(program: Program, desired_file: Description) -> None:
    outcome = program(f"plan -f {desired_file(WEB)} -g lostGroup")
    assert (outcome.code, outcome.error["code"]) == (3, "ResourceGroupNotFound")


def test_a_plan_lists_the_vms_and_the_identities_to_attach_and_reads_no_vm(
    program: Program, desired_file: Description
) -> None:
    program(f"plan -f {desired_file(WEB)}")

    kinds = ["Microsoft.Compute/virtualMachines", "Microsoft.ManagedIdentity/userAssignedIdentities"]
    assert [one.path for one in program.sent] == [
        *(f"/subscriptions/{SUBSCRIPTION}/providers/{kind}" for kind in kinds),
        "/providers/Microsoft.ResourceGraph/resources",
    ]


def test_exit_code_tells_of_pending_changes_and_of_none(program: Program, desired_file: Description) -> None:
    file = desired_file(WEB)

    assert program(f"plan -f {file} --exit-code -o none").code == 10
    assert program(f"apply -f {file} --yes").code == 0
    assert program(f"plan -f {file} --exit-code -o none").code == 0


def test_applying_makes_the_changes_and_applying_again_has_nothing_to_do(
    program: Program, desired_file: Description
) -> None:
    file = desired_file(WEB)

    first = program(f"apply -f {file} --yes")
    assert [(one["name"], one["status"]) for one in first.json] == [("myVM", "changed"), ("webVM", "changed")]
    assert program.identity_of("webVM")["type"] == "SystemAssigned, UserAssigned"

    again = program(f"apply -f {file} --yes")
    assert (again.code, again.json, program.patches) == (0, [], [])
    assert "No changes. 2 VMs match the desired state." in program(f"apply -f {file} -o human").out


def test_applying_what_loses_something_needs_a_yes(program: Program, desired_file: Description, typing: Typing) -> None:
    file = desired_file(LOSING)

    refused = program(f"apply -f {file}")
    assert (refused.code, refused.error["code"], program.patches) == (2, "confirmation-needed", [])

    program.terminal = TERMINAL
    typing("n\n")
    assert (program(f"apply -f {file}").code, program.patches) == (1, [])
    assert program(f"apply -f {file} --yes").code == 0
    assert "identity" not in json.dumps(program.identity_of("appVM") or {})


def test_a_plan_that_is_shown_ends_with_how_to_apply_it(program: Program, desired_file: Description) -> None:
    file = desired_file(WEB)
    program.terminal = WIDE_TERMINAL
    for options in ("", f" -g {GROUP}", " --strict"):
        assert program(f"plan -f {file}{options}").err.splitlines()[-1] == f"To apply: vmident apply -f {file}{options}"
    assert "To apply: " not in program(f"plan -f {file} -o json").err
    assert program(f"apply -f {file} --yes").code == 0
    assert "To apply: " not in program(f"plan -f {file}").err


def test_applying_dry_sends_nothing(program: Program, desired_file: Description) -> None:
    outcome = program(f"apply -f {desired_file(LOSING)} --dry-run")

    assert {one["status"] for one in outcome.json} == {"planned"}
    assert program.patches == []


def test_a_vm_that_a_colleague_changes_meanwhile_is_still_taken_to_what_is_described(
    program: Program, desired_file: Description
) -> None:
    program.when("PATCH", "webVM", letting_in(lambda: attach(program, "webVM", USER)))

    outcome = program(f"apply -f {desired_file(WEB)} --yes")

    assert outcome.code == 0
    assert set(program.identity_of("webVM")["userAssignedIdentities"]) == {identity_id(USER), identity_id(OTHER)}


@pytest.mark.parametrize("words", ["", "-g myResourceGroup"])
def test_what_is_exported_and_planned_again_has_no_changes(program: Program, words: str) -> None:
    program.sandbox.add_vm("otherGroup", "lonely", system=True)
    program.sandbox.add_vms(20)
    file = program.folder / "now.yaml"
    file.write_text(program(f"export-state {words}").out, encoding="utf-8")

    outcome = program(f"plan -f {file} --exit-code")

    assert outcome.code == 0
    assert outcome.json["summary"]["vms"] == (24 if words else 25)
    assert outcome.json["warnings"] == []


def test_an_export_as_json_is_a_description_too_and_a_table_counts_vms(program: Program) -> None:
    file = program.folder / "now.json"
    file.write_text(program("export-state -o json").out, encoding="utf-8")

    assert program(f"plan -f {file} --exit-code -o none").code == 0
    assert program("export-state -o tsv").out.splitlines()[-1] == "1\ttrue\t"


def test_a_description_is_read_from_standard_input(program: Program) -> None:
    program.standard_input = WEB
    assert program("plan -f -").json["summary"]["pending"] == 2


def test_what_came_in_on_standard_input_is_called_that(program: Program) -> None:
    program.standard_input = WEB.replace("vms:", "vm:")
    assert program("plan -f -").error["message"].startswith("standard input:3: ")
    assert program("apply -").error["message"].startswith("standard input is not a saved plan")

    program.standard_input = WEB + "- vms: {ids: [" + vm_id("webVM") + "]}\n  identities: {exactly: []}\n"
    assert program("plan -f -").error["message"].startswith("standard input: ")

    program.standard_input = WEB.replace("webVM", "webWM")
    for command, yes in (("plan", ""), ("apply", " --yes")):
        assert program(f"{command} -f - -o json{yes}").err.startswith("warning: standard input: ")


def test_rules_are_about_the_group_of_the_command_line_alone_and_no_default_group(
    program: Program, desired_file: Description
) -> None:
    program("group create otherGroup --location westus")
    program.sandbox.add_vm("otherGroup", "webVM")
    file = desired_file("version: 1\nrules:\n- vms: {names: [webVM]}\n  system: true\n")

    program.environ["VMIDENT_RESOURCE_GROUP"] = "otherGroup"
    assert program(f"plan -f {file}").json["summary"]["vms"] == 2
    assert program(f"plan -f {file} -g otherGroup").json["summary"]["vms"] == 1


def test_vms_are_selected_by_tag_and_region(program: Program, desired_file: Description) -> None:
    program.sandbox.add_vm("otherGroup", "tagged", tags={"Env": "prod"}, location="eastus")
    file = desired_file("version: 1\nrules:\n- vms: {tags: {env: 'p*'}, regions: [East US]}\n  system: true\n")

    assert [one["name"] for one in program(f"plan -f {file}").json["vms"]] == ["tagged"]


def test_conflicting_rules_are_refused_with_both_lines(program: Program, desired_file: Description) -> None:
    file = desired_file(WEB + "- vms: {ids: [" + vm_id("webVM") + "]}\n  identities: {exactly: []}\n")

    outcome = program(f"apply -f {file} --yes")

    assert (outcome.code, outcome.error["code"]) == (2, "conflicting-rules")
    assert outcome.error["message"].startswith(f"{file}: ")
    assert "line 6 sets an exact list of identities" in outcome.error["message"]
    assert "line 4 includes it" in outcome.error["message"]


def test_an_identity_that_is_not_there_is_named_before_anything_is_sent(
    program: Program, desired_file: Description
) -> None:
    outcome = program(f"apply -f {desired_file(WEB.replace(OTHER, 'lostIdentity'))} --yes")

    assert (outcome.code, outcome.error["code"], program.patches) == (3, "identity-not-found", [])
    assert identity_id("lostIdentity") in outcome.error["message"]


def test_where_identities_may_not_be_listed_azure_tells_of_each_change(
    program: Program, desired_file: Description
) -> None:
    program.when("GET", "userAssignedIdentities", answering(403, "AuthorizationFailed"), times=9)

    assert program(f"plan -f {desired_file(WEB)}").json["summary"]["pending"] == 2


def test_a_vm_that_is_named_and_not_there_is_warned_of(program: Program, desired_file: Description) -> None:
    outcome = program(f"plan -f {desired_file(WEB.replace('webVM', 'webWM'))} -o json")

    assert (outcome.code, [one["code"] for one in outcome.json["warnings"]]) == (0, ["rule-names-no-vm"])
    assert "The rule on line 3 names VM 'webWM', which does not exist. Did you mean 'webVM'?" in outcome.err


TYPOS = (
    "version: 1\nrules:\n- vms: {names: [webWM, webVM]}\n  system: true\n"
    "- vms: {groups: [myResourceGrup]}\n  system: true\n"
)


@pytest.mark.parametrize(
    ("text", "command", "code"),
    [
        (TYPOS, "plan --exit-code", 1),
        (TYPOS.replace("webVM", "myVM"), "plan --exit-code", 10),
        (TYPOS, "plan", 0),
        (TYPOS, "plan --strict", 3),
        (TYPOS, "plan --strict --exit-code", 3),
        (TYPOS.replace("webVM", "myVM"), "apply --strict --yes", 3),
        (WEB, "plan --strict --exit-code", 10),
        (WEB, "plan --strict -g myResourceGroup", 2),
    ],
)
def test_names_that_match_nothing_fail_a_check_and_under_strict_everything(
    program: Program, desired_file: Description, text: str, command: str, code: int
) -> None:
    outcome = program(f"{command} -f {desired_file(text)} -o json")

    assert (outcome.code, program.patches) == (code, [])
    if code == 3:
        assert outcome.error["code"] == "rule-names-no-vm"
        said = outcome.error["message"]
        assert said.splitlines()[0].endswith("identities.yaml: 2 names or rules match no VMs:")
        assert "line 3 names VM 'webWM', which does not exist. Did you mean 'webVM'?" in said.replace(
            "'myVM'", "'webVM'"
        )
        assert "line 5 names resource group 'myResourceGrup', which has no VMs. Did you mean 'myResourceGroup'?" in said


def test_one_name_that_matches_nothing_is_the_error_under_strict(program: Program, desired_file: Description) -> None:
    error = program(f"plan --strict -f {desired_file(WEB.replace('webVM', 'webWM'))}").error

    assert "identities.yaml: The rule on line 3 names VM 'webWM', which does not exist." in error["message"]


def test_a_value_of_system_that_is_none_is_suggested(program: Program, desired_file: Description) -> None:
    error = program(f"plan -f {desired_file(LOSING.replace('false', 'flase'))}").error
    assert error["message"].endswith(
        "system is 'flase', not true, false, or keep without quotes. Did you mean 'false'?"
    )


def test_an_identity_that_does_not_exist_is_suggested(program: Program, desired_file: Description) -> None:
    message = program(f"plan -f {desired_file(WEB.replace(OTHER, 'otherIdentiti'))}").error["message"]
    assert message.endswith("does not exist. Did you mean 'otherIdentity'?")


def test_a_plan_of_many_vms_groups_those_with_the_same_change(program: Program, desired_file: Description) -> None:
    for number in range(30):
        program.sandbox.add_vm("myResourceGroup", f"many{number:02}", system=True)
    file = desired_file("version: 1\nrules:\n- vms: {names: [many*]}\n  system: false\n")

    outcome = program(f"plan -f {file}")

    assert len(outcome.json["vms"]) == 30
    assert len(outcome.err.splitlines()) == 2
    assert outcome.err.count("warning: 30 VMs (many00, many01, many02, many03, many04 and 25 more): ") == 2
    assert program(f"plan -f {file} -o human").out.splitlines() == [
        "30 VMs: would change",
        "  many00, many01, many02, many03, many04 and 25 more",
        "  before  SystemAssigned",
        "  after   None",
        "  - system-assigned identity",
        '  request {"identity": {"type": "None"}}',
        "30 VMs: 30 would change, 0 unchanged",
    ]


@pytest.mark.parametrize(
    "words",
    [
        "plan",
        "apply",
        "apply friday.plan -f identities.yaml",
        "plan -f nowhere.yaml",
        "apply nowhere.plan",
        "apply -f identities.yaml --no-wait --remove-roles",
        "apply nowhere.plan -g myResourceGroup",
        "plan --schema -f identities.yaml",
        "plan --schema --save friday.plan",
        "plan --schema --exit-code",
    ],
)
def test_wrong_usage_is_refused_before_anything_is_sent(program: Program, words: str) -> None:
    outcome = program(words)
    assert (outcome.code, outcome.error["code"], program.sent) == (2, "usage", [])


def test_a_file_that_is_no_text_and_a_place_that_cannot_be_written_are_wrong_usage(
    program: Program, desired_file: Description
) -> None:
    file = desired_file(WEB)
    assert program(f"plan -f {file} --save {program.folder}").error["code"] == "usage"
    file.write_bytes(b"\xff\xfe\x00")
    assert program(f"plan -f {file}").error["message"] == f"'{file}' is not UTF-8 or UTF-16 text."


def test_a_plan_for_people_and_in_a_table_names_every_vm(program: Program, desired_file: Description) -> None:
    file = desired_file(WEB)

    human = program(f"plan -f {file} -o human").out
    assert "myVM (myResourceGroup): would change" in human
    assert human.splitlines()[-1] == "2 VMs: 2 would change, 0 unchanged"
    assert program(f"plan -f {file} -o tsv").out.splitlines()[0].split("\t")[:4] == [
        "myVM",
        "myResourceGroup",
        "true",
        "None",
    ]


def test_the_schema_is_printed_without_a_file(program: Program) -> None:
    outcome = program("plan --schema")
    assert outcome.code == 0
    assert outcome.json["$defs"]["rule"]["required"] == ["vms"]
    assert "--schema cannot be used" in program("plan --schema --exit-code").error["message"]
