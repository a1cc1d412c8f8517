"""Template deployments to a scope: accept one, say how it stands, list what it did, validate, forget it.

Source: exchanges 7 to 10 of the recording `vm-user-identities-2020.json`, and Microsoft's REST reference for
'Deployments', version 2025-04-01.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from vmident.sandbox import errors
from vmident.sandbox.authorization import errors as authorization_errors
from vmident.sandbox.compute.vm_creation import check_vm
from vmident.sandbox.deployments import errors as deployments_errors
from vmident.sandbox.deployments.expressions import ExpressionInvalid
from vmident.sandbox.deployments.nested import is_deployment
from vmident.sandbox.deployments.parameters import without_secrets
from vmident.sandbox.deployments.resources import Resource
from vmident.sandbox.deployments.runner import ACTIVE_STATES, begin, url_of
from vmident.sandbox.deployments.targets import kept as kept_place
from vmident.sandbox.deployments.targets import key_of, place_of, with_deployment
from vmident.sandbox.deployments.template import Template, read_template
from vmident.sandbox.deployments.views import (
    deployment_id,
    plan_of,
    shown_deployment,
    shown_operations,
    template_hash,
    zulu_time,
)
from vmident.sandbox.http_messages import Response, json_answer
from vmident.sandbox.protocol import relaxed_json
from vmident.sandbox.protocol.call import checked_location
from vmident.sandbox.protocol.paging import page_of
from vmident.sandbox.resource_graph import change_log

if TYPE_CHECKING:
    from vmident.sandbox.protocol.call import Call
    from vmident.sandbox.rows import Record

_NAME = re.compile(r"[\w.()-]{1,64}")
_KNOWN = {"template", "parameters", "mode", "debugSetting", "whatIfSettings", "validationLevel"}
_LARGEST_BYTES = 4 * 1024 * 1024
_WEEK_SECONDS = 7 * 86_400.0
# .NET's ticks are tenths of microseconds since the year 1; an operation is named for how many are left of them.
_TICKS_LEFT = 2**63 - 1 - 621_355_968_000_000_000
_CHECKS = {"microsoft.compute/virtualmachines": check_vm}


def write_deployment(call: Call) -> Response:
    """Answer PUT: 201 and the URL of the operation, or what is wrong with the template."""
    record = checked_deployment(call)
    group, name = record["group"], record["name"]
    before = call.rows.find("deployment", group, name)
    if before is not None and before["state"] in ACTIVE_STATES:
        started, expires = before["started"], before["started"] + _WEEK_SECONDS
        raise deployments_errors.deployment_active(name, zulu_time(started), zulu_time(expires))
    record |= {"digits": _digits(call.now), "state": "Accepted"}
    if before is None:
        call.rows.add("deployment", group, name, record, made=call.now)
    else:
        call.rows.replace("deployment", group, name, record)
    begin(call.rows, record, call.now, change_log.traced(call.request.headers))
    url = f"{call.settings.endpoint}{call.path}/operationStatuses/{record['digits']}?api-version={call.api_version}"
    return json_answer(201 if before is None else 200, shown_deployment(record), {"Azure-AsyncOperation": url})


def validate_deployment(call: Call) -> Response:
    """Answer POST `validate`: what would be deployed, and nothing is."""
    record = checked_deployment(call)
    record["validatedResources"] = [{"id": step["id"]} for step in record["steps"]]
    return json_answer(200, shown_deployment(record))


def read_deployment(call: Call) -> Response:
    """Answer GET of one deployment."""
    return json_answer(200, shown_deployment(_find(call)))


def probe_deployment(call: Call) -> Response:
    """Answer HEAD: 204 for a deployment that is there, 404 for one that is not."""
    _find(call)
    return Response(204)


def list_deployments(call: Call) -> Response:
    """Answer a page of one scope's deployments."""
    return page_of(call, "deployment", key_of(call), shown_deployment)


def forget_deployment(call: Call) -> Response:
    """Answer DELETE: the history goes, what was made stays; 204, also for one that was not there."""
    group, name = key_of(call), call.words["deployment"]
    found = call.rows.find("deployment", group, name)
    if found is not None and found["state"] in ACTIVE_STATES:
        started, expires = found["started"], found["started"] + _WEEK_SECONDS
        raise deployments_errors.deployment_active(name, zulu_time(started), zulu_time(expires))
    call.rows.soft_delete("deployment", group, name, deleted=call.now)
    return Response(204)


def read_status(call: Call) -> Response:
    """Return the status of a deployment's operation: `{"status": "Running" | "Succeeded" | "Failed", "error"?}`."""
    record = _find(call)
    if record["digits"] != call.words["digits"]:
        raise errors.operation_not_found(call.words["digits"])
    content = {"status": "Running" if record["state"] in ACTIVE_STATES else record["state"]}
    if "error" in record:
        content["error"] = record["error"]
    return json_answer(200, content)


def list_operations(call: Call) -> Response:
    """Answer the list of what a deployment has begun."""
    return json_answer(200, {"value": shown_operations(_find(call))})


def read_operation(call: Call) -> Response:
    """Answer GET of one of a deployment's operations."""
    wanted = call.words["operation"]
    found = next((one for one in shown_operations(_find(call)) if one["operationId"] == wanted.upper()), None)
    if found is None:
        raise deployments_errors.deployment_operation_not_found(wanted)
    return json_answer(200, found)


def _find(call: Call) -> Record:
    found = call.rows.find("deployment", key_of(call), call.words["deployment"])
    if found is None:
        raise deployments_errors.deployment_not_found(call.words["deployment"])
    return found


def _digits(now: float) -> str:
    return f"{_TICKS_LEFT - int(now * 10_000_000):020d}"


def asked_properties(call: Call) -> dict[str, Any]:
    """Read `properties` of a request for a deployment; raises for what the sandbox does not deploy."""
    if len(call.request.body) > _LARGEST_BYTES:
        raise deployments_errors.content_too_large()
    content = call.content(relaxed_json.parse)
    properties = content.get("properties")
    if not isinstance(properties, dict) or not isinstance(properties.get("template"), dict):
        if isinstance(properties, dict) and properties.get("templateLink"):
            raise errors.not_in_the_sandbox("'templateLink': send the template itself")
        raise deployments_errors.content_wrong("Required property 'template' not found in JSON. Path 'properties'.")
    for member, value in properties.items():
        if member not in _KNOWN and value is not None:
            raise errors.not_in_the_sandbox(f"'{member}' of a deployment")
    if str(properties.get("mode", "")).lower() != "incremental":
        raise errors.not_in_the_sandbox(f"deployment mode '{properties.get('mode')}': only 'Incremental'")
    if not isinstance(properties.get("parameters") or {}, dict):
        raise deployments_errors.content_wrong("Error converting value to an object. Path 'properties.parameters'.")
    return properties


def checked_deployment(call: Call) -> Record:
    """Read and check what a request would deploy; give the record of it, which holds no secret."""
    group, name = key_of(call), call.words["deployment"]
    if not _NAME.fullmatch(name):
        raise deployments_errors.name_wrong(name)
    properties = asked_properties(call)
    raw, given = properties["template"], properties.get("parameters") or {}
    location = _checked_location(call, group, name)
    place = with_deployment(place_of(call), name, location, properties)
    try:
        template = read_template(raw, given, place)
        _check_resources(call, name, template)
    except RecursionError as deep:
        raise deployments_errors.template_invalid("The template is nested too deeply") from deep
    kept, kept_values = without_secrets(raw, given)
    if [one.id for one in read_template(kept, kept_values, place).resources] != [one.id for one in template.resources]:
        raise errors.not_in_the_sandbox("a secret that determines which resources are created")
    return {
        "id": deployment_id(place.scope_id, name),
        "group": group,
        "name": name,
        "tags": call.content(relaxed_json.parse).get("tags") or {},
        "state": "Succeeded",
        "started": call.now,
        "changed": call.now,
        "correlationId": call.settings.new_uuid(),
        "location": location,
        "place": kept_place(place),
        "hash": template_hash(raw),
        "plan": plan_of(template),
        "template": kept,
        "parameters": kept_values,
        "steps": [_step(template, index) for index in range(len(template.resources))],
    }


def _checked_location(call: Call, key: str, name: str) -> str | None:
    """Read the region that a deployment is kept in: none for a resource group; elsewhere it never changes."""
    asked = call.content(relaxed_json.parse).get("location")
    if "group" in call.words:
        if asked is not None:
            raise deployments_errors.location_not_expected(name)
        return None
    if not asked:
        raise deployments_errors.location_missing(name)
    location = checked_location(asked, "Microsoft.Resources/deployments")
    held = call.rows.find("deployment", key, name)
    if held is not None and held["location"] != location:
        raise deployments_errors.location_changed(name, location, held["location"])
    return location


def _step(template: Template, index: int) -> dict[str, Any]:
    one = template.resources[index]
    waits = sorted({wait.index for wait in one.waits})
    return {"index": index, "id": one.id, "kind": one.kind, "name": one.name, "waits": waits, "state": "Waiting"}


def _check_resources(call: Call, name: str, template: Template) -> None:
    """Check types and API versions, permissions, then what the providers check beforehand."""
    needed = []
    for one in template.resources:
        try:
            needed.append((one, *call.internal.check(one.id, one.api_version)))
        except errors.Refused as refused:
            raise errors.Refused(400, refused.code, refused.message) from refused
    lacking = [
        (one.name, one.kind, action, one.id)
        for one, action, scope in needed
        if not call.grants.is_allowed(action, scope)
    ]
    if lacking:
        raise authorization_errors.template_authorization_failed(call.caller, lacking)
    failures = [error for one in template.resources for error in _nested_errors(call, template, one)]
    for one in template.resources:
        check = _CHECKS.get(one.kind.lower())
        if check is None or one.refers or _changes_little(call, one):
            continue
        try:
            check(_body(template, one), one.name)
        except errors.Refused as refused:
            failures.append({**refused.error(), "target": refused.target or one.id})
    if failures:
        raise deployments_errors.preflight_failed(name, call.settings.new_uuid(), failures)
    for one in template.resources:
        if not one.refers:
            _body(template, one)


def _nested_errors(call: Call, template: Template, resource: Resource) -> list[dict[str, Any]]:
    """Validate a nested deployment as far as it is known; a resource group may be created only later."""
    if not is_deployment(resource.kind) or resource.refers:
        return []
    url = url_of(f"{resource.id}/validate", resource.api_version)
    answer = call.internal.answer("POST", url, _body(template, resource), call.now)
    error = {} if answer.status < 400 else answer.json()["error"]
    if error.get("code") in (None, "ResourceGroupNotFound"):
        return []
    return [{**error, "target": error.get("target") or resource.id}]


def _changes_little(call: Call, resource: Resource) -> bool:
    """Return whether a resource is there, and its new body has no properties that could be checked."""
    if "properties" in {member.lower() for member in resource.raw_body}:
        return False
    return call.internal.answer("GET", url_of(resource.id, resource.api_version), None, call.now).status == 200


def _body(template: Template, resource: Resource) -> dict[str, Any]:
    try:
        return template.body(resource)
    except ExpressionInvalid as wrong:
        raise deployments_errors.resource_invalid(resource.name, str(wrong)) from wrong
