"""The versions of Terraform and of its providers, and a provider for each subscription.

azurerm 5.0 replaced the arguments of `azurerm_federated_identity_credential` by `user_assigned_identity_id`, and 5.2
made conditions of role assignments updatable (its release notes). azapi 2.5 removed members that are read-only from the
identities that `azapi_update_resource` sends (its release notes). `removed` blocks came with Terraform 1.7.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from vmident.core.export.terraform.hcl import hcl_string

_VERSIONS = """\
terraform {
  required_version = ">= 1.7.0"

  required_providers {
    azapi = {
      source  = "Azure/azapi"
      version = ">= 2.5.0, < 3.0.0"
    }
    azurerm = {
      source  = "hashicorp/azurerm"
      version = ">= 5.3.0, < 6.0.0"
    }
  }
}"""


def subscriptions_of(ids: Iterable[str]) -> list[str]:
    """Return the subscriptions, each once, sorted; the first one is the default provider's."""
    return sorted({one.lower() for one in ids})


def provider_of(subscription: str, default: str) -> Sequence[Mapping[str, str]]:
    """Return the argument that names a resource's provider, none for the default one."""
    return [] if subscription.lower() == default else [{"provider": f"azurerm.{_alias(subscription)}"}]


def provider_blocks(subscriptions: Sequence[str]) -> Iterator[str]:
    """Yield the versions and the providers."""
    yield _VERSIONS
    yield 'provider "azapi" {}'
    for number, subscription in enumerate(subscriptions):
        alias = [f"  alias           = {hcl_string(_alias(subscription))}"] if number else []
        arguments = "\n".join([*alias, f"  subscription_id = {hcl_string(subscription)}"])
        yield f'provider "azurerm" {{\n{arguments}\n\n  features {{}}\n}}'


def _alias(subscription: str) -> str:
    return f"subscription_{subscription.lower().replace('-', '_')}"
