"""What an assignment says of a resource: which rules it brings, with which values, and whether the resource is meant.

A resource is meant where it is in the assignment's scope, in none of the excluded scopes, and one of the resource
selectors takes it, or there are none. Source: Microsoft's page 'Azure Policy assignment structure'.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vmident.sandbox.authorization.scopes import covers
from vmident.sandbox.deployments.expressions import ExpressionInvalid, resolved
from vmident.sandbox.deployments.value_functions import folded
from vmident.sandbox.policy import errors, store
from vmident.sandbox.policy.assignments.request import LOCATION, TYPE
from vmident.sandbox.policy.definitions import rule_of
from vmident.sandbox.policy.functions import EvaluationContext, Scope, functions_in
from vmident.sandbox.policy.initiatives import MOST_PARAMETERS
from vmident.sandbox.policy.parameters import Parameter, read_parameters, read_values, with_defaults
from vmident.sandbox.policy.rule_expressions import LONGEST

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vmident.sandbox.policy.rules import Rule
    from vmident.sandbox.rows import Record, Rows


@dataclass(frozen=True)
class AssignedRule:
    """A rule of an assignment, with the values of its parameters by their names.

    `reference_id` is empty for a definition that is assigned alone.
    """

    assignment: Record
    definition: Record
    reference_id: str
    rule: Rule
    parameters: Mapping[str, Parameter]
    values: Mapping[str, Any]

    @property
    def definition_id(self) -> str:
        """The id of the definition, as Azure spells it."""
        return self.definition.get("id") or store.id_of(store.DEFINITION, "", self.definition["name"])


def assigned_rules(rows: Rows, assignment: Record) -> list[AssignedRule]:
    """List the rules that an assignment brings; definitions that are gone bring none."""
    properties = assignment["properties"]
    given = read_values(properties.get("parameters"), "policy assignment")
    target_id = properties["policyDefinitionId"]
    initiative = store.find(rows, store.INITIATIVE, target_id)
    if initiative is None:
        definition = store.find(rows, store.DEFINITION, target_id)
        return [] if definition is None else [_assigned(assignment, definition, "", given)]
    own = read_parameters(initiative["properties"].get("parameters"), "policy set", MOST_PARAMETERS)
    outer = with_defaults(own, given)
    found = []
    for one in initiative["properties"]["policyDefinitions"]:
        definition = store.find(rows, store.DEFINITION, one["policyDefinitionId"])
        if definition is not None:
            values = _passed_on(read_values(one.get("parameters"), "policy set"), outer)
            found.append(_assigned(assignment, definition, one["policyDefinitionReferenceId"], values))
    return found


def includes(assignment: Record, resource: Mapping[str, Any]) -> bool:
    """Return whether an assignment means a resource, as ARM shows it."""
    properties = assignment["properties"]
    resource_id = str(resource["id"])
    if not covers(properties["scope"], resource_id):
        return False
    if any(covers(one, resource_id) for one in properties.get("notScopes", [])):
        return False
    selectors = properties.get("resourceSelectors", [])
    return not selectors or any(all(_takes(each, resource) for each in one.get("selectors", [])) for one in selectors)


def _takes(selector: Mapping[str, Any], resource: Mapping[str, Any]) -> bool:
    kind = str(selector["kind"]).lower()
    values = [_plain(one) for one in selector.get("in") or selector.get("notIn") or []]
    is_excluding = selector.get("in") is None
    if kind == LOCATION.lower():
        found = _plain(str(resource.get("location", ""))) in values
    elif kind == TYPE.lower():
        found = _plain(str(resource["type"])) in values
    else:
        # `resourceWithoutLocation` takes what is at the level of a subscription; nothing of the sandbox is.
        return False
    return found is not is_excluding


def _plain(text: str) -> str:
    return folded(text).replace(" ", "")


def _assigned(assignment: Record, definition: Record, reference_id: str, given: Mapping[str, Any]) -> AssignedRule:
    rule, parameters = rule_of(definition)
    return AssignedRule(assignment, definition, reference_id, rule, parameters, with_defaults(parameters, given))


def _passed_on(values: Mapping[str, Any], outer: Mapping[str, Any]) -> dict[str, Any]:
    functions = functions_in(Scope({}, EvaluationContext(parameters=outer)))
    try:
        return {name: resolved(value, functions, LONGEST) for name, value in values.items()}
    except ExpressionInvalid as invalid:
        raise errors.parameters_invalid(str(invalid)) from invalid
