"""Rules V1 to V4 of `vmident.core.verification.checks`."""

from __future__ import annotations

import pytest

from vmident.core.identity import IdentityState, SystemIdentity, UserIdentity
from vmident.core.resource_id import user_identity_id, vm_id
from vmident.core.resources import IdentityResource
from vmident.core.verification.checks import Attachment, Principal, plan_checks, with_current_identity
from vmident.errors import NotFound

VM = vm_id("s", "g", "web")
A, B = user_identity_id("s", "g", "idA"), user_identity_id("s", "g", "idB")
OTHER_A = user_identity_id("s", "other", "idA")
SYSTEM = SystemIdentity("p-system", "t")
KNOWN_A, KNOWN_B = UserIdentity("c-a", "p-a"), UserIdentity("c-b", "p-b")


@pytest.mark.parametrize(
    ("state", "identities", "selectors"),
    [
        (IdentityState(), [], []),
        (IdentityState(SYSTEM), ["default", "system"], ["", ""]),
        (IdentityState(None, {A: KNOWN_A}), ["default", str(A)], ["", "client_id=c-a"]),
        (IdentityState(None, {A: KNOWN_A, B: KNOWN_B}), [str(A), str(B)], ["client_id=c-a", "client_id=c-b"]),
        (IdentityState(SYSTEM, {A: KNOWN_A}), ["default", "system", str(A)], ["", "", "client_id=c-a"]),
    ],
    ids=["none", "system", "one user", "two users", "both"],
)
def test_the_default_identity_and_each_attached_one_are_checked(
    state: IdentityState, identities: list[str], selectors: list[str]
) -> None:
    checks, warnings = plan_checks(VM, state)
    assert [one.identity for one in checks] == identities
    assert [one.request.selector for one in checks] == selectors
    assert [one.code for one in warnings] == (["default-identity-ambiguous"] if len(state.users) > 1 else [])


def test_a_check_expects_what_arm_shows() -> None:
    checks, _ = plan_checks(VM, IdentityState(SYSTEM, {A: KNOWN_A}))
    assert [one.expected for one in checks] == [
        Principal("p-system", None, str(VM)),
        Principal("p-system", None, str(VM)),
        Principal("p-a", "c-a", str(A)),
    ]


@pytest.mark.parametrize(
    ("known", "resource", "expected", "attachment"),
    [
        (KNOWN_A, IdentityResource(A, "r", "c-a", "P-A"), Principal("P-A", "c-a", str(A)), Attachment.CURRENT),
        (KNOWN_A, IdentityResource(A, "r", "c-new", "new"), Principal("new", "c-new", str(A)), Attachment.RECREATED),
        (UserIdentity(), IdentityResource(A, "r", "c", "p"), Principal("p", "c", str(A)), Attachment.CURRENT),
        (KNOWN_A, IdentityResource(A, "r"), Principal("p-a", "c-a", str(A)), Attachment.UNKNOWN),
        (KNOWN_A, None, Principal(None, None, str(A)), Attachment.DELETED),
    ],
    ids=["current", "recreated", "not known to the VM yet", "without IDs", "deleted"],
)
def test_the_identity_itself_says_which_principal_is_expected(
    known: UserIdentity, resource: IdentityResource | None, expected: Principal, attachment: Attachment
) -> None:
    (_, check), _ = plan_checks(VM, IdentityState(None, {A: known}))
    current = with_current_identity(check, resource)
    assert (current.expected, current.attachment, current.request) == (expected, attachment, check.request)


def test_an_identity_without_a_known_client_id_is_selected_by_its_resource_id() -> None:
    (_, check), _ = plan_checks(VM, IdentityState(None, {A: UserIdentity()}))
    assert check.request.selector == f"msi_res_id={str(A).replace('/', '%2F')}"


def test_named_identities_alone_are_checked_each_once() -> None:
    state = IdentityState(SYSTEM, {A: KNOWN_A, B: KNOWN_B})
    checks, warnings = plan_checks(VM, state, ["[System]", "IDB", str(B).upper()])
    assert ([one.identity for one in checks], warnings) == (["system", str(B)], ())


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("nope", "Identity 'nope' is not attached to VM 'web'."),
        (str(B), f"Identity '{B}' is not attached to VM 'web'."),
        ("idA", "2 identities named 'idA' are attached to VM 'web'."),
        ("[system]", "The system-assigned identity of VM 'web' is not enabled."),
    ],
)
def test_an_identity_that_the_vm_does_not_have_is_not_found(word: str, message: str) -> None:
    with pytest.raises(NotFound) as failure:
        plan_checks(VM, IdentityState(None, {A: KNOWN_A, OTHER_A: KNOWN_B}), [word])
    assert (failure.value.message, failure.value.code) == (message, "identity-not-found")
