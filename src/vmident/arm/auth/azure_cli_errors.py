"""Why the Azure CLI returned no token, and the command that signs in again.

Source: the messages of azure-identity's `_credentials/azure_cli.py`, which passes on what the Azure CLI prints, and
`auth/util.py` of azure-cli 2.91, which suggests the same command.
"""

from __future__ import annotations

import re
from subprocess import TimeoutExpired

from vmident.arm.auth.errors import SIGN_IN_HOST, reason_of
from vmident.arm.errors.network import is_network_failure, network_hint
from vmident.core.auth.azure_cli_cache import AzureCliAccount
from vmident.core.auth.caller import CallerType
from vmident.core.shell import command_line
from vmident.errors import NotSignedIn

_CLAIMS = re.compile(r"az login --claims-challenge ([\w+/=-]+)")
_NOT_ON_PATH = "Azure CLI not found on path"
_SIGNED_OUT = "Please run 'az login' to set up an account"


def azure_cli_error(failure: Exception, account: AzureCliAccount) -> NotSignedIn:
    """Return the error for an account of the Azure CLI's that azure-identity got no token for."""
    text, sign_in = str(failure), f"the Azure CLI's sign-in of '{account.name}'"
    challenge = _CLAIMS.search(text)
    if challenge:
        return NotSignedIn(
            f"Azure requires more than {sign_in}, such as multi-factor authentication.",
            hint=_sign_in_again(account, "--claims-challenge", challenge[1]),
        )
    if _SIGNED_OUT in text:
        return NotSignedIn(f"T{sign_in[1:]} has ended.", hint=_sign_in_again(account))
    reason, hint = _reason_and_hint(failure, account)
    return NotSignedIn(f"The Azure CLI could not get a token for '{account.name}': {reason}", hint=hint)


def _reason_and_hint(failure: Exception, account: AzureCliAccount) -> tuple[str, str]:
    if _NOT_ON_PATH in str(failure):
        hint = "Install the Azure CLI or correct PATH, or sign in with 'vmident login'."
        return "a new token requires 'az', which is not on PATH.", hint
    if isinstance(failure.__cause__, TimeoutExpired):
        return f"'az' did not respond within {failure.__cause__.timeout:.0f} seconds.", _CHECK_AZURE_CLI
    reason = reason_of(failure)
    if "AADSTS" in reason:
        return reason, _sign_in_again(account)
    hint = network_hint(reason, SIGN_IN_HOST) if is_network_failure(reason) else _CHECK_AZURE_CLI
    return reason or "Failed to invoke the Azure CLI", hint


_CHECK_AZURE_CLI = f"Check the Azure CLI: {command_line('az', 'account', 'get-access-token', '--output', 'none')}"


def _sign_in_again(account: AzureCliAccount, *more: str) -> str:
    is_app = account.type is CallerType.SERVICE_PRINCIPAL
    app = ("--service-principal", "--username", account.name) if is_app else ()
    return f"Sign in again: {command_line('az', 'login', *app, '--tenant', account.tenant_id, *more)}"
