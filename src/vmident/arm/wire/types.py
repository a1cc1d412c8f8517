"""What vmident reads of ARM's responses, as declared types; every other member of a response is ignored.

A member that Azure may leave out, or send as `null`, has `None` for a default. Source: 'The VM resource' and the other
sections of the wire facts, Microsoft's REST reference, and recordings of real traffic.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from msgspec import Raw, Struct, field

Text: TypeAlias = str | None


class Body(Struct, rename="camel"):
    """A JSON object: `principalId` is read as `principal_id`."""


class ListPage(Body):
    """One page of a list; items are read one by one, as one of them may be unreadable."""

    value: list[Raw]
    next_link: Text = None


class GraphAnswer(Body):
    """One page of rows of Azure Resource Graph."""

    data: list[Raw]
    total_records: int | None = None
    skip_token: Text = field(default=None, name="$skipToken")


class IdBody(Body):
    """Anything that has an id."""

    id: str


class UserIdentityBody(Body):
    """What a VM says of an identity that is attached to it."""

    client_id: Text = None
    principal_id: Text = None


class IdentityBody(Body):
    """The identities of a VM."""

    type: str
    principal_id: Text = None
    tenant_id: Text = None
    user_assigned_identities: dict[str, UserIdentityBody | None] | None = None


class StatusBody(Body):
    """One status of an instance view: `PowerState/running`."""

    code: Text = None


class InstanceViewBody(Body):
    """What runs."""

    statuses: list[StatusBody] | None = None


class ExtensionPropertiesBody(Body):
    """`properties` of an extension; `settings` are whatever its publisher takes."""

    publisher: Text = None
    type: Text = None
    settings: Any = None


class ExtensionBody(Body):
    """An extension of a VM or scale set; lists of VMs have its id alone."""

    name: Text = None
    properties: ExtensionPropertiesBody | None = None


class EncryptionIdentityBody(Body):
    """The identity that disk encryption uses."""

    user_assigned_identity_resource_id: Text = None


class SecurityProfileBody(Body):
    """The security profile."""

    encryption_identity: EncryptionIdentityBody | None = None


class ExtensionProfileBody(Body):
    """The extensions of a scale set."""

    extensions: list[ExtensionBody] | None = None


class InstanceProfileBody(Body):
    """What the instances of a scale set are made from."""

    extension_profile: ExtensionProfileBody | None = None
    security_profile: SecurityProfileBody | None = None


class VmPropertiesBody(Body):
    """`properties` of a VM, and of a scale set, where its instances have a profile."""

    provisioning_state: Text = None
    security_profile: SecurityProfileBody | None = None
    orchestration_mode: Text = None
    virtual_machine_profile: InstanceProfileBody | None = None


class VmBody(Body):
    """A VM, whose `resources` are its extensions, or a scale set."""

    id: str
    location: Text = None
    etag: Text = None
    identity: IdentityBody | None = None
    resources: list[ExtensionBody] | None = None
    properties: VmPropertiesBody | None = None
    tags: dict[str, Text] | None = None


class GraphIdentityBody(Body):
    """The identities of a VM in Resource Graph, where a VM without any has one without a type."""

    type: Text = None
    principal_id: Text = None
    tenant_id: Text = None
    user_assigned_identities: dict[str, UserIdentityBody | None] | None = None


class GraphVmBody(Body):
    """A VM or scale set in Resource Graph, where the extensions of a VM are rows of their own.

    `mode` is the orchestration mode of a scale set, `encryption` the ID of the identity that disk encryption uses.
    """

    id: str
    location: Text = None
    identity: GraphIdentityBody | None = None
    tags: dict[str, Text] | None = None
    mode: Text = None
    encryption: Text = None
    extensions: list[ExtensionBody] | None = None


class GraphExtensionBody(Body):
    """An extension of a VM in Resource Graph."""

    id: str
    publisher: Text = None
    kind: Text = None
    settings: Any = None


class OperationBody(Body):
    """A long-running operation; `error` has many shapes: see `vmident.arm.errors`."""

    status: str
    start_time: Text = None
    end_time: Text = None
    error: Any = None


class GroupPropertiesBody(Body):
    """`properties` of a resource group."""

    provisioning_state: Text = None


class GroupBody(Body):
    """A resource group."""

    id: str
    name: str
    location: Text = None
    properties: GroupPropertiesBody | None = None
    tags: dict[str, Text] | None = None


class IdentityPropertiesBody(Body):
    """`properties` of a user-assigned identity."""

    client_id: Text = None
    principal_id: Text = None
    tenant_id: Text = None
    isolation_scope: Text = None


class IdentityResourceBody(Body):
    """A user-assigned identity as a resource."""

    id: str
    location: Text = None
    properties: IdentityPropertiesBody | None = None
    tags: dict[str, Text] | None = None


class RolePropertiesBody(Body):
    """`properties` of a role definition."""

    role_name: str


class RoleBody(Body):
    """A role definition."""

    id: str
    properties: RolePropertiesBody


class AssignmentPropertiesBody(Body):
    """`properties` of a role assignment."""

    principal_id: str
    role_definition_id: str
    scope: str
    condition: Text = None
    condition_version: Text = None
    description: Text = None


class AssignmentBody(Body):
    """A role assignment."""

    id: str
    properties: AssignmentPropertiesBody


class PermissionBody(Body):
    """What the caller may do at a scope."""

    actions: list[str] | None = None
    not_actions: list[str] | None = None


class SubscriptionBody(Body):
    """A subscription."""

    subscription_id: str
    display_name: str
    state: Text = None
    tenant_id: Text = None


class ProviderBody(Body):
    """A resource provider of a subscription."""

    registration_state: str
