"""Which tokens to request inside a VM, and whose tokens they have to be.

V1  Without a selector the token service answers for the default identity: the system-assigned one if there is one,
    else the only user-assigned one (rule C2 of `core.consequences`). So one request serves the checks `default` and
    `system`.
V2  Several user-assigned identities and no system-assigned one leave no default identity. That is no failure: there is
    no such check then, and a warning.
V3  A user-assigned identity is selected by its client ID, which is short, and by its resource ID while Azure has not
    said the client ID yet.
V4  A VM keeps the IDs that an identity had when it was attached. If the identity was deleted and created again since,
    the token service still uses the old ones, but roles are granted to the new principal. So the expected principal is
    the one that the identity itself shows, where it can be read; the token is requested as the VM knows it.

Sources: 'The token service inside a VM (IMDS)' in the project's wire facts; for V4 the GitHub issues 725 and 880 of
Azure/aad-pod-identity, where Microsoft's engineers say that a VM does not take over the new client ID.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from urllib.parse import quote

from msgspec import Struct
from msgspec.structs import replace

from vmident.core.consequences import DEFAULT_IDENTITY_AMBIGUOUS, Notice, default_identity
from vmident.core.identity import IdentityState
from vmident.core.resource_id import ResourceId, looks_like_id
from vmident.core.resources import IdentityResource
from vmident.core.selection import named
from vmident.core.shell import command_line
from vmident.errors import NotFound

SYSTEM, DEFAULT = "system", "default"
IDENTITY_NOT_READ = "identity-not-read"
SYSTEM_IN_THE_AZURE_CLI = "[system]"


class Principal(Struct, frozen=True):
    """The IDs of an identity in the directory, as far as known; ARM never shows the client ID of a system-assigned one.

    `resource_id` is what the token's claim `xms_mirid` has: the identity's own ID, or the VM's.
    """

    principal_id: str | None = None
    client_id: str | None = None
    resource_id: str | None = None


class TokenRequest(Struct, frozen=True):
    """One request to the token service. `selector` is a part of a query, such as `client_id=…`, or empty."""

    selector: str
    expected_resource_id: str


class Attachment(Enum):
    """What became of a user-assigned identity since it was attached; `UNKNOWN` where it could not be read."""

    UNKNOWN = "unknown"
    CURRENT = "current"
    RECREATED = "recreated"
    DELETED = "deleted"


class TokenCheck(Struct, frozen=True):
    """One check: the identity (a resource ID, `system` or `default`), its request, and whose token it has to be.

    `name` is what people call the identity. `user` is the user-assigned identity that it is about.
    """

    identity: str
    name: str
    request: TokenRequest
    expected: Principal
    user: ResourceId | None = None
    attachment: Attachment = Attachment.UNKNOWN


def plan_checks(
    vm: ResourceId, state: IdentityState, words: Sequence[str] = ()
) -> tuple[tuple[TokenCheck, ...], tuple[Notice, ...]]:
    """Return the checks of one VM, and warnings: of its default identity and all others, or of those that `words` name.

    A word is the name or the resource ID of an attached identity, or `[system]`. Raises `NotFound` for one that the VM
    does not have.
    """
    if words:
        return tuple(dict.fromkeys(_named_check(word, vm, state) for word in words)), ()
    default = default_identity(state)
    checks = [_system_check(vm, state, DEFAULT), _system_check(vm, state, SYSTEM)] if state.system else []
    if default.user:
        checks.append(_user_check(default.user, state, DEFAULT))
    checks += (_user_check(user, state) for user in state.users)
    ambiguous = Notice(
        DEFAULT_IDENTITY_AMBIGUOUS,
        "Programs in the VM that do not specify an identity get an error: there are several "
        "user-assigned identities and no system-assigned one.",
    )
    return tuple(checks), (ambiguous,) if default.is_ambiguous else ()


def with_current_identity(check: TokenCheck, resource: IdentityResource | None) -> TokenCheck:
    """Return a check of a user-assigned identity that expects what the identity itself shows (rule V4).

    `resource` is `None` for an identity that no longer exists.
    """
    if resource is None:
        expected = Principal(resource_id=check.expected.resource_id)
        return replace(check, expected=expected, attachment=Attachment.DELETED)
    shown_by_vm = check.expected.principal_id
    if resource.principal_id is None:
        return check
    is_same = shown_by_vm is None or shown_by_vm.lower() == resource.principal_id.lower()
    return replace(
        check,
        expected=Principal(resource.principal_id, resource.client_id, check.expected.resource_id),
        attachment=Attachment.CURRENT if is_same else Attachment.RECREATED,
    )


def identity_not_read(user: ResourceId, code: str) -> Notice:
    """Warn that an identity could not be read, so that only the VM says which principal it has."""
    return Notice(
        IDENTITY_NOT_READ,
        f"Identity '{user.name}' could not be read ({code}): its token is compared with the principal that the VM "
        "shows, which is outdated if the identity was created again.",
    )


def _named_check(word: str, vm: ResourceId, state: IdentityState) -> TokenCheck:
    if word.strip().lower() == SYSTEM_IN_THE_AZURE_CLI:
        if state.system:
            return _system_check(vm, state, SYSTEM)
        raise _not_there(f"The system-assigned identity of VM '{vm.name}' is not enabled.", vm)
    if looks_like_id(word):
        found = [user for user in state.users if user == ResourceId.parse(word)]
    else:
        found = [*named(state.users, word)]
    if len(found) == 1:
        return _user_check(found[0], state)
    how_many = f"{len(found)} identities named '{word}' are" if found else f"Identity '{word}' is not"
    raise _not_there(f"{how_many} attached to VM '{vm.name}'.", vm)


def _not_there(message: str, vm: ResourceId) -> NotFound:
    return NotFound(
        message,
        code="identity-not-found",
        hint=f"To see the VM's identities and their resource IDs: {command_line('vmident', 'show', vm)}",
    )


def _system_check(vm: ResourceId, state: IdentityState, identity: str) -> TokenCheck:
    expected = Principal(state.principal_of(None), None, str(vm))
    name = "system-assigned identity"
    return TokenCheck(identity, _as_default(name, identity), TokenRequest("", str(vm)), expected)


def _user_check(user: ResourceId, state: IdentityState, identity: str | None = None) -> TokenCheck:
    known = state.users[user]
    selector = (
        f"client_id={quote(known.client_id, safe='')}" if known.client_id else f"msi_res_id={quote(str(user), safe='')}"
    )
    request = TokenRequest("" if identity == DEFAULT else selector, str(user))
    expected = Principal(known.principal_id, known.client_id, str(user))
    return TokenCheck(identity or str(user), _as_default(user.name, identity), request, expected, user)


def _as_default(name: str, identity: str | None) -> str:
    return f"default ({name})" if identity == DEFAULT else name
