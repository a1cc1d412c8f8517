"""User-assigned identities and their federated credentials as Terraform resources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from vmident.core.export.labels import label
from vmident.core.export.managed_resources import ManagedIdentity
from vmident.core.export.terraform.hcl import Value, block, hcl_comment, hcl_key, hcl_string
from vmident.core.export.terraform.providers import provider_of
from vmident.core.resource_id import ResourceId
from vmident.core.resources import CredentialResource

IDENTITY = "azurerm_user_assigned_identity"
CREDENTIAL = "azurerm_federated_identity_credential"


def identity_address(identity: ResourceId) -> str:
    """Return the address of an identity, such as `azurerm_user_assigned_identity.app_1f0c9a3e`."""
    return f"{IDENTITY}.{label(identity.name, identity)}"


def import_block(address: str, resource_id: str) -> str:
    """Return the block that imports an existing resource when the configuration is applied."""
    return block("import", {"to": address, "id": hcl_string(resource_id)})


def resource_block(address: str, *groups: Mapping[str, Value]) -> str:
    """Return the block of the resource at an address."""
    kind, name = address.split(".")
    return block(f"resource {hcl_string(kind)} {hcl_string(name)}", *groups)


def identity_blocks(identities: Iterable[ManagedIdentity], default: str) -> Iterator[str]:
    """Yield a resource for each identity, with an import where it exists; `default` is the provider's subscription."""
    for one in identities:
        address = identity_address(one.id)
        heading = "" if one.exists else hcl_comment(f"Identity '{one.id.name}' does not exist yet.") + "\n"
        if one.exists:
            yield import_block(address, str(one.id))
        yield heading + resource_block(
            address,
            *provider_of(one.id.subscription, default),
            {
                "name": hcl_string(one.id.name),
                "resource_group_name": hcl_string(one.id.group),
                "location": hcl_string(one.location),
                **({"isolation_scope": hcl_string("Regional")} if one.is_regional else {}),
            },
            *([{"tags": {hcl_key(name): hcl_string(one.tags[name]) for name in sorted(one.tags)}}] if one.tags else []),
        )


def credential_blocks(credentials: Iterable[CredentialResource], default: str) -> Iterator[str]:
    """Yield an import and a resource for each federated credential."""
    for one in credentials:
        address = f"{CREDENTIAL}.{label(f'{one.identity.name}_{one.name}', one.id)}"
        yield import_block(address, one.id)
        yield resource_block(
            address,
            *provider_of(one.identity.subscription, default),
            {
                "name": hcl_string(one.name),
                "user_assigned_identity_id": f"{identity_address(one.identity)}.id",
                "issuer": hcl_string(one.issuer),
                "subject": hcl_string(one.subject),
                "audience": tuple(hcl_string(audience) for audience in one.audiences),
            },
        )
