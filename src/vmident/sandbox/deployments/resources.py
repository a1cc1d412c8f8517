"""The resources of a template: what each is called, and which it waits for; pure.

The rules are those of `template`, numbers 2 to 4.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from vmident.sandbox import errors
from vmident.sandbox.authorization.scopes import covers
from vmident.sandbox.deployments import errors as deployments_errors
from vmident.sandbox.deployments import nested
from vmident.sandbox.deployments.expressions import Applied, ExpressionInvalid, applications, resolved, value_of
from vmident.sandbox.deployments.functions import paired

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from vmident.sandbox.deployments.places import Place

    Function = Callable[..., Any]

# Members of a resource that control the deployment and are not sent to the resource provider.
_OWN = {"type", "name", "apiversion", "dependson", "condition", "scope", "comments", "metadata"}
_BEYOND = {"copy", "resources", "existing"}
_KNOWN = ("type", "name", "apiVersion", "location", "scope", "subscriptionId", "resourceGroup")
_GROUPS = "microsoft.resources/resourcegroups"


@dataclass(frozen=True)
class Wait:
    """That a resource waits for the one at `index`; `api_version` is a `reference()`'s, where it has one."""

    index: int
    api_version: str | None = None


@dataclass(frozen=True)
class Resource:
    """One resource: what it is called, and its text in the template."""

    id: str
    kind: str
    name: str
    api_version: str
    location: str | None
    raw: Mapping[str, Any]
    waits: tuple[Wait, ...] = ()

    @property
    def raw_body(self) -> dict[str, Any]:
        """What is sent to make it, with expressions as the template has them."""
        return {
            member: value
            for member, value in self.raw.items()
            if member.lower() not in _OWN
            and not _is_empty_default(member, value)
            and not (nested.is_deployment(self.kind) and member.lower() in nested.STEERING)
        }

    @property
    def refers(self) -> bool:
        """Whether its content is known only after others have been made."""
        return any(one.name.lower() == "reference" for one in applications(nested.outer_part(self.raw)))


def _is_empty_default(member: str, value: Any) -> bool:
    return value is None and member.lower() in ("tags", "identity", "location")


def read_resources(raw: list[dict[str, Any]], functions: Mapping[str, Function], place: Place) -> tuple[Resource, ...]:
    """Read the resources that a template creates; raises `InvalidTemplate` as Azure does."""
    all_read = [_read_resource(one, functions, place) for one in raw]
    kept = [one for one in all_read if _is_wanted(one, functions)]
    _check_doubles(kept)
    resources = tuple(_with_waits(one, kept, all_read, functions) for one in kept)
    _check_circles(resources)
    return resources


def _read_resource(raw: dict[str, Any], functions: Mapping[str, Function], place: Place) -> Resource:
    for member in raw:
        if member.lower() in _BEYOND:
            raise errors.not_in_the_sandbox(f"'{member}' of a template's resource")
    known = {member: _known(raw, member, functions) for member in _KNOWN}
    for member in ("name", "type", "apiVersion"):
        if not known[member]:
            reason = f"The {member} property cannot be null or empty"
            raise deployments_errors.resource_invalid(known["name"] or "", reason)
    kind, name = str(known["type"]), str(known["name"])
    check_functions(nested.outer_part(raw), functions, name)
    try:
        within = paired(kind, name.split("/"))
    except ValueError as wrong:
        raise deployments_errors.segments_wrong(name, kind) from wrong
    resource_id = _id(kind, name, within, known, place)
    return Resource(resource_id, kind, name, str(known["apiVersion"]), known["location"], raw)


def _id(kind: str, name: str, within: str, known: Mapping[str, str | None], place: Place) -> str:
    """Return the id of a resource; a resource group's has no provider in it."""
    if nested.is_deployment(kind):
        scope = nested.scope_of(place, known["scope"], known["subscriptionId"], known["resourceGroup"])
        return f"{scope.rstrip('/')}/providers/{within}"
    if kind.lower() == _GROUPS:
        if place.kind != "subscription":
            raise deployments_errors.resource_invalid(name, "A resource group is deployed to a subscription")
        return f"{place.scope_id}/resourceGroups/{name}"
    scope = place.scope_of(known["scope"])
    if place.needs_location and scope and not covers(place.scope_id, scope):
        raise deployments_errors.resource_invalid(
            name, f"The scope '{scope}' is not in the scope '{place.scope_id}' of the deployment: nest a deployment"
        )
    return f"{scope}/providers/{within}"


def _known(raw: Mapping[str, Any], member: str, functions: Mapping[str, Function]) -> str | None:
    """Return a member that is known before anything is made, as text; raises where it is anything else (rule 2)."""
    found = next((value for name, value in raw.items() if name.lower() == member.lower()), None)
    value = _evaluated(found, functions, str(raw.get("name", "")))
    if value is not None and not isinstance(value, str):
        raise deployments_errors.resource_invalid(str(raw.get("name", "")), f"The {member} property is not a string")
    return value


def _evaluated(value: Any, functions: Mapping[str, Function], name: str) -> Any:
    try:
        return resolved(value, functions)
    except ExpressionInvalid as wrong:
        raise deployments_errors.resource_invalid(name, str(wrong)) from wrong


def _is_wanted(resource: Resource, functions: Mapping[str, Function]) -> bool:
    condition = _evaluated(resource.raw.get("condition", True), functions, resource.name)
    if not isinstance(condition, bool):
        raise deployments_errors.resource_invalid(resource.name, "The condition property is not a boolean")
    return condition


def check_functions(value: Any, functions: Mapping[str, Function], name: str) -> None:
    """Raise for a function that there is none of, anywhere in a JSON value that belongs to the resource `name`."""
    try:
        for one in applications(value):
            if one.name.lower() not in functions and one.name.lower() != "if":
                value_of(Applied(one.name, ()), functions)
    except ExpressionInvalid as wrong:
        raise deployments_errors.resource_invalid(name, str(wrong)) from wrong


def _check_doubles(resources: list[Resource]) -> None:
    seen = set()
    for one in resources:
        if one.id.lower() in seen:
            raise deployments_errors.resource_doubled(one.kind, one.name)
        seen.add(one.id.lower())


def _with_waits(
    resource: Resource, kept: list[Resource], all_read: list[Resource], functions: Mapping[str, Function]
) -> Resource:
    waits: list[Wait] = []
    named = _evaluated(resource.raw.get("dependsOn") or [], functions, resource.name)
    if not isinstance(named, list):
        raise deployments_errors.resource_invalid(resource.name, "The dependsOn property is not an array")
    for text in named:
        found = next((one for one in all_read if _answers_to(one, str(text))), None)
        if found is None:
            raise deployments_errors.dependency_undefined(str(text))
        if found in kept:
            waits.append(Wait(kept.index(found)))
    for one in applications(nested.outer_part(resource.raw)):
        if one.name.lower() == "reference":
            waits += _referred(one, resource, kept, functions, waits)
    return replace(resource, waits=tuple(waits))


def _answers_to(resource: Resource, text: str) -> bool:
    within = resource.id.rpartition("/providers/")[2]
    names = (resource.id, within, f"{resource.kind}/{resource.name}", resource.name)
    return text.lower() in [name.lower() for name in names]


def _referred(
    call: Applied, resource: Resource, kept: list[Resource], functions: Mapping[str, Function], so_far: list[Wait]
) -> list[Wait]:
    """Return the wait that a `reference()` brings; one outside the template must say its API version."""
    try:
        named, *others = [value_of(argument, functions) for argument in call.arguments] or [""]
    except ExpressionInvalid as wrong:
        raise deployments_errors.resource_invalid(resource.name, str(wrong)) from wrong
    index = next((at for at, one in enumerate(kept) if str(named).lower() in (one.id.lower(), one.name.lower())), None)
    if index is None:
        if not others:
            raise deployments_errors.dependency_undefined(str(named))
        return []
    wait = Wait(index, str(others[0]) if others else None)
    return [] if wait in so_far else [wait]


def _check_circles(resources: tuple[Resource, ...]) -> None:
    done: set[int] = set()
    while len(done) < len(resources):
        ready = {
            at for at, one in enumerate(resources) if at not in done and all(wait.index in done for wait in one.waits)
        }
        if not ready:
            first = next(one for at, one in enumerate(resources) if at not in done)
            raise deployments_errors.dependency_circular(first.id)
        done |= ready
