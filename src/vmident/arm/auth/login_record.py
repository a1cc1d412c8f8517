"""What `vmident login` keeps between commands: who signed in and where, and no secret.

The tokens themselves are in azure-identity's own persistent cache.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from msgspec import Struct, structs

from vmident.arm.cloud import Cloud
from vmident.core.auth.caller import CallerType
from vmident.errors import NotSignedIn
from vmident.private_files import make_private_folder, write_private

FILE_NAME = "sign-in.json"
_VERSION = 1


class SignIn(Struct, frozen=True):
    """One sign-in. `record` is azure-identity's `AuthenticationRecord` as text, for a person alone.

    `authority` is the host that signed in. With `allow_unencrypted`, tokens may be in a plain file.
    """

    type: CallerType
    name: str
    cloud: str
    authority: str
    tenant_id: str | None = None
    client_id: str | None = None
    record: str | None = None
    allow_unencrypted: bool = False

    def is_for(self, cloud: Cloud) -> bool:
        """Return whether it was made in that cloud, at the authority that signs in there now."""
        return self.cloud.lower() == cloud.name.lower() and self.authority == cloud.authority_host


def load_login(folder: Path) -> SignIn | None:
    """Return the sign-in kept in the state folder, `None` where there is none.

    Raises `NotSignedIn` for a file that cannot be read: ignoring it could sign in as another account.
    """
    file = folder / FILE_NAME
    try:
        return _sign_in(json.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError) as unreadable:
        raise NotSignedIn(
            f"The saved sign-in cannot be read: {file}",
            hint="Run 'vmident login' to sign in again, or 'vmident logout' to delete it.",
        ) from unreadable


def save_login(folder: Path, sign_in: SignIn) -> None:
    """Replace the saved sign-in atomically, readable by the current user only."""
    document = {"version": _VERSION, **structs.asdict(sign_in), "type": sign_in.type.value}
    make_private_folder(folder)
    write_private(folder / FILE_NAME, json.dumps(document, indent=2))


def delete_login(folder: Path) -> None:
    """Forget the sign-in; nothing to do where there is none."""
    (folder / FILE_NAME).unlink(missing_ok=True)


def _sign_in(document: Any) -> SignIn:
    fields = dict(document)
    if fields.pop("version") != _VERSION or not all(isinstance(one, str | bool | None) for one in fields.values()):
        raise ValueError(document)
    sign_in = SignIn(**{**fields, "type": CallerType(fields["type"])})
    if sign_in.record is not None:
        from azure.identity import AuthenticationRecord

        AuthenticationRecord.deserialize(sign_in.record)
    return sign_in
