"""What policies do to a request that writes a resource: they change it, or reject it, before its provider sees it.

1. Assignments with the enforcement mode `DoNotEnforce` do nothing here.
2. The rule is evaluated against what the request would make of the resource: of a PUT its body, of a PATCH the resource
   with the body merged into it.
3. `modify` comes first. Where two rules would set a field to different values, the one whose conflict effect is `deny`
   wins; two such reject the request, and without any none of them is applied.
4. `deny` is evaluated on what is left. A rule whose evaluation fails rejects the request, too.
5. `deployIfNotExists` is evaluated after the write, once the resource is provisioned (`deployment_runner`). Requests
   that the identity of an assignment sends begin none, as they are such deployments, or remediations, themselves.

Source: Microsoft's pages 'Azure Policy definitions effect basics' and 'Azure Policy definitions modify effect'. That
equal values are no conflict is assumed.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from vmident.sandbox import errors as sandbox_errors
from vmident.sandbox.authorization.scopes import covers
from vmident.sandbox.authorization.token import PRINCIPAL
from vmident.sandbox.policy import rules, store
from vmident.sandbox.policy.assignments.assigned import AssignedRule, assigned_rules, includes
from vmident.sandbox.policy.assignments.request import NOT_ENFORCED
from vmident.sandbox.policy.conditions import holds
from vmident.sandbox.policy.effects.modification import can_modify, patch_of
from vmident.sandbox.policy.evaluation import Inventory, effect_of, newest_version
from vmident.sandbox.policy.rule_errors import EvaluationFailed
from vmident.sandbox.resource_manager.resource_types import RESOURCE_KINDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from vmident.sandbox.http_messages import Response
    from vmident.sandbox.policy.functions import EvaluationContext
    from vmident.sandbox.protocol.call import Call

    Content = dict[str, Any]

_TYPES = {one.type.lower(): one.type for one in RESOURCE_KINDS}


def answered(call: Call, handler: Callable[[Call], Response]) -> Response:
    """Pass a write on as the policies that hold for its resource leave it; raises 403 `RequestDisallowedByPolicy`."""
    kind = _type_of(call.path)
    found = [] if kind is None else _rules(call)
    content = _content(call, str(kind)) if found else None
    if content is None:
        return handler(call)
    passed, content = _modified(call, content, [one for one in found if effect_of(one) == rules.MODIFY])
    for rule in found:
        if effect_of(rule) == "deny" and _holds(call, rule, content):
            raise _disallowed(call.words.get("name", ""), rule)
    response = handler(passed)
    deploying = [one for one in found if effect_of(one) == rules.DEPLOY and includes(one.assignment, content)]
    if deploying and response.status < 300 and not call.request.headers.get(PRINCIPAL):
        from vmident.sandbox.policy.effects import deployment_runner

        deployment_runner.begin(call, call.path, str(kind))
    return response


def _type_of(path: str) -> str | None:
    """Return the type of the resource that a path ends with, where the sandbox keeps resources of that type."""
    words = path.rpartition("/providers/")[2].split("/")
    return _TYPES.get("/".join([words[0], *words[1::2]]).lower()) if len(words) % 2 else None


def _rules(call: Call) -> list[AssignedRule]:
    return [
        rule
        for assignment in store.assignments_for(call.rows, call.path)
        if covers(assignment["group"], call.path) and assignment["properties"]["enforcementMode"] != NOT_ENFORCED
        for rule in assigned_rules(call.rows, assignment)
    ]


def _content(call: Call, kind: str) -> Content | None:
    """Return what the request would make of the resource; None where its handler refuses it anyway."""
    try:
        body = call.content()
    except sandbox_errors.Refused:
        return None
    own = {"id": call.path, "name": call.path.rpartition("/")[2], "type": kind}
    if call.request.method == "PUT":
        return {**body, **own}
    answer = call.internal.answer("GET", f"{call.path}?api-version={newest_version(kind)}", None, call.now)
    return {**_merged(answer.json(), body), **own} if answer.status == 200 else None


def _merged(whole: Any, change: Any) -> Any:
    if not isinstance(whole, dict) or not isinstance(change, dict):
        return change
    merged = {**whole, **{name: _merged(whole.get(name), value) for name, value in change.items()}}
    return {name: value for name, value in merged.items() if value is not None}


def _context(call: Call, rule: AssignedRule, content: Content) -> EvaluationContext:
    context = Inventory(call.rows, call.internal, call.path, call.now).context(rule, content)
    return replace(context, api_version=call.api_version)


def _holds(call: Call, rule: AssignedRule, content: Content) -> bool:
    if not includes(rule.assignment, content):
        return False
    try:
        return holds(rule.rule.condition, content, _context(call, rule, content))
    except EvaluationFailed as failed:
        raise _disallowed(str(content["name"]), rule) from failed


def _modified(call: Call, content: Content, modifying: list[AssignedRule]) -> tuple[Call, Content]:
    """Return the request and its content as the rules of the effect modify leave them (rule 3)."""
    wanted: dict[str, list[tuple[AssignedRule, Any]]] = {}
    for rule in modifying:
        if can_modify(rule, content) and _holds(call, rule, content):
            patch = patch_of(rule, content, _context(call, rule, content))
            fields = {f"tags/{name}": value for name, value in patch.get("tags", {}).items()}
            fields |= {"identity": patch["identity"]["type"]} if "identity" in patch else {}
            for field, value in fields.items():
                wanted.setdefault(field, []).append((rule, value))
    chosen = {field: _chosen(content, asked) for field, asked in wanted.items()}
    changes = {field: value[0] for field, value in chosen.items() if value}
    if not changes:
        return call, content
    body = _changed(call.content(), changes, is_patch=call.request.method == "PATCH")
    request = replace(call.request, body=json.dumps(body).encode())
    return replace(call, request=request), _changed(content, changes, is_patch=False)


def _chosen(content: Content, asked: list[tuple[AssignedRule, Any]]) -> list[Any]:
    """Return the value that wins, as a list; an empty one for none."""
    if all(value == asked[0][1] for _, value in asked):
        return [asked[0][1]]
    denying = [one for one in asked if str(one[0].rule.details.get("conflicteffect", "deny")).lower() == "deny"]
    if len(denying) > 1:
        raise _disallowed(str(content["name"]), denying[0][0])
    return [value for _, value in denying]


def _changed(body: Content, changes: dict[str, Any], *, is_patch: bool) -> Content:
    changed = dict(body)
    for field, value in changes.items():
        if field == "identity":
            changed["identity"] = {**(changed.get("identity") or {}), "type": value}
            continue
        tags = {**(changed.get("tags") or {}), field.partition("/")[2]: value}
        changed["tags"] = tags if is_patch else {name: text for name, text in tags.items() if text is not None}
    return changed


def _disallowed(resource: str, rule: AssignedRule) -> sandbox_errors.Refused:
    """A request that a policy rejects; from public reports."""
    assignment, definition = rule.assignment, rule.definition
    policy = {
        "policyAssignment": {"name": assignment["name"], "id": assignment["id"]},
        "policyDefinition": {"name": definition["name"], "id": rule.definition_id, "version": "1.0.0"},
    }
    message = f"Resource '{resource}' was disallowed by policy. Policy identifiers: '[{json.dumps(policy)}]'."
    return sandbox_errors.Refused(403, "RequestDisallowedByPolicy", message, target=resource, by_gateway=True)
