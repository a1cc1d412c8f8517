"""The deployments of an export: what goes to which group or subscription, and in which order; knows no syntax.

A deployment has one scope, so identities of several groups are several deployments, and so are role assignments. Those
wait for the identities that they name: their principals do not exist before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from msgspec import Struct

from vmident.core.export.bicep.scopes import TemplateScope, template_scope
from vmident.core.export.labels import label
from vmident.core.export.managed_resources import ManagedAssignment, ManagedIdentity, ManagedResources
from vmident.core.resource_id import ResourceId
from vmident.core.resources import CredentialResource
from vmident.core.vm_kind import is_machine


class Module(Struct, frozen=True):
    """One deployment; `name` is its symbolic name, its file's name and the name of its deployment."""

    name: str
    subscription: str
    group: str | None = None
    identities: tuple[ManagedIdentity, ...] = ()
    credentials: tuple[CredentialResource, ...] = ()
    assignments: tuple[tuple[ManagedAssignment, TemplateScope], ...] = ()
    waits: tuple[Module, ...] = ()

    @property
    def deployment_id(self) -> str:
        """The ID of the deployment."""
        group = f"/resourceGroups/{self.group}" if self.group else ""
        return f"/subscriptions/{self.subscription}{group}/providers/Microsoft.Resources/deployments/{self.name}"


def modules_of(resources: ManagedResources) -> tuple[Module, ...]:
    """Return the deployments, those of identities first."""
    of_identities = _identity_modules(resources.identities, resources.credentials)
    return (*of_identities.values(), *_role_modules(resources.assignments, of_identities))


def _identity_modules(
    identities: Iterable[ManagedIdentity], credentials: Sequence[CredentialResource]
) -> dict[tuple[str, str], Module]:
    by_group: dict[tuple[str, str], list[ManagedIdentity]] = defaultdict(list)
    for one in identities:
        by_group[_group_of(one.id)].append(one)
    of_group: dict[tuple[str, str], list[CredentialResource]] = defaultdict(list)
    for credential in credentials:
        of_group[_group_of(credential.identity)].append(credential)
    return {
        key: Module(
            f"identities_{label(inside[0].id.group, *key)}",
            inside[0].id.subscription,
            inside[0].id.group,
            tuple(inside),
            tuple(of_group[key]),
        )
        for key, inside in by_group.items()
    }


def _role_modules(
    assignments: Iterable[ManagedAssignment], identities: dict[tuple[str, str], Module]
) -> Iterable[Module]:
    by_place: dict[tuple[str, str], list[tuple[ManagedAssignment, TemplateScope]]] = defaultdict(list)
    for one in assignments:
        at = template_scope(one.at)
        if at and is_templatable(one):
            by_place[at.subscription.lower(), (at.group or "").lower()].append((one, at))
    for key in sorted(by_place):
        inside = by_place[key]
        _, at = inside[0]
        waited = {_group_of(one.receiver) for one, _ in inside if not is_machine(one.receiver)}
        yield Module(
            f"roles_{label(at.group or 'subscription', *key)}",
            at.subscription,
            at.group,
            assignments=tuple(inside),
            waits=tuple(identities[one] for one in sorted(waited)),
        )


def is_templatable(one: ManagedAssignment) -> bool:
    """Return whether a template can make an assignment: its scope can be reached, and its principal will exist."""
    return template_scope(one.at) is not None and bool(one.principal_id or not is_machine(one.receiver))


def _group_of(resource: ResourceId) -> tuple[str, str]:
    return resource.subscription.lower(), resource.group.lower()
