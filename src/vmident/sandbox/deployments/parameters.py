"""The parameters of a template: their types, defaults and values, and which of them are secrets; pure.

Source: Microsoft's page 'Parameters in ARM templates'; `{"type": "SecureString"}` for a secret, without its value, is
from the recording `vm-system-identity-2020.json`, exchange 2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vmident.sandbox import errors
from vmident.sandbox.deployments import errors as deployments_errors
from vmident.sandbox.deployments.expressions import ExpressionInvalid, resolved

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_TYPES: dict[str, tuple[str, type]] = {
    "string": ("String", str),
    "securestring": ("SecureString", str),
    "int": ("Int", int),
    "bool": ("Bool", bool),
    "array": ("Array", list),
    "object": ("Object", dict),
}
_ACTUAL = {str: "String", bool: "Boolean", int: "Integer", list: "Array", dict: "Object", float: "Float"}
_SECRET = "SecureString"  # noqa: S105 - a type's name
# Stands where a secret stood, in what is kept: it satisfies the rules that the secret itself was checked against.
STAND_IN = "Sandbox-keeps-no-secret-1"
_SECRET_MEMBERS = {"adminpassword"}


@dataclass(frozen=True)
class Parameter:
    """A parameter's type, as answers spell it, and its value."""

    kind: str
    value: Any

    def shown(self) -> dict[str, Any]:
        """Return it as answers carry it: a secret without its value."""
        return {"type": self.kind} if self.kind == _SECRET else {"type": self.kind, "value": self.value}


def output_type(kind: str) -> str:
    """Return an output's type as answers spell it."""
    return _TYPES.get(kind.lower(), (kind, object))[0]


def read_parameters(
    defined: Mapping[str, Any], given: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]]
) -> dict[str, Parameter]:
    """Return every parameter with its value; raises what Azure says of one that is missing, unknown or wrong."""
    unknown = [name for name in given if name.lower() not in [known.lower() for known in defined]]
    if unknown:
        raise deployments_errors.parameters_unknown(unknown, defined)
    sent = {name.lower(): value for name, value in given.items()}
    found: dict[str, Parameter] = {}
    # A default may use the parameters before it.
    known = {**functions, "parameters": lambda name: found[name].value}
    for name, definition in defined.items():
        found[name] = _read_one(name, definition, sent.get(name.lower()), known)
    return found


def _read_one(name: str, definition: Any, sent: Any, functions: Mapping[str, Callable[..., Any]]) -> Parameter:
    kind = str(definition.get("type", "")).lower() if isinstance(definition, dict) else ""
    if kind not in _TYPES:
        raise errors.not_in_the_sandbox(f"a template parameter of type '{kind}'")
    shown, wanted = _TYPES[kind]
    if isinstance(sent, dict) and "value" in sent:
        value = sent["value"]
    elif sent is not None:
        raise errors.not_in_the_sandbox("a parameter without 'value', such as a reference to a key vault")
    elif "defaultValue" in definition:
        value = _default(name, definition["defaultValue"], functions)
    else:
        raise deployments_errors.parameter_missing(name)
    if type(value) is not wanted:
        raise deployments_errors.parameter_type_wrong(name, shown, _ACTUAL.get(type(value), "Null"))
    allowed = definition.get("allowedValues")
    if allowed and value not in allowed:
        raise deployments_errors.parameter_not_allowed(name, "*******" if shown == _SECRET else value, allowed)
    return Parameter(shown, value)


def _default(name: str, raw: Any, functions: Mapping[str, Callable[..., Any]]) -> Any:
    try:
        return resolved(raw, functions)
    except (ExpressionInvalid, KeyError) as wrong:
        raise deployments_errors.resource_invalid(name, str(wrong)) from wrong


def without_secrets(
    template: Mapping[str, Any], given: Mapping[str, Any], stand_in: str = STAND_IN
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a template and its parameters' values with `stand_in` for every secret: what may be kept or shown.

    Secrets are what parameters of type `securestring` hold, and passwords written into the template itself.
    """
    defined = template.get("parameters") or {}
    secret = {name.lower() for name, one in defined.items() if str(one.get("type", "")).lower() == "securestring"}
    kept = {name: {"value": stand_in} if name.lower() in secret else one for name, one in given.items()}
    cleaned = _cleaned(dict(template), stand_in)
    cleaned["parameters"] = {
        name: _without_values(one, stand_in) if name.lower() in secret else one for name, one in defined.items()
    }
    return cleaned, kept


def _without_values(definition: Mapping[str, Any], stand_in: str) -> dict[str, Any]:
    kept = {member: value for member, value in definition.items() if member != "allowedValues"}
    return {**kept, "defaultValue": stand_in} if "defaultValue" in kept else kept


def _cleaned(value: Any, stand_in: str) -> Any:
    if isinstance(value, list):
        return [_cleaned(element, stand_in) for element in value]
    if not isinstance(value, dict):
        return value
    return {
        name: stand_in
        if name.lower() in _SECRET_MEMBERS and isinstance(member, str) and not member.startswith("[")
        else _cleaned(member, stand_in)
        for name, member in value.items()
    }
