"""What is read of a VM that a script runs in, and of the script's operation.

Source: the recordings `vm-identities-2024.json` (instance view), `vm-run-command-action-2024.json` and
`vmss-run-command-action-2024.json`; Microsoft's REST reference for scale sets and their instances.
"""

from __future__ import annotations

from vmident.arm.wire.types import Body, StatusBody, Text


class AgentBody(Body):
    """The VM agent in an instance view."""

    statuses: list[StatusBody] | None = None


class HostViewBody(Body):
    """An instance view."""

    statuses: list[StatusBody] | None = None
    vm_agent: AgentBody | None = None


class OsDiskBody(Body):
    """The disk of the operating system."""

    os_type: Text = None


class StorageBody(Body):
    """The storage profile."""

    os_disk: OsDiskBody | None = None


class ImdsBody(Body):
    """How the Metadata Security Protocol guards the token service: `Audit` or `Enforce`."""

    mode: Text = None


class ProxyAgentBody(Body):
    """The Metadata Security Protocol."""

    enabled: bool | None = None
    imds: ImdsBody | None = None


class SecurityBody(Body):
    """The security profile."""

    proxy_agent_settings: ProxyAgentBody | None = None


class ProfileBody(Body):
    """What the VMs of a scale set are made of."""

    storage_profile: StorageBody | None = None
    security_profile: SecurityBody | None = None


class HostPropertiesBody(ProfileBody):
    """`properties` of a VM, or of a scale set, which has its VMs' profile and no instance view."""

    instance_view: HostViewBody | None = None
    virtual_machine_profile: ProfileBody | None = None


class HostBody(Body):
    """A VM or a scale set that a script is to run in."""

    properties: HostPropertiesBody


class InstanceBody(Body):
    """An instance of a scale set in a list."""

    instance_id: str


class MessageBody(Body):
    """What a script printed: on Linux both streams, on Windows one."""

    message: Text = None


class OutputBody(Body):
    """The messages of a script."""

    value: list[MessageBody] | None = None


class OutputPropertiesBody(Body):
    """`properties` of a script's operation."""

    output: OutputBody | None = None


class ScriptBody(Body):
    """A script's operation at its end; what its `Location` answers has the messages on top."""

    properties: OutputPropertiesBody | None = None
    value: list[MessageBody] | None = None
