"""Requests for VMs, as hypothesis makes them and as tests name them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from vmident.core.identity import IdentityState
from vmident.core.rbac.roles import Grant, Role
from vmident.core.rbac.scope import Scope, group_scope, subscription_scope
from vmident.core.resource_id import user_identity_id, vm_id
from vmident.core.vm_creation.admin import Admin
from vmident.core.vm_creation.images import OsType, image_named
from vmident.core.vm_creation.request import OpenPort, VmRequest, VmSettings

SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
GROUP = "myResourceGroup"
READER = Role(
    f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/"
    "acdd72a7-3385-48ef-bd42-f606fba81ae7",
    "Reader",
)
KEY = "ssh-rsa AAAAB3NzaC1yc2E= somebody@somewhere"
PASSWORD = "Correct-horse-7"
SEED = "11111111-2222-4333-8444-555555555555"
STORAGE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers/Microsoft.Storage/storageAccounts/mystorage"
OTHER_GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/otherGroup"
VNET = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers/Microsoft.Network/virtualNetworks/there"
SUBNET = f"{VNET}/subnets/one"


def vm_request(name: str = "myVM", **changes: Any) -> VmRequest:
    admin = Admin("azureuser", (KEY,))
    plain: dict[str, Any] = {"image": image_named("Ubuntu2204"), "os": OsType.LINUX, "admin": admin}
    given = {name: changes.pop(name) for name in VmSettings.__struct_fields__ if name in changes}
    return VmRequest(
        vm_id(SUBSCRIPTION, GROUP, name), "westus", VmSettings(**{**plain, **given}), **{"seed": SEED, **changes}
    )


SCOPES = [
    group_scope(SUBSCRIPTION, GROUP),
    Scope.parse(STORAGE),
    Scope.parse(OTHER_GROUP),
    subscription_scope(SUBSCRIPTION),
]
USERS = [user_identity_id(SUBSCRIPTION, GROUP, name) for name in ("one", "two")]
TEXTS = st.text(st.sampled_from("ab [](')'=\"é"), max_size=6)
ADMINS = st.sampled_from(
    [Admin("azureuser", (KEY,)), Admin("azureuser", (), PASSWORD), Admin("azureuser", (KEY,), PASSWORD)]
)
REQUESTS = st.builds(
    vm_request,
    st.sampled_from(["myVM", "a", "web-01.example", "A" * 64]),
    admin=ADMINS,
    identities=st.builds(
        lambda system, users: IdentityState.of(system=system, users=users),
        st.booleans(),
        st.sets(st.sampled_from(USERS)),
    ),
    grants=st.lists(st.builds(Grant, st.just(READER), st.sampled_from(SCOPES)), unique=True).map(tuple),
    subnet_id=st.sampled_from([None, SUBNET]),
    has_public_ip=st.booleans(),
    open_port=st.sampled_from(OpenPort),
    tags=st.dictionaries(TEXTS, TEXTS, max_size=2),
)
