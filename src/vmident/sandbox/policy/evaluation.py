"""Which resources of the sandbox a rule of an assignment finds non-compliant.

1. `audit`, `deny` and `modify`: those that the rule's condition holds of.
2. `auditIfNotExists` and `deployIfNotExists`: those that the condition holds of, where no related resource of the
   details' `type` fulfils the `existenceCondition`, or is there at all without one.
3. `disabled`: none. A resource on which the evaluation fails is none either: there is nothing that could be remediated.

Related resources are those of the type in the group of the resource, or in `resourceGroupName`; of a child type, those
below it; with `name`, the one of that name. Source: Microsoft's pages on the effects. Every resource is evaluated as
the newest API version shows it, at once: Azure takes up to half an hour.
"""

from __future__ import annotations

from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from vmident.sandbox.authorization.scopes import covers
from vmident.sandbox.deployments.expressions import ExpressionInvalid, resolved
from vmident.sandbox.policy import rules
from vmident.sandbox.policy.assignments.assigned import AssignedRule, includes
from vmident.sandbox.policy.conditions import holds
from vmident.sandbox.policy.functions import EvaluationContext, Scope, functions_in
from vmident.sandbox.policy.rule_errors import EvaluationFailed
from vmident.sandbox.policy.rule_expressions import LONGEST
from vmident.sandbox.resource_manager.groups import shown_group, shown_subscription
from vmident.sandbox.resource_manager.resource_types import RESOURCE_KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vmident.sandbox.protocol.call import InternalClient
    from vmident.sandbox.rows import Rows

Resource = dict[str, Any]


class Inventory:
    """The resources of the sandbox below a scope, as ARM shows them at a moment; read when first asked for."""

    def __init__(self, rows: Rows, internal: InternalClient, scope: str, now: float) -> None:
        self._rows = rows
        self._internal = internal
        self._scope = scope
        self.now = now

    @cached_property
    def resources(self) -> list[Resource]:
        """The resources, by kind, group and name."""
        found = [
            self.read(record["id"], one.type)
            for one in RESOURCE_KINDS
            for record in self._rows.every(one.kind)
            if covers(self._scope, record["id"])
        ]
        return [one for one in found if one is not None]

    def read(self, resource_id: str, kind: str) -> Resource | None:
        """Return one resource of a type; None for one that is not there."""
        answer = self._internal.answer("GET", f"{resource_id}?api-version={newest_version(kind)}", None, self.now)
        return {**answer.json(), "id": resource_id, "type": kind} if answer.status == 200 else None

    def non_compliant(self, rule: AssignedRule) -> list[Resource]:
        """List the resources that a rule finds non-compliant."""
        return [one for one in self.resources if self.is_non_compliant(rule, one)]

    def is_non_compliant(self, rule: AssignedRule, resource: Resource) -> bool:
        """Return whether a rule finds a resource non-compliant."""
        effect = effect_of(rule)
        if effect == "disabled" or not includes(rule.assignment, resource):
            return False
        context = self.context(rule, resource)
        try:
            if not holds(rule.rule.condition, resource, context):
                return False
            if effect in (rules.DEPLOY, rules.AUDIT_MISSING):
                return not any(
                    rule.rule.existence is None or holds(rule.rule.existence, one, self.context(rule, one))
                    for one in self._related(rule, resource, context)
                )
        except EvaluationFailed:
            return False
        return True

    def context(self, rule: AssignedRule, resource: Resource) -> EvaluationContext:
        """Return where a rule is evaluated on a resource."""
        group = self._rows.find("group", group_of(resource["id"]).rpartition("/")[2], "")
        return EvaluationContext(
            parameters=rule.values,
            subscription=shown_subscription(),
            resource_group=shown_group(group) if group else {},
            policy={
                "assignmentId": rule.assignment["id"],
                "definitionId": rule.definition_id,
                "definitionReferenceId": rule.reference_id,
            },
            now=self.now,
        )

    def _related(self, rule: AssignedRule, resource: Resource, context: EvaluationContext) -> list[Resource]:
        details = values_at(
            {member: rule.rule.details.get(member) for member in ("type", "name", "resourcegroupname")},
            resource,
            context,
        )
        kind, name = str(details["type"]), details["name"]
        group = group_of(resource["id"])
        if details["resourcegroupname"]:
            group = f"{group.rpartition('/')[0]}/{details['resourcegroupname']}"
        is_child = kind.lower().startswith(f"{resource['type'].lower()}/")
        if name and not is_child:
            found = self.read(f"{group}/providers/{kind}/{name}", kind)
            return [] if found is None else [found]
        return [
            one
            for one in Inventory(self._rows, self._internal, resource["id"] if is_child else group, self.now).resources
            if one["type"].lower() == kind.lower() and (not name or str(one["name"]).lower() == str(name).lower())
        ]


def group_of(resource_id: str) -> str:
    """Return the id of the resource group of a resource, or of a child of one."""
    return "/".join(resource_id.split("/")[:5])


@cache
def newest_version(kind: str) -> str:
    """Return the newest API version of a resource type; an impossible one for a type that the sandbox has not."""
    from vmident.sandbox.resource_manager.providers import known_types

    namespace, _, rest = kind.partition("/")
    types = {name.lower(): kinds for name, kinds in known_types().items()}.get(namespace.lower(), {})
    return next((versions[-1] for name, versions in types.items() if name.lower() == rest.lower()), "0000-00-00")


def effect_of(rule: AssignedRule) -> str:
    """Return the effect that a rule has with its parameters' values, in lower case."""
    context = EvaluationContext(parameters=rule.values)
    return str(values_at(rule.rule.effect, {}, context)).lower()


def values_at(value: Any, resource: Mapping[str, Any], context: EvaluationContext) -> Any:
    """Return a JSON value with its expressions evaluated at a resource; raises `EvaluationFailed`."""
    try:
        return resolved(value, functions_in(Scope(resource, context)), LONGEST)
    except ExpressionInvalid as invalid:
        raise EvaluationFailed(str(invalid)) from invalid
