"""Resources that an earlier export to the same folder had and this one has not: Terraform keeps them in Azure.

Terraform destroys a resource of its state that has no block any more, also one with `prevent_destroy`. A `removed`
block, of Terraform 1.7, makes it forget the resource instead. A block stays until the resource is exported again, as
Terraform's state is unknown here; for a resource that is not in the state, it does nothing.

To forget a resource, Terraform needs the provider that managed it. So their subscriptions stay in `providers.tf`.

Source: Terraform's 'removed block reference', and its error 'Provider configuration not present'.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from vmident.core.export.terraform.assignments import ASSIGNMENT
from vmident.core.export.terraform.identities import CREDENTIAL, IDENTITY
from vmident.core.export.terraform.machines import MACHINE

_KIND = "|".join((IDENTITY, CREDENTIAL, ASSIGNMENT, MACHINE))
# The files may come from anywhere: what is read from them is written again.
_RESOURCE = re.compile(rf'^resource "({_KIND})" "([a-z][a-z0-9_]*)" {{\r?$', re.MULTILINE)
_REMOVED = re.compile(rf"^  from = ({_KIND})\.([a-z][a-z0-9_]*)\r?$", re.MULTILINE)
_SUBSCRIPTION = re.compile(r'^  subscription_id = "([0-9a-z-]+)"\r?$', re.MULTILINE)


class KnownResources(Struct, frozen=True):
    """The addresses of the resources that Terraform may have in its state, and the subscriptions of the providers."""

    addresses: frozenset[str] = frozenset()
    subscriptions: frozenset[str] = frozenset()


def known_resources(files: Iterable[str]) -> KnownResources:
    """Return what the files of an export name, in `removed` blocks too."""
    texts = list(files)
    found = (one for text in texts for pattern in (_RESOURCE, _REMOVED) for one in pattern.findall(text))
    return KnownResources(
        frozenset(f"{kind}.{name}" for kind, name in found),
        frozenset(one for text in texts for one in _SUBSCRIPTION.findall(text)),
    )


def removed_blocks(addresses: Iterable[str]) -> Iterator[str]:
    """Yield the block that removes each resource from Terraform's state and keeps it in Azure."""
    for address in addresses:
        yield f"removed {{\n  from = {address}\n\n  lifecycle {{\n    destroy = false\n  }}\n}}"
