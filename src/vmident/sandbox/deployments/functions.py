"""The functions of the template language that have the same value for everybody: pure.

Source: Microsoft's pages on ARM template functions. `uniqueString` gives 13 letters and digits that depend on its
arguments alone, as Azure's does, but not the same ones: Azure's hash is not published.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import uuid
from typing import TYPE_CHECKING, Any

from vmident.sandbox.deployments.expressions import ExpressionInvalid, argument_invalid
from vmident.sandbox.deployments.value_functions import VALUE_FUNCTIONS, text_of
from vmident.sandbox.tenant import MANAGEMENT_GROUPS, TENANT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from vmident.sandbox.deployments.places import Place

# The namespace of Azure's `guid()`, an RFC 4122 name-based (version 5) GUID.
_GUID_NAMESPACE = uuid.UUID("11fb06fb-712d-4ddd-98c7-e71bbd588830")


def paired(kind: str, names: list[str]) -> str:
    """Join a type and the names of its levels: `Microsoft.Network/virtualNetworks/subnets`, [`v`, `s`] gives
    `Microsoft.Network/virtualNetworks/v/subnets/s`; raises `ValueError` where their numbers differ.
    """
    namespace, *types = kind.split("/")
    if not types or len(types) != len(names) or not all(names):
        raise ValueError(kind)
    return "/".join([namespace, *(f"{level}/{name}" for level, name in zip(types, names, strict=True))])


def functions_at(place: Place) -> dict[str, Callable[..., Any]]:
    """Return every function but `parameters`, `variables` and `reference`, by name in lower case."""
    return {
        **PURE_FUNCTIONS,
        "resourcegroup": _only_at(place.group, "resourceGroup"),
        "subscription": _only_at(place.subscription, "subscription"),
        "managementgroup": _only_at(place.management_group, "managementGroup"),
        "deployment": lambda: dict(place.deployment),
        "tenant": lambda: {"id": f"/tenants/{TENANT}", "tenantId": TENANT},
        "resourceid": lambda *words: _resource_id(place, list(words)),
        "subscriptionresourceid": lambda *words: _subscription_resource_id(place, list(words)),
        "managementgroupresourceid": lambda *words: _management_group_resource_id(place, list(words)),
        "extensionresourceid": lambda scope, kind, *names: f"{text_of(scope)}/providers/{paired(kind, list(names))}",
        "tenantresourceid": lambda kind, *names: f"/providers/{paired(kind, list(names))}",
    }


def _only_at(value: Mapping[str, Any], name: str) -> Callable[[], dict[str, Any]]:
    """Return a function that has a value at some scopes alone."""

    def function() -> dict[str, Any]:
        if not value:
            raise ExpressionInvalid(f"The template function '{name.upper()}' is not expected at this location")
        return dict(value)

    return function


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _texts(values: tuple[Any, ...]) -> list[str]:
    if not values:
        raise TypeError
    return [text_of(value) for value in values]


def _resource_id(place: Place, words: list[str]) -> str:
    """Read `[subscription,] [group,] type, name…`: the type is the first word with a slash.

    At a subscription one word before the type is the subscription; at a management group the id is the tenant's.
    """
    at = next((number for number, word in enumerate(words) if "/" in word), len(words))
    if at > 2 or at == len(words):
        raise argument_invalid("resourceId")
    within = paired(words[at], words[at + 1 :])
    if words[at].lower() == "microsoft.resources/resourcegroups" and at < 2:
        return f"/subscriptions/{words[0] if at else place.subscription_id}/resourceGroups/{words[at + 1]}"
    if at < 2 and place.kind == "managementGroup":
        return f"/providers/{within}"
    if at < 2 and place.kind == "subscription":
        return f"/subscriptions/{words[0] if at else place.subscription_id}/providers/{within}"
    subscription = words[0] if at == 2 else place.subscription_id
    group = words[at - 1] if at else place.group_name
    return f"/subscriptions/{subscription}/resourceGroups/{group}/providers/{within}"


def _subscription_resource_id(place: Place, words: list[str]) -> str:
    at = 0 if "/" in words[0] else 1
    subscription = words[0] if at else place.subscription_id
    if not subscription:
        raise argument_invalid("subscriptionResourceId")
    return f"/subscriptions/{subscription}/providers/{paired(words[at], words[at + 1 :])}"


def _management_group_resource_id(place: Place, words: list[str]) -> str:
    at = 0 if "/" in words[0] else 1
    group = words[0] if at else place.management_group.get("name")
    if not group:
        raise argument_invalid("managementGroupResourceId")
    return f"{MANAGEMENT_GROUPS}/{group}/providers/{paired(words[at], words[at + 1 :])}"


def _concat(first: Any, *others: Any) -> Any:
    if isinstance(first, list):
        return [element for array in (first, *others) for element in array if isinstance(array, list)]
    return "".join(_string(value) for value in (first, *others))


def _format(pattern: Any, *values: Any) -> str:
    """Fill `{0}`, `{1}`; formats after a colon are not there."""
    return re.sub(r"\{(\d+)\}", lambda found: _string(values[int(found[1])]), text_of(pattern))


def _string(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "True" if value else "False"
    return json.dumps(value, separators=(",", ":"))


def _unique_string(*words: Any) -> str:
    digest = hashlib.sha256("-".join(_texts(words)).encode()).digest()
    return base64.b32encode(digest).decode().lower()[:13]


def _create_object(*words: Any) -> dict[str, Any]:
    if len(words) % 2:
        raise TypeError
    return {text_of(name): value for name, value in zip(words[::2], words[1::2], strict=True)}


# Those that depend on their arguments alone, by name in lower case.
PURE_FUNCTIONS: dict[str, Callable[..., Any]] = {
    **VALUE_FUNCTIONS,
    "concat": _concat,
    "format": _format,
    "guid": lambda *words: str(uuid.uuid5(_GUID_NAMESPACE, "-".join(_texts(words)))),
    "uniquestring": _unique_string,
    "tolower": lambda text: text_of(text).lower(),
    "toupper": lambda text: text_of(text).upper(),
    "equals": lambda one, other: type(one) is type(other) and one == other,
    "empty": lambda value: value is None or len(value) == 0,
    "string": _string,
    "not": lambda value: not _truth(value),
    "and": lambda *values: all(_truth(value) for value in values),
    "or": lambda *values: any(_truth(value) for value in values),
    "true": lambda: True,
    "false": lambda: False,
    "null": lambda: None,
    "createarray": lambda *values: list(values),
    "createobject": _create_object,
}
