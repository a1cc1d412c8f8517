"""Commands about many named VMs: what they have is read from lists, and it makes no difference but in requests."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from tests.program import (
    GROUP,
    Program,
    answering,
    answering_with,
    interrupting,
    letting_in,
    losing_the_answer,
    losing_the_request,
    vm_id,
)
from vmident.sandbox.sandbox import Sandbox

NAMES = [f"vm-{number:05}" for number in range(1, 101)]
IDS = [vm_id(name) for name in NAMES]


def list_path(group: str | None = GROUP) -> str:
    path = vm_id("x").rsplit("/", 1)[0]
    return path if group else path.replace(f"/resourceGroups/{GROUP}", "")


def reads(program: Program) -> list[str]:
    """What was asked, polls and role requests left out."""
    overrides = [one.path for one in program.sent if one.method in {"GET", "POST"} and not one.is_poll]
    return [path for path in overrides if "Authorization" not in path]


def setting(error: dict[str, Any]) -> dict[str, Any]:
    """An error without the id of the request that met it."""
    return {**error, "requestId": None}


def without_etags(program: Program, name: str) -> None:
    """Have the list show a VM as one without an etag."""
    answer = program.colleague("GET", list_path()).json()
    for one in answer["value"]:
        if one["name"] == name:
            del one["etag"]
    program.when("GET", f"{GROUP}/providers/Microsoft.Compute/virtualMachines?", answering_with(200, answer))


@pytest.fixture
def many(program: Program) -> Program:
    """A hundred VMs on one page, so that a list is one request."""
    program.operation_seconds = 0.0
    program.sandbox.close()
    program.sandbox = Sandbox(
        program.folder / "many",
        now=program.time.read,
        new_uuid=lambda: str(uuid.uuid4()),
        operation_seconds=0.0,
        vm_page_size=500,
    )
    program.sandbox.add_vms(100)
    return program


def test_a_hundred_vms_of_a_group_are_shown_by_one_list_in_the_order_of_the_words(many: Program) -> None:
    names = NAMES[::-1]
    outcome = many(f"show {' '.join(names)} -g {GROUP}")
    assert (outcome.code, [one["name"] for one in outcome.json]) == (0, names)
    assert reads(many) == [list_path()]
    alone = many(f"show {names[0]} -g {GROUP}")
    assert alone.json == outcome.json[0]


@pytest.mark.parametrize("command", ["show", "enable-system", "disable-system"])
def test_a_hundred_names_without_a_group_cost_a_list_of_the_subscription(many: Program, command: str) -> None:
    outcome = many(f"{command} {' '.join(NAMES)}")
    assert (outcome.code, len(outcome.json)) == (0, 100)
    assert reads(many) == [list_path(None)]


@pytest.mark.parametrize("command", ["show", "enable-system --dry-run", "add-user --identity otherIdentity --dry-run"])
def test_ids_from_standard_input_cost_a_list(many: Program, command: str) -> None:
    many.standard_input = json.dumps(IDS)
    outcome = many(f"{command} --ids -")
    assert (outcome.code, len(outcome.json)) == (0, 100)
    assert reads(many)[0] == list_path()
    assert not [path for path in reads(many) if "/vm-" in path]


def test_what_resource_graph_finds_is_read_from_a_list(many: Program) -> None:
    outcome = many("show --where \"name startswith 'vm-'\"")
    assert (outcome.code, len(outcome.json)) == (0, 100)
    assert reads(many)[1:] == [list_path()]


def test_vms_of_several_groups_cost_one_list_of_the_subscription(many: Program) -> None:
    many.sandbox.add_group("otherGroup")
    ids = [many.sandbox.add_vm("otherGroup", f"other{number}") for number in range(20)]
    many.standard_input = "\n".join(IDS + ids)
    assert len(many("show --ids -").json) == 120
    assert reads(many) == [list_path(None)]


def test_a_handful_is_read_one_by_one(many: Program) -> None:
    many(f"show {' '.join(NAMES[:10])} -g {GROUP}")
    assert reads(many) == IDS[:10]


def test_a_list_ends_with_the_last_vm_that_is_wanted(many: Program) -> None:
    many.sandbox.add_vms(700)  # pages hold 500
    assert many(f"show {' '.join(NAMES[:20])} -g {GROUP}").code == 0
    assert reads(many) == [list_path()]


def test_a_list_that_is_longer_than_it_is_worth_is_left_and_the_rest_read(many: Program) -> None:
    many.sandbox.add_vms(700)
    names = [f"vm-{number:05}" for number in (*range(1, 11), 690)]
    outcome = many(f"show {' '.join(names)} -g {GROUP}")
    assert [one["name"] for one in outcome.json] == names
    # Pages hold 500, and 11 VMs are worth 550.
    assert reads(many)[2:] == [vm_id("vm-00690")]


def test_changes_are_written_with_the_etags_of_the_list(many: Program) -> None:
    outcome = many(f"enable-system {' '.join(NAMES)} -g {GROUP}")
    assert {one["status"] for one in outcome.json} == {"changed"}
    assert reads(many) == [list_path()]
    assert all(one.headers.get("If-Match") for one in many.sent if one.method == "PATCH")


def test_a_change_made_since_the_list_is_not_overwritten(many: Program) -> None:
    def colleague() -> None:
        many.colleague("PATCH", vm_id("vm-00050"), {"identity": {"type": "SystemAssigned"}})

    many.when("PATCH", "vm-00001", letting_in(colleague))
    outcome = many(f"set {' '.join(NAMES)} -g {GROUP} --type system")
    assert {one["name"] for one in outcome.json if one["status"] == "unchanged"} == {"vm-00050"}
    assert outcome.code == 0


def test_one_that_is_made_after_the_list_is_read_by_itself(many: Program) -> None:
    many.when("GET", vm_id("newVM"), letting_in(lambda: many.sandbox.add_vm(GROUP, "newVM")))
    outcome = many(f"show {' '.join(NAMES)} newVM -g {GROUP}")
    assert (outcome.code, outcome.json[-1]["name"]) == (0, "newVM")
    assert reads(many) == [list_path(), vm_id("newVM")]


@pytest.mark.parametrize("place", ["", f"-g {GROUP}"])
@pytest.mark.parametrize("command", ["show", "enable-system"])
def test_mistyped_names_fail_as_they_do_alone_and_cost_one_more_list(many: Program, command: str, place: str) -> None:
    alone = [many(f"{command} {one} {place}") for one in ("webMV", "dbMV")]
    outcome = many(f"{command} {' '.join(NAMES)} webMV dbMV {place}")
    assert outcome.code == 5
    lists = [path for path in reads(many) if path.endswith("/virtualMachines")]
    assert len(lists) == 2
    if command == "show":
        errors = [json.loads(line)["error"] for line in outcome.err.splitlines()]
        assert [setting(one) for one in errors] == [setting(one.error) for one in alone]
    else:
        errors = [one["error"] for one in outcome.json if one["error"]]
        assert [setting(one) for one in errors] == [setting(one.json["error"]) for one in alone]


def test_an_ambiguous_name_among_many_lists_its_ids(many: Program) -> None:
    many.sandbox.add_group("otherGroup")
    twin = many.sandbox.add_vm("otherGroup", NAMES[0])
    outcome = many(f"enable-system {' '.join(NAMES)} --dry-run")
    failed = [one["error"] for one in outcome.json if one["error"]]
    assert [(one["code"], twin in one["message"], IDS[0] in one["message"]) for one in failed] == [
        ("ambiguous-name", True, True)
    ]


@pytest.mark.parametrize("place", ["", f"-g {GROUP}"])
def test_where_nothing_may_be_listed_each_is_found_and_read_by_itself(many: Program, place: str) -> None:
    many.when("GET", "/virtualMachines?", answering(403, "AuthorizationFailed"), times=100)
    outcome = many(f"show {' '.join(NAMES)} {place}")
    assert (outcome.code, len(outcome.json)) == (0, 100)
    assert reads(many).count(IDS[0]) == 1
    # Without a group once more, for the first name that is looked up by itself.
    assert len([path for path in reads(many) if path.endswith("/virtualMachines")]) == (1 if place else 2)


def test_names_in_a_group_that_is_not_there_fail_as_they_do_alone(many: Program) -> None:
    alone = many("show vm-00001 -g lostGroup").error
    outcome = many(f"enable-system {' '.join(NAMES[:11])} -g lostGroup")
    assert (outcome.code, [setting(one["error"]) for one in outcome.json]) == (3, [setting(alone)] * 11)


@pytest.mark.parametrize("place", ["", f"-g {GROUP}"])
def test_a_token_that_is_refused_at_the_list_is_said(many: Program, place: str) -> None:
    many.when("GET", "/virtualMachines?", answering(401, "InvalidAuthenticationToken"))
    outcome = many(f"show {' '.join(NAMES[:11])} {place}")
    assert (outcome.code, outcome.error["code"]) == (5, "InvalidAuthenticationToken")


def test_a_vm_without_an_etag_in_the_list_is_read_before_it_is_changed(many: Program) -> None:
    without_etags(many, "vm-00003")
    assert many(f"enable-system {' '.join(NAMES)} -g {GROUP}").code == 0
    assert reads(many) == [list_path(), vm_id("vm-00003")]


def test_ctrl_c_at_the_list_stops_before_anything_is_sent(many: Program) -> None:
    many.when("GET", "/virtualMachines?", interrupting)
    outcome = many(f"enable-system {' '.join(NAMES)} -g {GROUP}")
    statuses = [one["status"] for one in outcome.json]
    assert (outcome.code, statuses, many.patches) == (130, ["failed", *["skipped"] * 99], [])


@pytest.mark.parametrize("place", ["", f"-g {GROUP}"])
def test_the_end_of_the_time_allowed_at_the_list_stops_before_anything_is_sent(many: Program, place: str) -> None:
    many.when("GET", "/virtualMachines?", answering(503), times=100)
    outcome = many(f"enable-system {' '.join(NAMES)} --timeout 1 {place}")
    assert (outcome.code, outcome.json[0]["error"]["code"], many.patches) == (7, "timed-out", [])
    assert {one["status"] for one in outcome.json[1:]} == {"skipped"}


def test_a_subscription_that_is_not_known_is_said_of_each_name_and_of_no_id(many: Program) -> None:
    outcome = many(f"show {IDS[0]} {' '.join(NAMES[1:13])} -g {GROUP} --subscription lost")
    assert (outcome.code, [one["id"] for one in outcome.json]) == (5, [IDS[0]])
    assert len(outcome.err.splitlines()) == 12


def run_of_many(many: Program, lost: Any) -> None:
    """A run of a hundred VMs, of which one is in flight on record."""
    many.when("PATCH", "vm-00050", lost)
    many.when("GET", "vm-00050", interrupting)
    many(f"enable-system {' '.join(NAMES)} -g {GROUP}")
    many.rules.clear()


@pytest.mark.parametrize("lost", [losing_the_answer, losing_the_request])
def test_going_on_with_a_run_reads_its_vms_from_a_list(many: Program, lost: Any) -> None:
    run_of_many(many, lost)
    unfinished = [vm["name"] for vm in many("runs show").json["vms"] if vm["status"] != "done"]
    assert len(unfinished) > 10
    outcome = many("runs resume")
    assert (outcome.code, len(outcome.json)) == (0, len(unfinished))
    assert reads(many)[0] == list_path()
    assert not [path for path in reads(many)[1:] if "vm-00050" not in path]
    assert {(many.identity_of(name) or {}).get("type") for name in NAMES} == {"SystemAssigned"}


def test_one_in_flight_on_record_that_is_not_at_rest_is_read_by_itself(many: Program) -> None:
    run_of_many(many, losing_the_request)
    many.sandbox.add_operation(GROUP, "vm-00050", seconds=30)
    outcome = many("runs resume")
    left = [one for one in outcome.json if one["status"] != "changed"]
    assert outcome.code == 5
    assert [(one["name"], one["error"]["code"]) for one in left] == [("vm-00050", "state-drifted")], "response to since"
    assert reads(many)[:2] == [list_path(), vm_id("vm-00050")]


def test_a_run_is_taken_back_by_a_list(many: Program) -> None:
    many(f"add-user {' '.join(NAMES)} -g {GROUP} --identity otherIdentity")
    outcome = many("runs undo --yes")
    assert (outcome.code, len(outcome.json)) == (0, 100)
    assert reads(many) == [list_path()]
