"""VMs and scale sets through the Resource Manager: read, PATCH the identity, find, list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import chain, islice
from typing import TYPE_CHECKING

from vmident.arm.answers import check_about
from vmident.arm.connection import Connection
from vmident.arm.paging import graph_answers, graph_pages, ids_in_graph, items_of_one_page, named_in_graph, unread_items
from vmident.arm.wire.virtual_machines import extension_from_graph, vm_from_wire, vms_in_graph, vms_in_list
from vmident.core.dependents import PUBLISHERS, Extension
from vmident.core.resource_id import ResourceId
from vmident.core.selection import named
from vmident.core.virtual_machine import UnreadVm, VirtualMachine
from vmident.core.vm_kind import VmKind, kind_of
from vmident.errors import AzureErrorResponse, AzureUnavailable, InvalidResponse, NotAllowed, NotFound, Throttled

if TYPE_CHECKING:
    from vmident.arm.answers import ArmResponse
    from vmident.core.patch import PatchBody
    from vmident.ports.azure import AttachedVms, Operation, OperationStatus, PatchResponse

API_VERSION = "2024-07-01"
"""The first versions with etags are of 2023-09-01; this one is in every public cloud."""
_NAMES_AT_MOST = 5_000
_ENCRYPTION = "securityProfile.encryptionIdentity.userAssignedIdentityResourceId"
_GRAPH_COLUMNS = {
    VmKind.VM: f"id, location, tags, identity, encryption = tostring(properties.{_ENCRYPTION})",
    VmKind.SCALE_SET: (
        "id, location, tags, identity, mode = tostring(properties.orchestrationMode), "
        f"encryption = tostring(properties.virtualMachineProfile.{_ENCRYPTION}), "
        "extensions = properties.virtualMachineProfile.extensionProfile.extensions"
    ),
}


class ArmVirtualMachines:
    """`vmident.ports.azure.VirtualMachines`, as ARM has them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.names = cache(self._list_names)
        self.groups = cache(self._list_groups)
        self._small_list = cache(self._list_if_small)

    def read(self, vm: ResourceId) -> VirtualMachine:
        """GET the VM; raises `WrongResource` for an answer about another one."""
        return _machine_in(self._connection.read(str(vm), API_VERSION), vm)

    def write_identity(self, vm: ResourceId, body: PatchBody, etag: str | None) -> PatchResponse:
        """PATCH the VM once; return the VM as the answer has it, and the operation that carries out the change.

        An answer without the VM is one that a change can be waited for by only where it names an operation.
        """
        from vmident.arm.operations import operation_in
        from vmident.ports.azure import PatchResponse

        answer = self._connection.write(str(vm), API_VERSION, body, etag=etag)
        is_accepted = answer.status == 202 and not answer.content
        machine = None if is_accepted else _machine_in(answer, vm)
        return PatchResponse(machine, operation_in(answer, self._connection))

    def poll(self, operation: Operation) -> OperationStatus:
        """Poll the operation once."""
        from vmident.arm.operations import poll

        return poll(operation, self._connection)

    def named(
        self, subscription: str, name: str, seen: Sequence[ResourceId] = (), kind: VmKind = VmKind.VM
    ) -> Sequence[ResourceId]:
        """Take ARM's list where one page is all of it. Of a longer one Resource Graph finds the VMs of that name.

        The graph lags: one VM that it knows may not be the only one, so those seen before are read. Where it knows none
        or several, the whole list decides.
        """
        whole = self._small_list(subscription, kind)
        if whole is not None:
            return named(whole, name)
        found = named_in_graph(self._connection, subscription, kind.resource_type, name)
        if len(found) == 1:
            return [*found, *(vm for vm in seen if vm not in found and self._exists(vm))]
        listed = self.list(subscription, kind=kind)
        return named((one.id for one in listed if isinstance(one, VirtualMachine)), name)

    def _list_if_small(self, subscription: str, kind: VmKind) -> Sequence[ResourceId] | None:
        listed = items_of_one_page(self._connection, _list_path(kind, subscription), API_VERSION)
        if listed is None:
            return None
        return [one.id for one in vms_in_list(listed, kind) if isinstance(one, VirtualMachine)]

    def _exists(self, vm: ResourceId) -> bool:
        try:
            self.read(vm)
        except NotFound:
            return False
        return True

    def list(
        self, subscription: str, group: str | None = None, kind: VmKind = VmKind.VM
    ) -> Iterator[VirtualMachine | UnreadVm]:
        """List the VMs of the group, else of the subscription."""
        return vms_in_list(unread_items(self._connection, _list_path(kind, subscription, group), API_VERSION), kind)

    def _list_names(self, subscription: str, group: str | None = None, kind: VmKind = VmKind.VM) -> Sequence[str]:
        listed = islice(self.list(subscription, group, kind), _NAMES_AT_MOST)
        return tuple(one.id.name for one in listed if isinstance(one, VirtualMachine))

    def _list_groups(self, subscription: str, kind: VmKind = VmKind.VM) -> Sequence[str]:
        listed = islice(self.list(subscription, kind=kind), _NAMES_AT_MOST)
        return tuple({one.id.group.lower(): one.id.group for one in listed if isinstance(one, VirtualMachine)}.values())

    def where(
        self, subscription: str, group: str | None, condition: str, kind: VmKind = VmKind.VM
    ) -> Iterator[ResourceId]:
        """Ask Resource Graph; ARM's lists know no such conditions, so where it cannot be used, neither can this."""
        query = f"{_rows_of(kind.resource_type, group)} | where {condition} | project id | order by id asc"
        try:
            yield from graph_pages(self._connection, query, subscription)
        except (AzureErrorResponse, NotAllowed, AzureUnavailable) as failure:
            raise failure.with_message(
                f"Resource Graph could not evaluate the condition {condition}: {failure.message}",
                hint="Check the condition, or select VMs with --tag or --all.",
            ) from failure

    def in_graph(
        self, subscription: str, group: str | None = None, kind: VmKind = VmKind.VM
    ) -> tuple[int, Iterator[VirtualMachine | UnreadVm]] | None:
        """Ask Resource Graph; its first answer tells how many rows there are."""
        query = f"{_rows_of(kind.resource_type, group)} | project {_GRAPH_COLUMNS[kind]} | order by id asc"
        pages = graph_answers(self._connection, query, [subscription])
        try:
            first = next(pages)
        except (AzureErrorResponse, NotAllowed, AzureUnavailable, Throttled):
            return None
        rows = (row for page in chain([first], pages) for row in page.rows)
        return first.total, vms_in_graph(rows, kind)

    def extensions_in_graph(
        self, subscription: str, group: str | None = None
    ) -> Mapping[ResourceId, Sequence[Extension]] | None:
        """Ask Resource Graph, whose rows of extensions have their settings."""
        publishers = ", ".join(f"'{one}'" for one in PUBLISHERS)
        query = (
            f"{_rows_of(f'{VmKind.VM.resource_type}/extensions', group)} and properties.publisher in~ ({publishers}) "
            "| project id, publisher = tostring(properties.publisher), kind = tostring(properties.type), "
            "settings = properties.settings | order by id asc"
        )
        found: dict[ResourceId, list[Extension]] = {}
        try:
            for page in graph_answers(self._connection, query, [subscription]):
                for vm, extension in map(extension_from_graph, page.rows):
                    found.setdefault(vm, []).append(extension)
        except (AzureErrorResponse, NotAllowed, AzureUnavailable, Throttled, InvalidResponse):
            return None
        return found

    def attached_vms(self, identity: ResourceId) -> AttachedVms:
        """Ask Resource Graph in all subscriptions of the tenant, and list the VMs of the identity's own, as it lags.

        The graph is asked for a part of text: an identity whose name begins like another's is found with it.
        """
        types = ", ".join(f"'{kind.resource_type.lower()}'" for kind in VmKind)
        query = (
            f"Resources | where type in~ ({types}) "
            f"| where tostring(identity.userAssignedIdentities) contains '{str(identity).lower()}' "
            "| project id | order by id asc"
        )
        in_graph = ids_in_graph(self._connection, query, identity.subscription, everywhere=True)
        listed: set[ResourceId] = set()
        is_read = True
        for one in chain.from_iterable(self.list(identity.subscription, kind=kind) for kind in VmKind):
            if isinstance(one, UnreadVm):
                is_read = False
            elif identity in one.identity.users:
                listed.add(one.id)
        from vmident.ports.azure import AttachedVms

        return AttachedVms(sorted(listed.union(in_graph or ())), is_complete=is_read and in_graph is not None)


def _machine_in(answer: ArmResponse, vm: ResourceId) -> VirtualMachine:
    machine = vm_from_wire(answer.content, answer.headers, answer.request, kind_of(vm))
    check_about(vm, machine.id)
    return machine


def _list_path(kind: VmKind, subscription: str, group: str | None = None) -> str:
    inside = f"/resourceGroups/{group}" if group else ""
    return f"/subscriptions/{subscription}{inside}/providers/{kind.resource_type}"


def _rows_of(resource_type: str, group: str | None) -> str:
    """Return the part of a query that selects the resources of a type; `group` is a checked name."""
    inside = f" and resourceGroup =~ '{group}'" if group else ""
    return f"Resources | where type =~ '{resource_type.lower()}'{inside}"
