"""Policy definitions: create, read, list and delete.

Shape: Microsoft's REST reference for 'Policy Definitions', version 2025-03-01. A definition belongs to a subscription
or a management group, and is seen there and below; the built-in ones are at the tenant's root.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from vmident.sandbox import errors as sandbox_errors
from vmident.sandbox.authorization.scopes import check_scope
from vmident.sandbox.http_messages import Response, json_answer
from vmident.sandbox.policy import errors, store
from vmident.sandbox.policy.built_in import BUILT_IN
from vmident.sandbox.policy.parameters import Parameter, check_update, read_parameters
from vmident.sandbox.policy.rule_errors import RuleInvalid
from vmident.sandbox.policy.rules import Rule, read_rule, unused_parameters
from vmident.sandbox.policy.views import checked_properties, listed, shown, stamped

if TYPE_CHECKING:
    from vmident.sandbox.protocol.call import Call
    from vmident.sandbox.rows import Record

_MEMBERS = (
    "displayName",
    "policyType",
    "mode",
    "description",
    "metadata",
    "parameters",
    "policyRule",
    "version",
    "versions",
    "externalEvaluationEnforcementSettings",
)
_MOST_PARAMETERS = 20
_MODES = {"all": "All", "indexed": "Indexed", "notspecified": "All"}
_RESOURCE_PROVIDER_MODE = re.compile(r"microsoft(\.[a-z0-9]+)+", re.IGNORECASE)


def write_definition(call: Call) -> Response:
    """Answer PUT: 201, for a new definition and for one that was there."""
    scope, name = call.words["scope"], call.words["name"]
    check_owner(call)
    properties = checked_properties(call, _MEMBERS, store.DEFINITION)
    if not isinstance(properties.get("policyRule"), dict):
        raise sandbox_errors.content_invalid("Required property 'policyRule' not found in JSON. Path 'properties'")
    mode = _mode(name, properties.get("mode"))
    _check_rule(call, name, properties)
    record = stamped(call, store.DEFINITION, {"scope": scope, "properties": {**properties, "mode": mode}})
    record["properties"] |= {"policyType": "Custom", "version": properties.get("version") or "1.0.0"}
    record["properties"]["versions"] = [record["properties"]["version"]]
    store.write(call.rows, store.DEFINITION, record, call.now)
    return json_answer(201, shown(store.DEFINITION, record))


def read_definition(call: Call) -> Response:
    """Answer GET of one definition, at its own scope."""
    return json_answer(200, shown(store.DEFINITION, _found(call)))


def list_definitions(call: Call) -> Response:
    """Answer the definitions at a scope and above it, the built-in ones among them."""
    return listed(call, store.DEFINITION, BUILT_IN.values())


def delete_definition(call: Call) -> Response:
    """Answer DELETE: 200, 204 for a definition that was not there, 400 for one that is used."""
    scope, name = call.words["scope"], call.words["name"]
    if call.rows.find(store.DEFINITION.row, scope, name) is None:
        return Response(204)
    check_unused(call, store.DEFINITION)
    record = _found(call)
    call.rows.soft_delete(store.DEFINITION.row, scope, name, deleted=call.now)
    return json_answer(200, shown(store.DEFINITION, record))


def check_owner(call: Call) -> None:
    """Raise for a scope that definitions cannot be written at: they belong to subscriptions and management groups."""
    scope = call.words["scope"]
    if scope == "/" or "/resourcegroups/" in scope.lower():
        raise errors.subscription_missing()
    check_scope(call.rows, scope)


def check_unused(call: Call, kind: store.PolicyKind) -> None:
    """Raise 400 for an object that an assignment, or an initiative, refers to."""
    own = store.id_of(kind, call.words["scope"], call.words["name"]).lower()
    for one in call.rows.every(store.INITIATIVE.row):
        if any(each["policyDefinitionId"].lower() == own for each in one["properties"]["policyDefinitions"]):
            raise errors.in_use(kind.code, kind.words, call.words["name"], one["id"])
    for one in call.rows.every(store.ASSIGNMENT.row):
        if one["properties"]["policyDefinitionId"].lower() == own:
            raise errors.in_use(kind.code, kind.words, call.words["name"], one["id"])


def rule_of(definition: Record) -> tuple[Rule, dict[str, Parameter]]:
    """Return the rule and the parameters of a definition that is kept, or built in."""
    properties = definition["properties"]
    return _rule_in(json.dumps([properties["policyRule"], properties.get("parameters")]))


@lru_cache(maxsize=2048)
def _rule_in(text: str) -> tuple[Rule, dict[str, Parameter]]:
    # A scope with many rules evaluates each of them on every write.
    rule, raw = json.loads(text)
    parameters = read_parameters(raw, "policy", _MOST_PARAMETERS)
    return read_rule(rule, parameters), parameters


def _check_rule(call: Call, name: str, properties: dict[str, Any]) -> None:
    owner = f"policy '{name}'"
    parameters = read_parameters(properties.get("parameters"), owner, _MOST_PARAMETERS)
    try:
        read_rule(properties["policyRule"], parameters)
    except RuleInvalid as invalid:
        raise errors.rule_invalid(name, invalid) from invalid
    unused = unused_parameters(properties["policyRule"], parameters)
    if unused:
        raise errors.parameters_unused(owner, unused)
    held = call.rows.find(store.DEFINITION.row, call.words["scope"], name)
    if held is not None:
        check_update(read_parameters(held["properties"].get("parameters"), owner, _MOST_PARAMETERS), parameters)


def _mode(name: str, mode: Any) -> str:
    if mode is None:
        return "All"
    found = _MODES.get(mode.lower()) if isinstance(mode, str) else None
    if found is None:
        if isinstance(mode, str) and _RESOURCE_PROVIDER_MODE.fullmatch(mode):
            raise sandbox_errors.not_in_the_sandbox(f"the policy mode '{mode}'")
        raise errors.mode_invalid(name, mode)
    return found


def _found(call: Call) -> Record:
    scope, name = call.words["scope"], call.words["name"]
    found = store.find(call.rows, store.DEFINITION, store.id_of(store.DEFINITION, scope, name))
    if found is None:
        raise errors.not_found("PolicyDefinitionNotFound", "policy definition", name)
    return found
