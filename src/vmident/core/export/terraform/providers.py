"""The versions of Terraform and of its providers, and a provider for each subscription.

azurerm 5.0 replaced the arguments of `azurerm_federated_identity_credential` by `user_assigned_identity_id`, and 5.2
made conditions of role assignments updatable (its release notes). azapi 2.5 removed members that are read-only from the
identities that `azapi_update_resource` sends (its release notes). `import` blocks came with Terraform 1.5.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from vmident.core.export.terraform.hcl import quoted

TERRAFORM = ">= 1.5.0"
AZURERM = ">= 5.3.0, < 6.0.0"
AZAPI = ">= 2.5.0, < 3.0.0"


def subscriptions_of(ids: Iterable[str]) -> list[str]:
    """Return the subscriptions, each once, sorted; the first one is the default provider's."""
    return sorted({one.lower() for one in ids})


def provider_of(subscription: str, default: str) -> Sequence[Mapping[str, str]]:
    """Return the argument that names a resource's provider, none for the default one."""
    return [] if subscription.lower() == default else [{"provider": f"azurerm.{_alias(subscription)}"}]


def provider_blocks(subscriptions: Sequence[str]) -> Iterator[str]:
    """Yield the versions and the providers."""
    yield (
        f"terraform {{\n  required_version = {quoted(TERRAFORM)}\n\n  required_providers {{\n"
        f"    azapi = {{\n      source  = {quoted('Azure/azapi')}\n      version = {quoted(AZAPI)}\n    }}\n"
        f"    azurerm = {{\n      source  = {quoted('hashicorp/azurerm')}\n      version = {quoted(AZURERM)}\n    }}\n"
        "  }\n}"
    )
    yield 'provider "azapi" {}'
    for number, subscription in enumerate(subscriptions):
        alias = [f"  alias           = {quoted(_alias(subscription))}"] if number else []
        arguments = "\n".join([*alias, f"  subscription_id = {quoted(subscription)}"])
        yield f'provider "azurerm" {{\n{arguments}\n\n  features {{}}\n}}'


def _alias(subscription: str) -> str:
    return f"subscription_{subscription.lower().replace('-', '_')}"
