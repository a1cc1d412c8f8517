"""What making a VM needs from outside, beside `vmident.ports.azure`: template deployments, and networks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from vmident.core.resource_id import ResourceId
from vmident.core.vm_creation.deployment import DeploymentRequest, DeploymentStatus, Step, WhatIf
from vmident.core.vm_creation.network import VirtualNetwork


class Deployments(Protocol):
    """Template deployments to a resource group, each named by its full id."""

    def start(self, request: DeploymentRequest) -> None:
        """Send the PUT once; never repeats it.

        Raises what Azure says of a template that it refuses, and `AzureUnavailable` where it is not known whether the
        deployment has begun.
        """
        ...

    def poll(self, deployment: ResourceId) -> DeploymentStatus | None:
        """Ask once how the deployment is doing; `None` where there is none of that name."""
        ...

    def steps(self, deployment: ResourceId) -> Sequence[Step]:
        """List what the deployment has begun to do, resource by resource."""
        ...

    def what_if(self, request: DeploymentRequest) -> WhatIf:
        """Ask what the deployment would change; changes nothing itself."""
        ...

    def poll_what_if(self, what_if: WhatIf) -> WhatIf:
        """Ask once whether the answer to `foresee` is there."""
        ...


class Networks(Protocol):
    """Virtual networks, and the addresses that VMs have in them."""

    def list(self, subscription: str, group: str) -> Sequence[VirtualNetwork]:
        """List the networks of a group."""
        ...

    def read(self, network: ResourceId) -> VirtualNetwork:
        """Read one network; raises `NotFound`."""
        ...

    def private_address(self, interface: ResourceId) -> str | None:
        """Return a network interface's first address, `None` while it has none."""
        ...

    def public_address(self, public_ip: ResourceId) -> str | None:
        """Return what a public address is, `None` while it is none."""
        ...
