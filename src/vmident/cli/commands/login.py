"""`vmident login` and `vmident logout`."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from msgspec import Struct

from vmident.cli.composition.session import Session
from vmident.cli.config.chosen_subscription import ORIGIN
from vmident.cli.run import Run
from vmident.errors import ExitCode, UsageError, VmidentError
from vmident.ports.auth import Account, SignInMethod, SignInRequest
from vmident.render.account import subscription_document, subscription_lines
from vmident.render.line import Line, Tone
from vmident.results.account import SubscriptionList

_SANDBOX = "The sandbox does not need a sign-in."


class LoginOptions(Struct, frozen=True):
    """How to sign in; the browser where none is named."""

    use_device_code: Annotated[
        bool, typer.Option("--use-device-code", help="Sign in with a code on another device.")
    ] = False
    service_principal: Annotated[bool, typer.Option("--service-principal", help="Sign in as a service principal.")] = (
        False
    )
    identity: Annotated[bool, typer.Option("--identity", help="Sign in with this machine's managed identity.")] = False
    client_id: Annotated[
        str | None,
        typer.Option(
            "--client-id",
            metavar="ID",
            help="Client ID of the service principal or managed identity.",
            show_default=False,
        ),
    ] = None
    tenant: Annotated[
        str | None,
        typer.Option("--tenant", metavar="ID|DOMAIN", help="Tenant ID or domain.", show_default=False),
    ] = None
    allow_unencrypted: Annotated[
        bool,
        typer.Option("--allow-unencrypted", help="Store tokens in a plain file if no credential store is available."),
    ] = False

    @property
    def method(self) -> SignInMethod:
        """The one way that is asked for; raises `UsageError` for several, and for an option that goes with another."""
        overrides = {
            "--use-device-code": (self.use_device_code, SignInMethod.DEVICE_CODE),
            "--service-principal": (self.service_principal, SignInMethod.SERVICE_PRINCIPAL),
            "--identity": (self.identity, SignInMethod.MANAGED_IDENTITY),
        }
        named = {option: method for option, (is_asked, method) in overrides.items() if is_asked}
        if len(named) > 1:
            raise UsageError(f"{' and '.join(named)} cannot be used together.", hint="Use only one of them.")
        method = next(iter(named.values()), SignInMethod.BROWSER)
        if self.client_id and method in {SignInMethod.BROWSER, SignInMethod.DEVICE_CODE}:
            raise UsageError(
                "--client-id requires --service-principal or --identity.",
                hint="Add one of them, or remove --client-id.",
            )
        if self.tenant and method is SignInMethod.MANAGED_IDENTITY:
            raise UsageError("--tenant cannot be used with --identity.", hint="Remove --tenant.")
        if self.allow_unencrypted and method is SignInMethod.MANAGED_IDENTITY:
            raise UsageError(
                "--allow-unencrypted cannot be used with --identity, whose tokens are not stored.",
                hint="Remove --allow-unencrypted.",
            )
        return method


def login(run: Run, *, login_options: LoginOptions) -> ExitCode:
    """Sign in to Azure.

    If you are signed in with 'az login', you do not need this command.

    By default, signs in with a browser. Lists the subscriptions that the account can access. Tokens are stored in the
    system's credential store.

    With --service-principal, reads the secret from AZURE_CLIENT_SECRET or prompts for it, and does not store it.
    AZURE_CLIENT_ID and AZURE_TENANT_ID are the defaults of --client-id and --tenant.

    Examples:

      vmident login

      vmident login --use-device-code --tenant contoso.onmicrosoft.com

      vmident login --service-principal --client-id ID --tenant ID

      vmident login --identity
    """
    method = login_options.method
    session = run.open()
    if session.is_sandbox:
        return _say(run, "nothingToDo", _SANDBOX)
    account = session.logins.sign_in(_request(run, login_options, method))
    if not account.is_encrypted:
        kept = "warning: Tokens are stored in a plain file, in .IdentityService in your home folder."
        run.console.warn([Line(kept, Tone.WARNING)])
    tenant = f", tenant {account.tenant_id}" if account.tenant_id else ""
    message = f"Signed in to {account.cloud} as {account.name}{tenant}."
    return _say(run, "signedIn", message, account, _subscriptions(run, session))


def _subscriptions(run: Run, session: Session) -> SubscriptionList | None:
    """List what the new account can access; a choice that it cannot access is deleted. `None` where that fails."""
    try:
        listing = session.subscription_list
    except VmidentError as failure:
        text = f"warning: The subscriptions could not be listed: {failure.message}"
        run.console.warn([Line(text, Tone.WARNING)])
        return None
    if listing.unavailable and listing.origin == ORIGIN:
        session.choose_subscription(None)
        text = "warning: The subscription set with 'vmident account set' is not available to this account."
        run.console.warn([Line(f"{text} The setting was cleared.", Tone.WARNING)])
    return listing


def logout(run: Run) -> ExitCode:
    """Sign out and delete cached tokens.

    Removes only the sign-in made with 'vmident login'. The Azure CLI's sign-in is not affected.

    Examples:

      vmident logout
    """
    session = run.open()
    if session.is_sandbox:
        return _say(run, "nothingToDo", _SANDBOX)
    account = session.logins.sign_out()
    if account is None:
        return _say(run, "nothingToDo", "You are not signed in with 'vmident login'.")
    return _say(run, "signedOut", f"Signed out {account.name}. The Azure CLI's sign-in is not affected.", account)


def _request(run: Run, options: LoginOptions, method: SignInMethod) -> SignInRequest:
    if method is not SignInMethod.SERVICE_PRINCIPAL:
        return SignInRequest(method, options.tenant, options.client_id, allow_unencrypted=options.allow_unencrypted)
    environ = run.runtime.environ
    client_id = options.client_id or environ.get("AZURE_CLIENT_ID", "").strip()
    tenant = options.tenant or environ.get("AZURE_TENANT_ID", "").strip()
    if not client_id or not tenant:
        raise UsageError(
            f"A service principal requires {'a tenant' if client_id else 'a client id'}.",
            hint="Use --client-id and --tenant, or set AZURE_CLIENT_ID and AZURE_TENANT_ID.",
        )
    return SignInRequest(method, tenant, client_id, _secret(run, client_id), options.allow_unencrypted)


def _secret(run: Run, client_id: str) -> str:
    setting = run.runtime.environ.get("AZURE_CLIENT_SECRET")
    if setting:
        return setting
    if not run.runtime.terminal.can_ask:
        raise UsageError(
            "The service principal's secret is required.",
            hint="Set AZURE_CLIENT_SECRET. Secrets are not accepted on the command line.",
        )
    return run.ask_secret(f"Secret of {client_id}: ", hint="Enter the secret, or set AZURE_CLIENT_SECRET.")


def _say(
    run: Run, status: str, message: str, account: Account | None = None, listing: SubscriptionList | None = None
) -> ExitCode:
    document: dict[str, Any] = {"status": status, "message": message}
    if account:
        document |= {
            "name": account.name,
            "type": account.type.value,
            "tenantId": account.tenant_id,
            "cloud": account.cloud,
        }
    row = dict(document)
    if listing:
        document["subscriptions"] = [subscription_document(one, listing) for one in listing.subscriptions]
    table = subscription_lines(listing, run.width_columns) if listing else ()
    run.answer(document, rows=[row], lines=lambda: [Line(message), *table])
    return ExitCode.DONE
