"""The parameters of definitions and initiatives, and the values that they get: pure.

Names compare without regard to case; allowed values compare exactly (Microsoft's page 'Azure Policy definition
structure parameters'). Limits: the page 'What is Azure Policy', section 'Maximum count of Azure Policy objects'.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vmident.sandbox.policy import errors

if TYPE_CHECKING:
    from collections.abc import Mapping

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "array": (list,),
    "object": (dict,),
    "boolean": (bool,),
    "integer": (int,),
    "float": (int, float),
    "datetime": (str,),
}
_MEMBERS = {"type", "metadata", "defaultvalue", "allowedvalues", "schema"}
_NONE = object()


@dataclass(frozen=True)
class Parameter:
    """One parameter of a definition; `default` is `_NONE` where it has none."""

    name: str
    kind: str
    default: Any
    allowed: tuple[Any, ...]

    @property
    def has_default(self) -> bool:
        """Whether it needs no value."""
        return self.default is not _NONE

    def check(self, value: Any, owner: str) -> None:
        """Raise what Azure says of a value of another type, or that is not allowed."""
        types = _TYPES[self.kind]
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            raise errors.parameters_invalid(
                f"The value of the parameter '{self.name}' of the {owner} is not of the type '{self.kind}'."
            )
        # Of an array, every element must be allowed.
        for one in value if isinstance(value, list) else [value]:
            if self.allowed and not any(type(each) is type(one) and each == one for each in self.allowed):
                raise errors.value_not_allowed(owner, self.name, one)


def read_parameters(raw: Any, owner: str, most: int) -> dict[str, Parameter]:
    """Read the parameters that a definition has, by name in lower case."""
    if raw is None:
        return {}
    if not isinstance(raw, dict) or len(raw) > most:
        raise errors.parameters_invalid(f"The {owner} must have an object of at most '{most}' parameters.")
    found = {}
    for name, one in raw.items():
        members = {key.lower(): value for key, value in one.items()} if isinstance(one, dict) else {}
        kind = str(members.get("type", "")).lower()
        allowed = members.get("allowedvalues") or []
        if kind not in _TYPES or not members.keys() <= _MEMBERS or not isinstance(allowed, list):
            raise errors.parameters_invalid(f"The parameter '{name}' of the {owner} is not valid.")
        parameter = Parameter(name, kind, members.get("defaultvalue", _NONE), tuple(allowed))
        if parameter.has_default:
            parameter.check(parameter.default, owner)
        found[name.lower()] = parameter
    return found


def check_update(held: Mapping[str, Parameter], parameters: Mapping[str, Parameter]) -> None:
    """Raise what Azure says of parameters that an update removes, or adds without a default.

    Assumed: another type is refused the same way (Microsoft's page says only that it cannot be changed).
    """
    if any(name not in parameters or parameters[name].kind != one.kind for name, one in held.items()):
        raise errors.parameters_removed()
    added = [one.name for name, one in parameters.items() if name not in held and not one.has_default]
    if added:
        raise errors.parameters_added(added)


def read_values(raw: Any, owner: str) -> dict[str, Any]:
    """Read `{"name": {"value": …}}`; gives the values by name as sent."""
    if raw is None:
        return {}
    if not isinstance(raw, dict) or not all(isinstance(one, dict) and set(one) == {"value"} for one in raw.values()):
        raise errors.parameters_invalid(f"The parameters of the {owner} must be objects with the member 'value'.")
    return {name: one["value"] for name, one in raw.items()}


def check_names(parameters: Mapping[str, Parameter], given: Mapping[str, Any], owner: str, definition: str) -> None:
    """Raise what Azure says of values for parameters that there are none of, and of missing values."""
    undefined = [name for name in given if name.lower() not in parameters]
    if undefined:
        raise errors.parameters_undefined(owner, undefined, definition)
    sent = {name.lower() for name in given}
    missing = [one.name for key, one in parameters.items() if key not in sent and not one.has_default]
    if missing:
        raise errors.parameters_missing(owner, missing)


def with_defaults(parameters: Mapping[str, Parameter], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the value of every parameter that has one, by the definition's names."""
    sent = {name.lower(): value for name, value in given.items()}
    found = {one.name: sent.get(key, one.default) for key, one in parameters.items()}
    return {name: value for name, value in found.items() if value is not _NONE}
