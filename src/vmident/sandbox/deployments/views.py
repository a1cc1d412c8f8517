"""Deployments and their operations as ARM shows them.

Shape: exchanges 7, 10, 17 and 20 of the recording `vm-user-identities-2020.json`; of operations: Microsoft's REST
reference for 'Deployment Operations - List', version 2025-04-01.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from vmident.sandbox.protocol.timestamps import wire_time

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vmident.sandbox.deployments.template import Template
    from vmident.sandbox.rows import Record

KIND = "Microsoft.Resources/deployments"


def deployment_id(scope: str, name: str) -> str:
    """Return the id of a deployment to a scope."""
    return f"{scope}/providers/{KIND}/{name}"


def zulu_time(epoch_seconds: float) -> str:
    """Print a moment as deployments do, `2020-07-03T03:16:09.9520484Z`."""
    return wire_time(epoch_seconds).replace("+00:00", "Z")


def iso_duration(seconds: float) -> str:
    """Print a duration as deployments do: `PT2.5S`, `PT1M18.1487349S`."""
    minutes, rest = divmod(max(0.0, seconds), 60)
    hours, minutes = divmod(int(minutes), 60)
    text = f"{rest:.7f}".rstrip("0").rstrip(".")
    return "PT" + (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "") + f"{text}S"


def template_hash(template: Mapping[str, Any]) -> str:
    """Return a number of the template's content; Azure's hash of it is another one."""
    text = json.dumps(template, sort_keys=True)
    return str(int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big"))


def plan_of(template: Template) -> dict[str, Any]:
    """Return what a deployment says of its template: parameters, providers, and which resource waits for which."""
    return {
        "parameters": {name: one.shown() for name, one in template.parameters.items()},
        "providers": _providers(template),
        "dependencies": _dependencies(template),
    }


def _providers(template: Template) -> list[dict[str, Any]]:
    found: dict[str, dict[str, list[str | None]]] = {}
    for one in template.resources:
        namespace, _, kind = one.kind.partition("/")
        locations = found.setdefault(namespace, {}).setdefault(kind, [])
        if one.location not in locations:
            locations.append(one.location)
    return [
        {
            "namespace": namespace,
            "resourceTypes": [{"resourceType": kind, "locations": places} for kind, places in kinds.items()],
        }
        for namespace, kinds in found.items()
    ]


def _dependencies(template: Template) -> list[dict[str, Any]]:
    def named(index: int) -> dict[str, Any]:
        one = template.resources[index]
        return {"id": one.id, "resourceType": one.kind, "resourceName": one.name}

    return [
        {
            "dependsOn": [
                {**named(wait.index), **({"apiVersion": wait.api_version} if wait.api_version else {})}
                for wait in one.waits
            ],
            **named(index),
        }
        for index, one in enumerate(template.resources)
        if one.waits
    ]


def shown_deployment(record: Record) -> dict[str, Any]:
    """Return a deployment as answers carry it."""
    properties = {
        "templateHash": record["hash"],
        "parameters": record["plan"]["parameters"],
        "mode": "Incremental",
        "provisioningState": record["state"],
        "timestamp": zulu_time(record["changed"]),
        "duration": iso_duration(record["changed"] - record["started"]),
        "correlationId": record["correlationId"],
        "providers": record["plan"]["providers"],
        "dependencies": record["plan"]["dependencies"],
    }
    for member in ("outputs", "outputResources", "validatedResources", "error"):
        if member in record:
            properties[member] = record[member]
    body = {"id": record["id"], "name": record["name"], "type": KIND}
    if record.get("location"):
        body["location"] = record["location"]
    return {**body, **({"tags": record["tags"]} if record.get("tags") else {}), "properties": properties}


def shown_operations(record: Record) -> list[dict[str, Any]]:
    """List what a deployment has begun, the latest first as Azure does, and then what it has not: nothing."""
    begun = [step for step in record["steps"] if step["state"] != "Waiting"]
    shown = [_shown_step(record, step) for step in sorted(begun, key=lambda step: -step["changed"])]
    if record["state"] == "Succeeded":
        end = {"id": "outputs", "state": "Succeeded", "began": record["changed"], "changed": record["changed"]}
        shown.insert(0, _shown_step(record, {**end, "statusCode": "OK"}))
    return shown


def _shown_step(record: Record, step: Record) -> dict[str, Any]:
    operation_id = hashlib.sha256(f"{record['digits']}/{step['id']}".encode()).hexdigest()[:16].upper()
    is_resource = "kind" in step
    properties = {
        "provisioningOperation": "Create" if is_resource else "EvaluateDeploymentOutput",
        "provisioningState": step["state"],
        "timestamp": zulu_time(step["changed"]),
        "duration": iso_duration(step["changed"] - step["began"]),
        "trackingId": record["correlationId"],
    }
    if step.get("statusCode"):
        properties["statusCode"] = step["statusCode"]
    if "error" in step:
        properties["statusMessage"] = {"status": "Failed", "error": step["error"]}
    if is_resource:
        named = {"id": step["id"], "resourceType": step["kind"], "resourceName": step["name"]}
        properties["targetResource"] = named
    return {"id": f"{record['id']}/operations/{operation_id}", "operationId": operation_id, "properties": properties}
