"""The `if` of a policy rule: read from its JSON, then evaluated against a resource as ARM shows it.

1. A condition is `not`, `allOf`, `anyOf`, or an accessor with one operator. The accessors are `field`, `value` and
   `count`. Names of members compare without regard to case.
2. A text that begins with `[` and ends with `]` is an expression; `[[` stands for a literal `[` (as in templates).
3. A `field` condition holds where it holds of every value that the field selects: of none, it holds too.
4. A `count` counts the members of an array of which its `where` holds, or all of them without one.
5. Two spellings of a region are equal in a condition on `location`: `East US 2` and `eastus2`.
6. What can be known without a resource is checked when a rule is read: structure, fields, functions, parameters, and
   right sides that are no expressions. The rest is checked when it is evaluated.

Source: Microsoft's pages 'Azure Policy definition structure policy rule' and 'Author policies for array properties on
Azure resources'. That `exists` holds of an empty collection follows from rule 3, and is not said there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from vmident.sandbox.deployments.expressions import ExpressionInvalid, is_expression, resolved
from vmident.sandbox.policy import operators
from vmident.sandbox.policy.fields import check_field, select
from vmident.sandbox.policy.functions import EvaluationContext, Scope, functions_in
from vmident.sandbox.policy.rule_errors import EvaluationFailed, RuleInvalid
from vmident.sandbox.policy.rule_expressions import LONGEST, check_expressions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_MOST_NESTED = 512
_MOST_ITERATIONS = 100


@dataclass(frozen=True)
class Not:
    """The opposite of a condition."""

    condition: Condition


@dataclass(frozen=True)
class AllOf:
    """Every one of some conditions."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True)
class AnyOf:
    """At least one of some conditions."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True)
class Count:
    """How many members of an array a condition holds of; `name` is what `current()` calls a member of `value`."""

    field: str | None
    value: Any
    name: str
    where: Condition | None


@dataclass(frozen=True)
class Test:
    """An operator, in lower case, between what an accessor reads and what the rule says; both may hold expressions."""

    accessor: str
    subject: Any
    operator: str
    wanted: Any


Condition = Not | AllOf | AnyOf | Test


def matches(condition: Mapping[str, Any], resource: Mapping[str, Any], context: EvaluationContext) -> bool:
    """Return whether the `if` of a rule, as JSON, holds of a resource.

    Raises `RuleInvalid` for a rule that Azure would not take, `EvaluationFailed` for one that fails on this resource.
    """
    return holds(read_condition(condition, context.parameters), resource, context)


def holds(condition: Condition, resource: Mapping[str, Any], context: EvaluationContext) -> bool:
    """Return whether a condition holds of a resource; raises `EvaluationFailed`."""
    try:
        return _holds(condition, Scope(resource, context))
    except ExpressionInvalid as invalid:
        raise EvaluationFailed(str(invalid)) from invalid


def read_condition(raw: Any, parameters: Iterable[str]) -> Condition:
    """Read a condition; raises `RuleInvalid` (rule 6). `parameters` are the names that the definition has."""
    return _read(raw, frozenset(one.lower() for one in parameters), 0)


def _read(raw: Any, parameters: frozenset[str], depth: int) -> Condition:
    if not isinstance(raw, dict):
        raise RuleInvalid("A condition of the policy rule must be an object")
    if depth > _MOST_NESTED:
        raise RuleInvalid(f"The policy rule has more than '{_MOST_NESTED}' nested conditions")
    members = {name.lower(): value for name, value in raw.items()}
    if len(members) == 1:
        name, value = next(iter(members.items()))
        if name == "not":
            return Not(_read(value, parameters, depth + 1))
        if name in ("allof", "anyof"):
            if not isinstance(value, list) or not value:
                raise RuleInvalid(
                    f"'{next(iter(raw))}' of the policy rule must be an array with at least one condition"
                )
            every = tuple(_read(one, parameters, depth + 1) for one in value)
            return AllOf(every) if name == "allof" else AnyOf(every)
    return _read_test(members, parameters, depth)


def _read_test(members: dict[str, Any], parameters: frozenset[str], depth: int) -> Test:
    accessors = [name for name in members if name in ("field", "value", "count")]
    tests = [name for name in members if name in operators.NAMES]
    if len(accessors) != 1 or len(tests) != 1 or len(members) != 2:
        raise RuleInvalid(
            f"A condition of the policy rule has the members '{', '.join(members)}': it must have one of 'field', "
            "'value' and 'count', and exactly one operator"
        )
    accessor, name = accessors[0], tests[0]
    subject, wanted = members[accessor], members[name]
    check_expressions(wanted, parameters)
    if not (isinstance(wanted, str) and is_expression(wanted)):
        _check_wanted(name, resolved(wanted, {}, LONGEST) if isinstance(wanted, str) else wanted, RuleInvalid)
    if accessor == "field":
        if not isinstance(subject, str):
            raise RuleInvalid("The 'field' of a condition must be a string")
        check_expressions(subject, parameters)
        if not is_expression(subject):
            check_field(subject)
    elif accessor == "value":
        check_expressions(subject, parameters)
    else:
        subject = _read_count(subject, parameters, depth)
    return Test(accessor, subject, name, wanted)


def _read_count(raw: Any, parameters: frozenset[str], depth: int) -> Count:
    members = {name.lower(): value for name, value in raw.items()} if isinstance(raw, dict) else {}
    if ("field" in members) == ("value" in members) or not members.keys() <= {"field", "value", "name", "where"}:
        raise RuleInvalid("A 'count' has either 'field' or 'value', and may have 'where' and, with 'value', 'name'")
    where = _read(members["where"], parameters, depth + 1) if "where" in members else None
    alias = members.get("field")
    if alias is not None:
        if not isinstance(alias, str) or not alias.endswith("[*]") or "name" in members:
            raise RuleInvalid("The 'field' of a 'count' must be an array alias, which ends with '[*]'")
        check_field(alias)
    else:
        check_expressions(members["value"], parameters)
    return Count(alias, members.get("value"), str(members.get("name", "default")).lower(), where)


def _check_wanted(name: str, wanted: Any, kind: type[Exception]) -> None:
    problem = operators.problem_with(name, wanted)
    if problem:
        raise kind(f"The value of the condition '{name}' must be {problem}")


def _holds(condition: Condition, scope: Scope) -> bool:
    if isinstance(condition, Not):
        return not _holds(condition.condition, scope)
    if isinstance(condition, AllOf):
        return all(_holds(one, scope) for one in condition.conditions)
    if isinstance(condition, AnyOf):
        return any(_holds(one, scope) for one in condition.conditions)
    functions = functions_in(scope)
    wanted = resolved(condition.wanted, functions, LONGEST)
    if condition.accessor == "field":
        field = resolved(condition.subject, functions, LONGEST)
        return _field_holds(field, condition.operator, wanted, scope)
    if isinstance(condition.subject, Count):
        value = _counted(condition.subject, scope)
    else:
        value = resolved(condition.subject, functions, LONGEST)
    _check_wanted(condition.operator, wanted, EvaluationFailed)
    return operators.holds(condition.operator, value, wanted)


def _field_holds(field: Any, name: str, wanted: Any, scope: Scope) -> bool:
    if not isinstance(field, str):
        raise EvaluationFailed("The 'field' of a condition must be a string")
    try:
        selected = select(scope.resource, field, scope.counted_fields)
    except RuleInvalid as invalid:
        raise EvaluationFailed(invalid.message) from invalid
    if name in ("equals", "notequals") and isinstance(wanted, (list, dict)):
        return name == "notequals"
    _check_wanted(name, wanted, EvaluationFailed)
    values: Iterable[Any] = selected.values
    if field.lower() == "location" and operators.is_exact(name):
        values, wanted = [_region(one) for one in values], _region(wanted)
    return all(operators.holds(name, one, wanted) for one in values)


def _region(value: Any) -> Any:
    if isinstance(value, list):
        return [_region(one) for one in value]
    return value.replace(" ", "") if isinstance(value, str) else value


def _counted(count: Count, scope: Scope) -> int:
    if count.field is not None:
        members = select(scope.resource, count.field, scope.counted_fields).values
        inner = [
            replace(scope, counted_fields={**scope.counted_fields, count.field.lower(): member}) for member in members
        ]
    else:
        array = resolved(count.value, functions_in(scope), LONGEST)
        if not isinstance(array, list) or len(array) > _MOST_ITERATIONS:
            raise EvaluationFailed(f"The 'value' of a 'count' must be an array of at most {_MOST_ITERATIONS} values")
        inner = [replace(scope, counted_values={**scope.counted_values, count.name: member}) for member in array]
    return len(inner) if count.where is None else sum(_holds(count.where, one) for one in inner)
