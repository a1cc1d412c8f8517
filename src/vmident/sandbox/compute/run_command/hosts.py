"""Where a script runs: a VM, or an instance of a scale set; with the identities that it would find there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vmident.core.resource_id import VIRTUAL_MACHINE, ResourceId
from vmident.sandbox.compute import errors as compute_errors
from vmident.sandbox.compute.busy import check_idle
from vmident.sandbox.compute.instance_view import RUNNING, has_agent, power_of
from vmident.sandbox.compute.run_command.simulation import TOKEN_SECONDS, Guest, Issuable
from vmident.sandbox.compute.scale_sets.lookup import find_instance
from vmident.sandbox.compute.scale_sets.views import TYPE as SCALE_SET
from vmident.sandbox.compute.virtual_machines import find_vm
from vmident.sandbox.protocol import throttling
from vmident.sandbox.tenant import TENANT

if TYPE_CHECKING:
    from vmident.sandbox.protocol.call import Call
    from vmident.sandbox.protocol.throttling import Draw
    from vmident.sandbox.rows import Record


@dataclass(frozen=True)
class Host:
    """A VM or an instance (`record`), and the record that holds its identities."""

    record: Record
    holder: Record
    kind: str
    is_instance: bool

    def failure(self) -> dict[str, Any] | None:
        """Return the error that a script's operation ends with; None where an agent runs it."""
        # Instances have an agent here; only a VM of the seed has none.
        return None if has_agent(self.record) else compute_errors.agent_silent(self.record["name"]).error()

    def write_cost(self, *, deletes: bool = False) -> list[Draw]:
        """Return what a script costs: one update of the VM; and what deleting a run command does."""
        place = (self.record["location"], self.record["id"])
        if self.is_instance:
            return throttling.instance_write(*place, deletes=deletes)
        return throttling.vm_write("UpdateVM", *place)

    def read_cost(self) -> list[Draw]:
        """Return what a read costs."""
        place = (self.record["location"], self.record["id"])
        return throttling.instance_read(*place) if self.is_instance else throttling.vm_read(*place)


def host_of(call: Call, *, must_run: bool = False) -> Host:
    """Find the VM or the instance in the path; raises 404.

    With `must_run` raises 409 for a VM that is stopped, being created (assumed) or being deleted.
    """
    if "instance" in call.words:
        scale_set, record = find_instance(call)
        return Host(record, scale_set, f"{SCALE_SET}/virtualMachines", is_instance=True)
    vm = find_vm(call)
    if must_run and vm["state"] in ("Creating", "Deleting"):
        check_idle(call, vm, "runCommand")
    if must_run and power_of(vm) != RUNNING:
        raise compute_errors.must_run()
    return Host(vm, vm, VIRTUAL_MACHINE, is_instance=False)


def _has_cached_token(call: Call, host: Host, principal_id: str | None) -> bool:
    deleted = call.rows.deletion_time("principal", "", principal_id) if principal_id else None
    since = max(call.now - TOKEN_SECONDS, host.record.get("started", 0.0))
    return deleted is not None and deleted > since


def guest_of(call: Call, host: Host) -> Guest:
    """Return the identities that the metadata service of a host gives tokens for.

    It knows an identity as it was when it was attached. If that one was deleted since, whether or not it was created
    again, the service has a cached token of the old principal (assumed: a program has requested one before) for about
    24 hours or until the VM is restarted, and no token after that. Sources: 'Managed identities frequently asked
    questions' (tokens are cached, and outlive a deletion); issues 725 and 880 of Azure/aad-pod-identity (the VM does
    not take over the new client ID); issue 683 of Azure/application-gateway-kubernetes-ingress (a restart clears it).
    """
    holder = host.holder
    users = []
    for entry in holder["user"]:
        place = ResourceId.parse(entry["id"])
        found = call.rows.find("identity", place.group, place.name)
        is_current = found is not None and found["clientId"] == entry.get("clientId")
        if is_current or _has_cached_token(call, host, entry.get("principalId")):
            users.append(Issuable(entry["principalId"], entry["clientId"], entry["id"]))
    # The application of a system-assigned identity has an id of its own, which ARM never shows; derived from it here.
    system = Issuable(holder["system"], f"{holder['system'][:-1]}a", "") if holder["system"] else None
    # The token of an instance names the scale set, which has the identity; that Azure's does so is assumed.
    return Guest(holder["id"], TENANT, system, tuple(users), len(holder["user"]), call.now)
