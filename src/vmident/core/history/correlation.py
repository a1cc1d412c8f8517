"""The correlation ID of a run: what its writes carry, and what Azure's logs keep of them.

A client may set `x-ms-correlation-request-id`. Resource Manager then uses it in the place of one of its own, answers
with it and logs it: in the activity log, and in Resource Graph's `resourcechanges`. Terraform sets one for each of its
runs (hashicorp/terraform-provider-azurerm, pull requests 3253 and 10908); published rows of `resourcechanges` have such
IDs, which are not UUIDs of version 4, beside `clientType` 'Terraform'. `x-ms-client-request-id` stays one per request.

The ID of a run is the first group of its correlation ID, and the rest never changes: so each machine can tell what
vmident did from what it did not, even where another machine has the run on record. Nothing is hashed, and nothing more
has to be kept in the journal. The layout is that of a UUID of version 8, which RFC 9562 leaves to its users.
"""

from __future__ import annotations

import re

_OF_VMIDENT = "-4d4d-8333-bb21-4b4dab0d389a"
_SHAPE = re.compile(rf"([0-9a-f]{{8}}){_OF_VMIDENT}", re.IGNORECASE)


def correlation_id(run: str) -> str:
    """Return the correlation ID of a run's writes; `run` is its ID, such as `3f2a9c1e`."""
    return f"{run}{_OF_VMIDENT}"


def run_in(correlation: str | None) -> str | None:
    """Return the ID of the vmident run that a correlation ID belongs to; `None` for any other client's."""
    found = _SHAPE.fullmatch(correlation or "")
    return found[1].lower() if found else None
