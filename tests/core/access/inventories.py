"""Small inventories: names to build one by hand, and a strategy for random ones."""

from __future__ import annotations

from hypothesis import strategies as st

from vmident.core.access.inventory import (
    ALL_PRINCIPALS,
    Assignment,
    DenyAssignment,
    FederatedCredential,
    Inventory,
    Machine,
    RoleDefinition,
    RolePermission,
    UserAssigned,
)
from vmident.core.vm_kind import VmKind

SUBSCRIPTION = "/subscriptions/11111111-1111-1111-1111-111111111111"
OTHER_SUBSCRIPTION = "/subscriptions/22222222-2222-2222-2222-222222222222"
ROOT_GROUP = "/providers/Microsoft.Management/managementGroups/root"
TEAM_GROUP = "/providers/Microsoft.Management/managementGroups/team"
MANAGEMENT_GROUPS = {
    SUBSCRIPTION.rpartition("/")[2]: (ROOT_GROUP.lower(), TEAM_GROUP.lower()),
    OTHER_SUBSCRIPTION.rpartition("/")[2]: (ROOT_GROUP.lower(),),
}


def group(name: str, subscription: str = SUBSCRIPTION) -> str:
    return f"{subscription}/resourceGroups/{name}"


def vm(name: str, within: str = group("prod")) -> str:
    return f"{within}/providers/Microsoft.Compute/virtualMachines/{name}"


def scale_set(name: str, within: str = group("prod")) -> str:
    return f"{within}/providers/Microsoft.Compute/virtualMachineScaleSets/{name}"


def identity(name: str, within: str = group("prod")) -> str:
    return f"{within}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}"


def assignment(name: str, principal: str, role: str, scope: str, **more: object) -> Assignment:
    full = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}"
    return Assignment(full, principal, str(more.pop("principal_type", "User")), role, scope, **more)  # type: ignore[arg-type]


def role(guid: str, *actions: str, no: tuple[str, ...] = (), data: tuple[str, ...] = ()) -> RoleDefinition:
    return RoleDefinition(guid, guid.title(), (RolePermission(actions, no, data),))


_ACTIONS = (
    "*",
    "*/write",
    "*/read",
    "Microsoft.Compute/*",
    "microsoft.compute/virtualmachines/*",
    "Microsoft.Compute/*/write",
    "Microsoft.Compute/virtualMachines/write",
    "Microsoft.Compute/virtualMachines/runCommand/action",
    "Microsoft.Compute/virtualMachines/extensions/write",
    "Microsoft.Compute/virtualMachineScaleSets/*",
    "Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action",
    "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write",
    "Microsoft.Authorization/*",
    "Microsoft.Authorization/roleAssignments/write",
)
_DATA = ("*", "Microsoft.Compute/virtualMachines/*", "Microsoft.Compute/virtualMachines/login/action")
_PRINCIPALS = ("ann", "bob", "crew", "vm-1-system", "shared-principal")
_SCOPES = (
    "/",
    ROOT_GROUP,
    TEAM_GROUP,
    SUBSCRIPTION,
    OTHER_SUBSCRIPTION,
    group("prod"),
    group("PROD"),
    group("test"),
    vm("vm1"),
    vm("vm2", group("test")),
    scale_set("set1"),
    identity("shared"),
)
_PERMISSIONS = st.builds(
    RolePermission,
    *(
        st.lists(st.sampled_from(pool), max_size=size).map(tuple)
        for pool, size in ((_ACTIONS, 2), (_ACTIONS, 1), (_DATA, 1), (_DATA, 1))
    ),
)
_ROLES = st.lists(st.lists(_PERMISSIONS, min_size=1, max_size=2).map(tuple), min_size=1, max_size=4).map(
    lambda found: tuple(RoleDefinition(f"role{at}", f"Role {at}", one) for at, one in enumerate(found))
)
_ASSIGNMENTS = st.lists(
    st.tuples(
        st.sampled_from(_PRINCIPALS),
        st.sampled_from(("role0", "role1", "role2", "role3", "unread")),
        st.sampled_from(_SCOPES),
        st.sampled_from((None, "@Resource[...] StringEquals 'x'")),
        st.booleans(),
    ),
    max_size=6,
).map(
    lambda rows: tuple(
        assignment(
            f"a{at}", who, what, scope, condition=condition, eligible=eligible,
            principal_type="Group" if who == "crew" else "User",
        )
        for at, (who, what, scope, condition, eligible) in enumerate(rows)
    )
)  # fmt: skip
_DENIALS = st.lists(
    st.builds(
        DenyAssignment,
        st.just("denial"),
        st.sampled_from(_SCOPES),
        st.tuples(_PERMISSIONS),
        st.sets(st.sampled_from((*_PRINCIPALS, ALL_PRINCIPALS)), min_size=1, max_size=2).map(frozenset),
        st.sets(st.sampled_from(_PRINCIPALS), max_size=1).map(frozenset),
        st.booleans(),
        st.just(frozenset({"crew"})),
    ),
    max_size=1,
).map(tuple)
_SHARED = UserAssigned(identity("shared"), "shared-principal", "shared-client")
_GONE = UserAssigned(identity("gone"), "gone-principal")
_MACHINES = st.lists(
    st.sampled_from(
        (
            Machine(vm("vm1"), VmKind.VM, "vm-1-system", (_SHARED,)),
            Machine(vm("vm2", group("test")), VmKind.VM, None, (_SHARED, _GONE)),
            Machine(vm("vm3", group("far", OTHER_SUBSCRIPTION)), VmKind.VM, "vm-3-system"),
            Machine(scale_set("set1"), VmKind.SCALE_SET, "set-1-system", (_SHARED,)),
        )
    ),
    unique=True,
).map(tuple)
CREDENTIAL = FederatedCredential(
    f"{identity('shared')}/federatedIdentityCredentials/ci", identity("shared"), "https://issuer.example", "repo:a"
)


def inventories() -> st.SearchStrategy[Inventory]:
    """Random inventories of up to four machines, six assignments, four roles and one deny assignment."""
    return st.builds(
        Inventory,
        subscriptions=st.just(frozenset(MANAGEMENT_GROUPS)),
        machines=_MACHINES,
        identities=st.sampled_from(((), (_SHARED,), (_SHARED, UserAssigned(identity("idle"), "idle-principal")))),
        assignments=_ASSIGNMENTS,
        roles=_ROLES,
        federated=st.sampled_from(((), (CREDENTIAL,))),
        denials=_DENIALS,
        management_groups=st.sampled_from((MANAGEMENT_GROUPS, {})),
        members=st.sampled_from(({}, {"crew": frozenset()}, {"crew": frozenset({"ann", "vm-1-system"})})),
    )
