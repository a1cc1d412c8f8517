"""Deploy a template to the sandbox behind the program's back, as `az deployment` does, and wait until it is done."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.program import Program

VERSION = "2022-09-01"
ENDED = {"Succeeded", "Failed", "Canceled"}


def deploy(program: Program, scope: str, template: Path, name: str = "policy") -> dict[str, Any]:
    """Return the properties of the deployment when it has ended, and its remediation tasks too."""
    place = f"{scope}/providers/Microsoft.Resources/deployments/{name}"
    content = json.loads(template.read_text(encoding="utf-8"))
    body = {"location": "westus", "properties": {"mode": "Incremental", "template": content}}
    answer = program.colleague("PUT", place, body, VERSION)
    assert answer.status in {200, 201}, answer.body
    for _ in range(100):
        properties: dict[str, Any] = program.colleague("GET", place, version=VERSION).json()["properties"]
        if properties["provisioningState"] in ENDED and not running_remediations(program, scope):
            return properties
        program.time.sleep(30)
    raise AssertionError(f"the deployment {name} does not end")


def remediations(program: Program, scope: str) -> list[dict[str, Any]]:
    """List the remediation tasks at a scope and below it, each with its name among its properties."""
    listed = program.colleague("GET", f"{scope}/providers/Microsoft.PolicyInsights/remediations", version="2021-10-01")
    assert listed.status == 200, listed.body
    return [{**one["properties"], "name": one["name"]} for one in listed.json()["value"]]


def running_remediations(program: Program, scope: str) -> list[dict[str, Any]]:
    """List the remediation tasks that have not ended."""
    return [one for one in remediations(program, scope) if one["provisioningState"] not in ENDED]
