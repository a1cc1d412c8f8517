"""Reports of small inventories, and of one whose names attack what shows them."""

from __future__ import annotations

from msgspec.structs import replace

from tests.core.access.inventories import (
    CREDENTIAL,
    MANAGEMENT_GROUPS,
    SUBSCRIPTION,
    assignment,
    group,
    identity,
    role,
    vm,
)
from vmident.core.access.access_map import AccessMap
from vmident.core.access.findings import findings
from vmident.core.access.inventory import DirectoryObject, Inventory, Machine, Unread, UserAssigned
from vmident.core.access.summary import summary_of
from vmident.results.access import SubscriptionReport

HOSTILE = (
    "<img src=x onerror=document.title='owned'>",
    "</script><script>document.title='owned'</script>",
    "`a` [link](https://example.com) | *b*",
    "\u202egnp.exe\u2066",
    "n" * 300,
    "javascript:document.title='owned'",
)
SHARED = UserAssigned(identity("shared"), "shared-principal", "shared-client")
ROLES = (
    role("owner", "*"),
    role("runner", "Microsoft.Compute/virtualMachines/runCommand/action"),
)
SMALL = Inventory(
    subscriptions=frozenset(MANAGEMENT_GROUPS),
    machines=(
        Machine(vm("web"), system_principal="web-principal", users=(SHARED,), system_extensions=()),
        Machine(vm("db", group("data")), users=(SHARED,), system_extensions=()),
    ),
    identities=(SHARED, UserAssigned(identity("idle"), "idle-principal")),
    assignments=(
        assignment("a", "shared-principal", "owner", SUBSCRIPTION, principal_type="ServicePrincipal"),
        assignment("b", "ann", "runner", vm("web")),
        assignment("c", "bob", "runner", group("data"), eligible=True),
        assignment("d", "crew", "runner", vm("web"), principal_type="Group"),
    ),
    roles=ROLES,
    federated=(CREDENTIAL,),
    management_groups=MANAGEMENT_GROUPS,
    principals={"ann": DirectoryObject("User", "Ann"), "crew": DirectoryObject("Group", "Crew")},
    members={"crew": frozenset({"ann", "eve"})},
    unread=(Unread("groups", "not asked for"),),
)


def report_of(inventory: Inventory = SMALL) -> SubscriptionReport:
    access = AccessMap(inventory)
    subscriptions = tuple(sorted(inventory.subscriptions))
    return SubscriptionReport(subscriptions, summary_of(access), findings(access), access.unread, 1_790_000_000.0)


def hostile_report() -> SubscriptionReport:
    """A report in which every kind of name is hostile."""
    users = tuple(UserAssigned(identity(f"x{at}") + name, f"p{at}") for at, name in enumerate(HOSTILE))
    machines = tuple(Machine(vm("m") + name, system_principal=f"s{at}", users=users) for at, name in enumerate(HOSTILE))
    roles = tuple(one._replace(name=name) for one, name in zip(ROLES, HOSTILE, strict=False))
    rows = [assignment(f"a{at}", f"p{at}", "owner", SUBSCRIPTION, condition=name) for at, name in enumerate(HOSTILE)]
    rows += [assignment(f"b{at}", name, "runner", SUBSCRIPTION) for at, name in enumerate(HOSTILE)]
    credentials = tuple(
        CREDENTIAL._replace(identity=one.id, id=f"{one.id}/federatedIdentityCredentials/c", issuer=name, subject=name)
        for one, name in zip(users, HOSTILE, strict=True)
    )
    unread = tuple(Unread(name, name) for name in HOSTILE)
    principals = dict.fromkeys(HOSTILE, DirectoryObject("User", HOSTILE[0]))
    return report_of(
        replace(
            SMALL,
            machines=machines,
            identities=users[1:],
            assignments=tuple(rows),
            roles=roles,
            federated=credentials,
            principals=principals,
            unread=unread,
        )
    )


def large_report(vms: int) -> SubscriptionReport:
    """A report of many VMs in fifty groups, with one user-assigned identity for ten of them."""
    groups = [group(f"group{at}") for at in range(50)]
    users = [UserAssigned(identity(f"user{at}", groups[at % 50]), f"p{at}") for at in range(vms // 10)]
    machines = tuple(
        Machine(vm(f"vm{at}", groups[at % 50]), system_principal=f"s{at}", users=(users[at % len(users)],))
        for at in range(vms)
    )
    rows = [assignment(f"g{at}", f"person{at}", "runner", one) for at, one in enumerate(groups)]
    rows += [
        assignment(f"p{at}", f"p{at}", "owner", groups[at % 50], principal_type="ServicePrincipal")
        for at in range(0, len(users), 20)
    ]
    return report_of(replace(SMALL, machines=machines, identities=tuple(users), assignments=tuple(rows), federated=()))
