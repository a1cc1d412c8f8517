"""Who has which rights in a new sandbox: rights in which `vmident access` finds something.

A web engineer runs scripts on VMs through a custom role that allows nothing else, and is eligible for a wider one. One
of these VMs carries an identity that may change everything in the subscription, and that a nightly job outside Azure
can sign in as. A group of operators may sign in to a VM: one engineer is in it directly, the other through a nested
group. One assignment is left from an application that was deleted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmident.sandbox.authorization import directory
from vmident.sandbox.authorization.assignment_request import AssignmentRequest
from vmident.sandbox.authorization.role import Role
from vmident.sandbox.authorization.role_assignments import add_assignment
from vmident.sandbox.authorization.role_store import write_custom_role
from vmident.sandbox.authorization.schedules import add_eligibility
from vmident.sandbox.established import LONG_AGO
from vmident.sandbox.managed_identity.federated_credentials import add_credential
from vmident.sandbox.tenant import SUBSCRIPTION

if TYPE_CHECKING:
    from vmident.sandbox.rows import Rows

WEB_ENGINEER = "a1b1c1d1-0e5a-4d5b-8f2b-1b7a5c0ffee4"
DATA_ENGINEER = "a2b2c2d2-0e5a-4d5b-8f2b-1b7a5c0ffee5"
OPERATORS = "a4b4c4d4-0e5a-4d5b-8f2b-1b7a5c0ffee7"
_ON_CALL = "a5b5c5d5-0e5a-4d5b-8f2b-1b7a5c0ffee8"
_DELETED_APPLICATION = "a3b3c3d3-0e5a-4d5b-8f2b-1b7a5c0ffee6"
_SCRIPT_RUNNER = "5c819700-0e5a-4d5b-8f2b-1b7a5c0ffee7"
_CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"
_READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
_VM_USER_LOGIN = "fb879df8-f326-4884-b1cf-06f3ad86be52"
_VM_CONTRIBUTOR = "9980e02c-c2be-4d73-94e8-173b1dc7cf3c"
_WHOLE = f"/subscriptions/{SUBSCRIPTION}"


def plant_access(rows: Rows, group: str, identity: str) -> None:
    """Write the rights; `identity` in `group` is the one that may change everything."""
    for person, name in ((WEB_ENGINEER, "Web Engineer"), (DATA_ENGINEER, "Data Engineer")):
        account = f"{name.lower().replace(' ', '.')}@sandbox.invalid"
        directory.enter(rows, person, made=LONG_AGO, kind=directory.USER, name=name, account=account)
    directory.enter_group(rows, _ON_CALL, "On Call", [DATA_ENGINEER], made=LONG_AGO)
    directory.enter_group(rows, OPERATORS, "Web Operators", [WEB_ENGINEER, _ON_CALL], made=LONG_AGO)
    within = f"{_WHOLE}/resourceGroups/{group}"
    action = "Microsoft.Compute/virtualMachines/runCommand/action"
    runner = Role(
        _SCRIPT_RUNNER,
        "Script Runner",
        "Runs scripts on VMs.",
        actions=(action,),
        is_custom=True,
        scopes=(_WHOLE,),
    )
    write_custom_role(rows, runner, made=LONG_AGO)
    held = rows.held("identity", group, identity)
    user, application = directory.USER, directory.SERVICE_PRINCIPAL
    sign_in_vm = f"{within}/providers/Microsoft.Compute/virtualMachines/signInVM"
    for at, (role, principal, kind, scope) in enumerate(
        (
            (_SCRIPT_RUNNER, WEB_ENGINEER, user, within),
            (_VM_CONTRIBUTOR, DATA_ENGINEER, user, within),
            (_CONTRIBUTOR, held["principalId"], application, _WHOLE),
            (_READER, _DELETED_APPLICATION, application, within),
            (_VM_USER_LOGIN, OPERATORS, directory.GROUP, sign_in_vm),
        ),
        start=1,
    ):
        name = f"0000000{at}-0e5a-4d5b-8f2b-1b7a5c0ffee8"
        add_assignment(rows, name, scope, AssignmentRequest(role, principal, kind), made=LONG_AGO)
    trusted = {
        "issuer": "https://token.actions.githubusercontent.com",
        "subject": "repo:contoso/nightly:ref:refs/heads/main",
        "audiences": ["api://AzureADTokenExchange"],
    }
    add_credential(rows, held, "nightly", trusted, made=LONG_AGO)
    name, ends = "00000009-0e5a-4d5b-8f2b-1b7a5c0ffee8", "2035-01-01T00:00:00Z"
    add_eligibility(rows, name, within, _VM_CONTRIBUTOR, WEB_ENGINEER, ends=ends, made=LONG_AGO)
