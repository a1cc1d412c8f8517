"""The rules of a desired-state file as Azure policies, and as the ARM template that deploys them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct

from vmident.core.desired_state.rules import Rule
from vmident.core.export.policy.clauses import ExportScope
from vmident.core.export.policy.expressions import escaped
from vmident.core.export.policy.remediation_size import remediation_size
from vmident.core.export.policy.system_assigned import EFFECT, SYSTEM_ROLES, SystemDefinition, system_definitions
from vmident.core.export.policy.template import (
    MOST_BYTES,
    MOST_RESOURCES,
    POLICY_VERSION,
    TemplateResource,
    remediation_task,
    role_assignment,
    template,
)
from vmident.core.export.policy.user_assigned import USER_ROLES, AttachmentPolicy, attachments
from vmident.core.export.unsupported import Unsupported
from vmident.core.rbac.builtin_roles import MANAGED_IDENTITY_OPERATOR
from vmident.core.rbac.scope import Scope, group_scope, subscription_scope
from vmident.core.resource_id import ResourceId
from vmident.errors import UsageError

Counts = Callable[["SystemDefinition | AttachmentPolicy"], int | None]
"""How many VMs a plan changes by one of these; `None` where no plan was made."""
_DEFINITIONS = "Microsoft.Authorization/policyDefinitions"
_INITIATIVES = "Microsoft.Authorization/policySetDefinitions"
_ASSIGNMENTS = "Microsoft.Authorization/policyAssignments"
_ROLES = "'roles'"
_NO_ROLES = "Azure Policy does not grant roles to the identities of VMs. Run 'vmident apply' to grant them."
_MOST_ASSIGNMENTS = 200
_MOST_DEFINITIONS = 500


class PolicyOptions(Struct, frozen=True):
    """Where and how policy is assigned.

    `location` is the region of the assignments' identities. `prefix` begins the names of everything that is deployed.
    `is_audit` assigns without enforcing and without remediation.
    """

    place: ExportScope
    location: str
    prefix: str
    is_audit: bool = False


class Policies(Struct, frozen=True):
    """The policies that rules become, those that attach with the lines of their rules, and what is not among them."""

    definitions: tuple[SystemDefinition, ...]
    attachments: dict[AttachmentPolicy, tuple[int, ...]]
    unsupported: tuple[Unsupported, ...]

    @property
    def is_empty(self) -> bool:
        """Return whether nothing of the file can be exported."""
        return not self.definitions and not self.attachments


def policies_for(rules: Sequence[Rule], place: ExportScope) -> Policies:
    """Return what rules become at a scope."""
    definitions, lacking_system = system_definitions(rules, place)
    attached, lacking_users = attachments(rules, place)
    roles = {Unsupported(rule.line, _ROLES, _NO_ROLES) for rule in rules if rule.roles}
    return Policies(definitions, attached, tuple(sorted({*lacking_system, *lacking_users, *roles})))


def policy_template(policies: Policies, options: PolicyOptions, counts: Counts) -> dict[str, Any]:
    """Return the ARM template; `counts` sizes its remediation tasks. Raises `UsageError` where it is too large."""
    definitions, attached = policies.definitions, policies.attachments
    resources = [*_system_resources(definitions, options, counts)] if definitions else []
    for one in attached:
        resources += _attachment_resources(one, options, counts)
    made = template(options.place.scope, resources, options.location, options.prefix)
    _check_size(definitions, attached, resources, len(json.dumps(made)))
    return made


def _system_resources(
    definitions: Sequence[SystemDefinition], options: PolicyOptions, counts: Counts
) -> list[TemplateResource]:
    """Return the definitions, an initiative of them, its assignment, the roles of its identity, and remediations."""
    scope, prefix = options.place.scope, options.prefix
    own = [
        TemplateResource(
            scope, _DEFINITIONS, one.named(prefix), POLICY_VERSION, {"properties": escaped(one.properties())}
        )
        for one in definitions
    ]
    members = [
        {
            "policyDefinitionReferenceId": one.name,
            "policyDefinitionId": one.id,
            "parameters": {EFFECT: {"value": f"[parameters('{EFFECT}')]"}},
        }
        for one in own
    ]
    properties = {
        "displayName": "Enable the system-assigned identity",
        "description": "Exported by vmident from a desired-state file.",
        "policyType": "Custom",
        "metadata": {"category": "Managed Identity", "version": "1.0.0"},
        "parameters": {EFFECT: {"type": "String", "allowedValues": ["Modify", "Disabled"], "defaultValue": "Modify"}},
        "policyDefinitions": members,
    }
    name = f"{prefix}-system"
    initiative = TemplateResource(
        scope, _INITIATIVES, name, POLICY_VERSION, {"properties": escaped(properties)}, tuple(own)
    )
    assigned = {
        "displayName": "Enable the system-assigned identity",
        "policyDefinitionId": initiative.id,
        "parameters": {EFFECT: {"value": "Modify"}},
    }
    assignment = _assignment(scope, name, assigned, options, (initiative,))
    if options.is_audit:
        return [*own, initiative, assignment]
    roles = [role_assignment(scope, assignment, role.id) for role in SYSTEM_ROLES]
    tasks = [
        remediation_task(
            assignment,
            one.named(prefix),
            {"policyDefinitionReferenceId": one.named(prefix), **remediation_size(counts(one))},
            roles,
        )
        for one in definitions
    ]
    return [*own, initiative, assignment, *roles, *tasks]


def _attachment_resources(one: AttachmentPolicy, options: PolicyOptions, counts: Counts) -> list[TemplateResource]:
    """Return the assignment of the built-in policy, the roles of its identity, and its remediation."""
    scope = Scope.parse(one.scope)
    name = one.named(options.prefix)
    assignment = _assignment(scope, name, one.properties(), options, ())
    if options.is_audit:
        return [assignment]
    # The built-in policy deploys to the subscription of the VM, also where it is assigned to a resource group.
    place = subscription_scope(scope.subscription) if scope.subscription else scope
    roles = [role_assignment(place, assignment, role.id) for role in USER_ROLES]
    identity = ResourceId.parse(one.identity)
    if identity.subscription.lower() != (scope.subscription or "").lower():
        home, own = group_scope(identity.subscription, identity.group), f"{identity.kind}/{identity.name}"
        roles.append(role_assignment(home, assignment, MANAGED_IDENTITY_OPERATOR.id, on=own))
    return [assignment, *roles, remediation_task(assignment, name, remediation_size(counts(one)), roles)]


def _assignment(
    scope: Scope,
    name: str,
    properties: dict[str, Any],
    options: PolicyOptions,
    after: tuple[TemplateResource, ...],
) -> TemplateResource:
    enforcement = "DoNotEnforce" if options.is_audit else "Default"
    body = {
        "location": options.location,
        "identity": {"type": "SystemAssigned"},
        "properties": {**properties, "enforcementMode": enforcement},
    }
    return TemplateResource(scope, _ASSIGNMENTS, name, POLICY_VERSION, body, after)


def _check_size(
    definitions: Sequence[SystemDefinition],
    attached: dict[AttachmentPolicy, tuple[int, ...]],
    resources: Sequence[TemplateResource],
    size_bytes: int,
) -> None:
    per_scope = [sum(one.scope == scope for one in attached) + 1 for scope in {one.scope for one in attached}]
    for count, most, what in (
        (len(definitions), _MOST_DEFINITIONS, "policy definitions"),
        (max(per_scope, default=0), _MOST_ASSIGNMENTS, "policy assignments at one scope"),
        (len(resources), MOST_RESOURCES, "resources in one template"),
        (size_bytes, MOST_BYTES, "bytes in one template"),
    ):
        if count > most:
            raise UsageError(
                f"The export has {count} {what}, and Azure allows {most}.",
                hint="Split the file, and use another --prefix for each part.",
            )
