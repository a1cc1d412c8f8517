"""What `verify` takes from the command line, checked before anything is sent."""

from __future__ import annotations

import re
from collections.abc import Sequence

from vmident.cli.inputs.stop_policy import number_or_percent
from vmident.core.verification.checks import SYSTEM_IN_THE_AZURE_CLI
from vmident.core.verification.sampling import SampleSize
from vmident.errors import UsageError
from vmident.usecases.resolve.identities import checked_identity_names

# A URL such as https://vault.azure.net, an `api://` URI, or the GUID of an application.
_RESOURCE = re.compile(r"(https://|api://)[\w.~:/?#@!$&()*+,;=%-]+|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)

_INSTANCE = re.compile(r"\d{1,9}", re.ASCII)


def checked_verify_words(words: Sequence[str]) -> tuple[str, ...]:
    """Return the names and IDs of `--identity`, checked; `[system]` is the system-assigned identity."""
    own = [one for one in words if one.strip().lower() != SYSTEM_IN_THE_AZURE_CLI]
    checked_identity_names(own)
    return tuple(one.strip() for one in words)


def checked_resource(word: str) -> str:
    """Return the resource that tokens are requested for; raises `UsageError` for what is none."""
    if not _RESOURCE.fullmatch(word.strip()):
        raise UsageError(
            f"'{word}' is not a valid resource for a token.",
            hint="Use the resource's URL, such as https://vault.azure.net",
        )
    return word.strip()


def checked_instance(word: str) -> str:
    """Return the ID of an instance of a scale set; raises `UsageError` for what is none."""
    if not _INSTANCE.fullmatch(word.strip()):
        raise UsageError(f"'{word}' is not a valid instance ID.", hint="To list them: az vmss list-instances")
    return word.strip()


def sample_size(word: str) -> SampleSize:
    """Return the size of `--sample`; raises `UsageError`."""
    return SampleSize(*number_or_percent(word, "--sample", least=1))
