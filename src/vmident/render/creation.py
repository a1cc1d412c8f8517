"""A VM that was made, or would be, as a document and as lines."""

from __future__ import annotations

import json
from collections.abc import Iterator

from vmident.core.identity import IdentityState, identity_document
from vmident.core.transition import Transition
from vmident.core.vm_creation.deployment import WhatIfChange
from vmident.render.document import Document, error_document, role_document, warning_document
from vmident.render.human import difference_lines, role_lines
from vmident.render.line import Line, Tone
from vmident.results.changes import Status
from vmident.results.resources import VmCreation

_HEADINGS = {
    Status.CHANGED: "created",
    Status.PLANNED: "would be created",
    Status.ACCEPTED: "accepted, still being created",
    Status.FAILED: "failed",
    Status.UNKNOWN: "sent, outcome unknown",
}
# Where the VM itself is there.
_HEADINGS_OF_ROLES = {
    Status.FAILED: "created, but some roles are missing",
    Status.UNKNOWN: "created, but the outcome of some roles is unknown",
}
_MARKS = {
    "Create": ("+", Tone.ADDED),
    "Modify": ("~", Tone.WARNING),
    "Deploy": ("~", Tone.WARNING),
    "Delete": ("-", Tone.REMOVED),
}


def creation_document(result: VmCreation) -> Document:
    """Return what `vm create` prints; `template` and `whatIf` are there where it was only worked out."""
    planned: Document = {}
    if result.status is Status.PLANNED:
        foreseen = result.what_if
        what_if = None if foreseen is None else [_what_if_document(one) for one in foreseen]
        planned = {"template": result.template, "whatIf": what_if}
    return {
        "id": str(result.vm),
        "name": result.vm.name,
        "resourceGroup": result.vm.group,
        "location": result.location,
        "status": result.status.value,
        "identity": identity_document(result.identity) if result.identity else None,
        "privateIpAddress": result.private_address,
        "publicIpAddress": result.public_address,
        "adminUsername": result.admin_username,
        "deployment": str(result.deployment) if result.deployment else None,
        **planned,
        "roleAssignments": [role_document(one) for one in result.roles],
        "warnings": [warning_document(one) for one in result.warnings],
        "error": error_document(result.error) if result.error else None,
    }


def creation_row(result: VmCreation) -> Document:
    """Return it as one flat row, for a table or tsv."""
    system = result.identity.system if result.identity else None
    return {
        "name": result.vm.name,
        "resourceGroup": result.vm.group,
        "location": result.location,
        "status": result.status.value,
        "type": result.identity.type.value if result.identity else None,
        "principalId": system.principal_id if system else None,
        "privateIpAddress": result.private_address,
        "publicIpAddress": result.public_address,
        "error": result.error.code if result.error else None,
    }


def creation_lines(result: VmCreation) -> Iterator[Line]:
    """Draw what there is of the VM now, or what would be made and by which template."""
    heading = f"{result.vm.name} ({result.vm.group}, {result.location}): {_heading(result)}"
    yield Line(heading, Tone.HEADING)
    if result.identity:
        yield Line(f"  type        {result.identity.type.value}")
        yield from difference_lines(Transition(IdentityState(), result.identity))
    yield from role_lines(result.roles)
    if result.private_address:
        yield Line(f"  private IP  {result.private_address}")
    if result.public_address:
        yield Line(f"  public IP   {result.public_address}")
        yield Line(f"  user        {result.admin_username}")
    for one in result.what_if or ():
        yield _what_if_line(one)
    if result.template:
        for text in json.dumps(result.template, indent=2).splitlines():
            yield Line(f"  {text}", Tone.FAINT)


def _heading(result: VmCreation) -> str:
    of_roles = _HEADINGS_OF_ROLES.get(result.status) if result.identity else None
    return of_roles or _HEADINGS[result.status]


def _what_if_document(one: WhatIfChange) -> Document:
    return {"resourceId": one.resource_id, "changeType": one.change, "properties": list(one.properties)}


def _what_if_line(one: WhatIfChange) -> Line:
    mark, tone = _MARKS.get(one.change, ("=", Tone.FAINT))
    kind = one.resource_id.rpartition("/providers/")[2].rpartition("/")[0]
    which = f" ({', '.join(one.properties)})" if one.properties else ""
    return Line(f"  {mark} {kind} '{one.resource_id.rsplit('/', 1)[-1]}': {one.change}{which}", tone)
