"""What is seen of a template deployment: as a whole, resource by resource, and before it is made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from msgspec import Struct

from vmident.core.resource_id import ResourceId
from vmident.errors import VmidentError

DEPLOYMENT = "Microsoft.Resources/deployments"
# A VM holds its network interface, and that one holds all the rest.
_HELD_BY = {"microsoft.compute/virtualmachines": 0, "microsoft.network/networkinterfaces": 1}
_ENDS = frozenset({"succeeded", "failed", "canceled"})


@dataclass(frozen=True)
class DeploymentRequest:
    """A deployment to be made: its full id, its template and parameters, and the VM that it is all about.

    Parameters may hold a password, and show in no `repr`. `finish` is the command that does what is left where the VM
    was made and something else was not.
    """

    id: ResourceId
    vm: ResourceId
    template: Mapping[str, Any]
    parameters: Mapping[str, Any] = field(repr=False)
    finish: str = ""

    @property
    def what(self) -> str:
        """The VM in words."""
        return f"VM '{self.vm.name}'"


class DeploymentStatus(Struct, frozen=True):
    """One look at a deployment; `state` is ARM's word, such as `Running`, `failure` is set where it failed."""

    state: str
    failure: VmidentError | None = None

    @property
    def is_over(self) -> bool:
        """Return whether the deployment is no longer running."""
        return self.state.lower() in _ENDS


class Step(Struct, frozen=True):
    """One resource of a deployment: its full id, and how far it is; `failure` is its own, not the deployment's."""

    resource_id: str
    kind: str
    state: str
    failure: VmidentError | None = None

    @property
    def name(self) -> str:
        """The resource's name."""
        return self.resource_id.rsplit("/", 1)[-1]

    @property
    def is_done(self) -> bool:
        """Return whether the resource is there."""
        return self.state.lower() == "succeeded"


class WhatIfChange(Struct, frozen=True):
    """What a deployment would do to one resource: ARM's word, such as `Create` or `Modify`, and which properties."""

    resource_id: str
    change: str
    properties: tuple[str, ...] = ()


class WhatIf(Struct, frozen=True):
    """What a deployment would change; `None` while Azure works it out, and `url` is then where the answer will be."""

    changes: tuple[WhatIfChange, ...] | None
    url: str = ""
    retry_after_seconds: float | None = None


def deployment_id(beside: ResourceId, name: str) -> ResourceId:
    """Name a deployment to the group of a resource."""
    return ResourceId(beside.subscription, beside.group, DEPLOYMENT, name)


def made(steps: Iterable[Step]) -> tuple[str, ...]:
    """List the ids of what is there, each once, in an order in which it can be deleted again."""
    done = sorted((step for step in steps if step.is_done), key=lambda step: _HELD_BY.get(step.kind.lower(), 2))
    return tuple(dict.fromkeys(step.resource_id for step in done))


def first_failed(steps: Iterable[Step]) -> Step | None:
    """Pick the resource that failed by itself; `None` where none did."""
    return next((step for step in steps if step.failure), None)
