"""Changes, typed as a user types them, and what the cloud holds afterwards."""

from __future__ import annotations

import pytest

from tests.program import GROUP, Program, identity_id, vm_id

USER = "myUserAssignedIdentity"


def test_enabling_sends_one_read_one_patch_with_the_type_alone_and_the_polls(program: Program) -> None:
    outcome = program(f"enable-system myVM -g {GROUP}")

    assert (outcome.code, outcome.err) == (0, "")
    assert program.shape == ["GET", "PATCH", "POLL", "POLL"]
    assert program.patches == [{"identity": {"type": "SystemAssigned"}}]
    principal = program.identity_of("myVM")["principalId"]
    assert outcome.json["status"] == "changed"
    assert outcome.json["before"] == {"type": "None", "userAssignedIdentities": {}}
    assert outcome.json["after"]["principalId"] == principal
    assert outcome.json["request"] == {"identity": {"type": "SystemAssigned"}}
    assert outcome.json["error"] is None


def test_the_same_change_again_reads_once_and_says_that_there_is_nothing_to_do(program: Program) -> None:
    first = program(f"enable-system myVM -g {GROUP}").json

    again = program(f"enable-system myVM -g {GROUP}")

    assert again.code == 0
    assert program.shape == ["GET"]
    assert again.json["status"] == "unchanged"
    assert again.json["request"] is None
    assert again.json["before"] == again.json["after"] == first["after"]


def test_the_patch_carries_the_etag_that_was_read(program: Program) -> None:
    etag = program.colleague("GET", vm_id("myVM")).json()["etag"]

    program("enable-system myVM")

    (patch,) = (one for one in program.sent if one.method == "PATCH")
    assert patch.headers["If-Match"] == etag


def test_enabling_on_a_vm_with_user_assigned_identities_names_none_and_keeps_them(program: Program) -> None:
    outcome = program("enable-system dbVM")

    assert program.patches == [{"identity": {"type": "SystemAssigned, UserAssigned"}}]
    assert list(outcome.json["after"]["userAssignedIdentities"]) == [identity_id(USER)]
    assert [warning["code"] for warning in outcome.json["warnings"]] == ["default-identity-changed"]


def test_adding_by_name_names_the_new_identity_alone_and_shows_its_client_id(program: Program) -> None:
    outcome = program("add-user appVM --identity otherIdentity")

    assert outcome.code == 0
    body = {"type": "SystemAssigned, UserAssigned", "userAssignedIdentities": {identity_id("otherIdentity"): {}}}
    assert program.patches == [{"identity": body}]
    assert outcome.json["after"]["userAssignedIdentities"] == program.identity_of("appVM")["userAssignedIdentities"]
    assert outcome.json["after"]["userAssignedIdentities"][identity_id("otherIdentity")]["clientId"]


def test_a_last_read_is_made_only_where_the_answer_lacks_a_client_id(program: Program) -> None:
    program(f"add-user myVM -g {GROUP} --identity {identity_id('otherIdentity')}")
    assert program.shape == ["GET", "PATCH", "POLL", "POLL", "GET"]

    program(f"remove-user myVM -g {GROUP} --identity {identity_id('otherIdentity')} --yes")
    assert program.shape == ["GET", "PATCH", "POLL", "POLL"]


def test_an_identity_in_another_casing_is_the_same_identity(program: Program) -> None:
    outcome = program(f"add-user dbVM --identity {identity_id(USER).upper()}")

    assert outcome.json["status"] == "unchanged"
    assert program.patches == []
    assert list(outcome.json["after"]["userAssignedIdentities"]) == [identity_id(USER)]


def test_adding_by_id_in_another_casing_attaches_it_once(program: Program) -> None:
    program(f"add-user myVM --identity {identity_id('otherIdentity').lower()}")

    shown = program("show myVM").json["identity"]
    (held,) = program.identity_of("myVM")["userAssignedIdentities"]
    assert list(shown["userAssignedIdentities"]) == [held]
    assert shown["type"] == "UserAssigned"


def test_removing_one_of_several_sends_null_for_it_alone(program: Program) -> None:
    program("add-user dbVM --identity otherIdentity")

    outcome = program(f"remove-user dbVM --identity {USER} -y")

    assert outcome.code == 0
    body = {"type": "UserAssigned", "userAssignedIdentities": {identity_id(USER): None}}
    assert program.patches == [{"identity": body}]
    assert list(program.identity_of("dbVM")["userAssignedIdentities"]) == [identity_id("otherIdentity")]


@pytest.mark.parametrize(
    ("words", "type_sent"),
    [
        (f"remove-user dbVM --identity {USER} --yes", "None"),
        ("remove-user dbVM --all-identities --yes", "None"),
        (f"remove-user appVM --identity {USER} --yes", "SystemAssigned"),
        ("remove-user appVM --all-identities --yes", "SystemAssigned"),
        ("disable-system webVM --yes", "None"),
        ("disable-system appVM --yes", "UserAssigned"),
        ("set appVM --type none --yes", "None"),
        ("set appVM --type SYSTEM --yes", "SystemAssigned"),
        ("set dbVM --type SystemAssigned --yes", "SystemAssigned"),
    ],
)
def test_dropping_what_is_left_sends_the_type_alone(program: Program, words: str, type_sent: str) -> None:
    outcome = program(words)

    assert outcome.code == 0
    assert program.patches == [{"identity": {"type": type_sent}}]
    assert outcome.json["after"]["type"] == type_sent
    name = words.split()[1]
    assert (program.identity_of(name) or {"type": "None"})["type"] == type_sent


def test_setting_both_replaces_one_identity_by_another_in_one_patch(program: Program) -> None:
    outcome = program("set dbVM --type both --identity otherIdentity --yes")

    assert outcome.code == 0
    named: dict[str, object] = {identity_id("otherIdentity"): {}, identity_id(USER): None}
    assert program.patches == [{"identity": {"type": "SystemAssigned, UserAssigned", "userAssignedIdentities": named}}]
    held = program.identity_of("dbVM")
    assert held["type"] == "SystemAssigned, UserAssigned"
    assert list(held["userAssignedIdentities"]) == [identity_id("otherIdentity")]


def test_an_identity_named_twice_in_whatever_case_counts_once_with_a_warning(program: Program) -> None:
    outcome = program(f"add-user myVM --identity otherIdentity --identities {identity_id('OTHERIDENTITY')}")

    assert outcome.code == 0
    assert [warning["code"] for warning in outcome.json["warnings"]] == ["identity-named-twice"]
    assert len(program.identity_of("myVM")["userAssignedIdentities"]) == 1
    assert "more than once" in outcome.err


def test_removing_what_is_not_attached_changes_nothing_and_says_so(program: Program) -> None:
    outcome = program("remove-user myVM --identity otherIdentity")

    assert (outcome.code, outcome.json["status"], program.patches) == (0, "unchanged", [])
    assert outcome.err.strip() == "warning: myVM: Identity 'otherIdentity' is not attached."


def test_a_dry_run_shows_the_request_and_sends_none(program: Program) -> None:
    outcome = program("set appVM --type none --dry-run")

    assert outcome.code == 0
    assert outcome.json["status"] == "planned"
    assert outcome.json["request"] == {"identity": {"type": "None"}}
    assert outcome.json["after"] == {"type": "None", "userAssignedIdentities": {}}
    assert {one.method for one in program.sent} <= {"GET", "POST"}
    assert program.identity_of("appVM")["type"] == "SystemAssigned, UserAssigned"


def test_without_waiting_the_change_is_accepted_after_the_patch(program: Program) -> None:
    outcome = program(f"enable-system myVM -g {GROUP} --no-wait")

    assert (outcome.code, outcome.json["status"]) == (0, "accepted")
    assert program.shape == ["GET", "PATCH"]
    assert outcome.json["after"]["type"] == "SystemAssigned"


def test_a_removal_off_a_terminal_without_yes_writes_nothing(program: Program) -> None:
    outcome = program("disable-system webVM")

    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.error["code"] == "confirmation-needed"
    assert "--yes" in outcome.error["hint"]
    assert program.patches == []


def test_several_vms_are_each_reported_and_one_missing_does_not_stop_the_others(program: Program) -> None:
    outcome = program("enable-system myVM nosuchVM webVM")

    assert outcome.code == 5
    assert [(one["name"], one["status"]) for one in outcome.json] == [
        ("myVM", "changed"),
        ("nosuchVM", "failed"),
        ("webVM", "unchanged"),
    ]
    missing = outcome.json[1]
    assert (missing["id"], missing["before"], missing["after"]) == (None, None, None)
    assert missing["error"]["code"] == "not-found"
    assert "nosuchVM" in outcome.err


def test_several_vms_that_all_fail_alike_give_the_code_they_share(program: Program) -> None:
    assert program("enable-system nosuchVM otherVM").code == 3


def test_a_vm_named_twice_is_changed_once(program: Program) -> None:
    outcome = program(f"enable-system myVM MYVM {vm_id('myVM')}")

    assert [one["status"] for one in outcome.json] == ["changed"]
    assert len(program.patches) == 1


def test_ids_come_from_standard_input(program: Program) -> None:
    program.standard_input = f"{vm_id('myVM')}\n\n  {vm_id('dbVM').lower()}\n"

    outcome = program("enable-system --ids -")

    assert outcome.code == 0
    assert [one["name"].lower() for one in outcome.json] == ["myvm", "dbvm"]


def test_one_id_from_standard_input_still_gives_an_array(program: Program) -> None:
    program.standard_input = vm_id("myVM")

    assert [one["status"] for one in program("enable-system --ids -").json] == ["changed"]


def test_a_bare_identity_name_means_the_attached_one_before_the_one_in_the_group(program: Program) -> None:
    program.sandbox.add_group("far")
    attached = program.sandbox.add_identity("far", "otherIdentity")
    program(f"add-user myVM --identity {attached}")

    outcome = program("add-user myVM --identity otherIdentity")

    assert outcome.json["status"] == "unchanged"


def test_a_bare_identity_name_is_looked_up_in_the_subscription_last(program: Program) -> None:
    program.sandbox.add_group("far")
    program.sandbox.add_identity("far", "farIdentity")

    outcome = program("add-user myVM --identity farIdentity")

    assert list(outcome.json["after"]["userAssignedIdentities"]) == [identity_id("farIdentity", "far")]


def test_an_identity_name_that_several_groups_have_is_ambiguous(program: Program) -> None:
    for group in ("far", "near"):
        program.sandbox.add_group(group)
        program.sandbox.add_identity(group, "sharedIdentity")

    outcome = program("add-user myVM --identity sharedIdentity")

    assert (outcome.code, program.patches) == (2, [])
    assert outcome.json["error"]["code"] == "ambiguous-name"
    assert identity_id("sharedIdentity", "far") in outcome.err


def test_an_identity_that_is_nowhere_is_not_found_and_near_names_are_told(program: Program) -> None:
    outcome = program("add-user myVM --identity otherIdentty")

    assert (outcome.code, program.patches) == (3, [])
    assert "'otherIdentity'" in outcome.json["error"]["message"]


def test_an_identity_id_that_azure_does_not_know_is_not_found_with_azures_own_code(program: Program) -> None:
    outcome = program(f"add-user myVM --identity {identity_id('gone')}")

    assert outcome.code == 3
    error = outcome.json["error"]
    assert (error["code"], error["status"]) == ("FailedIdentityOperation", 400)
    assert error["message"].startswith("Resource '") and error["message"].endswith("was not found.")
    assert "remove-user" in error["hint"]
    assert error["requestId"]
    assert outcome.json["after"] is None


def test_a_dead_identity_that_is_attached_can_be_removed(program: Program) -> None:
    program.colleague("DELETE", identity_id(USER))

    blocked = program("enable-system dbVM")
    assert (blocked.code, blocked.json["error"]["code"]) == (3, "FailedIdentityOperation")

    assert program(f"remove-user dbVM --identity {USER} --yes").code == 0
    assert program.identity_of("dbVM") is None
