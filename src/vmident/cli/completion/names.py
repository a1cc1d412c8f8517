"""The names that an answer of Azure's tells in passing, for completion; knows answers as text alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple


class NameKind(str, Enum):
    """What a name is the name of."""

    VM = "vm"
    SCALE_SET = "vmss"
    IDENTITY = "identity"
    GROUP = "group"
    ROLE = "role"
    SUBSCRIPTION = "subscription"


class SeenName(NamedTuple):
    """One name. `subscription` and `group` are empty where the name is in none; a subscription's own is its id."""

    kind: NameKind
    subscription: str
    group: str
    name: str


_NAME = r'[^/"\\\s]+'
_KINDS = {
    "compute/virtualmachines": NameKind.VM,
    "compute/virtualmachinescalesets": NameKind.SCALE_SET,
    "managedidentity/userassignedidentities": NameKind.IDENTITY,
}
_ID = re.compile(
    rf'"/subscriptions/({_NAME})/resourceGroups/({_NAME})(?:/providers/Microsoft\.({"|".join(_KINDS)})/({_NAME}))?"',
    re.IGNORECASE,
)
# Source: the REST reference, 'Role Definitions - List' 2022-04-01 and 'Subscriptions - List' 2022-12-01, where
# others stand between the two.
_ROLE = re.compile(r'"roleName"\s*:\s*"([^"\\]+)"')
_SUBSCRIPTION = re.compile(r'"subscriptionId"\s*:\s*"([^"\\]+)"[^{}]{0,2000}?"displayName"\s*:\s*"([^"\\]+)"')


def names_in(text: str) -> Iterator[SeenName]:
    """Return the VMs, scale sets, identities, groups, roles and subscriptions that the JSON `text` names.

    Only quoted ids count, whole and of these kinds, so nothing else of an answer is ever kept.
    """
    for subscription, group, resource_type, name in _ID.findall(text):
        yield SeenName(NameKind.GROUP, subscription, "", group)
        if name:
            yield SeenName(_KINDS[resource_type.lower()], subscription, group, name)
    for name in _ROLE.findall(text):
        yield SeenName(NameKind.ROLE, "", "", name)
    for subscription, name in _SUBSCRIPTION.findall(text):
        yield SeenName(NameKind.SUBSCRIPTION, subscription, "", name)
