"""Words that can only be slips: wrong usage in every command that takes a name, with nothing sent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.program import GROUP, Program, identity_id, vm_id
from vmident.cli.app import program as vmident_program
from vmident.cli.inputs.slips import begins_with_a_dash
from vmident.sandbox.tenant import SUBSCRIPTION

DASHES = {
    "en dash": "\u2013",
    "em dash": "\u2014",
    "minus": "\u2212",
    "non-breaking hyphen": "\u2011",
    "hyphen": "\u2010",
    "figure dash": "\u2012",
    "horizontal bar": "\u2015",
    "full-width hyphen": "\uff0d",
    "small hyphen": "\ufe63",
    "soft hyphen": "\u00ad",
    "prolonged sound mark": "\u30fc",
}
WITHOUT_SUBSCRIPTION = {"login", "logout", "sandbox"}
# Of each command, words that it would act on; the tree is walked, so that no command is forgotten.
WORKING = {
    "enable-system": "myVM",
    "disable-system": "webVM --yes",
    "add-user": "myVM --identity otherIdentity",
    "remove-user": "dbVM --all-identities --yes",
    "set": "myVM --type system",
    "show": "myVM",
    "list": "",
    "plan": "-f -",
    "apply": "-f - --yes",
    "export-state": "",
    "export terraform": "-f - --to terraform",
    "export bicep": "-f - --to bicep",
    "export policy": f"-f - --scope /subscriptions/{SUBSCRIPTION} -l westus --to policy",
    "history": "webVM",
    "doctor": "myVM",
    "verify": "webVM --yes",
    "access": "webVM",
    "report": "",
    "account list": "",
    "account set": SUBSCRIPTION,
    "login": "",
    "logout": "",
    "whoami": "",
    "group create": "newGroup --location westus",
    "group show": GROUP,
    "group list": "",
    "identity create": f"newIdentity -g {GROUP}",
    "identity show": "otherIdentity",
    "identity list": "",
    "identity delete": "otherIdentity --yes",
    "vm create": f"newVM -g {GROUP} --image Ubuntu2204 --system --generate-ssh-keys",
    "runs list": "",
    "runs show": "",
    "runs resume": "",
    "runs undo": "--yes",
    "sandbox status": "",
    "sandbox reset": "",
    "sandbox serve": "",
}


def commands(group: Any, above: str = "") -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        path = f"{above} {name}".strip()
        if hasattr(command, "commands"):
            yield from commands(command, path)
        else:
            yield path, command


TREE = dict(commands(vmident_program()))


OPTIONS = {
    path: [
        max(param.opts, key=len)
        for param in command.params
        if param.param_type_name == "option" and param.type.name == "str" and param.name not in {"query", "where"}
    ]
    for path, command in TREE.items()
}
# Options whose values are a number, a moment or one of few words, each with a command that has it.
PARSED = {
    max(param.opts, key=len): path
    for path, command in TREE.items()
    for param in command.params
    if hasattr(param.type, "func") or param.type.name in {"integer", "float", "choice"}
}
NAME_ARGUMENTS = sorted(
    path for path, command in TREE.items() if any(param.param_type_name == "argument" for param in command.params)
)

# They take a run on record, or a file.
NO_NAMES = {"runs show", "runs resume", "runs undo", "apply", "plan"}


def refused(program: Program, words: str) -> str:
    before = program.sandbox.status()
    outcome = program(words)
    assert (outcome.code, outcome.out, program.sent) == (2, "", []), (words, outcome)
    assert program.sandbox.status() == before
    return outcome.err


@pytest.mark.parametrize("value", ["", "nonsense", "1.5h"])
def test_a_value_that_an_option_cannot_have_is_an_error_that_names_the_option(program: Program, value: str) -> None:
    for option, path in PARSED.items():
        outcome = program(f"{path} {WORKING[path]} {option}='{value}'")
        assert (outcome.code, outcome.out, program.sent) == (2, "", []), (path, option)
        assert outcome.error["message"].startswith(f"Invalid value for {option}: '{value}' is not "), (path, option)


def test_the_words_for_every_command_are_known() -> None:
    assert set(WORKING) == set(TREE)


@pytest.mark.parametrize("path", NAME_ARGUMENTS)
def test_a_dash_of_any_kind_before_a_name_is_a_mistyped_option(program: Program, path: str) -> None:
    for dash in DASHES.values():
        for word in (f"{dash}dry-run", f"{dash}{dash}yes", f"{dash}-dry-run", f"' {dash}y'", f"'\u200b{dash}y'", dash):
            refused(program, f"{path} {word}")
            refused(program, f"{path} {WORKING[path]} {word}")


@pytest.mark.parametrize("path", NAME_ARGUMENTS)
def test_an_option_behind_the_end_of_options_is_no_name(program: Program, path: str) -> None:
    for word in ("--dry-run", "-y", "' --yes'"):
        refused(program, f"{path} -- {word}")


@pytest.mark.parametrize("path", sorted(TREE))
def test_an_option_that_stands_for_a_value_is_none(program: Program, path: str) -> None:
    for option in OPTIONS[path]:
        for word in ("--dry-run", "-y", "\u2013dry-run", "\u2014yes"):
            message = refused(program, f"{path} {WORKING[path]} {option} {word}")
            assert any(
                why in message for why in ("is an option, not a value for", "not with a hyphen", "Unexpected argument")
            )


@pytest.mark.parametrize("path", [path for path in NAME_ARGUMENTS if path not in NO_NAMES])
def test_a_name_with_what_does_not_show_is_refused(program: Program, path: str) -> None:
    options = WORKING[path].partition(" ")[2]
    # A subscription can have any visible name, one with a dash in it too.
    dashed = [] if path == "account set" else ["my\u2013VM"]
    for name in ("my\u200bVM", "\ufeffmyVM", "my\u00a0VM", "\u202emyVM", "my\u00adVM", *dashed):
        assert "U+" in refused(program, f"{path} '{name}' {options}")


@pytest.mark.parametrize("path", sorted(TREE))
def test_every_command_checks_its_group_and_its_subscription(program: Program, path: str) -> None:
    group = path.split(maxsplit=1)[0]
    not_taken = f"'vmident {path}' does not take"
    for name in ("my\u200bgroup", "\ufeffgroup", "my group", "my\u2013group", "group."):
        refusal = "-g cannot be used" if path == "report" else "resource group name"
        refusal = not_taken if group in {*WITHOUT_SUBSCRIPTION, "account", "group", "runs"} else refusal
        assert refusal in refused(program, f"{path} {WORKING[path]} -g '{name}'")
    for name in ("my\u200bsubscription", "\ufeffname", "no\u00a0break", "/subscriptions/a/b"):
        refusal = not_taken if group in WITHOUT_SUBSCRIPTION else "subscription"
        assert refusal in refused(program, f"{path} {WORKING[path]} --subscription '{name}'")


def test_a_group_is_named_by_the_argument(program: Program) -> None:
    """The Azure CLI takes `az group show -g NAME`."""
    error = program("group show -g myResourceGroup").error
    assert error["message"] == "'vmident group show' does not take '-g'."
    assert error["hint"] == "Use the name as an argument: vmident group show NAME"
    assert program("runs list -g a").error["hint"] == "Remove -g."


def test_an_option_with_a_wrong_dash_is_named(program: Program) -> None:
    error = program("identity delete otherIdentity \u2013dry-run --yes").error
    assert error["message"] == (
        "'\u2013dry-run' begins with U+2013 (en dash), not with a hyphen. Did you mean '--dry-run'?"
    )


def test_an_option_for_a_value_names_the_option_that_lacks_one(program: Program) -> None:
    error = program("show myVM -g --debug").error
    assert error["message"] == "'--debug' is an option, not a value for --resource-group."


@pytest.mark.parametrize(
    "words",
    [
        f"enable-system 'C:/Program Files/Git{vm_id('myVM')}'",
        f"add-user myVM --identity 'C:/Program Files/Git{identity_id('otherIdentity')}'",
        "enable-system myVM --role Reader --scope 'D:\\git\\subscriptions\\a'",
        "show myVM --subscription 'C:/Program Files/Git/subscriptions/a'",
        "enable-system myVM --role Reader --scope C:/msys64/providers/Microsoft.Management/managementGroups/m",
    ],
)
def test_an_id_that_git_bash_turned_into_a_path_is_recognized(program: Program, words: str) -> None:
    message = refused(program, words)
    assert "MSYS_NO_PATHCONV=1" in message
    assert re.search(r"Did you mean '/(subscriptions/|providers/Microsoft.Management/)", message), "the whole ID"


@pytest.mark.parametrize(("word", "is_one"), [("-", False), ("-1", False), ("a-b", False), ("", False), ("--x", True)])
def test_hyphens_elsewhere_are_no_options(word: str, is_one: bool) -> None:
    assert begins_with_a_dash(word) is is_one
