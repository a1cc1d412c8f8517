"""A deployment template, read: its parameters and variables, its resources and what each waits for; pure.

1. A parameter has the value that was sent, else its default; its type is the template's.
2. `type`, `name`, `apiVersion`, `location`, `scope`, `condition` and `dependsOn` are known before anything is made;
   the rest of a resource may hold `reference()`, whose value is there when what it refers to has been made.
3. A resource waits for what its `dependsOn` names (by id, by type and name, or by name) and for what its
   `reference()`s refer to, as far as the template makes it.
4. A resource whose `condition` is false is not there; to wait for it is to wait for nothing.

Source: Microsoft's page 'Understand the structure and syntax of ARM templates'; exchanges 7 and 17 of the recording
`vm-user-identities-2020.json`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vmident.sandbox import deployment_refusals, refusals
from vmident.sandbox.template_expressions import Applied, ExpressionInvalid, applications, resolved, value_of
from vmident.sandbox.template_functions import functions_at, paired
from vmident.sandbox.template_parameters import Parameter, read_parameters

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from vmident.sandbox.template_functions import Place

    Function = Callable[..., Any]

_MEMBERS = {"$schema", "contentversion", "parameters", "variables", "resources", "outputs", "metadata", "apiprofile"}
# Members of a resource that steer the deployment, and are no part of what is sent to the resource's provider.
_OWN = {"type", "name", "apiversion", "dependson", "condition", "scope", "comments", "metadata"}
_BEYOND = {"copy", "resources", "existing"}


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
    def refers(self) -> bool:
        """Whether its content is known only after others have been made."""
        return any(one.name.lower() == "reference" for one in applications(dict(self.raw)))


@dataclass(frozen=True)
class Template:
    """A template with its parameters' values, at its place."""

    parameters: Mapping[str, Parameter]
    resources: tuple[Resource, ...]
    outputs: Mapping[str, Any]
    functions: Mapping[str, Function]

    def body(self, resource: Resource, reference: Function | None = None) -> dict[str, Any]:
        """Give what is sent to make a resource; raises `ExpressionInvalid`."""
        functions = {**self.functions, "reference": reference} if reference else self.functions
        return {member: resolved(value, functions) for member, value in self.raw_body(resource).items()}

    def raw_body(self, resource: Resource) -> dict[str, Any]:
        """Give the same with its expressions as the template has them."""
        return {
            member: value
            for member, value in resource.raw.items()
            if member.lower() not in _OWN and not _is_empty_default(member, value)
        }

    def referred(self, named: str) -> Resource | None:
        """Find the resource that a `reference()` names by id or by name."""
        return next((one for one in self.resources if named.lower() in (one.id.lower(), one.name.lower())), None)


def _is_empty_default(member: str, value: Any) -> bool:
    return value is None and member.lower() in ("tags", "identity", "location")


def read_template(content: Mapping[str, Any], given: Mapping[str, Any], place: Place) -> Template:
    """Read a template and the parameters that were sent with it; raises `InvalidTemplate` as Azure does."""
    for member in content:
        if member.lower() not in _MEMBERS:
            raise refusals.not_in_the_sandbox(f"'{member}' of a template")
    for member in ("parameters", "variables", "outputs"):
        if not isinstance(content.get(member) or {}, dict):
            raise deployment_refusals.template_invalid(f"The '{member}' of the template are not an object")
    functions = functions_at(place)
    parameters = read_parameters(content.get("parameters") or {}, given, functions)
    functions["parameters"] = lambda name: _parameter(parameters, name)
    functions["variables"] = _variables(content.get("variables") or {}, functions)
    functions["reference"] = _reference_not_expected
    raw = content.get("resources")
    if not isinstance(raw, list) or not all(isinstance(one, dict) for one in raw):
        raise refusals.not_in_the_sandbox("a template whose 'resources' are not a list of objects")
    all_read = [_read_resource(one, functions, place) for one in raw]
    kept = [one for one in all_read if _is_wanted(one, functions)]
    _check_doubles(kept)
    outputs = content.get("outputs") or {}
    for name, output in outputs.items():
        if not isinstance(output, dict) or not isinstance(output.get("type"), str):
            raise deployment_refusals.template_invalid(f"The template output '{name}' has no type")
    resources = tuple(_with_waits(one, kept, all_read, functions) for one in kept)
    _check_circles(resources)
    _check_functions(outputs, functions, "outputs")
    return Template(parameters, resources, outputs, functions)


def _parameter(parameters: Mapping[str, Parameter], name: str) -> Any:
    found = next((one for known, one in parameters.items() if known.lower() == name.lower()), None)
    if found is None:
        raise ExpressionInvalid(
            f"The template parameter '{name}' is not found. Please see https://aka.ms/arm-syntax-parameters for usage "
            "details."
        )
    return found.value


def _variables(raw: Mapping[str, Any], functions: Mapping[str, Function]) -> Function:
    """Give the function `variables`; one variable may use others, but not itself."""
    open_names: list[str] = []

    def value(name: str) -> Any:
        found = next((known for known in raw if known.lower() == name.lower()), None)
        if found is None or found in open_names:
            raise ExpressionInvalid(
                f"The template variable '{name}' is not found. Please see https://aka.ms/arm-syntax-variables for "
                "usage details."
            )
        open_names.append(found)
        try:
            return resolved(raw[found], functions)
        finally:
            open_names.pop()

    return value


def _reference_not_expected(*_arguments: Any) -> Any:
    raise ExpressionInvalid("The template function 'reference' is not expected at this location")


def _read_resource(raw: dict[str, Any], functions: Mapping[str, Function], place: Place) -> Resource:
    for member in raw:
        if member.lower() in _BEYOND:
            raise refusals.not_in_the_sandbox(f"'{member}' of a template's resource")
    known = {member: _known(raw, member, functions) for member in ("type", "name", "apiVersion", "location", "scope")}
    for member in ("name", "type", "apiVersion"):
        if not known[member]:
            reason = f"The {member} property cannot be null or empty"
            raise deployment_refusals.resource_invalid(known["name"] or "", reason)
    kind, name = str(known["type"]), str(known["name"])
    _check_functions(raw, functions, name)
    try:
        within = paired(kind, name.split("/"))
    except ValueError as wrong:
        raise deployment_refusals.segments_wrong(name, kind) from wrong
    scope = _scope(known["scope"], place)
    return Resource(f"{scope}/providers/{within}", kind, name, str(known["apiVersion"]), known["location"], raw)


def _known(raw: Mapping[str, Any], member: str, functions: Mapping[str, Function]) -> str | None:
    """Give a member that is known before anything is made, as text; raises where it is anything else (rule 2)."""
    found = next((value for name, value in raw.items() if name.lower() == member.lower()), None)
    value = _evaluated(found, functions, str(raw.get("name", "")))
    if value is not None and not isinstance(value, str):
        raise deployment_refusals.resource_invalid(str(raw.get("name", "")), f"The {member} property is not a string")
    return value


def _scope(text: str | None, place: Place) -> str:
    if not text:
        return place.group_id
    # A scope is an id, or the type and name of a resource in the same group.
    return text.rstrip("/") if text.startswith("/") else f"{place.group_id}/providers/{text}"


def _evaluated(value: Any, functions: Mapping[str, Function], name: str) -> Any:
    try:
        return resolved(value, functions)
    except ExpressionInvalid as wrong:
        raise deployment_refusals.resource_invalid(name, str(wrong)) from wrong


def _is_wanted(resource: Resource, functions: Mapping[str, Function]) -> bool:
    condition = _evaluated(resource.raw.get("condition", True), functions, resource.name)
    if not isinstance(condition, bool):
        raise deployment_refusals.resource_invalid(resource.name, "The condition property is not a boolean")
    return condition


def _check_functions(value: Any, functions: Mapping[str, Function], name: str) -> None:
    try:
        for one in applications(value):
            if one.name.lower() not in functions and one.name.lower() != "if":
                value_of(Applied(one.name, ()), functions)
    except ExpressionInvalid as wrong:
        raise deployment_refusals.resource_invalid(name, str(wrong)) from wrong


def _check_doubles(resources: list[Resource]) -> None:
    seen = set()
    for one in resources:
        if one.id.lower() in seen:
            raise deployment_refusals.resource_doubled(one.kind, one.name)
        seen.add(one.id.lower())


def _with_waits(
    resource: Resource, kept: list[Resource], all_read: list[Resource], functions: Mapping[str, Function]
) -> Resource:
    waits: list[Wait] = []
    named = _evaluated(resource.raw.get("dependsOn") or [], functions, resource.name)
    if not isinstance(named, list):
        raise deployment_refusals.resource_invalid(resource.name, "The dependsOn property is not an array")
    for text in named:
        found = next((one for one in all_read if _answers_to(one, str(text))), None)
        if found is None:
            raise deployment_refusals.dependency_undefined(str(text))
        if found in kept:
            waits.append(Wait(kept.index(found)))
    for one in applications(dict(resource.raw)):
        if one.name.lower() == "reference":
            waits += _referred(one, resource, kept, functions, waits)
    return Resource(**{**vars(resource), "waits": tuple(waits)})


def _answers_to(resource: Resource, text: str) -> bool:
    within = resource.id.partition("/resourceGroups/")[2].partition("/providers/")[2]
    names = (resource.id, within, f"{resource.kind}/{resource.name}", resource.name)
    return text.lower() in [name.lower() for name in names]


def _referred(
    call: Applied, resource: Resource, kept: list[Resource], functions: Mapping[str, Function], so_far: list[Wait]
) -> list[Wait]:
    """Give the wait that a `reference()` brings; one outside the template must say its API version."""
    try:
        named, *others = [value_of(argument, functions) for argument in call.arguments] or [""]
    except ExpressionInvalid as wrong:
        raise deployment_refusals.resource_invalid(resource.name, str(wrong)) from wrong
    index = next((at for at, one in enumerate(kept) if str(named).lower() in (one.id.lower(), one.name.lower())), None)
    if index is None:
        if not others:
            raise deployment_refusals.dependency_undefined(str(named))
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
            raise deployment_refusals.dependency_circular(first.id)
        done |= ready
