"""What a deployment would change: each resource of the template beside what is there, and what it would leave alone.

The prediction is made at once and handed out after as long as an operation takes: 202 with `Location`, then 200.
Shape: Microsoft's REST reference for 'Deployments - What If', version 2025-04-01; the path of `Location` is assumed.

Of a deployment within the template, its resources are predicted, as far as they are known. A `reference()` to what is
not there yet stays as the template has it, as Azure does. Members that only the request has, such as passwords, are
hidden and never a difference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vmident.sandbox import errors
from vmident.sandbox.deployments.expressions import ExpressionInvalid, resolved
from vmident.sandbox.deployments.handlers import asked_properties, checked_deployment
from vmident.sandbox.deployments.nested import is_deployment
from vmident.sandbox.deployments.parameters import without_secrets
from vmident.sandbox.deployments.runner import reader, url_of
from vmident.sandbox.deployments.targets import place_at, place_of, with_deployment
from vmident.sandbox.deployments.template import read_template
from vmident.sandbox.http_messages import Response, json_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from vmident.sandbox.deployments.resources import Resource
    from vmident.sandbox.deployments.template import Template
    from vmident.sandbox.protocol.call import Call

_HIDDEN = "*******"
_LISTED = {
    "Microsoft.Compute/virtualMachines": "2024-07-01",
    "Microsoft.ManagedIdentity/userAssignedIdentities": "2023-01-31",
    "Microsoft.Network/networkInterfaces": "2024-05-01",
    "Microsoft.Network/networkSecurityGroups": "2024-05-01",
    "Microsoft.Network/publicIPAddresses": "2024-05-01",
    "Microsoft.Network/virtualNetworks": "2024-05-01",
}
_NEVER_COMPARED = {"apiversion", "adminpassword", "etag"}


def predict(call: Call) -> Response:
    """Answer POST `whatIf`."""
    location = checked_deployment(call)["location"]
    properties = asked_properties(call)
    raw, given = without_secrets(properties["template"], properties.get("parameters") or {}, _HIDDEN)
    place = with_deployment(place_of(call), call.words["deployment"], location, properties)
    template = read_template(raw, given, place)
    only_ids = (properties.get("whatIfSettings") or {}).get("resultFormat") == "ResourceIdOnly"
    changes = list(_changes(call, template))
    if place.group_name:
        changes += _ignored(call, {str(one["resourceId"]).lower() for one in changes})
    if only_ids:
        changes = [{"resourceId": one["resourceId"], "changeType": "Deploy"} for one in changes]
    token = call.settings.new_uuid()
    ends = call.now + call.settings.operation_seconds()
    result = {
        "status": "Succeeded",
        "properties": {"changes": sorted(changes, key=lambda one: one["resourceId"].lower())},
    }
    # Not an operation on a VM: it has ended for those who look for running ones, and no place to be polled at.
    record = {"name": token, "location": "", "query": "", "ends": ends, "whatIf": result}
    call.rows.write_operation(token, record, ends=ends, running=False)
    return Response(202, {"Location": _location(call, token)})


def read_prediction(call: Call) -> Response:
    """Answer GET of a prediction: 202 until it is there."""
    found = call.rows.find_operation(call.words["token"])
    if found is None or "whatIf" not in found:
        raise errors.operation_not_found(call.words["token"])
    if call.now < found["ends"]:
        return Response(202, {"Location": _location(call, call.words["token"])})
    return json_answer(200, found["whatIf"])


def _location(call: Call, token: str) -> str:
    """Return where a prediction is read: below the subscription; the path at a management group is assumed."""
    path = f"/subscriptions/{call.words.get('subscription')}/operationresults/{token}"
    if "managementgroup" in call.words:
        path = f"{call.path.partition('/whatIf')[0].partition('/whatif')[0]}/whatIfOperationResults/{token}"
    return f"{call.settings.endpoint}{path}?api-version={call.api_version}"


def _changes(call: Call, template: Template) -> Iterator[dict[str, Any]]:
    for one in template.resources:
        inner = _nested(call, template, one) if is_deployment(one.kind) else None
        if inner is None:
            yield _change(call, template, one)
        else:
            yield from _changes(call, inner)


def _nested(call: Call, template: Template, one: Resource) -> Template | None:
    """Return the template of a deployment within one; None where it depends on what is not there yet."""
    try:
        properties = template.body(one, reader(template, call.internal, call.now))["properties"]
        place = place_at(call.rows, one.id.rpartition("/providers/")[0])
        place = with_deployment(place, one.name, one.location, properties)
        return read_template(properties["template"], properties.get("parameters") or {}, place)
    except (ExpressionInvalid, errors.Refused):
        return None


def _change(call: Call, template: Template, one: Resource) -> dict[str, Any]:
    functions = {**template.functions, "reference": reader(template, call.internal, call.now)}
    body = _as_far_as_known(one.raw_body, functions)
    after = {"apiVersion": one.api_version, "id": one.id, "type": one.kind, "name": one.name, **body}
    answer = call.internal.answer("GET", url_of(one.id, one.api_version), None, call.now)
    if answer.status != 200:
        return {"resourceId": one.id, "changeType": "Create", "after": after}
    before = answer.json()
    delta = list(_differences(before, after, ""))
    change = {"resourceId": one.id, "changeType": "Modify" if delta else "NoChange", "before": before, "after": after}
    return {**change, "delta": delta} if delta else change


def _as_far_as_known(value: Any, functions: Mapping[str, Callable[..., Any]]) -> Any:
    if isinstance(value, list):
        return [_as_far_as_known(element, functions) for element in value]
    if isinstance(value, dict):
        return {name: _as_far_as_known(member, functions) for name, member in value.items()}
    try:
        return resolved(value, functions)
    except ExpressionInvalid:
        return value


def _differences(before: Any, after: Any, path: str) -> Iterator[dict[str, Any]]:
    """List where `after` says something else than `before`; what it does not name stays the same."""
    if after in (None, "", [], {}) or _same(before, after):
        return
    if isinstance(before, dict) and isinstance(after, dict):
        held = {name.lower(): member for name, member in before.items()}
        for name, member in after.items():
            if name.lower() not in _NEVER_COMPARED:
                yield from _differences(held.get(name.lower()), member, f"{path}.{name}" if path else name)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for number, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from _differences(one, other, f"{path}.{number}")
    elif before is None:
        yield {"path": path, "propertyChangeType": "Create", "after": after}
    else:
        yield {"path": path, "propertyChangeType": "Modify", "before": before, "after": after}


def _same(before: Any, after: Any) -> bool:
    if isinstance(before, str) and isinstance(after, str):
        return before.replace(" ", "").lower() == after.replace(" ", "").lower()
    return bool(before == after)


def _ignored(call: Call, named: set[str]) -> list[dict[str, Any]]:
    """List the group's resources that the template does not name."""
    group = f"/subscriptions/{call.words['subscription']}/resourceGroups/{call.group()['name']}"
    found = []
    for kind, version in _LISTED.items():
        url = f"{group}/providers/{kind}?api-version={version}"
        while url:
            page = call.internal.answer("GET", url, None, call.now).json()
            found += page["value"]
            url = page.get("nextLink", "").removeprefix(call.settings.endpoint)
    ids = [(one["id"].replace("/resourcegroups/", "/resourceGroups/"), one) for one in found]
    return [
        {"resourceId": resource_id, "changeType": "Ignore", "before": one}
        for resource_id, one in ids
        if resource_id.lower() not in named
    ]
