"""Words that make no sense: exit 2 before anything is sent, and a message that says what to do instead."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.program import GROUP, WIDE_TERMINAL, Program, identity_id, vm_id
from vmident.sandbox.sandbox import SUBSCRIPTION

USER = "myUserAssignedIdentity"
OTHER = "otherIdentity"


def refused(program: Program, words: str, *telling: str) -> None:
    """Assert that these words are wrong usage, that nothing was sent, and that standard error holds what to do."""
    outcome = program(words)

    assert (outcome.code, outcome.out, program.sent) == (2, "", [])
    for word in telling:
        assert word in outcome.err


@pytest.mark.parametrize(
    ("vm", "telling"),
    [
        ("/subscriptions", "it ends after 'subscriptions'"),
        (f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}", f"it ends after '{GROUP}'"),
        (vm_id("myVM").removeprefix("/"), "it does not begin with '/subscriptions/'"),
        (vm_id("myVM").replace("resourceGroups", "groups"), "it has 'groups' instead of 'resourceGroups'"),
        (vm_id("myVM").replace("providers", "provider"), "it has 'provider' instead of 'providers'"),
        (vm_id("myVM", ""), "it has an empty segment"),
        (vm_id(""), "it ends after 'virtualMachines'"),
        (f"{vm_id('myVM')}/extensions/one", "it has 'extensions' after the name"),
        ("/", "A resource ID has the form /subscriptions/"),
    ],
)
@pytest.mark.parametrize("command", ["show", "enable-system"])
def test_a_malformed_id_is_told_where_it_goes_wrong(program: Program, command: str, vm: str, telling: str) -> None:
    refused(program, f"{command} '{vm}'", telling, "A resource ID has the form /subscriptions/ID/resourceGroups/GROUP/")


@pytest.mark.parametrize("words", ["add-user myVM", "remove-user myVM --yes", "set myVM --type user"])
def test_a_malformed_id_of_an_identity_is_wrong_usage_too(program: Program, words: str) -> None:
    refused(program, f"{words} --identity {identity_id('x')}/y", "it has 'y' after the name")


@pytest.mark.parametrize("command", ["add-user", "remove-user", "set --type both"])
def test_the_id_of_a_vm_is_no_identity(program: Program, command: str) -> None:
    refused(program, f"{command} myVM --identity {vm_id('webVM')}", "user-assigned identity", "virtualMachines")


@pytest.mark.parametrize("words", ["show", "enable-system", f"add-user --identity {OTHER}"])
def test_the_id_of_an_identity_is_no_vm(program: Program, words: str) -> None:
    refused(program, f"{words} {identity_id(OTHER)}", "is not the resource ID of a VM or scale set:", "--identity")


@pytest.mark.parametrize("word", ["[system]", "[System]", "[SYSTEM]", " [system] "])
@pytest.mark.parametrize("words", ["add-user myVM", "remove-user myVM", "set myVM --type user"])
def test_the_azure_clis_word_for_the_system_identity_names_the_commands_for_it(
    program: Program, words: str, word: str
) -> None:
    refused(program, f"{words} --identity '{word}'", "enable-system", "disable-system")


@pytest.mark.parametrize("name", ["my VM", "a?b", "a#b", "a%2fb", "a\tb", "it'\"'\"'s"])
@pytest.mark.parametrize(
    "words", ["show", "enable-system", "show myVM -g", "enable-system myVM -g", "add-user myVM --identity", "list -g"]
)
def test_a_name_that_nothing_has_is_wrong_usage(program: Program, words: str, name: str) -> None:
    refused(program, f"{words} '{name}'", "is not a valid", " list")


@pytest.mark.parametrize("name", [".", ".."])
@pytest.mark.parametrize("words", ["show", "enable-system", "show myVM -g", "add-user myVM --identity", "list -g"])
def test_a_name_of_dots_is_wrong_usage(program: Program, words: str, name: str) -> None:
    refused(program, f"{words} {name}", "is not a valid", "it ")


@pytest.mark.parametrize("words", ["show ''", "show '  '", "enable-system ''", "add-user myVM --identity ''"])
def test_an_empty_name_is_wrong_usage(program: Program, words: str) -> None:
    refused(program, words, "it is empty")


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("none", "None"),
        ("NONE", "None"),
        ("system", "SystemAssigned"),
        ("System", "SystemAssigned"),
        ("SystemAssigned", "SystemAssigned"),
        ("systemassigned", "SystemAssigned"),
        ("user", "UserAssigned"),
        ("USER", "UserAssigned"),
        ("UserAssigned", "UserAssigned"),
        ("both", "SystemAssigned, UserAssigned"),
        ("Both", "SystemAssigned, UserAssigned"),
        ("SystemAssigned, UserAssigned", "SystemAssigned, UserAssigned"),
        ("SystemAssigned,UserAssigned", "SystemAssigned, UserAssigned"),
        ("SYSTEMASSIGNED,userassigned", "SystemAssigned, UserAssigned"),
    ],
)
def test_a_type_is_known_in_any_case_and_by_arms_names(program: Program, word: str, kind: str) -> None:
    named = f"--identity {OTHER}" if "UserAssigned" in kind else ""

    outcome = program(f"set appVM --type '{word}' {named} --yes")

    assert outcome.code == 0
    assert outcome.json["after"]["type"] == kind
    assert (program.identity_of("appVM") or {"type": "None"})["type"] == kind


@pytest.mark.parametrize("word", ["", "all", "systm", "system,user,both", "system-assigned"])
def test_a_type_that_is_none_names_those_that_are(program: Program, word: str) -> None:
    refused(program, f"set myVM --type '{word}' --identity {OTHER}", "Use none, system, user, or both.")


def test_set_without_a_type_is_wrong_usage(program: Program) -> None:
    refused(program, "set myVM", "--type")


@pytest.mark.parametrize("words", ["add-user myVM", "remove-user myVM", "remove-user myVM --yes"])
def test_no_identity_is_wrong_usage(program: Program, words: str) -> None:
    refused(program, words, "--identity is required.", "--identity")


def test_identities_named_beside_all_of_them_is_wrong_usage(program: Program) -> None:
    refused(program, f"remove-user dbVM --all-identities --identity {USER}", "cannot be used together")


@pytest.mark.parametrize("word", ["both", "user", "UserAssigned"])
def test_a_type_with_user_assigned_identities_needs_them_named(program: Program, word: str) -> None:
    refused(program, f"set myVM --type {word}", "List all identities that the VMs should have.")


@pytest.mark.parametrize("word", ["none", "system"])
def test_a_type_without_user_assigned_identities_takes_none(program: Program, word: str) -> None:
    refused(program, f"set myVM --type {word} --identity {OTHER}", "--type user or --type both")


@pytest.mark.parametrize("command", ["show", "enable-system", "set --type none"])
def test_ids_are_not_read_from_a_file(program: Program, tmp_path: Path, command: str) -> None:
    file = tmp_path / "ids.txt"
    file.write_text(vm_id("myVM"))

    refused(program, f"{command} --ids {file}", "--ids only takes '-'")


@pytest.mark.parametrize(
    ("text", "telling"),
    [
        ("myVM\n", "'myVM' on standard input"),
        (f"{vm_id('myVM')}\nmyVM\n", "'myVM' on standard input"),
        ('[{"name": "myVM"}]', "Item 1 of the array on standard input has no 'id' of type string"),
        ('["myVM"]', "'myVM' on standard input"),
        ('["', "Standard input is neither resource IDs nor valid JSON."),
        ('{"name": "myVM"}', "The JSON on standard input has no 'id' of type string"),
        ('"myVM"', "'myVM' on standard input"),
        (f'"{vm_id("myVM")}"\n"{vm_id("webVM")}"', "Standard input is neither resource IDs nor valid JSON."),
        (f"- {vm_id('myVM')}", "'-' on standard input"),
        ('{"id": "x"}', "on standard input is not a resource ID."),
        (f'["{vm_id("myVM")}", null]', "Item 2 of the array on standard input is null"),
        ('[{"name": "myVM", "id": null}]', "Item 1 of the array on standard input has no 'id' of type string"),
        (f'["{vm_id("myVM")}", {{"id": ["x"]}}]', "Item 2 of the array on standard input has no 'id' of type string"),
        ('[["x"]]', "Item 1 of the array on standard input is a list"),
        ("[7]", "Item 1 of the array on standard input is 7"),
        ("[true]", "Item 1 of the array on standard input is true"),
        ('[" "]', "not a resource ID"),
        ("[1.5]", "Item 1 of the array on standard input is 1.5"),
        ("[" * 100_000, "Standard input is neither resource IDs nor valid JSON."),
    ],
)
def test_standard_input_without_ids_is_told_how_they_come(program: Program, text: str, telling: str) -> None:
    program.standard_input = text

    refused(program, "enable-system --ids -", telling, "vmident list -o json | vmident show --ids -")


@pytest.mark.parametrize(
    "text",
    [
        f"{vm_id('myVM')} {vm_id('webVM')}\n",
        f"{vm_id('myVM')}\t{vm_id('webVM')}",
        f"{vm_id('myVM')}\r\n\r\n{vm_id('webVM')}\r\n",
        json.dumps([vm_id("myVM"), {"id": vm_id("webVM")}]),
    ],
)
def test_ids_are_separated_by_white_space_or_are_json(program: Program, text: str) -> None:
    program.standard_input = text
    assert [one["name"] for one in program("show --ids -").json] == ["myVM", "webVM"]


@pytest.mark.parametrize("document", [vm_id("myVM"), {"id": vm_id("myVM"), "name": "myVM"}])
def test_what_the_azure_cli_prints_of_one_vm_is_that_vm(program: Program, document: Any) -> None:
    program.standard_input = json.dumps(document, indent=2)
    assert [one["name"] for one in program("show --ids -").json] == ["myVM"]


def test_an_id_of_something_else_on_standard_input_is_wrong_usage(program: Program) -> None:
    program.standard_input = f"{vm_id('myVM')}\n{identity_id(OTHER)}\n"

    refused(program, "enable-system --ids -", "is not the resource ID of a VM or scale set:")


@pytest.mark.parametrize("command", ["show appVM", "list", "enable-system myVM"])
@pytest.mark.parametrize("query", ["[", "a b", "", "no_such(@)", "[].no_such(@)", "{a: no_such(@)}"])
def test_a_query_that_is_none_is_refused_before_anything_is_sent(program: Program, command: str, query: str) -> None:
    refused(program, f"{command} --query '{query}'", "--query", "https://jmespath.org")


def test_an_unknown_function_in_a_query_is_named(program: Program) -> None:
    refused(program, "enable-system myVM --query 'no_such(@)'", "no_such")


@pytest.mark.parametrize("command", ["show appVM", "list", "enable-system myVM"])
def test_an_unknown_output_is_wrong_usage(program: Program, command: str) -> None:
    refused(program, f"{command} -o xml", "'xml'", "json")


@pytest.mark.parametrize("command", ["show appVM", "list", "enable-system myVM"])
def test_an_unknown_output_in_the_environment_names_the_variable(program: Program, command: str) -> None:
    program.environ["VMIDENT_OUTPUT"] = "nonsense"

    refused(program, command, "VMIDENT_OUTPUT is 'nonsense'", "table")


@pytest.mark.parametrize("command", ["show appVM", "list", "enable-system myVM"])
def test_the_sandbox_does_not_go_with_a_cloud(program: Program, command: str) -> None:
    refused(program, f"{command} --sandbox --cloud AzureCloud", "--cloud", "Remove one of them.")


@pytest.mark.parametrize("command", ["show appVM", "list", "enable-system myVM"])
def test_an_unknown_cloud_names_those_there_are(program: Program, command: str) -> None:
    program.environ["VMIDENT_ACCESS_TOKEN"] = "abc"

    refused(program, f"{command} --cloud AzureMoon --subscription {SUBSCRIPTION}", "AzureMoon", "AzureUSGovernment")


@pytest.mark.parametrize(
    "words",
    [
        "show",
        "enable-system",
        "disable-system --yes",
        f"add-user --identity {OTHER}",
        "remove-user --all-identities --yes",
        "set --type none --yes",
    ],
)
def test_no_vm_is_wrong_usage(program: Program, words: str) -> None:
    refused(program, words, "No VM specified.", "vmident list")


@pytest.mark.parametrize("seconds", ["0", "-1", "soon"])
def test_a_timeout_that_is_none_is_wrong_usage(program: Program, seconds: str) -> None:
    refused(program, f"enable-system myVM --timeout {seconds}", "--timeout")


@pytest.mark.parametrize("words", ["show myVM --dry-run", "list --yes", "enable-system myVM --force", "--sandboxed"])
def test_an_unknown_option_is_wrong_usage(program: Program, words: str) -> None:
    refused(program, words, words.rsplit(maxsplit=1)[-1])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("shwo myVM", "'shwo' is not a vmident command. Did you mean 'show'?"),
        ("runs lst", "'lst' is not a 'vmident runs' command. Did you mean 'list'?"),
        ("enable-system myVM --dryrun", "Unknown option '--dryrun'. Did you mean '--dry-run'?"),
        ("--sandbx", "Unknown option '--sandbx'."),
        ("--sandbox list", "Option '--sandbox' must follow the command."),
        ("-g prod list", "Option '-g' must follow the command."),
        ("list myVM", "Unexpected argument 'myVM'."),
        ("group show", "NAME is required."),
        ("set myVM", "--type is required."),
        ("set myVM --type", "Option '--type' requires a value."),
        ("list --sandbox=yes", "Option '--sandbox' does not take a value."),
        ("list --timeout soon", "Invalid value for --timeout: 'soon' is not a number from 0.1 to 2592000."),
        (
            "enable-system myVM --canary 1.5",
            "Invalid value for --canary: '1.5' is not a whole number from 1 to 100000.",
        ),
        (
            "list --output tvs",
            (
                "Invalid value for --output: 'tvs' is not one of auto, human, json, jsonc, yaml, table, tsv, or none. "
                "Did you mean 'tsv'?"
            ),
        ),
    ],
)
def test_a_line_that_cannot_be_parsed_has_an_error_like_any_other(program: Program, words: str, message: str) -> None:
    refused(program, words)
    assert program(words).error["message"] == message
    program.terminal = WIDE_TERMINAL
    first, second = program(words).err.splitlines()
    assert first == f"error: {message}"
    assert second.startswith("  ")


@pytest.mark.parametrize("words", ["lst -o table", "list --foo -otsv", "list --foo --output=TABLE"])
def test_the_format_of_a_parse_error_is_the_one_asked_for(program: Program, words: str) -> None:
    assert program(words).err.startswith("error: ")


@pytest.mark.parametrize("words", ["", "runs"])
def test_a_group_without_a_command_shows_its_help(program: Program, words: str) -> None:
    outcome = program(words)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == program(f"{words} --help").out


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("set myVM --type systm", "system"),
        ("set myVM --type SystemAsigned", "SystemAssigned"),
        ("show myVM --cloud AzureUSGoverment", "AzureUSGovernment"),
        ("vm create x -g g --image Ubunto2204", "Ubuntu2204"),
    ],
)
def test_what_is_one_of_few_is_suggested(program: Program, words: str, meant: str) -> None:
    refused(program, words, f"Did you mean '{meant}'")


def test_a_mistyped_output_in_the_environment_is_suggested(program: Program) -> None:
    program.environ["VMIDENT_OUTPUT"] = "jsn"
    refused(program, "show myVM", "Did you mean 'json'")


@pytest.mark.parametrize(
    "words",
    [
        "show myVM",
        "list",
        "enable-system myVM",
        "enable-system --all --yes",
        "doctor myVM",
        "identity list",
    ],
)
def test_a_mistyped_group_is_suggested(program: Program, words: str) -> None:
    outcome = program(f"{words} -g myResourceGrop")
    assert program.patches == []
    assert f"Did you mean '{GROUP}'" in outcome.out + outcome.err


@pytest.mark.parametrize("words", ["group create new", f"identity create newId -g {GROUP}"])
def test_a_mistyped_region_is_suggested(program: Program, words: str) -> None:
    error = program(f"{words} --location wesstus").error
    assert error["code"].startswith("LocationNotAvailable")
    assert error["hint"].startswith("Use another --location. Did you mean 'westus'")
    assert "westus" not in error["message"].replace("wesstus", ""), "the dozens of regions are left out"
