"""What uses the identities of a VM, and what a change does to it."""

from __future__ import annotations

from typing import Any

import pytest

from vmident.core.consequences import consequences, identity_used, may_affect_dependents
from vmident.core.dependents import (
    ENCRYPTION,
    EXTENSION,
    Dependent,
    Extension,
    Needs,
    dependents_in,
)
from vmident.core.identity import IdentityState, SystemIdentity, UserIdentity
from vmident.core.resource_id import ResourceId, user_identity_id
from vmident.core.transition import Transition

ONE, TWO = (user_identity_id("sub", "group", name) for name in ("one", "two"))
CLIENT = "11111111-0e5a-4d5b-8f2b-1b7a5c0ffee1"
MONITOR = ("Microsoft.Azure.Monitor", "AzureMonitorLinuxAgent")


def state(*users: ResourceId, system: bool = False) -> IdentityState:
    known = {user: UserIdentity(CLIENT if user == ONE else None) for user in users}
    return IdentityState(SystemIdentity() if system else None, known)


def by(identifier: str, value: Any) -> dict[str, Any]:
    return {"authentication": {"managedIdentity": {"identifier-name": identifier, "identifier-value": value}}}


@pytest.mark.parametrize(
    ("publisher", "kind", "settings", "needs"),
    [
        ("Microsoft.Azure.ActiveDirectory", "AADSSHLoginForLinux", None, Needs.SYSTEM),
        ("microsoft.azure.activedirectory", "AADLoginForWindows", {}, Needs.SYSTEM),
        ("Microsoft.GuestConfiguration", "ConfigurationforLinux", None, Needs.SYSTEM),
        ("Microsoft.GuestConfiguration", "ConfigurationForWindows", None, Needs.SYSTEM),
        (*MONITOR, None, Needs.DEFAULT),
        (*MONITOR, by("mi_res_id", str(ONE).lower()), ONE),
        (*MONITOR, by("client_id", CLIENT), CLIENT),
        ("Microsoft.Azure.Monitor", "AzureMonitorWindowsAgent", {}, Needs.DEFAULT),
        ("Microsoft.Azure.KeyVault", "KeyVaultForLinux", {"authenticationSettings": {"msiClientId": CLIENT}}, CLIENT),
        ("Microsoft.Azure.KeyVault", "KeyVaultForWindows", {"secretsManagementSettings": {}}, Needs.DEFAULT),
        ("Microsoft.Azure.Automation.HybridWorker", "HybridWorkerForLinux", {"AutomationAccountURL": ""}, Needs.SYSTEM),
        ("Microsoft.Azure.Automation.HybridWorker", "HybridWorkerForWindows", None, Needs.SYSTEM),
        ("Microsoft.AzureCAT.AzureEnhancedMonitoring", "MonitorX64Linux", {"system": "SAP"}, Needs.DEFAULT),
        ("Microsoft.AzureCAT.AzureEnhancedMonitoring", "MonitorX64Windows", None, Needs.DEFAULT),
        ("Microsoft.Azure.Chaos", "ChaosLinuxAgent", {"profile": "p", "auth.msi.clientid": CLIENT}, CLIENT),
        ("Microsoft.Azure.Chaos", "ChaosWindowsAgent", {"profile": "p"}, Needs.DEFAULT),
        # Settings are whatever somebody wrote: what cannot be read as an identity names none.
        (*MONITOR, "text", Needs.DEFAULT),
        (*MONITOR, {"authentication": ["list"]}, Needs.DEFAULT),
        (*MONITOR, by("mi_res_id", "/subscriptions/sub"), Needs.DEFAULT),
        (*MONITOR, by("mi_res_id", 7), Needs.DEFAULT),
        (*MONITOR, by("mi_res_id", ""), Needs.DEFAULT),
    ],
)
def test_the_table_says_which_identity_an_extension_uses(
    publisher: str, kind: str, settings: Any, needs: Needs | ResourceId | str
) -> None:
    (found,) = dependents_in([Extension("agent", publisher, kind, settings)], None)

    assert (found.code, found.needs) == (EXTENSION, needs)
    assert "(extension 'agent')" in found.title


def test_encryption_uses_the_identity_that_it_names_and_other_extensions_use_none() -> None:
    other = Extension("GuestAttestation", "Microsoft.Azure.Security.LinuxAttestation", "GuestAttestation")

    assert dependents_in([other], TWO) == (Dependent(ENCRYPTION, "Disk encryption", TWO),)
    assert dependents_in([], None) == ()


@pytest.mark.parametrize(
    ("needs", "before", "after", "part"),
    [
        (Needs.SYSTEM, state(system=True), state(), "uses the system-assigned identity and stops working"),
        (Needs.SYSTEM, state(), state(ONE), None),
        (ONE, state(ONE, TWO), state(TWO), "uses identity 'one' and stops working"),
        (ONE, state(ONE, TWO), state(ONE), None),
        (ONE, state(TWO), state(), None),
        (CLIENT, state(ONE), state(), "uses identity 'one' and stops working"),
        (CLIENT, state(TWO), state(), None),
        (Needs.DEFAULT, state(system=True), state(), "uses the system-assigned identity now, and gets no token"),
        (Needs.DEFAULT, state(ONE), state(ONE, TWO), "uses 'one' now, and gets no token"),
        (Needs.DEFAULT, state(ONE), state(ONE, system=True), "'one' now, and uses the system-assigned identity"),
        (Needs.DEFAULT, state(), state(system=True), None),
        (Needs.DEFAULT, state(ONE, system=True), state(TWO, system=True), None),
    ],
)
def test_what_a_change_does_to_a_dependent(
    needs: Needs | ResourceId | str, before: IdentityState, after: IdentityState, part: str | None
) -> None:
    change = Transition(before, after)
    found = consequences(change, dependents=[Dependent(EXTENSION, "The agent", needs)])
    notices = [one for one in found if one.code == EXTENSION]

    assert len(notices) == (part is not None)
    assert all(str(part) in one.message for one in notices)
    assert may_affect_dependents(change) or not notices


@pytest.mark.parametrize(
    ("needs", "text", "is_there"),
    [
        (Needs.SYSTEM, "the system-assigned identity", False),
        (Needs.DEFAULT, "'one'", True),
        (ONE, "identity 'one'", True),
        (CLIENT, "identity 'one'", True),
        (TWO, "identity 'two'", False),
        ("another-client", "identity 'another-client'", False),
    ],
)
def test_the_identity_that_a_dependent_uses_now(needs: Needs | ResourceId | str, text: str, *, is_there: bool) -> None:
    assert identity_used(Dependent(EXTENSION, "The agent", needs), state(ONE)) == (text, is_there)


def test_without_a_default_identity_a_dependent_has_none() -> None:
    assert identity_used(Dependent(EXTENSION, "The agent", Needs.DEFAULT), state()) == ("the default identity", False)
