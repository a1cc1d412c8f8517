"""How a deployment gets on in time: each resource is made when those it waits for are there.

Nothing runs by itself. Before each request, all that should have happened by then happens, in the order of time and
as of its own moment: every resource is a PUT to the cloud as a client would send it, so what refuses a client refuses
a deployment.

Assumed: a resource without an operation of its own takes half as long as an operation; while the directory does not
know a principal, a role assignment is tried again every 5 seconds for a minute; after a failure nothing more is begun.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from vmident.sandbox import errors
from vmident.sandbox.deployments import errors as deployments_errors
from vmident.sandbox.deployments.expressions import ExpressionInvalid, resolved
from vmident.sandbox.deployments.nested import is_deployment
from vmident.sandbox.deployments.parameters import output_type
from vmident.sandbox.deployments.targets import place_in
from vmident.sandbox.deployments.template import read_template

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from vmident.sandbox.deployments.template import Template
    from vmident.sandbox.protocol.call import InternalClient, SandboxSettings
    from vmident.sandbox.rows import Record, Rows

_PART_OF_AN_OPERATION = 0.5
_SHORTEST_SECONDS = 0.05
_RETRY_SECONDS = 5.0
_PATIENCE_SECONDS = 60.0
ACTIVE_STATES = ("Accepted", "Running")


def begin(rows: Rows, record: Record, now: float, sent: Mapping[str, str]) -> None:
    """Note that a deployment, which is written already, is to run from now on; `sent` are the request's headers."""
    run = {"group": record["group"], "name": record["name"], "due": now, "sent": {**sent}}
    rows.add("run", record["group"], record["name"], run, made=now)


def reader(template: Template, internal: InternalClient, now: float) -> Callable[..., Any]:
    """Return the function `reference(ID or name, [API version], ['Full'])`, as of a moment."""

    def reference(named: str, api_version: str | None = None, full: str | None = None) -> Any:
        made = template.referred(named)
        resource_id, version = (made.id, api_version or made.api_version) if made else (named, api_version)
        if version is None:
            raise ExpressionInvalid(f"The resource '{named}' is not defined in the template")
        answer = internal.answer("GET", url_of(resource_id, version), None, now)
        if answer.status != 200:
            raise ExpressionInvalid(str(answer.json()["error"]["message"]))
        body = answer.json()
        if full is not None and full.lower() == "full":
            return {"apiVersion": version, "resourceId": resource_id, **body}
        return body.get("properties", {})

    return reference


def url_of(resource_id: str, api_version: str) -> str:
    """Return the path and query of a resource."""
    return f"{quote(resource_id, safe='/()$')}?api-version={quote(api_version)}"


def advance(rows: Rows, run: Record, internal: InternalClient, settings: SandboxSettings) -> None:
    """Do what is due of one deployment: end steps, begin those that are ready, or end the whole."""
    now = run["due"]
    record = rows.held("deployment", run["group"], run["name"])
    record["state"] = "Running"
    template = read_template(record["template"], record["parameters"], place_in(record))
    for step in record["steps"]:
        if step["state"] == "Running" and step["ends"] <= now:
            _end(rows, step, template, internal, settings)
    for step in record["steps"]:
        if any(one["state"] == "Failed" for one in record["steps"]):
            break
        if step["state"] == "Waiting" and all(record["steps"][at]["state"] == "Succeeded" for at in step["waits"]):
            step["began"] = now
            _make(step, template, internal, settings, now)
    ends = [step["ends"] for step in record["steps"] if step["state"] == "Running"]
    if not ends:
        _conclude(record, template, internal, now)
        rows.soft_delete("run", run["group"], run["name"], deleted=now)
    else:
        rows.replace("run", run["group"], run["name"], {**run, "due": min(ends)})
    record["changed"] = now
    rows.replace("deployment", record["group"], record["name"], record)


def _make(step: Record, template: Template, internal: InternalClient, settings: SandboxSettings, now: float) -> None:
    """Send the PUT that makes one resource; the step runs on until that is done, or has failed."""
    resource = template.resources[step["index"]]
    try:
        body = template.body(resource, reader(template, internal, now))
    except ExpressionInvalid as wrong:
        refused = deployments_errors.expressions_unprocessable(resource.id, str(wrong))
        _fail(step, refused.error(), refused.status, now)
        return
    answer = internal.answer("PUT", url_of(resource.id, resource.api_version), body, now)
    step |= {"state": "Running", "changed": now, "statusCode": "", "again": False}
    if answer.status < 400:
        step["statusCode"] = _status_text(answer.status)
        url = next((text for name, text in answer.headers.items() if name.lower() == "azure-asyncoperation"), None)
        step["operation"] = urlsplit(url).path.rpartition("/")[2] if url else None
        step["ends"] = now + settings.operation_seconds() * _PART_OF_AN_OPERATION
        return
    error = answer.json()["error"]
    if error["code"] == "PrincipalNotFound" and now - step["began"] < _PATIENCE_SECONDS:
        step |= {"again": True, "ends": now + _RETRY_SECONDS}
        return
    _fail(step, error, answer.status, now)


def _end(rows: Rows, step: Record, template: Template, internal: InternalClient, settings: SandboxSettings) -> None:
    now = step["ends"]
    if step["again"]:
        _make(step, template, internal, settings, now)
        return
    if is_deployment(step["kind"]):
        _end_nested(step, template, internal, settings)
        return
    operation = rows.find_operation(step["operation"]) if step["operation"] else None
    if operation is not None and operation["status"] == "InProgress":
        step["ends"] = max(now, operation["ends"])
        return
    if operation is not None and operation["status"] == "Failed":
        message = (
            "The resource write operation failed to complete successfully, because it reached terminal provisioning "
            "state 'Failed'."
        )
        failed = errors.Refused(409, "ResourceDeploymentFailure", message, details=[operation["error"]])
        _fail(step, failed.error(), failed.status, now)
        return
    step |= {"state": "Succeeded", "changed": now}


def _end_nested(step: Record, template: Template, internal: InternalClient, settings: SandboxSettings) -> None:
    """See whether a nested deployment has ended."""
    now, resource = step["ends"], template.resources[step["index"]]
    properties = internal.answer("GET", url_of(resource.id, resource.api_version), None, now).json()["properties"]
    if properties["provisioningState"] in ACTIVE_STATES:
        step["ends"] = now + max(_SHORTEST_SECONDS, settings.operation_seconds() * _PART_OF_AN_OPERATION)
    elif properties["provisioningState"] == "Failed":
        _fail(step, properties["error"], 409, now)
    else:
        step |= {"state": "Succeeded", "changed": now}


def _fail(step: Record, error: dict[str, Any], status: int, now: float) -> None:
    step |= {"state": "Failed", "changed": now, "ends": now, "error": {**error, "target": step["id"]}}
    step["statusCode"] = _status_text(status)


def _status_text(status: int) -> str:
    """Return a status as .NET names it: `BadRequest`, `Created`."""
    return "".join(word[0].upper() + word[1:] for word in HTTPStatus(status).phrase.split())


def _conclude(record: Record, template: Template, internal: InternalClient, now: float) -> None:
    """End a deployment of which nothing runs any more."""
    errors = [step["error"] for step in record["steps"] if step["state"] == "Failed"]
    if not errors:
        try:
            record["outputs"] = _outputs(template, internal, now)
        except ExpressionInvalid as wrong:
            errors = [deployments_errors.output_unprocessable(str(wrong)).error()]
    if errors:
        record |= {"state": "Failed", "error": deployments_errors.deployment_failed(errors)}
        return
    made = sorted((one.id for one in template.resources), key=str.lower)
    record |= {"state": "Succeeded", "outputResources": [{"id": one} for one in made]}


def _outputs(template: Template, internal: InternalClient, now: float) -> dict[str, Any]:
    functions = {**template.functions, "reference": reader(template, internal, now)}
    found = {}
    for name, output in template.outputs.items():
        kind = output_type(output["type"])
        found[name] = {"type": kind}
        if not kind.lower().startswith("secure"):
            found[name]["value"] = resolved(output.get("value"), functions)
    return found
