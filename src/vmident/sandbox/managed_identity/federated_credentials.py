"""Federated credentials of a user-assigned identity: create, update, read, list, delete.

Shape and statuses: the recordings `federated-credentials-2023.json` and `user-assigned-identities-aso.json`. Limits and
messages: Microsoft's pages 'Important considerations and restrictions for federated identity credentials' and
'Configure a user-assigned managed identity to trust an external identity provider'; the wording of the limit of 20 is
assumed. Azure refuses writes to one identity that overlap (409); here each write ends before the next begins, so that
answer is left to `serve --faults`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from vmident.sandbox import errors
from vmident.sandbox.http_messages import Response, json_answer
from vmident.sandbox.managed_identity.errors import (
    bad_request,
    credential_exists,
    not_found,
    parent_not_found,
    too_many_credentials,
)
from vmident.sandbox.managed_identity.views import wire_id
from vmident.sandbox.protocol.paging import page_of_all

if TYPE_CHECKING:
    from vmident.sandbox.protocol.call import Call
    from vmident.sandbox.rows import Record, Rows

KIND = "federated"
MOST = 20
_TYPE = "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{2,119}")
_TEXT_CHARACTERS = 600
_MEMBERS = ("issuer", "subject", "audiences")
_READ_ONLY = ("id", "name", "type", "systemData")


def write_credential(call: Call) -> Response:
    """Answer PUT: 201 for a new credential, 200 for one that was there."""
    identity, name = _identity(call), call.words["credential"]
    if not _NAME.fullmatch(name):
        raise bad_request(f"Federated Identity Credential name '{name}' is invalid.")
    properties = _read_properties(call)
    others = [one for one in of_identity(call.rows, identity) if one["name"].lower() != name.lower()]
    if any((one["issuer"], one["subject"]) == (properties["issuer"], properties["subject"]) for one in others):
        raise credential_exists()
    found = call.rows.find(KIND, identity["group"], _key(identity, name))
    if found is not None:
        call.rows.replace(KIND, identity["group"], _key(identity, name), found | properties)
        return json_answer(200, _view(identity, found | properties))
    if len(others) >= MOST:
        raise too_many_credentials(MOST)
    shown = _view(identity, add_credential(call.rows, identity, name, properties, made=call.now))
    return json_answer(201, shown, {"location": shown["id"]})


def read_credential(call: Call) -> Response:
    """Answer GET of one credential."""
    identity, name = _identity(call), call.words["credential"]
    found = call.rows.find(KIND, identity["group"], _key(identity, name))
    if found is None:
        raise not_found(f"{wire_id(identity)}/federatedIdentityCredentials/{name}")
    return json_answer(200, _view(identity, found))


def list_credentials(call: Call) -> Response:
    """Answer the credentials of one identity."""
    identity = _identity(call)
    return page_of_all(call, [_view(identity, one) for one in of_identity(call.rows, identity)])


def delete_credential(call: Call) -> Response:
    """Answer DELETE: 200 for one that was there, 204 for one that was not."""
    identity, name = _identity(call), call.words["credential"]
    if call.rows.find(KIND, identity["group"], _key(identity, name)) is None:
        return Response(204)
    call.rows.soft_delete(KIND, identity["group"], _key(identity, name), deleted=call.now)
    return Response(200)


def add_credential(rows: Rows, identity: Record, name: str, properties: dict[str, Any], *, made: float) -> Record:
    """Write a credential that is not there yet; return its record."""
    record = {"group": identity["group"], "identity": identity["name"], "name": name, **properties}
    rows.add(KIND, identity["group"], _key(identity, name), record, made=made)
    return record


def of_identity(rows: Rows, identity: Record) -> list[Record]:
    """List the credentials of an identity, by name."""
    return [one for one in rows.every(KIND, identity["group"]) if one["identity"].lower() == identity["name"].lower()]


def delete_all(rows: Rows, identity: Record, *, deleted: float) -> None:
    """Delete the credentials of an identity that is deleted."""
    for one in of_identity(rows, identity):
        rows.soft_delete(KIND, identity["group"], _key(identity, one["name"]), deleted=deleted)


def _identity(call: Call) -> Record:
    group, name = call.group()["name"], call.words["name"]
    found = call.rows.find("identity", group, name)
    if found is None:
        raise parent_not_found()
    return found


def _key(identity: Record, name: str) -> str:
    return f"{identity['name']}/{name}"


def _view(identity: Record, credential: Record) -> dict[str, Any]:
    return {
        "id": f"{wire_id(identity)}/federatedIdentityCredentials/{credential['name']}",
        "name": credential["name"],
        "type": _TYPE,
        "properties": {member: credential[member] for member in _MEMBERS},
    }


def _read_properties(call: Call) -> dict[str, Any]:
    """Read the three members, all of them required; raises 400."""
    content = call.content()
    for member in content:
        if member != "properties" and member not in _READ_ONLY:
            raise errors.member_unknown(member, "FederatedIdentityCredential", member)
    properties = content.get("properties") or {}
    if not isinstance(properties, dict) or not all(properties.get(member) for member in _MEMBERS):
        raise bad_request("Federated Identity Credential from HTTP body has empty properties")
    for member in properties:
        if member not in _MEMBERS:
            raise errors.not_in_the_sandbox(f"'{member}' of a federated credential")
    audiences = properties["audiences"]
    if not isinstance(audiences, list) or len(audiences) != 1:
        raise bad_request("Federated identity credentials must have exactly 1 audience.")
    for text in (properties["issuer"], properties["subject"], audiences[0]):
        if not isinstance(text, str) or len(text) > _TEXT_CHARACTERS:
            raise bad_request(f"Issuer, subject and audience are texts of at most {_TEXT_CHARACTERS} characters.")
    return {member: properties[member] for member in _MEMBERS}
