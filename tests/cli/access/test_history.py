"""`vmident history`: who changed the identities of VMs, when and with what."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.program import (
    TERMINAL,
    WIDE_TERMINAL,
    Program,
    answering,
    answering_with,
    identity_id,
    vm_id,
)
from vmident.sandbox.tenant import SUBSCRIPTION

ENABLE = {"identity": {"type": "SystemAssigned"}}
USERS = "identity.userAssignedIdentities"
SEEN_SECONDS = 60
OTHER_GROUP = "otherResourceGroup"
COLLEAGUE = "colleague@sandbox.invalid"


def seen(program: Program) -> None:
    """Let time pass until Resource Graph has the changes."""
    program.time.sleep(SEEN_SECONDS)


def row(**members: Any) -> dict[str, Any]:
    attributes = {"timestamp": "2027-01-15T07:00:00.1234567Z", **members.pop("attributes", {})}
    changes = {"identity.type": {"previousValue": None, "newValue": "SystemAssigned"}}
    target = vm_id("myVM")
    return {"id": f"{target}/changes/1", "target": target, "kind": "Update", "attributes": attributes,
            "changes": changes, **members}  # fmt: skip


def answers(program: Program, *rows: dict[str, Any]) -> None:
    program.when("POST", "ResourceGraph", answering_with(200, {"totalRecords": 1, "count": 1, "data": [*rows]}))


def test_a_colleagues_change_is_told_from_a_run_of_ours(program: Program) -> None:
    program("add-user myVM --identity otherIdentity -g myResourceGroup")
    program.time.sleep(3_600)
    program.colleague("PATCH", vm_id("myVM"), {"identity": {"type": "None"}})
    seen(program)
    run = program("runs list").json[0]["run"]
    program.terminal = WIDE_TERMINAL

    outcome = program("history myVM")

    lines = outcome.out.splitlines()
    assert (outcome.code, outcome.err) == (0, "")
    assert lines[0] == f"myVM (myResourceGroup): changed 1 minute ago by {COLLEAGUE} using the Azure portal"
    assert lines[1].startswith("  - otherIdentity  principal ")
    us = f"by sandbox-user@sandbox.invalid using vmident (run {run})"
    assert lines[2] == f"myVM (myResourceGroup): changed 1 hour ago {us}"
    assert lines[3].startswith("  + otherIdentity  principal ")
    assert lines[4:] == [
        "Azure keeps changes for 14 days. New changes appear within about 5 minutes.",
        f"To undo run {run}: vmident runs undo {run}",
    ]


def test_a_run_that_was_undone_is_not_offered_for_undo(program: Program) -> None:
    program("enable-system myVM -g myResourceGroup")
    run = program("runs list").json[0]["run"]
    program(f"runs undo {run} --yes")
    back = program("runs list").json[0]["run"]
    seen(program)
    program.terminal = WIDE_TERMINAL

    assert program("history myVM").out.splitlines()[-1] == f"To undo run {back}: vmident runs undo {back}"
    program(f"runs undo {back} --yes")
    seen(program)
    out = program("history myVM").out
    assert f"undo {run}" not in out
    assert f"undo {back}" not in out


def test_the_document_has_all_that_azure_says(program: Program) -> None:
    program("enable-system myVM -g myResourceGroup")
    seen(program)
    run = program("runs list").json[0]["run"]
    principal = program.identity_of("myVM")["principalId"]

    (change,) = program("history myVM").json

    assert change == {
        "id": vm_id("myVM"),
        "name": "myVM",
        "resourceGroup": "myResourceGroup",
        "kind": "vm",
        "time": "2027-01-15T08:00:00Z",
        "change": "updated",
        "identities": [
            {"action": "enabled", "identity": "system", "principalIdBefore": None, "principalIdAfter": principal}
        ],
        "typeBefore": None,
        "typeAfter": "SystemAssigned",
        "changedBy": "sandbox-user@sandbox.invalid",
        "changedByType": "User",
        "clientType": None,
        "operation": "Microsoft.Compute/virtualMachines/write",
        "correlationId": f"{run}-4d4d-8333-bb21-4b4dab0d389a",
        "run": run,
        "runRecorded": True,
    }
    assert program("history myVM -o tsv").out.split("\t")[3:5] == ["updated", "+system"]


def test_a_run_of_another_machine_is_vmidents_and_not_ours(program: Program) -> None:
    program("enable-system myVM -g myResourceGroup")
    seen(program)
    program.environ["VMIDENT_STATE_DIR"] = str(program.folder / "another")
    program.terminal = WIDE_TERMINAL
    assert " on another machine)" in program("history myVM").out
    assert [one["runRecorded"] for one in program("history myVM -o json").json] == [False]
    (program.folder / "another" / "runs.sqlite3").write_text("no database")
    assert " using vmident (run " in program("history myVM").out
    assert [one["runRecorded"] for one in program("history myVM -o json").json] == [None]


def test_several_vms_are_one_log_from_one_query(seeded: Program) -> None:
    outcome = seeded(f"history encryptedVM legacyVM signInVM -g {OTHER_GROUP}")
    assert [(one["name"], one["clientType"]) for one in outcome.json] == [
        ("encryptedVM", "Azure Portal"),
        ("signInVM", "Terraform"),
        ("legacyVM", "Terraform"),
    ]
    assert seeded.shape == ["POST"]
    everything = seeded("history --all --kind any")
    assert everything.json == outcome.json
    assert seeded.shape.count("POST") == 2, "the deleted VMs, and the changes"


def test_scale_sets_have_a_history(seeded: Program) -> None:
    seeded(f"disable-system webScaleSet --kind vmss -g {OTHER_GROUP} --yes")
    seen(seeded)
    (change,) = seeded(f"history webScaleSet --kind vmss -g {OTHER_GROUP}").json
    assert (change["kind"], change["identities"][0]["action"]) == ("vmss", "disabled")


@pytest.mark.parametrize(
    ("options", "names", "note"),
    [
        ("--limit 2", ["encryptedVM", "signInVM"], "1 older change not shown. Use a higher --limit to see more.\n"),
        ("--since 6h", ["encryptedVM"], ""),
        ("--since 4d", ["encryptedVM", "signInVM"], ""),
        ("--since 2027-01-12T00:00:00Z", ["encryptedVM", "signInVM"], ""),
        ("--since 2027-01-15", ["encryptedVM"], ""),
        ("--since 2027-01-15T04:00", [], ""),
        ("--since 999999W", ["encryptedVM", "signInVM", "legacyVM"], ""),
        ("--since 0001-01-01T00:00:00+23:59", ["encryptedVM", "signInVM", "legacyVM"], ""),
    ],
)
def test_the_newest_can_be_asked_for(seeded: Program, options: str, names: list[str], note: str) -> None:
    outcome = seeded(f"history --all {options}")
    assert ([one["name"] for one in outcome.json], outcome.err) == (names, note)


@pytest.mark.parametrize(
    ("word", "problem"),
    [
        ("tomorrow", "Invalid value for --since: 'tomorrow' is not an age such as 2h or 3d, or a date"),
        ("2027-13-01", "Invalid value for --since: '2027-13-01' is not an age such as 2h or 3d, or a date"),
        ("-3d", "Invalid value for --since: '-3d' is not an age such as 2h or 3d, or a date"),
        ("2030-01-01", "--since is in the future: 2030-01-01T00:00:00Z."),
        ("9999-12-31T23:59:59-23:59", "--since is in the future: 9999-12-31T23:59:59Z."),
    ],
)
def test_a_moment_that_is_none_or_to_come_is_wrong_usage(program: Program, word: str, problem: str) -> None:
    outcome = program(f"history myVM --since={word}")
    assert (outcome.code, outcome.out, program.sent) == (2, "", [])
    assert outcome.error["message"].startswith(problem)


def test_a_vm_without_changes_is_looked_for(program: Program) -> None:
    program.terminal = TERMINAL
    assert program("history myVM -g myResourceGroup").out == (
        "No changes to identities in the last 14 days.\nNew changes appear within about 5 minutes.\n"
    )
    assert program.shape == ["POST", "GET"]
    assert "No changes to identities since 2027-01-15T06:00:00Z." in program("history myVM --since 2h").out
    assert program("history myVM -o json").json == []


def test_a_vm_that_is_not_there_is_not_found_and_stops_no_other(seeded: Program) -> None:
    alone = seeded("history myWM -g myResourceGroup")
    assert (alone.code, alone.out, alone.error["code"]) == (3, "", "ResourceNotFound")
    assert "Did you mean 'myVM'?" in alone.error["message"]
    beside = seeded(f"history {vm_id('nothing')} {vm_id('encryptedVM', OTHER_GROUP)}")
    assert (beside.code, [one["name"] for one in beside.json]) == (5, ["encryptedVM"])


def test_a_deleted_vm_is_part_of_its_groups_history(program: Program) -> None:
    program("enable-system myVM -g myResourceGroup")
    program.time.sleep(3_600)
    program.colleague("DELETE", vm_id("myVM"))
    seen(program)
    changes = [("myVM", "deleted"), ("myVM", "updated")]
    for words in ("--all", "-g myResourceGroup", "--all --subscription all"):
        assert [(one["name"], one["change"]) for one in program(f"history {words}").json] == changes
    assert len(program("history --all --since 30m").json) == 1
    assert program("history --all --kind vmss").json == []
    program.terminal = WIDE_TERMINAL
    assert "Deleted VMs are not included" in program("history --tag team").err
    error = program("history myVM").err
    assert "\n  If it was deleted, use its resource ID: vmident history ID\n" in error
    assert program("history nothing -g myResourceGroup").err.endswith("use its resource ID: vmident history ID\n")
    program.when("POST", "ResourceGraph", answering(403, "AuthorizationFailed"))
    assert "The history could not be read from Resource Graph: " in program("history --all").err


def test_an_unknown_subscription_is_not_found(program: Program) -> None:
    unknown = "11111111-1111-1111-1111-111111111111"
    outcome = program(f"history {vm_id('myVM').replace(SUBSCRIPTION, unknown)}")
    assert (outcome.code, outcome.error["message"]) == (3, f"Subscription '{unknown}' not found.")
    assert outcome.error["hint"] == "Check --subscription, and that you are signed in to its tenant."


@pytest.mark.parametrize("command", ["history", "show", "enable-system"])
@pytest.mark.parametrize("place", ["", f" -g {OTHER_GROUP}"])
def test_the_name_of_a_scale_set_has_a_hint_to_its_kind(seeded: Program, command: str, place: str) -> None:
    seeded.terminal = WIDE_TERMINAL
    outcome = seeded(f"{command} webScaleSet{place}")
    assert outcome.code == 3
    assert "  'webScaleSet' is a scale set. Use --kind vmss.\n" in outcome.err
    assert "is a VM. Use --kind vm.\n" in seeded(f"{command} signInVM --kind vmss{place}").err


def test_a_deleted_vm_has_a_history_by_its_id(program: Program) -> None:
    program("enable-system myVM -g myResourceGroup")
    program.colleague("DELETE", vm_id("myVM"))
    seen(program)
    program.terminal = WIDE_TERMINAL
    outcome = program(f"history {vm_id('myVM')}")
    assert outcome.code == 0
    assert outcome.out.splitlines()[0].endswith(f"deleted 54 seconds ago by {COLLEAGUE} using the Azure portal")
    assert program.shape == ["POST"]


def test_a_history_that_cannot_be_read_is_an_error_that_says_where_else_to_look(program: Program) -> None:
    program.when("POST", "ResourceGraph", answering(403, "AuthorizationFailed"))
    error = program("history myVM -g myResourceGroup").error
    assert error["message"].startswith("The history could not be read from Resource Graph: ")
    assert "az monitor activity-log list --resource-id /subscriptions/" in error["hint"]


def test_foreign_text_cannot_move_the_cursor_or_fill_the_screen(program: Program) -> None:
    program.terminal = WIDE_TERMINAL
    for text in ("\x1b[2J\x1b]0;title\x07", "\u202eevil\u2066", "[red]bold[/]", "x" * 300, "a\nb\r"):
        attributes = {"changedBy": text, "changedByType": text, "clientType": text, "operation": text,
                      "correlationId": text}  # fmt: skip
        answers(program, row(attributes=attributes))
        answers(program, row(attributes=attributes))
        said = program("history myVM -g myResourceGroup").out
        assert len(said.splitlines()) == 3
        assert "az ad" not in said
        assert all(character.isprintable() for character in said.replace("\n", ""))
        assert len(said) < 1_000
        assert program("history myVM -g myResourceGroup -o json").json[0]["changedBy"] == text
        program.rules.clear()


def test_what_azure_does_not_know_is_not_guessed(program: Program) -> None:
    unknown = {"changedBy": "Unspecified", "changedByType": "", "clientType": "Unknown", "operation": None}
    application = "d9e30000-0e5a-4d5b-8f2b-1b7a5c0ffeeb"
    by_application = {"changedBy": application, "changedByType": "Application", "clientType": application}
    other = {**by_application, "clientType": "04b07795-8ddb-461a-bbee-02f9e1bf7b46"}
    answers(
        program,
        row(attributes=unknown),
        row(attributes=by_application),
        row(attributes=other),
        row(attributes={"changedBy": "System"}, changes={f"{USERS}.{identity_id('x')}": {"newValue": "{}"}}),
        row(kind="Create", changes=None),
        row(changes={"identity.type": {"newValue": "UserAssigned"}}),
        row(changes={"identity.tenantId": {"previousValue": "null", "newValue": "t"}}),
    )
    program.terminal = WIDE_TERMINAL
    said = program("history myVM -g myResourceGroup").out
    begun = "myVM (myResourceGroup): changed 59 minutes ago by "
    assert f"{begun}an unknown caller\n" in said
    assert f"{begun}application {application}\n" in said
    assert said.endswith(f"To see the application: az ad sp show --id {application}\n")
    assert f"{begun}application {application} using application 04b07795-8ddb-461a-bbee-02f9e1bf7b46\n" in said
    assert f"{begun}Azure itself\n" in said
    assert "  ~ type None -> UserAssigned\n" in said
    assert "  ~ other properties of the identity\n" in said
    assert "created 59 minutes ago" in said


@pytest.mark.parametrize(
    "bad",
    [
        {"attributes": {"timestamp": "yesterday"}},
        {"target": "/subscriptions/x"},
        {"changes": [1]},
    ],
)
def test_a_row_that_cannot_be_read_is_an_error(program: Program, bad: dict[str, Any]) -> None:
    answers(program, row(**bad))
    assert program("history myVM -g myResourceGroup").error["code"] == "invalid-response"


def test_many_vms_are_asked_about_without_their_names(program: Program) -> None:
    program.sandbox.add_vms(60)
    for name in ("vm-00001", "webVM"):
        program.colleague("PATCH", vm_id(name), {"identity": {"type": "None"}} if name == "webVM" else ENABLE)
    seen(program)
    ids = [vm_id(f"vm-{number:05}") for number in range(1, 61)]
    program.standard_input = json.dumps(ids)
    outcome = program("history --ids -")
    assert [one["name"] for one in outcome.json] == ["vm-00001"]
    (query,) = (one.body["query"] for one in program.sent if one.method == "POST")
    assert len(query) < 1_000
    assert "resourceGroup in~ ('myresourcegroup')" in query


def test_the_identity_of_each_change_is_its_id(program: Program) -> None:
    program.colleague("PATCH", vm_id("dbVM"), {"identity": {"type": "None"}})
    seen(program)
    (change,) = program("history dbVM -g myResourceGroup").json
    assert [(one["action"], one["identity"]) for one in change["identities"]] == [
        ("detached", identity_id("myUserAssignedIdentity"))
    ]


def test_doctor_names_who_deleted_an_identity_that_a_vm_still_has(seeded: Program) -> None:
    seeded.terminal = WIDE_TERMINAL
    said = seeded(f"doctor legacyVM -g {OTHER_GROUP}").out
    by_pipeline = "application d9e30000-0e5a-4d5b-8f2b-1b7a5c0ffeeb using Terraform"
    history = f"{'':<9}history{'':<8}"
    assert f"{history}VM 'legacyVM' was last changed 6 days ago (2027-01-09) by {by_pipeline}.\n" in said
    assert (
        f"{history}Identity 'deletedIdentity' was deleted 2 days ago (2027-01-13) by {COLLEAGUE} "
        "using the Azure portal.\n" in said
    )
    assert [one.method for one in seeded.sent if one.method == "POST"] == ["POST"]
    document = seeded(f"doctor legacyVM -g {OTHER_GROUP} -o json").json
    assert [(one["name"], one["kind"], one["change"]) for one in document["changes"]] == [
        ("legacyVM", "vm", "updated"),
        ("deletedIdentity", "identity", "deleted"),
    ]


def test_doctor_asks_about_no_change_where_identities_are_well(seeded: Program) -> None:
    assert seeded(f"doctor signInVM stoppedVM -g {OTHER_GROUP}").json["changes"] == []
    assert not [one for one in seeded.sent if "ResourceGraph" in one.url]


def test_doctor_does_without_resource_graph(seeded: Program) -> None:
    known = seeded(f"doctor legacyVM -g {OTHER_GROUP}")
    seeded.when("POST", "ResourceGraph", answering(403, "AuthorizationFailed"), times=-1)
    unknown = seeded(f"doctor legacyVM -g {OTHER_GROUP}")
    assert unknown.json == {**known.json, "changes": []}
    assert unknown.code == known.code
