from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.worlds import law, states
from vmident.arm.wire import virtual_machines as wire
from vmident.core.identity import IdentityState, IdentityType, SystemIdentity, UserIdentity
from vmident.core.resource_id import ResourceId
from vmident.core.virtual_machine import VirtualMachine
from vmident.errors import ExitCode, InvalidResponse

VM = "/subscriptions/sub/resourceGroups/myGroup/providers/Microsoft.Compute/virtualMachines/myVM"
ONE = "/subscriptions/sub/resourceGroups/myGroup/providers/Microsoft.ManagedIdentity/userAssignedIdentities/one"
TWO = ONE.replace("/one", "/two")


def vm_from_wire(body: Any, headers: dict[str, str]) -> VirtualMachine:
    return wire.vm_from_wire(json.dumps(body).encode(), headers)


def identity_from_wire(identity: Any) -> IdentityState:
    return vm_from_wire({"id": VM, "identity": identity}, {}).identity


def _to_wire(state: IdentityState, spelled_type: str) -> dict[str, Any] | None:
    """Write a state as ARM answers it; who has no id yet shows without one."""
    if state.type is IdentityType.NONE:
        return None
    identity: dict[str, Any] = {"type": spelled_type}
    if state.system:
        identity |= {"principalId": state.system.principal_id, "tenantId": state.system.tenant_id}
    if state.users:
        identity["userAssignedIdentities"] = {
            str(user): {
                name: value
                for name, value in (("clientId", known.client_id), ("principalId", known.principal_id))
                if value
            }
            for user, known in state.users.items()
        }
    return identity


def _vm(**members: Any) -> dict[str, Any]:
    return {"id": VM, "location": "westus", "properties": {"provisioningState": "Succeeded"}, **members}


@law
@given(states, st.sampled_from([str, str.upper, str.lower]), st.booleans(), st.booleans())
def test_a_state_written_as_arm_writes_it_reads_as_the_same_state(
    state: IdentityState, recase: Any, has_space: bool, is_turned: bool
) -> None:
    kinds = state.type.value.split(", ")
    spelled = recase((", " if has_space else ",").join(reversed(kinds) if is_turned else kinds))
    read = identity_from_wire(_to_wire(state, spelled))
    assert read == state
    assert [str(user) for user in read.users] == [str(user) for user in state.users]


@pytest.mark.parametrize(
    ("spelled", "kind"),
    [
        ("None", IdentityType.NONE),
        ("none", IdentityType.NONE),
        ("SystemAssigned", IdentityType.SYSTEM),
        ("SYSTEMASSIGNED", IdentityType.SYSTEM),
        ("UserAssigned", IdentityType.USER),
        (" userAssigned ", IdentityType.USER),
        ("SystemAssigned, UserAssigned", IdentityType.BOTH),
        ("SystemAssigned,UserAssigned", IdentityType.BOTH),
        ("systemassigned,  USERASSIGNED", IdentityType.BOTH),
        ("UserAssigned, SystemAssigned", IdentityType.BOTH),
    ],
)
def test_the_type_is_read_in_any_case_and_with_or_without_the_space(spelled: str, kind: IdentityType) -> None:
    assert identity_from_wire({"type": spelled, "userAssignedIdentities": {ONE: {}}}).type is kind


def test_an_absent_identity_is_none() -> None:
    assert identity_from_wire(None) == IdentityState()
    assert vm_from_wire(_vm(), {}).identity == IdentityState()


@pytest.mark.parametrize(
    ("identity", "state"),
    [
        ({"type": "SystemAssigned"}, IdentityState(SystemIdentity())),
        ({"type": "SystemAssigned", "principalId": "p"}, IdentityState(SystemIdentity("p"))),
        ({"type": "SystemAssigned", "userAssignedIdentities": None}, IdentityState(SystemIdentity())),
        (
            {"type": "UserAssigned", "principalId": None, "userAssignedIdentities": {ONE: {}}},
            IdentityState(users={ResourceId.parse(ONE): UserIdentity()}),
        ),
        (
            {"type": "UserAssigned", "userAssignedIdentities": {ONE: None}},
            IdentityState(users={ResourceId.parse(ONE): UserIdentity()}),
        ),
        (
            {"type": "UserAssigned", "userAssignedIdentities": {ONE: {"clientId": "c"}, TWO: {"principalId": "p"}}},
            IdentityState(
                users={
                    ResourceId.parse(ONE): UserIdentity("c"),
                    ResourceId.parse(TWO): UserIdentity(None, "p"),
                }
            ),
        ),
        ({"type": "UserAssigned"}, IdentityState()),
    ],
)
def test_what_azure_has_not_said_yet_is_not_known(identity: Any, state: IdentityState) -> None:
    assert identity_from_wire(identity) == state


def test_an_identity_answered_in_two_casings_is_one_identity() -> None:
    read = identity_from_wire({"type": "UserAssigned", "userAssignedIdentities": {ONE: {}, ONE.upper(): {}}})
    assert len(read.users) == 1


@pytest.mark.parametrize(
    ("body_etag", "header_etag", "etag"),
    [
        ('"2"', None, '"2"'),
        (None, '"2"', '"2"'),
        ('"2"', '"2"', '"2"'),
        ("", '"2"', '"2"'),
        (None, None, None),
    ],
)
def test_the_etag_is_read_from_the_body_the_header_or_both(
    body_etag: str | None, header_etag: str | None, etag: str | None
) -> None:
    body = _vm() if body_etag is None else _vm(etag=body_etag)
    headers = {} if header_etag is None else {"ETag": header_etag}
    assert vm_from_wire(body, headers).etag == etag


def test_a_vm_is_read_with_its_id_normalised_its_place_and_its_state() -> None:
    body = _vm(
        id=VM.replace("resourceGroups", "resourcegroups").replace("Microsoft.Compute", "microsoft.compute"),
        properties={"provisioningState": "Updating"},
    )
    machine = vm_from_wire(body, {})
    assert (str(machine.id), machine.location, machine.provisioning_state) == (VM, "westus", "Updating")
    assert not machine.is_idle


@pytest.mark.parametrize("properties", [None, {}])
def test_a_vm_that_says_nothing_of_an_operation_is_at_rest(properties: Any) -> None:
    assert vm_from_wire(_vm(properties=properties), {}).is_idle
    assert vm_from_wire({"id": VM}, {}).is_idle


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "a page to sign in",
        7,
        {},
        {"id": None},
        {"id": 7},
        {"id": "myVM"},
        {"id": VM + "/extensions/one"},
        _vm(properties="Succeeded"),
        _vm(identity="SystemAssigned"),
        _vm(identity=[]),
        _vm(identity={}),
        _vm(identity={"type": None}),
        _vm(identity={"type": 3}),
        _vm(identity={"type": "Managed"}),
        _vm(identity={"type": "SystemAssigned, SystemAssigned"}),
        _vm(identity={"type": "UserAssigned", "userAssignedIdentities": [ONE]}),
        _vm(identity={"type": "UserAssigned", "userAssignedIdentities": {"one": {}}}),
        _vm(identity={"type": "UserAssigned", "userAssignedIdentities": {ONE: "client"}}),
    ],
)
def test_a_strange_answer_is_refused_by_name_and_never_half_read(body: Any) -> None:
    with pytest.raises(InvalidResponse) as refused:
        vm_from_wire(body, {})
    assert refused.value.code == "invalid-response"
    assert refused.value.message.startswith("Azure's response cannot be read as a VM: ")
    assert refused.value.hint
    assert refused.value.exit_code is ExitCode.FAILED


@pytest.mark.parametrize(
    "body",
    [
        _vm(properties={"provisioningState": 7}),
        _vm(etag=7),
        _vm(location=7),
        _vm(identity={"type": "SystemAssigned", "principalId": {}}),
        _vm(identity={"type": "UserAssigned", "userAssignedIdentities": {ONE: {"clientId": 7}}}),
    ],
)
def test_a_member_of_another_kind_is_never_half_read(body: Any) -> None:
    with pytest.raises(InvalidResponse):
        vm_from_wire(body, {})


def test_a_provisioning_state_of_null_is_no_operation() -> None:
    assert vm_from_wire(_vm(properties={"provisioningState": None}), {}).is_idle


def test_a_location_of_null_is_no_location() -> None:
    assert vm_from_wire(_vm(location=None), {}).location == ""


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "it is empty"),
        (b" \r\n", "it is empty"),
        (b"null", "Expected `object`, got `null`"),
        (b"[" * 101 + b"]" * 101, "more than 100 levels deep"),
        (b"[" * 10_000_000, "more than 100 levels deep"),
        (b'{"zz": ' * 5000 + b"1" + b"}" * 5000, "more than 100 levels deep"),
        (b'{"id": "\xff"}', "invalid start byte"),
        (b'{"id": 7}', "Expected `str`, got `int` - at `$.id`"),
        (b'{"id": "/a", "identity": {"type": "None", "principalId": []}}', "at `$.identity.principalId`"),
        (b'{"id": "/subscr', "truncated"),
        (b"<html>", "malformed"),
        (b'{"id": 1e999}', "out of range"),
        (b'{"id": "\\ud800"}', "truncated"),
    ],
)
def test_the_message_says_what_is_wrong_and_where(content: bytes, said: str) -> None:
    with pytest.raises(InvalidResponse) as refused:
        wire.vm_from_wire(content, {})
    assert said in refused.value.message


def test_brackets_in_texts_are_no_levels() -> None:
    texts = json.dumps({"id": VM, "location": '[{"\\' * 1000}).encode()
    assert wire.vm_from_wire(texts, {}).location == '[{"\\' * 1000


def test_a_byte_order_mark_is_no_part_of_an_answer() -> None:
    assert wire.vm_from_wire(b"\xef\xbb\xbf" + json.dumps(_vm()).encode(), {}).location == "westus"
