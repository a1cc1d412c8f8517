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

from vmident.sandbox import errors
from vmident.sandbox.deployments import errors as deployments_errors
from vmident.sandbox.deployments.expressions import ExpressionInvalid, resolved
from vmident.sandbox.deployments.functions import functions_at
from vmident.sandbox.deployments.nested import body_of
from vmident.sandbox.deployments.parameters import Parameter, read_parameters
from vmident.sandbox.deployments.resources import Resource, check_functions, read_resources

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from vmident.sandbox.deployments.places import Place

    Function = Callable[..., Any]

_MEMBERS = {"$schema", "contentversion", "parameters", "variables", "resources", "outputs", "metadata", "apiprofile"}
_LIMITS = {"parameters": 256, "variables": 256, "resources": 800, "outputs": 64}


@dataclass(frozen=True)
class Template:
    """A template with its parameters' values, at its place."""

    parameters: Mapping[str, Parameter]
    resources: tuple[Resource, ...]
    outputs: Mapping[str, Any]
    functions: Mapping[str, Function]

    def body(self, resource: Resource, reference: Function | None = None) -> dict[str, Any]:
        """Return what is sent to make a resource; raises `ExpressionInvalid`."""
        functions = {**self.functions, "reference": reference} if reference else self.functions
        return body_of(resource.raw_body, resource.kind, functions)

    def referred(self, named: str) -> Resource | None:
        """Find the resource that a `reference()` names by id or by name."""
        return next((one for one in self.resources if named.lower() in (one.id.lower(), one.name.lower())), None)


def read_template(content: Mapping[str, Any], given: Mapping[str, Any], place: Place) -> Template:
    """Read a template and the parameters that were sent with it; raises `InvalidTemplate` as Azure does."""
    for member in content:
        if member.lower() not in _MEMBERS:
            raise errors.not_in_the_sandbox(f"'{member}' of a template")
    for member in ("parameters", "variables", "outputs"):
        if not isinstance(content.get(member) or {}, dict):
            raise deployments_errors.template_invalid(f"The '{member}' of the template are not an object")
    _check_size(content)
    if not place.fits(content.get("$schema")):
        raise deployments_errors.schema_wrong(content.get("$schema"), place.scope_id)
    functions = functions_at(place)
    parameters = read_parameters(content.get("parameters") or {}, given, functions)
    functions["parameters"] = lambda name: _parameter(parameters, name)
    functions["variables"] = _variables(content.get("variables") or {}, functions)
    functions["reference"] = _reference_not_expected
    raw = content.get("resources")
    if not isinstance(raw, list) or not all(isinstance(one, dict) for one in raw):
        raise errors.not_in_the_sandbox("a template whose 'resources' are not a list of objects")
    resources = read_resources(raw, functions, place)
    outputs = content.get("outputs") or {}
    for name, output in outputs.items():
        if not isinstance(output, dict) or not isinstance(output.get("type"), str):
            raise deployments_errors.template_invalid(f"The template output '{name}' has no type")
    check_functions(outputs, functions, "outputs")
    return Template(parameters, resources, outputs, functions)


def _check_size(content: Mapping[str, Any]) -> None:
    """Raise for a template with more of something than Azure takes (Microsoft's page 'Template limits')."""
    for member, most in _LIMITS.items():
        found = content.get(member) or []
        if isinstance(found, (dict, list)) and len(found) > most:
            raise deployments_errors.limit_exceeded(member, most, len(found))


def _parameter(parameters: Mapping[str, Parameter], name: str) -> Any:
    found = next((one for known, one in parameters.items() if known.lower() == name.lower()), None)
    if found is None:
        raise ExpressionInvalid(
            f"The template parameter '{name}' is not found. Please see https://aka.ms/arm-syntax-parameters for usage "
            "details."
        )
    return found.value


def _variables(raw: Mapping[str, Any], functions: Mapping[str, Function]) -> Function:
    """Return the function `variables`; one variable may use others, but not itself."""
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
