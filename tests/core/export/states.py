"""States to export: one VM or several, with identities, roles and credentials that exist or do not."""

from __future__ import annotations

from collections.abc import Mapping

from vmident.core.desired_state.rules import ExactRule, Named, Rule, Selector, SystemRule, goal_for
from vmident.core.export.exported_state import ExportedState
from vmident.core.export.managed_resources import ExistingResources, SelectedMachine
from vmident.core.identity import IdentityState, SystemIdentity
from vmident.core.rbac.roles import AssignmentDetails, Grant, Role
from vmident.core.rbac.scope import Scope
from vmident.core.resource_id import ResourceId, user_identity_id, vm_id
from vmident.core.resources import CredentialResource, Group, IdentityResource
from vmident.core.virtual_machine import VirtualMachine

SUB = "5a4db0c5-0e5a-4d5b-8f2b-1b7a5c0ffee1"
OTHER_SUB = "9a4db0c5-0e5a-4d5b-8f2b-1b7a5c0ffee9"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
DEFINITION = f"/subscriptions/{SUB}/providers/Microsoft.Authorization/roleDefinitions/{READER}"
GROUP_SCOPE = f"/subscriptions/{SUB}/resourceGroups/prod"
APP = user_identity_id(SUB, "prod", "app")
NEW = user_identity_id(SUB, "prod", "new")
OTHER = user_identity_id(OTHER_SUB, "prod", "other")
WEB = vm_id(SUB, "prod", "web01")
APP_PRINCIPAL = "aaaaaaaa-0000-0000-0000-000000000001"
SYSTEM_PRINCIPAL = "aaaaaaaa-0000-0000-0000-000000000002"
ASSIGNMENT = "bbbbbbbb-0000-0000-0000-000000000001"


def rule(
    *,
    line: int = 3,
    system: bool | None = None,
    include: tuple[ResourceId | str, ...] = (),
    exclude: tuple[ResourceId | str, ...] = (),
    exactly: tuple[ResourceId | str, ...] | None = None,
    selector: Selector | None = None,
) -> Rule:
    """Return a rule whose `system` is on the line after its own, and each identity on one after that."""

    def named(identities: tuple[ResourceId | str, ...]) -> tuple[Named, ...]:
        return tuple(Named(one, line + 2 + at) for at, one in enumerate(identities))

    return Rule(
        line,
        selector or Selector(names=("*",)),
        None if system is None else SystemRule(system, line + 1),
        named(include),
        named(exclude),
        None if exactly is None else ExactRule(named(exactly), line + 1),
    )


def machine(
    identity: IdentityState | None = None, vm: ResourceId = WEB, *, is_flexible: bool = False
) -> VirtualMachine:
    return VirtualMachine(vm, "westus", identity or IdentityState(), is_flexible=is_flexible)


def selected(
    vm: VirtualMachine, *rules: Rule, grants: tuple[tuple[Grant, ResourceId | None], ...] = ()
) -> SelectedMachine:
    goal = goal_for(vm, rules)
    assert goal is not None
    return SelectedMachine(vm, rules, goal, grants)


def grant(scope: str = GROUP_SCOPE, name: str = "Reader") -> Grant:
    return Grant(Role(DEFINITION, name), Scope.parse(scope))


def assignment(
    principal: str = APP_PRINCIPAL, scope: str = GROUP_SCOPE, name: str = ASSIGNMENT, **members: str
) -> AssignmentDetails:
    path = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}"
    return AssignmentDetails(path, principal, DEFINITION, scope, **members)


def existing(
    *identities: ResourceId,
    tags: Mapping[str, str] | None = None,
    credentials: tuple[CredentialResource, ...] = (),
    assignments: tuple[AssignmentDetails, ...] = (),
    location: str = "westus",
    is_regional: bool = False,
) -> ExistingResources:
    """Return what exists: each identity has the principal of `app`, and each group is in its place."""
    groups = {
        (sub, name.lower()): Group(Scope.parse(f"/subscriptions/{sub}/resourceGroups/{name}"), name, "eastus")
        for sub in (SUB, OTHER_SUB)
        for name in ("prod", "Shared")
    }
    known = {
        one: IdentityResource(one, location, "client", APP_PRINCIPAL, "tenant", tags or {}, is_regional)
        for one in identities
    }
    return ExistingResources(known, groups, credentials, assignments, {READER: "Reader"})


def state(
    *machines: SelectedMachine,
    rules: tuple[Rule, ...] = (),
    there: ExistingResources | None = None,
    file: str = "identities.yaml",
) -> ExportedState:
    said = rules or tuple({id(rule): rule for one in machines for rule in one.rules}.values())
    return ExportedState(file, said, machines, there or existing())


def whole_state() -> ExportedState:
    """Return two VMs, identities in two subscriptions, and whatever else there can be."""
    rules = (rule(system=True, include=(APP, NEW, OTHER)),)
    web = machine(IdentityState(SystemIdentity(SYSTEM_PRINCIPAL)), vm=vm_id(SUB, "PROD", "web01"))
    new = machine(vm=vm_id(SUB, "prod", "new01"))
    return state(
        selected(web, *rules, grants=((grant(), None), (grant(), APP), (grant(), NEW))),
        selected(new, *rules, grants=((grant(), None),)),
        rules=rules,
        there=existing(
            APP,
            tags={"owner": "web"},
            credentials=(
                CredentialResource(APP, "github", "https://issuer", "repo:x", ("api://AzureADTokenExchange",)),
            ),
            assignments=(assignment(condition="@Resource", condition_version="2.0", description="For web"),),
        ),
    )
