"""A VM's extensions: add, read, list, change and remove them. None is run: each says that it succeeded.

Shape and states: exchanges 1 to 3 of the recording `vm-with-extension-and-identities-2024.json`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vmident.sandbox import errors
from vmident.sandbox.compute import errors as compute_errors
from vmident.sandbox.compute.busy import check_idle
from vmident.sandbox.compute.extensions.views import TYPE, new_extension, shown_extension
from vmident.sandbox.compute.instance_view import RUNNING, has_agent, power_of
from vmident.sandbox.compute.virtual_machines import extensions_of, find_vm
from vmident.sandbox.http_messages import Response, json_answer
from vmident.sandbox.protocol import operations, throttling
from vmident.sandbox.protocol.call import checked_tags

if TYPE_CHECKING:
    from vmident.sandbox.protocol.call import Call
    from vmident.sandbox.rows import Record

_SHOWN = (
    "autoUpgradeMinorVersion",
    "enableAutomaticUpgrade",
    "publisher",
    "type",
    "typeHandlerVersion",
    "settings",
    "suppressFailures",
    "forceUpdateTag",
    "provisionAfterExtensions",
)
_NEVER_SHOWN = ("protectedSettings", "protectedSettingsFromKeyVault", "provisioningState", "instanceView")


def list_extensions(call: Call) -> Response:
    """Answer the extensions of a VM."""
    vm = find_vm(call)
    call.meter.draw(throttling.vm_read(vm["location"], vm["id"]))
    return json_answer(200, {"value": [shown_extension(one) for one in extensions_of(call, vm)]})


def read_extension(call: Call) -> Response:
    """Answer GET of one extension."""
    vm = find_vm(call)
    call.meter.draw(throttling.vm_read(vm["location"], vm["id"]))
    return json_answer(200, shown_extension(_find(call, vm)))


def write_extension(call: Call) -> Response:
    """Answer PUT: 201 for a new extension, 200 for one that was there."""
    vm = find_vm(call)
    content = call.content()
    properties = _asked(content.get("properties"))
    for member in ("publisher", "type", "typeHandlerVersion"):
        if not properties.get(member):
            raise compute_errors.required(f"vmExtension.properties.{member}")
    tags = {key: text for key, text in checked_tags(content.get("tags") or {}).items() if text is not None}
    found = call.rows.find("extension", vm["group"], _key(call, vm))
    record = {**(found or {}), **new_extension(vm, call.words["extension"], properties, tags)}
    return _written(call, vm, record, is_new=found is None)


def change_extension(call: Call) -> Response:
    """Answer PATCH: what it names of the properties changes."""
    vm = find_vm(call)
    record = _find(call, vm)
    record["properties"] |= _asked(call.content().get("properties"))
    return _written(call, vm, record, is_new=False)


def delete_extension(call: Call) -> Response:
    """Answer DELETE: 202 and an operation; 204 for one that was not there."""
    vm = find_vm(call)
    record = call.rows.find("extension", vm["group"], _key(call, vm))
    if record is None:
        return Response(204)
    call.meter.draw(throttling.vm_write("UpdateVM", vm["location"], vm["id"]))
    _check_changeable(call, vm)
    effects = operations.Effects(rows=[("extension", vm["group"], record["name"], None)])
    record["state"] = "Deleting"
    call.rows.replace("extension", vm["group"], record["name"], record)
    return Response(202, operations.begin(call, record, effects, kind="extension", has_location=True))


def _written(call: Call, vm: Record, record: Record, *, is_new: bool) -> Response:
    call.meter.draw(throttling.vm_write("UpdateVM", vm["location"], vm["id"]))
    _check_changeable(call, vm)
    record["state"] = "Creating" if is_new else "Updating"
    if is_new:
        call.rows.add("extension", vm["group"], record["name"], record, made=call.now)
    else:
        call.rows.replace("extension", vm["group"], record["name"], record)
    failure = None if has_agent(vm) else compute_errors.agent_silent(vm["name"]).error()
    headers = operations.begin(call, record, operations.Effects(), kind="extension", failure=failure)
    return json_answer(201 if is_new else 200, shown_extension(record), headers)


def _check_changeable(call: Call, vm: Record) -> None:
    check_idle(call, vm, "write")
    if power_of(vm) != RUNNING:
        raise compute_errors.extensions_need_a_running_vm()


def _asked(properties: Any) -> dict[str, Any]:
    asked = properties or {}
    if not isinstance(asked, dict):
        raise errors.content_invalid("Error converting value to an object. Path 'properties'.")
    for member in asked:
        if member not in (*_SHOWN, *_NEVER_SHOWN):
            raise errors.member_unknown(member, "VirtualMachineExtensionProperties", f"properties.{member}")
    return {member: asked[member] for member in _SHOWN if asked.get(member) is not None}


def _key(call: Call, vm: Record) -> str:
    return f"{vm['name']}/{call.words['extension']}"


def _find(call: Call, vm: Record) -> Record:
    found = call.rows.find("extension", vm["group"], _key(call, vm))
    if found is None:
        kind = f"{TYPE.rpartition('/')[0]}/{vm['name']}/extensions"
        raise errors.resource_not_found(kind, call.words["extension"], call.words["group"])
    return found
