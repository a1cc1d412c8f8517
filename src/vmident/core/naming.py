"""What a new resource group and a new user-assigned identity may be called; what is there already is called as it is.

Source: Microsoft's 'Naming rules and restrictions for Azure resources'; the length that is warned of is from its
article 'Configure managed identities for Azure resources on an Azure VM using Azure CLI' ('Names' in the wire facts).
"""

from __future__ import annotations

import re

from vmident.core.consequences import Notice
from vmident.errors import BadResourceId

LONG_IDENTITY_NAME = "long-identity-name"
SAFE_IDENTITY_NAME_LENGTH = 24
"""Characters; the article warns of trouble on a VM above it, and Azure takes more."""

_IDENTITY_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{2,127}")
# Letters and digits of any script, as Azure's own rule has them.
_GROUP_NAME = re.compile(r"[\w().-]{0,89}[\w()-]")


def checked_identity_name(text: str) -> str:
    """Return the name of an identity that is to be made, without white space around it; raises `BadResourceId`."""
    name = text.strip()
    if not _IDENTITY_NAME.fullmatch(name):
        raise BadResourceId(
            f"No user-assigned identity can be called '{name}'.",
            hint="A name has 3 to 128 letters, digits, hyphens and underscores, and begins with a letter or digit.",
        )
    return name


def checked_group_name(text: str) -> str:
    """Return the name of a resource group, without white space around it; raises `BadResourceId`."""
    name = text.strip()
    if not _GROUP_NAME.fullmatch(name):
        raise BadResourceId(
            f"No resource group can be called '{name}'.",
            hint="A name has 1 to 90 letters, digits, and characters of -._(), and does not end in a period.",
        )
    return name


def name_warnings(identity_name: str) -> tuple[Notice, ...]:
    """Warn of the name of an identity that a VM may have trouble with."""
    if len(identity_name) <= SAFE_IDENTITY_NAME_LENGTH:
        return ()
    return (
        Notice(
            LONG_IDENTITY_NAME,
            f"The name '{identity_name}' has {len(identity_name)} characters; Microsoft warns of trouble on VMs above "
            f"{SAFE_IDENTITY_NAME_LENGTH}.",
        ),
    )
