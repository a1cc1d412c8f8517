from __future__ import annotations

import pytest

from tests.cli.conftest import Typing
from tests.program import GROUP, WIDE_TERMINAL, Program, answering, answering_with, vm_id

IDENTITY = "otherIdentity"


def tagged(program: Program, name: str, **tags: str) -> None:
    program.colleague("PATCH", vm_id(name), {"tags": tags})
    program.time.sleep(60)


def names(document: list[dict[str, str]]) -> list[str]:
    return [one["name"] for one in document]


def test_a_group_alone_selects_its_vms_and_the_default_group_does_not(program: Program) -> None:
    assert len(program(f"show -g {GROUP}").json) == 4
    program.environ["VMIDENT_RESOURCE_GROUP"] = GROUP
    assert (program("show").code, program("enable-system").code) == (2, 2)


@pytest.mark.parametrize("command", ["show", "list"])
def test_every_tag_must_hold_names_in_any_case_and_values_exactly(program: Program, command: str) -> None:
    tagged(program, "myVM", team="web", stage="live")
    tagged(program, "dbVM", team="Web")
    assert names(program(f"{command} --tag TEAM=web").json) == ["myVM"]
    assert names(program(f"{command} --tag team -g {GROUP}").json) == ["dbVM", "myVM"]
    assert names(program(f"{command} --tag team --tag stage=live").json) == ["myVM"]


def test_a_selection_of_one_gives_an_array_and_of_none_an_empty_one(program: Program) -> None:
    tagged(program, "myVM", team="web")
    assert names(program("enable-system --tag team=web --yes").json) == ["myVM"]
    none = program("enable-system --tag team=lost")
    assert (none.code, none.json, none.err) == (0, [], "No VMs found with tag team=lost.\n")
    assert "No VMs found with tag team=lost." in program("show --tag team=lost").err
    assert program.patches == []


def test_a_list_that_selects_none_says_so_once(program: Program) -> None:
    program.terminal = WIDE_TERMINAL
    none = program("list --tag team=lost")
    assert (none.code, none.out, none.err) == (0, "", "No VMs found with tag team=lost.\n")


def test_a_change_of_a_selection_takes_the_list_for_the_first_read(program: Program) -> None:
    program(f"add-user --all --yes --identity {IDENTITY}")
    reads = [one.path for one in program.sent if one.method == "GET" and not one.is_poll]
    assert len([path for path in reads if path.endswith("/virtualMachines")]) == 1
    assert len(program.patches) == 4
    assert all(one.headers.get("If-Match") for one in program.sent if one.method == "PATCH")


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("name startswith 'WEB' or name endswith 'bvm' and location != 'westus'", ["webVM"]),
        ("(name startswith 'web' or name endswith 'bvm') and location == 'westus'", ["dbVM", "webVM"]),
        ("not(name contains 'b') and name !~ 'APPVM'", ["myVM"]),
        ("resourceGroup =~ 'MYRESOURCEGROUP' and tags['team'] =~ 'x'", []),
    ],
)
def test_conditions_go_together_as_in_kusto(program: Program, condition: str, found: list[str]) -> None:
    assert names(program(f'list --where "{condition}"').json) == found


def test_people_are_told_that_the_graph_lags(program: Program) -> None:
    program.terminal = WIDE_TERMINAL
    assert "Resource Graph lags" in program("list --where \"name == 'x'\"").err


@pytest.mark.parametrize("command", ["show", "list"])
def test_a_condition_goes_to_resource_graph_and_the_state_comes_from_arm(program: Program, command: str) -> None:
    found = program(f"""{command} -g {GROUP} --where "name =~ 'webvm'" """)
    assert (found.code, names(found.json)) == (0, ["webVM"])
    assert program.shape == ["POST", "GET"]


def test_a_vm_that_the_graph_knows_and_arm_does_not_is_not_found(program: Program) -> None:
    program.when("GET", "/webVM", answering(404, "ResourceNotFound"))
    found = program("""list --where "name contains 'vm'" """)
    assert (found.code, len(found.json), found.error["code"]) == (5, 3, "ResourceNotFound")


def test_a_condition_that_the_graph_refuses_is_said_with_what_it_was(program: Program) -> None:
    refused = program("""show --where "nonsense" """)
    assert (refused.code, refused.out) == (1, "")
    assert "could not evaluate the condition nonsense" in refused.error["message"]
    assert "--tag" in refused.error["hint"]


def test_an_answer_of_the_graph_that_cannot_be_read_is_an_error(program: Program) -> None:
    program.when("POST", "ResourceGraph", answering_with(200, {"data": [{}]}))
    assert program("""show --where "name == 'x'" """).error["code"] == "invalid-response"


@pytest.mark.parametrize(
    "words",
    [
        "show myVM --all",
        "show --ids - --tag team",
        "list --all --tag team",
        "list --tag team --where \"name == 'x'\"",
        "list --tag =web",
        "list --where ' '",
        "list --where 'true | project name'",
        "list --where 'true // and so on'",
        'list --where "name == \'x"',
    ],
)
def test_words_that_contradict_each_other_are_wrong_usage_and_send_nothing(program: Program, words: str) -> None:
    assert program(words).code == 2
    assert program.sent == []


@pytest.mark.parametrize(("typed", "code", "sent"), [("21\n", 0, 21), ("y\n", 1, 0), ("22\n", 1, 0)])
def test_a_loss_for_more_than_a_screenful_asks_for_the_number(
    program: Program, typing: Typing, typed: str, code: int, sent: int
) -> None:
    program.sandbox.add_vms(18)
    program(f"enable-system --all -g {GROUP} --yes")
    program("disable-system dbVM --yes")
    program.terminal = WIDE_TERMINAL
    typing(typed)
    outcome = program(f"disable-system --all -g {GROUP}")
    assert (outcome.code, len(program.patches)) == (code, sent)
    assert "20 VMs will lose:\n" in outcome.err
    assert "1 VM will lose:\n" in outcome.err
    assert "This changes 21 VMs. Type 21 to confirm: " in outcome.err
    # Told once for all that lose the same, and not again afterwards.
    assert outcome.err.count("permanently deletes its principal") == 2


def test_a_thousand_vms_are_selected_by_lists_alone(program: Program) -> None:
    program.sandbox.add_vms(1000)
    listed = program(f"list --tag none -g {GROUP}")
    assert (listed.json, {one.method for one in program.sent}) == ([], {"GET"})


def test_several_subscriptions_are_looked_in_once_each_and_all_means_all(program: Program) -> None:
    one = vm_id("myVM").split("/")[2]
    assert len(program("list --subscription all").json) == len(program("list --subscription ALL").json) == 4
    assert len(program(f"show --all --subscription {one} --subscription {one.upper()}").json) == 4
    assert program("list -g lostGroup --subscription all").json == []
    lost = "00000000-0000-0000-0000-000000000001"
    assert program(f"list --all --subscription {one} --subscription {lost}").code == 3
    named = program.colleague("GET", f"/subscriptions/{one}", version="2022-12-01").json()["displayName"]
    assert len(program(f"list --subscription '{named}' --subscription {one}").json) == 4


@pytest.mark.parametrize(
    ("words", "is_selecting"),
    [("show myVM", True), ("enable-system myVM", True), ("group list", False), ("doctor", True)],
)
@pytest.mark.parametrize("subscriptions", ["--subscription ALL", "--subscription one --subscription two"])
def test_several_subscriptions_go_with_a_selection_alone(
    program: Program, words: str, is_selecting: bool, subscriptions: str
) -> None:
    outcome = program(f"{words} {subscriptions}")
    assert (outcome.code, program.sent) == (2, [])
    assert ("--tag" in outcome.error["hint"]) is is_selecting
