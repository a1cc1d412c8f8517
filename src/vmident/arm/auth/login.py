"""`vmident.ports.auth.Logins`: sign a person, an app or a managed identity in, and out again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from math import ceil
from pathlib import Path
from typing import Any

from vmident.arm.auth.errors import authority_options, token_failure, unusable_settings
from vmident.arm.auth.login_record import SignIn, delete_login, load_login, save_login
from vmident.arm.auth.token_cache import cache_options, forget_tokens, open_cache, owner_of_tokens
from vmident.arm.cloud import Cloud
from vmident.core.auth.caller import CallerType, caller_of
from vmident.errors import NoTokenStore, NotSignedIn
from vmident.ports.auth import Account, SignInMethod, SignInRequest

_TRY_A_CODE = "If no browser can be opened, run 'vmident login --use-device-code'."


class ArmLogins:
    """Sign-ins of one cloud, kept in the state folder.

    `prompt` receives what the user has to do next, `progress` what is waited for. `remaining_seconds` returns the rest
    of `--timeout`, and raises `TimedOut` where nothing is left.
    """

    def __init__(
        self,
        cloud: Cloud,
        folder: Path,
        *,
        prompt: Callable[[str], None],
        progress: Callable[[str], None],
        remaining_seconds: Callable[[], float | None],
    ) -> None:
        self._cloud = cloud
        self._remaining_seconds = remaining_seconds
        self._folder = folder
        self._prompt = prompt
        self._tell = progress

    def sign_in(self, request: SignInRequest) -> Account:
        """Sign in, and let the last sign-in go."""
        if request.method is SignInMethod.MANAGED_IDENTITY:
            credential_for, is_encrypted = self._managed_identity(request), True
        else:
            # Checked first: a sign-in that cannot be stored would be lost.
            is_encrypted = bool(open_cache(allow_unencrypted=request.allow_unencrypted).is_encrypted)
            is_app = request.method is SignInMethod.SERVICE_PRINCIPAL
            credential_for = self._service_principal(request) if is_app else self._person(request)
        last = self._last_one()
        if last and owner_of_tokens(last) != owner_of_tokens(credential_for):
            # Tokens in a store that is locked today are out of everybody's reach, and no reason to stop here.
            with suppress(NoTokenStore):
                forget_tokens(last)
        save_login(self._folder, credential_for)
        return _account(credential_for, is_encrypted=is_encrypted)

    def sign_out(self) -> Account | None:
        """Forget the sign-in and its tokens; a record that cannot be read is forgotten too."""
        last = self._last_one()
        if last:
            forget_tokens(last)
        delete_login(self._folder)
        return _account(last) if last else None

    def _last_one(self) -> SignIn | None:
        try:
            return load_login(self._folder)
        except NotSignedIn:
            return None

    def _person(self, request: SignInRequest) -> SignIn:
        from azure.identity import DeviceCodeCredential, InteractiveBrowserCredential

        options: dict[str, Any] = {"tenant_id": request.tenant_id} if request.tenant_id else {}
        options["cache_persistence_options"] = cache_options(allow_unencrypted=request.allow_unencrypted)
        options |= authority_options(self._cloud)
        remaining = self._remaining_seconds()
        if remaining is not None:
            options["timeout"] = ceil(remaining)
        with self._refusals(_TRY_A_CODE if request.method is SignInMethod.BROWSER else "Try again: vmident login"):
            if request.method is SignInMethod.BROWSER:
                self._tell("Waiting for the sign-in in the browser.")
                credential: Any = InteractiveBrowserCredential(**options)
            else:
                credential = DeviceCodeCredential(prompt_callback=self._show_code, **options)
            with credential:
                record = credential.authenticate(scopes=[self._cloud.scope])
        return self._signed_in(
            CallerType.USER,
            record.username,
            tenant_id=record.tenant_id,
            client_id=record.client_id,
            record=record.serialize(),
            allow_unencrypted=request.allow_unencrypted,
        )

    def _show_code(self, address: str, code: str, _ends: datetime) -> None:
        self._prompt(f"To sign in, open {address} and enter the code {code}.")

    def _service_principal(self, request: SignInRequest) -> SignIn:
        """The secret is good for one token, which the cache keeps; the secret itself is kept nowhere."""
        from azure.identity import ClientSecretCredential

        tenant_id, client_id = str(request.tenant_id), str(request.client_id)
        allow = request.allow_unencrypted
        # msal would give the token of the last sign-in without looking at the secret.
        forget_tokens(self._signed_in(CallerType.SERVICE_PRINCIPAL, "", client_id=client_id, allow_unencrypted=allow))
        with self._refusals("Check --client-id, --tenant, and the secret. The secret may have expired."):
            credential = ClientSecretCredential(
                tenant_id,
                client_id,
                str(request.secret),
                cache_persistence_options=cache_options(allow_unencrypted=allow),
                **authority_options(self._cloud),
            )
            with credential:
                caller = caller_of(credential.get_token(self._cloud.scope).token)
        return self._signed_in(
            CallerType.SERVICE_PRINCIPAL,
            caller.name or client_id,
            # A tenant named by its domain is kept in the cache by its id.
            tenant_id=caller.tenant_id or tenant_id,
            client_id=client_id,
            allow_unencrypted=allow,
        )

    def _managed_identity(self, request: SignInRequest) -> SignIn:
        from azure.identity import ManagedIdentityCredential

        hint = "Check that this machine has that identity: vmident show VM"
        with self._refusals(hint), ManagedIdentityCredential(client_id=request.client_id) as credential:
            caller = caller_of(credential.get_token(self._cloud.scope).token)
        return self._signed_in(
            CallerType.MANAGED_IDENTITY,
            caller.name or request.client_id or "the system-assigned identity",
            tenant_id=caller.tenant_id,
            client_id=request.client_id,
        )

    def _signed_in(self, kind: CallerType, name: str, **facts: Any) -> SignIn:
        return SignIn(kind, name, self._cloud.name, self._cloud.authority_host, **facts)

    @contextmanager
    def _refusals(self, hint: str) -> Iterator[None]:
        from azure.core.exceptions import AzureError

        try:
            yield
        except AzureError as failure:
            self._remaining_seconds()  # raises `TimedOut` where that is why no token was given
            raise token_failure(failure, self._cloud, "Sign-in failed", hint) from failure
        except ValueError as unusable:
            raise unusable_settings(unusable, self._cloud) from unusable


def _account(sign_in: SignIn, *, is_encrypted: bool = True) -> Account:
    return Account(sign_in.name, sign_in.type, sign_in.tenant_id, sign_in.cloud, is_encrypted=is_encrypted)
