"""The access map worked out the slow way, from the rules in words: every assignment, way, action and resource in turn.

Shares nothing with the program but the rows: its own patterns, its own scopes, its own list of actions.
"""

from __future__ import annotations

import re
from itertools import product
from typing import NamedTuple

from vmident.core.access.inventory import Assignment, DenyAssignment, Inventory, Machine, RolePermission
from vmident.core.vm_kind import VmKind

VM_ACTIONS = {
    "run-command": ["virtualMachines/runCommand/action", "virtualMachines/runCommands/write"],
    "extension": ["virtualMachines/extensions/write"],
    "vm-write": ["virtualMachines/write"],
}
SET_ACTIONS = {
    "run-command": [
        "virtualMachineScaleSets/virtualMachines/runCommand/action",
        "virtualMachineScaleSets/virtualMachines/runCommands/write",
    ],
    "extension": [
        "virtualMachineScaleSets/extensions/write",
        "virtualMachineScaleSets/virtualMachines/extensions/write",
    ],
    "vm-write": ["virtualMachineScaleSets/write", "virtualMachineScaleSets/virtualMachines/write"],
}
LOGIN = ["Microsoft.Compute/virtualMachines/login/action", "Microsoft.Compute/virtualMachines/loginAsAdmin/action"]
IDENTITY = "Microsoft.ManagedIdentity/userAssignedIdentities"
ROLE_WRITE = "Microsoft.Authorization/roleAssignments/write"


class Reached(NamedTuple):
    """An edge as both sides can state it."""

    identity: str
    assignment: str
    how: str
    machines: int
    eligible: bool
    condition: str | None


def naive_edges(inventory: Inventory) -> set[Reached]:
    found = set()
    listed = {one.id.lower() for one in inventory.identities}
    users = {one.id.lower() for machine in inventory.machines for one in machine.users} | listed
    for machine in inventory.machines:
        if machine.system_principal:
            found |= _edges_to(inventory, f"system:{machine.id.lower()}", [machine], None, machine.system_principal)
    for user in users:
        carried = [m for m in inventory.machines if user in {one.id.lower() for one in m.users}]
        is_missing = user not in listed and user.split("/")[2] in inventory.subscriptions
        if not is_missing:
            shown = [*inventory.identities, *(one for m in inventory.machines for one in m.users)]
            principal = next(one.principal_id for one in shown if one.id.lower() == user)
            found |= _edges_to(inventory, user, carried, user, principal)
    return found


def _edges_to(
    inventory: Inventory, name: str, machines: list[Machine], user: str | None, principal: str | None
) -> set[Reached]:
    found = set()
    for one in inventory.assignments:
        if one.principal_id == principal:
            continue
        for how in ("run-command", "extension", "vm-write", "login", "role-write", "assign", "federation-write"):
            count_by_kind = [
                sum(m.kind is kind and _opens(inventory, one, how, m.id, _actions(how, m.kind)) for m in machines)
                for kind in (m.kind for m in sorted(machines, key=lambda m: m.id.lower()))
            ]
            count = next((count for count in count_by_kind if count), 0)
            eligible = one.eligible
            if not count and user and how in ("assign", "federation-write", "role-write"):
                count = int(_opens(inventory, one, how, user, _actions(how, None)))
                if how == "assign" and count:
                    writing = _writes_compute(inventory, one)
                    count, eligible = int(writing is not None), one.eligible or writing == "eligible"
            if count:
                found.add(Reached(name, one.id, how, count, eligible, one.condition))
    return found


def _actions(how: str, kind: VmKind | None) -> list[tuple[str, bool]]:
    if how == "role-write":
        return [(ROLE_WRITE, False)]
    if how == "login":
        return [(action, True) for action in LOGIN] if kind else []
    if how == "assign":
        return [] if kind else [(f"{IDENTITY}/assign/action", False)]
    if how == "federation-write":
        return [] if kind else [(f"{IDENTITY}/federatedIdentityCredentials/write", False)]
    if kind is None:
        return []
    names = VM_ACTIONS if kind is VmKind.VM else SET_ACTIONS
    return [(f"Microsoft.Compute/{action}", False) for action in names[how]]


def _opens(inventory: Inventory, one: Assignment, how: str, resource: str, actions: list[tuple[str, bool]]) -> bool:
    return _holds_at(inventory, one.scope, resource) and any(
        _role_allows(inventory, one.role_guid, action, is_data=is_data)
        and not any(_denied(inventory, denial, one, resource, action, is_data=is_data) for denial in inventory.denials)
        for action, is_data in actions
    )


def _denied(
    inventory: Inventory, denial: DenyAssignment, one: Assignment, resource: str, action: str, *, is_data: bool
) -> bool:
    who = {one.principal_id, *(group for group, members in inventory.members.items() if one.principal_id in members)}
    unknown = any(one in denial.groups and one not in inventory.members for one in denial.excluded)
    everyone = "00000000-0000-0000-0000-000000000000"
    applies = (everyone in denial.principals or bool(who & denial.principals)) and not who & denial.excluded
    applies = applies and not unknown
    if denial.is_for_scope_alone:
        here = denial.scope.lower() == resource.lower()
    else:
        here = _holds_at(inventory, denial.scope, resource)
    return applies and here and any(_allows(entry, action, is_data=is_data) for entry in denial.permissions)


def _holds_at(inventory: Inventory, scope: str, resource: str) -> bool:
    if scope == "/":
        return True
    if "managementGroups" in scope:
        above = inventory.management_groups.get(resource.split("/")[2].lower(), ())
        return scope.lower() in above
    return resource.lower() == scope.lower() or resource.lower().startswith(scope.lower() + "/")


def _writes_compute(inventory: Inventory, assign: Assignment) -> str | None:
    """Return how the principal of an `assign` right writes some VM or scale set: active, eligible, or not at all."""
    wanted = ("Microsoft.Compute/virtualMachines/write", "Microsoft.Compute/virtualMachineScaleSets/write")
    writing = [
        one
        for one, action in product(inventory.assignments, wanted)
        if _role_allows(inventory, one.role_guid, action, is_data=False)
    ]
    mine = {assign.principal_id, *inventory.members.get(assign.principal_id, ())}
    mine |= {group for group, members in inventory.members.items() if assign.principal_id in members}
    own = [one for one in writing if one.principal_id in mine]
    unknown = any(
        one.principal_type == "Group" and one.principal_id not in inventory.members for one in (*writing, assign)
    )
    if unknown or any(not one.eligible for one in own):
        return "active"
    return "eligible" if own else None


def _role_allows(inventory: Inventory, guid: str, action: str, *, is_data: bool) -> bool:
    return any(
        _allows(entry, action, is_data=is_data)
        for one in inventory.roles
        if one.guid == guid
        for entry in one.permissions
    )


def _allows(entry: RolePermission, action: str, *, is_data: bool) -> bool:
    yes, no = (entry.data_actions, entry.not_data_actions) if is_data else (entry.actions, entry.not_actions)
    return any(_matches(one, action) for one in yes) and not any(_matches(one, action) for one in no)


def _matches(pattern: str, action: str) -> bool:
    translated = "".join(".*" if letter == "*" else re.escape(letter) for letter in pattern)
    direct = re.fullmatch(translated, action, re.IGNORECASE)
    # Managed Identity Operator's pattern has a segment that the action lacks.
    without = "".join(".*" if letter == "*" else re.escape(letter) for letter in pattern.replace("/*/", "/"))
    return bool(direct or re.fullmatch(without, action, re.IGNORECASE))
