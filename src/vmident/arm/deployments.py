"""Template deployments through the SDK's deployments client, and what is seen of them.

Source: Microsoft's REST reference for deployments; recording `vm-user-identities-2020.json`, exchanges 7 to 10. The
client sends each write once and polls nothing: when to look again is not its business.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from vmident.arm.answers import check_about, read
from vmident.arm.connection import Connection
from vmident.arm.errors.body import code_and_message, retry_after_seconds
from vmident.arm.errors.translation import CODES_OF_ANY_STATUS, HINTS, error_from
from vmident.arm.operations import FirstAnswer
from vmident.arm.paging import pages
from vmident.arm.wire.vm_creation_types import (
    DeploymentBody,
    DeploymentOperationBody,
    DeploymentOperationPropertiesBody,
    WhatIfBody,
    WhatIfChangeBody,
)
from vmident.core.resource_id import ResourceId
from vmident.core.vm_creation.deployment import DeploymentRequest, DeploymentStatus, Step, WhatIf, WhatIfChange
from vmident.errors import NotFound, OperationFailed, VmidentError

if TYPE_CHECKING:
    from azure.mgmt.resource.deployments import DeploymentsMgmtClient

API_VERSION = "2025-04-01"
"""Older than the client's own, which not every cloud has yet; what is asked here is the same in both."""

_A_DEPLOYMENT = "a deployment"
_FORBIDDEN = frozenset({"403", "forbidden"})


class ArmDeployments:
    """`vmident.ports.deployments.Deployments`, as ARM has them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def start(self, request: DeploymentRequest) -> None:
        """PUT the deployment once."""
        client, body, answer = self._client(request.id), _body(request), FirstAnswer()
        self._connection.call(
            lambda: client.deployments.begin_create_or_update(request.id.group, request.id.name, body, polling=answer)
        )
        made = read(answer.response.content, DeploymentBody, _A_DEPLOYMENT, f"PUT {_path(request.id)}")
        check_about(_path(request.id), made.id)

    def poll(self, deployment: ResourceId) -> DeploymentStatus | None:
        """GET the deployment; 404 means that there is none."""
        path = _path(deployment)
        try:
            body = self._connection.read(path, API_VERSION).read(DeploymentBody, _A_DEPLOYMENT)
        except NotFound:
            return None
        check_about(path, body.id)
        return _seen(body)

    def steps(self, deployment: ResourceId) -> Sequence[Step]:
        """List the deployment's operations; those on no resource, such as working out its outputs, are left out."""
        path = (
            f"/subscriptions/{deployment.subscription}/resourceGroups/{deployment.group}/deployments/{deployment.name}"
        )
        what = "an operation of a deployment"
        operations = pages(self._connection, f"{path}/operations", API_VERSION, DeploymentOperationBody, what)
        return tuple(step for step in map(_step, operations) if step)

    def what_if(self, request: DeploymentRequest) -> WhatIf:
        """POST the deployment to `whatIf`; repeated like a read, as it changes nothing."""
        client, body, answer = self._client(request.id), _body(request), FirstAnswer()

        def ask() -> None:
            deployments = client.deployments
            self._connection.call(
                lambda: deployments.begin_what_if(request.id.group, request.id.name, body, polling=answer)
            )

        self._connection.patiently(ask)
        return _what_if(answer.response.status_code, answer.response.headers, answer.response.content)

    def poll_what_if(self, what_if: WhatIf) -> WhatIf:
        """GET the answer where Azure said that it will be: 202 until it is there."""
        answer = self._connection.follow(what_if.url)
        return _what_if(answer.status, {"Location": what_if.url, **answer.headers}, answer.content)

    def _client(self, deployment: ResourceId) -> DeploymentsMgmtClient:
        from azure.mgmt.resource.deployments import DeploymentsMgmtClient

        return self._connection.sdk(partial(DeploymentsMgmtClient, api_version=API_VERSION), deployment.subscription)


def _path(deployment: ResourceId) -> str:
    """Return the path of a deployment as ARM spells it."""
    return (
        f"/subscriptions/{deployment.subscription}/resourceGroups/{deployment.group}"
        f"/providers/Microsoft.Resources/deployments/{deployment.name}"
    )


def _body(request: DeploymentRequest) -> Any:
    return {"properties": {"mode": "Incremental", "template": request.template, "parameters": request.parameters}}


def _seen(body: DeploymentBody) -> DeploymentStatus:
    state = body.properties.provisioning_state
    has_failed = state.lower() in {"failed", "canceled"}
    return DeploymentStatus(state, _failure(body.properties.error, state) if has_failed else None)


def _step(operation: DeploymentOperationBody) -> Step | None:
    properties = operation.properties
    target, state = properties.target_resource, properties.provisioning_state or ""
    if not target or not target.id:
        return None
    failure = _own_failure(properties) if state.lower() == "failed" else None
    return Step(target.id, target.resource_type or "", state, failure)


def _own_failure(properties: DeploymentOperationPropertiesBody) -> VmidentError:
    """Translate an operation's `statusMessage`: a resource provider's error, as it is or under `error`."""
    said = properties.status_message
    error = said.get("error", said) if isinstance(said, dict) else {"message": str(said or "")}
    return _failure(error, properties.provisioning_state or "", str(properties.status_code))


def _failure(error: Any, state: str, status_code: str = "") -> VmidentError:
    """Translate the error of a deployment or of one of its resources; a status may be a number or its name."""
    code, message = code_and_message({"error": error}, f"It ended with status '{state}', and Azure gave no reason.")
    if code in CODES_OF_ANY_STATUS or status_code.lower() in _FORBIDDEN:
        return error_from(403 if status_code.lower() in _FORBIDDEN else 400, {}, {"error": error})
    return OperationFailed(message, code=code or state, hint=HINTS.get(code or ""))


def _what_if(status: int, headers: Mapping[str, str], content: bytes) -> WhatIf:
    if status == 202:
        return WhatIf(None, headers.get("Location", ""), retry_after_seconds(headers))
    body = read(content, WhatIfBody, "a what-if")
    if body.status.lower() != "succeeded":
        raise _failure(body.error, body.status)
    changes = body.properties.changes if body.properties else body.changes
    return WhatIf(tuple(_foreseen(one) for one in changes or ()))


def _foreseen(change: WhatIfChangeBody) -> WhatIfChange:
    return WhatIfChange(change.resource_id, change.change_type, tuple(one.path for one in change.delta or ()))
