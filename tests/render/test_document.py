from __future__ import annotations

import json

import pytest

from vmident.core.consequences import Notice
from vmident.core.identity import IdentityState, SystemIdentity, UserIdentity, identity_document
from vmident.core.patch import patch_for
from vmident.core.resource_id import ResourceId, user_identity_id, vm_id
from vmident.core.transition import Transition
from vmident.core.virtual_machine import VirtualMachine
from vmident.errors import NotFound, UsageError
from vmident.render.document import (
    change_document,
    change_row,
    error_document,
    vm_document,
    vm_row,
)
from vmident.results.changes import ChangeResult, Status

VM = vm_id("sub", "myGroup", "myVM")
ONE, TWO = user_identity_id("sub", "myGroup", "one"), user_identity_id("sub", "myGroup", "two")
SYSTEM = SystemIdentity("the-principal", "the-tenant")
KNOWN = UserIdentity("the-client", "its-principal")
NOTHING = IdentityState()
BOTH = IdentityState(SYSTEM, {TWO: UserIdentity(), ONE: KNOWN})
FAILURE = NotFound("No VM.", code="ResourceNotFound", hint="Look.", status=404, request_id="r")


@pytest.mark.parametrize(
    ("state", "document"),
    [
        (NOTHING, {"type": "None", "userAssignedIdentities": {}}),
        (
            IdentityState(SYSTEM),
            {
                "type": "SystemAssigned",
                "principalId": "the-principal",
                "tenantId": "the-tenant",
                "userAssignedIdentities": {},
            },
        ),
        (IdentityState.of(system=True), {"type": "SystemAssigned", "userAssignedIdentities": {}}),
        (
            IdentityState(users={ONE: KNOWN}),
            {
                "type": "UserAssigned",
                "userAssignedIdentities": {str(ONE): {"clientId": "the-client", "principalId": "its-principal"}},
            },
        ),
        (
            BOTH,
            {
                "type": "SystemAssigned, UserAssigned",
                "principalId": "the-principal",
                "tenantId": "the-tenant",
                "userAssignedIdentities": {
                    str(TWO): {},
                    str(ONE): {"clientId": "the-client", "principalId": "its-principal"},
                },
            },
        ),
    ],
)
def test_an_identity_document_has_what_azure_has_said_and_always_a_type_and_a_map(
    state: IdentityState, document: dict[str, object]
) -> None:
    assert json.dumps(identity_document(state)) == json.dumps(document)


def test_a_machine_document_has_the_keys_of_the_design_in_order() -> None:
    assert list(vm_document(VirtualMachine(VM, "westus", BOTH, etag='"1"')).items()) == [
        ("id", str(VM)),
        ("name", "myVM"),
        ("resourceGroup", "myGroup"),
        ("kind", "vm"),
        ("location", "westus"),
        ("subscriptionId", "sub"),
        ("identity", identity_document(BOTH)),
    ]


def test_a_change_document_has_the_keys_of_the_design_in_order() -> None:
    request = patch_for(Transition(NOTHING, BOTH))
    result = ChangeResult(
        "myvm",
        Status.CHANGED,
        id=VM,
        before=NOTHING,
        after=BOTH,
        request=request,
        warnings=(Notice("principal-lost", "It is lost."),),
    )
    assert list(change_document(result).items()) == [
        ("id", str(VM)),
        ("name", "myVM"),
        ("resourceGroup", "myGroup"),
        ("kind", "vm"),
        ("status", "changed"),
        ("before", identity_document(NOTHING)),
        ("after", identity_document(BOTH)),
        ("request", request),
        ("warnings", [{"code": "principal-lost", "message": "It is lost."}]),
        ("error", None),
    ]


def test_a_vm_that_was_not_found_has_its_name_as_typed_and_no_id() -> None:
    assert change_document(ChangeResult("no such", Status.FAILED, error=FAILURE)) == {
        "id": None,
        "name": "no such",
        "resourceGroup": None,
        "kind": None,
        "status": "failed",
        "before": None,
        "after": None,
        "request": None,
        "warnings": [],
        "error": error_document(FAILURE),
    }


@pytest.mark.parametrize("status", list(Status))
def test_a_status_is_spelled_as_the_design_spells_it(status: Status) -> None:
    document = change_document(ChangeResult("myVM", status))
    assert document["status"] in {"changed", "unchanged", "planned", "accepted", "failed", "unknown", "skipped"}
    assert document["status"] == change_row(ChangeResult("myVM", status))["status"]


def test_an_error_document_has_azures_code_and_what_support_asks_for() -> None:
    assert list(error_document(FAILURE).items()) == [
        ("code", "ResourceNotFound"),
        ("message", "No VM."),
        ("hint", "Look."),
        ("status", 404),
        ("requestId", "r"),
    ]


def test_an_error_that_azure_did_not_make_has_its_own_code_and_no_status() -> None:
    assert error_document(UsageError("Wrong.")) == {
        "code": "usage",
        "message": "Wrong.",
        "hint": None,
        "status": None,
        "requestId": None,
    }


def test_a_machine_row_is_flat_and_lists_the_identities_in_order() -> None:
    assert list(vm_row(VirtualMachine(VM, "westus", BOTH)).items()) == [
        ("name", "myVM"),
        ("resourceGroup", "myGroup"),
        ("location", "westus"),
        ("type", "SystemAssigned, UserAssigned"),
        ("principalId", "the-principal"),
        ("userAssignedIdentities", f"{ONE},{TWO}"),
        ("kind", "vm"),
    ]


def test_a_machine_row_has_every_column_where_there_is_no_identity() -> None:
    row = vm_row(VirtualMachine(VM, "westus", NOTHING))
    assert row.keys() == vm_row(VirtualMachine(VM, "westus", BOTH)).keys()
    assert (row["principalId"], row["userAssignedIdentities"]) == (None, None)


@pytest.mark.parametrize(
    ("before", "after", "users"),
    [
        (NOTHING, BOTH, f"{ONE},{TWO}"),
        (BOTH, NOTHING, None),
        (BOTH, None, f"{ONE},{TWO}"),
        (None, None, None),
    ],
)
def test_a_change_row_lists_what_the_vm_has_now_as_far_as_that_is_known(
    before: IdentityState | None, after: IdentityState | None, users: str | None
) -> None:
    row = change_row(ChangeResult("myVM", Status.CHANGED, id=VM, before=before, after=after))
    assert row == {
        "name": "myVM",
        "resourceGroup": "myGroup",
        "status": "changed",
        "before": before.type.value if before else None,
        "after": after.type.value if after else None,
        "userAssignedIdentities": users,
        "error": None,
    }


def test_a_change_row_of_a_vm_that_was_not_found_has_the_word_and_the_code() -> None:
    row = change_row(ChangeResult("no such", Status.FAILED, error=FAILURE))
    assert (row["name"], row["resourceGroup"], row["error"]) == ("no such", None, "ResourceNotFound")


def test_ids_are_printed_in_the_casing_that_azure_answered() -> None:
    loud = ResourceId.parse(str(ONE).upper())
    assert list(identity_document(IdentityState.of(users=[loud]))["userAssignedIdentities"]) == [str(loud)]
