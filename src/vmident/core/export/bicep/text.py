"""The Bicep files of an export, which say what the ARM template says: a main file, and one for each module."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from vmident.core.export.bicep.modules import Module
from vmident.core.export.bicep.scopes import TemplateScope
from vmident.core.export.bicep.syntax import Value, bicep_comment, bicep_name, bicep_string, declaration
from vmident.core.export.bicep.template import (
    ASSIGNMENT_TYPE,
    CREDENTIAL_TYPE,
    IDENTITIES,
    ROLE_ASSIGNMENTS,
    role_properties,
)
from vmident.core.export.labels import label
from vmident.core.export.managed_resources import ManagedAssignment, ManagedIdentity
from vmident.core.resource_id import USER_ASSIGNED_IDENTITY, ResourceId
from vmident.core.resources import CredentialResource
from vmident.core.vm_kind import is_machine, titled

_NEVER_SENT = "2024-01-01"
"""The API version of a resource that is only a scope: Bicep wants one, and the template has none."""

_FOR_SUBSCRIPTION = "targetScope = 'subscription'"


def main_text(modules: Iterable[Module], header: str) -> str:
    """Return the main file, which deploys each module to its scope."""
    return _file(header, [_FOR_SUBSCRIPTION, *map(_module, modules)])


def module_text(module: Module, header: str) -> str:
    """Return the file of one module."""
    scope = [] if module.group else [_FOR_SUBSCRIPTION]
    return _file(header, [*scope, *_identities(module), *_credentials(module), *_assignments(module)])


def module_file(module: Module) -> str:
    """Return the name of a module's file."""
    return f"{module.name}.bicep"


def _file(header: str, declarations: Iterable[str]) -> str:
    return "\n\n".join([bicep_comment(header), *declarations]) + "\n"


def _module(one: Module) -> str:
    name = bicep_string(one.name) if one.group else f"'{one.name}-${{deployment().location}}'"
    members: dict[str, Value] = {"scope": _scope(one.subscription, one.group), "name": name}
    if one.waits:
        members["dependsOn"] = tuple(waited.name for waited in one.waits)
    return declaration(f"module {one.name} {bicep_string(module_file(one))}", members)


def _scope(subscription: str, group: str | None) -> str:
    if group is None:
        return f"subscription({bicep_string(subscription)})"
    return f"resourceGroup({bicep_string(subscription)}, {bicep_string(group)})"


def _symbol(identity: ResourceId) -> str:
    return label(identity.name, identity)


def _identities(module: Module) -> Iterator[str]:
    for one in module.identities:
        yield _resource(_symbol(one.id), USER_ASSIGNED_IDENTITY, IDENTITIES, _identity(one))


def _identity(one: ManagedIdentity) -> Mapping[str, Value]:
    tags: Mapping[str, Value] = {bicep_name(name): bicep_string(one.tags[name]) for name in sorted(one.tags)}
    isolation: Mapping[str, Value] = {"isolationScope": bicep_string("Regional")}
    return {
        "name": bicep_string(one.id.name),
        "location": bicep_string(one.location),
        **({"tags": tags} if tags else {}),
        **({"properties": isolation} if one.is_regional else {}),
    }


def _credentials(module: Module) -> Iterator[str]:
    before: dict[ResourceId, str] = {}
    for one in module.credentials:
        symbol = label(f"{one.identity.name}_{one.name}", one.id)
        yield _resource(symbol, CREDENTIAL_TYPE, IDENTITIES, _credential(one, before.get(one.identity)))
        before[one.identity] = symbol


def _credential(one: CredentialResource, before: str | None) -> Mapping[str, Value]:
    properties: Mapping[str, Value] = {
        "issuer": bicep_string(one.issuer),
        "subject": bicep_string(one.subject),
        "audiences": tuple(bicep_string(audience) for audience in one.audiences),
    }
    waits: Mapping[str, Value] = {"dependsOn": (before,)} if before else {}
    return {"parent": _symbol(one.identity), "name": bicep_string(one.name), **waits, "properties": properties}


def _assignments(module: Module) -> Iterator[str]:
    referred = {one.receiver for one, _ in module.assignments if not is_machine(one.receiver)}
    for identity in sorted(referred):
        place = {"scope": _scope(identity.subscription, identity.group), "name": bicep_string(identity.name)}
        yield _existing(_symbol(identity), USER_ASSIGNED_IDENTITY, IDENTITIES, place)
    targets = {_target(at): at for _, at in module.assignments if at.types}
    for symbol in sorted(targets):
        at = targets[symbol]
        yield _existing(symbol, at.resource_type, _NEVER_SENT, {"name": bicep_string(at.resource_name)})
    for one, at in module.assignments:
        holder = titled(one.receiver) if is_machine(one.receiver) else f"identity '{one.receiver.name}'"
        symbol = label(one.receiver.name, one.receiver, one.at, one.role_guid)
        heading = bicep_comment(f"Role '{one.role_name}' for {holder}")
        yield f"{heading}\n{_resource(symbol, ASSIGNMENT_TYPE, ROLE_ASSIGNMENTS, _assignment(one, at))}"


def _assignment(one: ManagedAssignment, at: TemplateScope) -> Mapping[str, Value]:
    of_identity = f"{_symbol(one.receiver)}.properties.principalId"
    properties = {
        "principalId": bicep_string(one.principal_id or "") if is_machine(one.receiver) else of_identity,
        **{name: bicep_string(text) for name, text in role_properties(one).items()},
    }
    scope: Mapping[str, Value] = {"scope": _target(at)} if at.types else {}
    return {**scope, "name": bicep_string(one.name), "properties": properties}


def _target(at: TemplateScope) -> str:
    # Not the symbol of an identity, which may be declared as a receiver too.
    return label(f"scope_{at.names[-1]}", at.relative_id) if at.types else ""


def _resource(symbol: str, kind: str, api_version: str, members: Mapping[str, Value]) -> str:
    return declaration(f"resource {symbol} {bicep_string(f'{kind}@{api_version}')}", members)


def _existing(symbol: str, kind: str, api_version: str, members: Mapping[str, Value]) -> str:
    return declaration(f"resource {symbol} {bicep_string(f'{kind}@{api_version}')} existing", members)
