"""What `show` and `list` print, in every format, compared with what the cloud holds."""

from __future__ import annotations

import json
import re
import uuid
from typing import Any

import pytest
import yaml

from tests.program import GROUP, Program, identity_id, vm_id
from vmident.sandbox.sandbox import SUBSCRIPTION, TOKEN, Sandbox

USER = "myUserAssignedIdentity"
OTHER = "otherIdentity"
CHANGES = {
    "enable-system": ("myVM", ["enable-system myVM"]),
    "enable-system beside a user": ("dbVM", ["enable-system dbVM"]),
    "add-user by name": ("webVM", [f"add-user webVM --identity {OTHER}"]),
    "add-user by id, cased otherwise": ("myVM", [f"add-user myVM --identity {identity_id(OTHER).swapcase()}"]),
    "remove-user of one of two": (
        "appVM",
        [f"add-user appVM --identity {OTHER}", f"remove-user appVM --identity {USER} --yes"],
    ),
    "remove-user of the last": ("dbVM", [f"remove-user dbVM --identity {USER} --yes"]),
    "set both": ("dbVM", [f"set dbVM --type both --identity {OTHER} --identity {USER} --yes"]),
    "set none": ("appVM", ["set appVM --type none --yes"]),
}
after_each_change = pytest.mark.parametrize(("vm", "words"), CHANGES.values(), ids=list(CHANGES))


def changed(program: Program, words: list[str]) -> None:
    for one in words:
        assert program(one).code == 0


def as_documented(held: dict[str, Any] | None) -> dict[str, Any]:
    """Return Azure's `identity` member as the reference has it: always a type and a map, ids spelled as documented."""
    document = dict(held or {"type": "None"})
    users = document.pop("userAssignedIdentities", {})
    return {**document, "userAssignedIdentities": {identity_id(key.rsplit("/", 1)[1]): users[key] for key in users}}


def in_one_case(identity: dict[str, Any]) -> dict[str, Any]:
    """Leave the casing of ids out of a comparison: Azure keeps that of whoever attached them."""
    users = {key.lower(): value for key, value in identity["userAssignedIdentities"].items()}
    return {**identity, "userAssignedIdentities": users}


def cells(held: dict[str, Any] | None) -> tuple[str, str, list[str]]:
    """Return the type, the principal and the lower-case ids that a row is to show."""
    identity = as_documented(held)
    users = sorted(key.lower() for key in identity["userAssignedIdentities"])
    return identity["type"], identity.get("principalId", ""), users


@after_each_change
def test_show_in_json_is_what_azure_holds_after_a_change(program: Program, vm: str, words: list[str]) -> None:
    changed(program, words)

    shown = program(f"show {vm} -o json")

    assert (shown.code, shown.err) == (0, "")
    document = shown.json
    identity = document.pop("identity")
    assert in_one_case(identity) == in_one_case(as_documented(program.identity_of(vm)))
    assert document == {
        "id": vm_id(vm),
        "name": vm,
        "resourceGroup": GROUP,
        "kind": "vm",
        "location": "westus",
        "subscriptionId": SUBSCRIPTION,
    }


@after_each_change
def test_show_in_tsv_is_what_azure_holds_after_a_change(program: Program, vm: str, words: list[str]) -> None:
    changed(program, words)

    (line,) = program(f"show {vm} -o tsv").out.splitlines()

    kind, principal, users = cells(program.identity_of(vm))
    *others, shown_users, shown_kind = line.split("\t")
    assert shown_kind == "vm"
    assert others == [vm, GROUP, "westus", kind, principal]
    assert shown_users.lower() == ",".join(users)


@after_each_change
def test_show_in_a_table_is_what_azure_holds_after_a_change(program: Program, vm: str, words: list[str]) -> None:
    changed(program, words)

    heads, rule, row = program(f"show {vm} -o table").out.splitlines()

    kind, _, users = cells(program.identity_of(vm))
    assert heads.split() == ["name", "resourceGroup", "location", "type", "userAssignedIdentities", "kind"]
    assert set(rule.strip()) == {"-"}
    names = ", ".join(one.rsplit("/", 1)[-1] for one in users)
    present = [one for one in (vm, GROUP, "westus", kind, names, "vm") if one]
    shown = re.split(r" {2,}", row.strip())
    assert [one.lower() for one in shown] == [one.lower() for one in present]


@after_each_change
def test_yaml_and_jsonc_parse_to_the_document_that_json_prints(program: Program, vm: str, words: list[str]) -> None:
    changed(program, words)
    document = program(f"show {vm} -o json").json

    assert yaml.safe_load(program(f"show {vm} -o yaml").out) == document
    assert json.loads(program(f"show {vm} -o jsonc").out) == document


@pytest.mark.parametrize("words", ["show appVM", "list", "enable-system myVM", "show appVM --query name"])
def test_none_prints_nothing(program: Program, words: str) -> None:
    outcome = program(f"{words} -o none")

    assert (outcome.code, outcome.out, outcome.err) == (0, "", "")


def test_none_prints_no_answer_for_what_fails_but_says_what_failed(program: Program) -> None:
    outcome = program("enable-system nosuchVM -o none")

    assert (outcome.code, outcome.out) == (3, "")
    assert "nosuchVM" in outcome.err


def test_a_query_on_one_vm_picks_one_value(program: Program) -> None:
    principal = program.identity_of("appVM")["principalId"]
    words = "show appVM --query identity.principalId"

    assert program(words).json == principal
    assert program(f"{words} -o tsv").out == f"{principal}\n"
    assert program(f"{words} -o table").out.splitlines()[-1].strip() == principal


def test_a_query_on_one_vm_picks_columns(program: Program) -> None:
    principal = program.identity_of("webVM")["principalId"]
    words = "show webVM --query '{VM: name, Principal: identity.principalId}'"

    assert program(f"{words} -o json").json == {"VM": "webVM", "Principal": principal}
    assert program(f"{words} -o tsv").out == f"webVM\t{principal}\n"
    heads, _, row = program(f"{words} -o table").out.splitlines()
    assert (heads.split(), row.split()) == (["VM", "Principal"], ["webVM", principal])


def test_a_query_on_a_list_picks_from_every_vm(program: Program) -> None:
    words = "list --query 'sort_by([?identity.principalId], &name)[].[name, identity.type]'"
    picked = [[name, program.identity_of(name)["type"]] for name in ("appVM", "webVM")]

    assert program(f"{words} -o json").json == picked
    assert program(f"{words} -o tsv").out == "".join(f"{name}\t{kind}\n" for name, kind in picked)
    rows = program(f"{words} -o table").out.splitlines()[-2:]
    assert [re.split(r" {2,}", row.strip()) for row in rows] == picked


def test_a_query_that_picks_nothing_prints_null_in_json_and_nothing_in_tsv_and_table(program: Program) -> None:
    words = "show myVM --query identity.principalId"

    assert program(f"{words} -o json").out == "null\n"
    assert program(f"{words} -o tsv").out.strip() == ""
    assert program(f"{words} -o table").out == ""


def test_list_in_json_is_what_azure_holds_of_every_vm(program: Program) -> None:
    outcome = program("list -o json")

    assert outcome.code == 0
    assert [one["name"] for one in outcome.json] == ["appVM", "dbVM", "myVM", "webVM"]
    for one in outcome.json:
        assert one["identity"] == as_documented(program.identity_of(one["name"]))


def test_list_in_tsv_has_a_line_for_each_vm(program: Program) -> None:
    lines = [line.split("\t") for line in program("list -o tsv").out.splitlines()]

    assert [line[0] for line in lines] == ["appVM", "dbVM", "myVM", "webVM"]
    for name, *_, kind, principal, users, _ in lines:
        assert (kind, principal, [one.lower() for one in users.split(",") if one]) == cells(program.identity_of(name))


def test_list_in_a_table_has_a_row_for_each_vm_uncut(program: Program) -> None:
    _, _, *rows = program("list -o table").out.splitlines()

    assert [row.split()[0] for row in rows] == ["appVM", "dbVM", "myVM", "webVM"]
    for row, name in zip(rows, ["appVM", "dbVM", "myVM", "webVM"], strict=True):
        kind, _, users = cells(program.identity_of(name))
        assert kind in row
        assert ", ".join(one.rsplit("/", 1)[-1] for one in users) in row.lower()


def test_list_for_people_names_the_identities_alone(program: Program) -> None:
    *rows, _as_of = program("list -o human").out.splitlines()
    lines = [line.split(maxsplit=3) for line in rows if "---" not in line]

    assert lines == [
        ["name", "resourceGroup", "location", "type                           identities"],
        ["appVM", GROUP, "westus", f"SystemAssigned, UserAssigned   {USER}"],
        ["dbVM", GROUP, "westus", f"UserAssigned                   {USER}"],
        ["myVM", GROUP, "westus", "None"],
        ["webVM", GROUP, "westus", "SystemAssigned"],
    ]


def test_a_list_of_several_pages_has_them_all(program: Program) -> None:
    whole = program("list").json
    program.sandbox.close()
    program.sandbox = Sandbox(
        program.sandbox.folder, now=program.time.read, new_uuid=lambda: str(uuid.uuid4()), page_size=2
    )

    outcome = program("list")

    assert outcome.code == 0
    assert outcome.json == whole
    assert len(whole) == 4
    assert len(program.sent) >= 2


@pytest.mark.parametrize("command", ["show", "enable-system"])
def test_one_vm_named_gives_an_object_and_several_an_array(program: Program, command: str) -> None:
    assert program(f"{command} myVM").json["name"] == "myVM"
    assert [one["name"] for one in program(f"{command} myVM webVM").json] == ["myVM", "webVM"]


def test_a_vm_that_cannot_be_shown_is_left_out_of_an_array(program: Program) -> None:
    outcome = program("show myVM nosuchVM")

    assert [one["name"] for one in outcome.json] == ["myVM"]
    assert outcome.error["code"] == "not-found"


def test_a_list_of_nothing_is_an_empty_array(program: Program) -> None:
    program.sandbox.add_group("empty")

    assert program("list -g empty").json == []
    assert program("list -g empty -o tsv").out == ""
    assert program("list -g empty -o human").out == "No VMs.\n"


def test_a_query_that_does_not_fit_leaves_the_whole_answer_of_a_change(program: Program) -> None:
    outcome = program("enable-system myVM --query 'keys(name)'")

    assert outcome.code == 1
    assert outcome.error["code"] == "query-failed"
    assert outcome.json["status"] == "changed"
    assert outcome.json["after"]["principalId"] == program.identity_of("myVM")["principalId"]


def test_a_query_that_does_not_fit_leaves_the_rows_of_a_change(program: Program) -> None:
    outcome = program("enable-system myVM --query 'keys(name)' -o tsv")

    assert outcome.code == 1
    assert "cannot be applied to the output" in outcome.err
    assert outcome.out.split("\t")[:5] == ["myVM", GROUP, "changed", "None", "SystemAssigned"]


@pytest.mark.parametrize("words", ["show appVM", "list", "enable-system myVM", f"add-user webVM --identity {OTHER}"])
def test_debug_shows_every_request_and_no_secret_and_leaves_the_answer_alone(program: Program, words: str) -> None:
    outcome = program(f"{words} --debug")

    assert outcome.code == 0
    assert outcome.json
    for one in program.sent:
        assert f"{one.method} " in outcome.err
        assert one.path in outcome.err
    assert TOKEN not in outcome.err + outcome.out
    assert not re.search(r"[?&][sc]=", outcome.err)


def test_debug_of_a_change_does_poll_an_operation_with_an_opaque_query(program: Program) -> None:
    """Else the test above would hold of nothing."""
    outcome = program("enable-system myVM --debug")

    polls = [one.url for one in program.sent if one.is_poll]
    assert polls
    assert all(re.search(r"[?&]s=", url) and re.search(r"[?&]c=", url) for url in polls)
    for url in polls:
        secrets = re.findall(r"[?&][sc]=([^&]+)", url)
        assert not any(secret in outcome.err for secret in secrets)


@pytest.mark.parametrize(
    "words", ["disable-system webVM --yes", f"add-user myVM --identity {OTHER} --identity {OTHER}"]
)
def test_only_show_errors_silences_warnings_but_leaves_them_in_the_document(program: Program, words: str) -> None:
    outcome = program(f"{words} --only-show-errors")

    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.json["warnings"]


def test_only_show_errors_still_shows_errors(program: Program) -> None:
    outcome = program("enable-system nosuchVM --only-show-errors")

    assert outcome.code == 3
    assert "nosuchVM" in outcome.err
