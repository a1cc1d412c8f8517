"""What Resource Graph has of each kind of resource, as ARM's newest answers show it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from vmident.core.resource_id import ResourceId
from vmident.sandbox.api_versions import COMPUTE, IDENTITIES
from vmident.sandbox.compute import vm_view
from vmident.sandbox.compute.disks.views import shown_disk
from vmident.sandbox.compute.extensions.views import shown_extension
from vmident.sandbox.compute.instance_view import instance_view
from vmident.sandbox.compute.scale_sets.views import shown_scale_set
from vmident.sandbox.managed_identity.views import shown_identity
from vmident.sandbox.network import views as network_views
from vmident.sandbox.resource_manager.resource_types import RESOURCE_KINDS

if TYPE_CHECKING:
    from vmident.sandbox.rows import Record, Rows

TYPES = {one.kind: one.type for one in RESOURCE_KINDS}
"""The resource type of each kind of record."""

_VIEW_MEMBERS = ("computerName", "osName", "osVersion", "hyperVGeneration")


class Views:
    """The bodies of resources, from one state of the sandbox."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def body(self, kind: str, record: Record) -> dict[str, Any]:
        """Return a resource's body; a VM's without its instance view."""
        if kind == "vm":
            return self._vm(record)
        if kind == "identity":
            return shown_identity(record, IDENTITIES[-1])
        if kind == "vmss":
            return shown_scale_set(record, COMPUTE[-1])
        if kind == "disk":
            return shown_disk(record)
        if kind == "extension":
            return shown_extension(record)
        return network_views.shown(record, self._nics)

    def extended_body(self, kind: str, record: Record) -> dict[str, Any]:
        """Return a resource's body with what Resource Graph adds: of a VM, `properties.extended.instanceView`, in part.

        Source: 'Understanding the Azure Resource Graph query language', extended properties.
        """
        body = self.body(kind, record)
        if kind != "vm":
            return body
        full = instance_view(record, [])
        kept = {name: full[name] for name in _VIEW_MEMBERS if name in full}
        power = next((one for one in full["statuses"] if one["code"].startswith("PowerState/")), None)
        if power is not None:
            kept["powerState"] = {name: power[name] for name in ("code", "level", "displayStatus") if name in power}
        return body | {"properties": body["properties"] | {"extended": {"instanceView": kept}}}

    def identity(self, kind: str, record: Record) -> dict[str, Any] | None:
        """Return `identity`; one that is being attached has its IDs, as the graph looks later than a GET."""
        identity = vm_view.shown_identity(record) if kind in ("vm", "vmss") else None
        attached = (identity or {}).get("userAssignedIdentities", {})
        for identity_id, ids in attached.items():
            attached[identity_id] = ids or self._ids_of(identity_id)
        return identity

    def _vm(self, record: Record) -> dict[str, Any]:
        body = vm_view.shown_vm(record, COMPUTE[-1])
        identity = self.identity("vm", record)
        return body | ({"identity": identity} if identity else {})

    def _ids_of(self, identity_id: str) -> dict[str, str]:
        parsed = ResourceId.parse(identity_id)
        found = self._rows.find("identity", parsed.group, parsed.name) or {}
        return {name: found[name] for name in ("principalId", "clientId") if name in found}

    @cached_property
    def _nics(self) -> list[Record]:
        return self._rows.every("nic")
