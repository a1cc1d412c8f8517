"""What is read of networks and deployments, which only creating a VM needs; declared as in `vmident.arm.wire.types`."""

from __future__ import annotations

from typing import Any

from msgspec import field

from vmident.arm.wire.types import Body, Text


class NamedBody(Body):
    """A region, or one level of an image's name."""

    name: str


class SubnetBody(Body):
    """A subnet."""

    name: str


class NetworkPropertiesBody(Body):
    """`properties` of a virtual network."""

    subnets: list[SubnetBody] | None = None


class NetworkBody(Body):
    """A virtual network."""

    id: str
    location: str
    properties: NetworkPropertiesBody | None = None


class AddressPropertiesBody(Body):
    """`properties` of a public address or of one configuration of an interface."""

    ip_address: Text = None
    private_ip_address: Text = field(default=None, name="privateIPAddress")


class AddressBody(Body):
    """A public address, or one configuration of an interface."""

    properties: AddressPropertiesBody | None = None


class InterfacePropertiesBody(Body):
    """`properties` of a network interface."""

    ip_configurations: list[AddressBody] | None = None


class InterfaceBody(Body):
    """A network interface."""

    properties: InterfacePropertiesBody | None = None


class DeploymentPropertiesBody(Body):
    """`properties` of a deployment."""

    provisioning_state: str
    error: Any = None


class DeploymentBody(Body):
    """A template deployment."""

    id: str
    properties: DeploymentPropertiesBody


class TargetBody(Body):
    """The resource that an operation of a deployment is about."""

    id: Text = None
    resource_type: Text = None


class DeploymentOperationPropertiesBody(Body):
    """`properties` of an operation of a deployment; a status code is a number or its name."""

    provisioning_state: Text = None
    status_code: Any = None
    status_message: Any = None
    target_resource: TargetBody | None = None


class DeploymentOperationBody(Body):
    """One step of a deployment."""

    properties: DeploymentOperationPropertiesBody


class PathBody(Body):
    """A property that a deployment would change."""

    path: str


class WhatIfChangeBody(Body):
    """A resource that a deployment would change."""

    resource_id: str
    change_type: str
    delta: list[PathBody] | None = None


class WhatIfPropertiesBody(Body):
    """`properties` of a what-if."""

    changes: list[WhatIfChangeBody] | None = None


class WhatIfBody(Body):
    """What a deployment would change; recordings have the changes in `properties`, the reference has them beside it."""

    status: str
    error: Any = None
    properties: WhatIfPropertiesBody | None = None
    changes: list[WhatIfChangeBody] | None = None
