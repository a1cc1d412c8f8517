"""The Azure CLI's spellings: taken where they are clear, else answered with the vmident command that does it."""

from __future__ import annotations

import pytest

from tests.program import Program, identity_id
from vmident.cli.inputs.arguments import rewritten
from vmident.cli.inputs.azure_cli_commands import translated

OTHER, USER = "otherIdentity", "myUserAssignedIdentity"
OPTIONS = {
    "--name": True,
    "-n": True,
    "--identity": True,
    "--identities": True,
    "-g": True,
    "--yes": False,
    "-y": False,
}
TRANSLATED = {
    "vm identity assign -g prod -n web": ["enable-system web -g prod"],
    "vm identity assign -g prod -n web --identities a b": ["add-user web -g prod --identities a b"],
    "vm identity assign --name web --identities [system] a --role Reader --scope group": [
        "enable-system web --role Reader --scope group",
        "add-user web --identities a --role Reader --scope group",
    ],
    "vm identity assign --ids /a/b": ["enable-system --ids /a/b"],
    "vm identity remove -n web": ["disable-system web"],
    "vm identity remove -n web --identities a -o json --role x": ["remove-user web --identities a"],
    "vm identity show -n web --query x": ["show web"],
    "identity assign web --identity=a": ["add-user web --identities a"],
    "identity remove old": ["identity delete old"],
    "identity remove -n web": ["disable-system web"],
    "assign": ["enable-system VM"],
    "attach web --identity a": ["add-user web --identities a"],
    "attach web": ["add-user web --identities ID"],
    "add web --identities a": ["add-user web --identities a"],
    "detach web --identity a": ["remove-user web --identities a"],
    "remove web": ["disable-system web"],
    "enable web": ["enable-system web"],
    "disable web": ["disable-system web"],
    "vm list -g prod --subscription=s": ["list -g prod --subscription s"],
    "vm show -n web": ["show web"],
    "vm show": ["show VM"],
    "vm update -n web --set identity.type=None": ["set web --type none"],
    "vm update -n web --set identity.type='SystemAssigned'": ["set web --type system"],
    "vm update -n web --set identity.type=SystemAssigned identity.userAssignedIdentities=null": [
        "remove-user web --all-identities"
    ],
    "update web --set identity.type=UserAssigned -g prod": ["disable-system web -g prod"],
    "vm update web --set 'identity.type=SystemAssigned, UserAssigned'": ["enable-system web"],
    "vm update web": ['set web --type "none|system|user|both"'],
}


@pytest.mark.parametrize("words", TRANSLATED)
def test_a_command_of_the_azure_cli_is_answered_with_ours(program: Program, words: str) -> None:
    outcome = program(words)
    assert (outcome.code, outcome.out, program.sent) == (2, "", [])
    _, *shown = outcome.error["hint"].splitlines()
    quoted = [line.replace('"none|system|user|both"', "'none|system|user|both'") for line in TRANSLATED[words]]
    assert shown == [f"  vmident {line}" for line in quoted]


@pytest.mark.parametrize("words", ["vm update -g prod -n web --set tags.a=b", 'update web --set "tags.a=b c"'])
def test_an_update_of_something_else_stays_the_azure_clis(program: Program, words: str) -> None:
    outcome = program(words)
    assert (outcome.code, outcome.out, program.sent) == (2, "", [])
    reason, command = outcome.error["hint"].splitlines()
    assert reason == "vmident changes only the identities of VMs. Run instead:"
    assert command == f"  az vm {words.removeprefix('vm ')}"


def test_the_users_own_names_are_quoted_for_the_shell() -> None:
    found = translated(["vm", "identity", "assign", "-n", "my VM; rm -rf ~"])
    assert found
    assert found.commands == ("vmident enable-system 'my VM; rm -rf ~'",)


def test_a_command_that_the_azure_cli_has_not_either_is_not_translated(program: Program) -> None:
    assert translated(["frobnicate", "web"]) is None
    assert "'frobnicate' is not a vmident command." in program("frobnicate web").err


@pytest.mark.parametrize("words", ["show -n myVM", "show --name myVM", "show --name=myVM", "show -nmyVM"])
def test_a_name_is_the_same_as_the_argument(program: Program, words: str) -> None:
    assert program(words).json["name"] == "myVM"


def test_names_come_both_ways_at_once(program: Program) -> None:
    assert [one["name"] for one in program("show myVM -n dbVM").json] == ["myVM", "dbVM"]
    assert program(f"identity show -n {OTHER}").json["name"] == OTHER
    assert program("group create -n new --location westus").code == 0
    assert program("group create one -n new --location westus").code == 2
    assert program("identity create --name newId -g myResourceGroup").code == 0


def test_identities_takes_several_and_identity_one(program: Program) -> None:
    assert program(f"add-user myVM --identities {OTHER} {identity_id(USER)} -o none").out == ""
    assert set((program.identity_of("myVM") or {})["userAssignedIdentities"]) == {identity_id(OTHER), identity_id(USER)}
    assert program(f"remove-user --identity {USER} myVM --yes").code == 0
    assert set(program.identity_of("myVM")["userAssignedIdentities"]) == {identity_id(OTHER)}


def test_a_second_identity_is_never_taken_for_a_vm(program: Program) -> None:
    """A VM of the identity's name is there: it was changed, with exit code 0."""
    refused = program(f"add-user myVM --identity {OTHER} webVM")
    assert (refused.code, program.sent) == (2, [])
    assert "--identities A B" in refused.err
    assert program(f"add-user --identities {OTHER} webVM").code == 2
    assert program.patches == []


@pytest.mark.parametrize(
    ("typed", "parsed"),
    [
        ("a b", "a b"),
        ("-n a -g g", "a -g g"),
        ("a --identities b c -y d", "a --identities b --identities c -y d"),
        ("--identities=b c", "--identities b --identities c"),
        ("--identity b a", "--identity b a"),
        ("-g -n a", "-g -n a"),
        ("a -- -n b", "a -- -n b"),
        ("a --identities b -- c", "a --identities b -- c"),
        ("a --identities", "a --identities"),
        ("a -n", "a -n"),
        ("--unknown a", "--unknown a"),
        ("-yn a", "-yn a"),
        ("- -y", "- -y"),
    ],
)
def test_arguments_are_rewritten_and_none_is_lost(typed: str, parsed: str) -> None:
    assert rewritten(typed.split(), OPTIONS, has_name=True) == parsed.split()


@pytest.mark.parametrize(
    ("words", "same"), [("help", "--help"), ("help vm create", "vm create --help"), ("version", "--version")]
)
def test_help_and_version_are_taken_as_commands(program: Program, words: str, same: str) -> None:
    assert program(words) == program(same)
    assert program(words).code == 0
    assert program("identity help create").out == program("identity create -h").out


@pytest.mark.parametrize("command", ["plan", "apply"])
@pytest.mark.parametrize("name", ["identities.yaml", "my file.YML"])
def test_a_file_without_its_option_is_told_so(program: Program, command: str, name: str) -> None:
    refused = program(f"{command} '{name}'")
    assert (refused.code, program.sent) == (2, [])
    assert "must be specified with -f" in refused.error["message"]
    assert f"vmident {command} -f " in refused.error["hint"]
