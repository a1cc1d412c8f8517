"""Which cloud the settings name, and which credential signs requests to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from msgspec.structs import replace

from vmident.cli.config.azure_cli_config import azure_cli_folder
from vmident.cli.config.environment import certificates_error, credential_error, missing_certificates, proxy_error
from vmident.cli.config.settings import Settings
from vmident.cli.console import Console
from vmident.cli.runtime import Runtime
from vmident.errors import UsageError
from vmident.render.line import Line, Tone

if TYPE_CHECKING:
    from vmident.arm.auth.credential import Credential
    from vmident.arm.cloud import Cloud
    from vmident.ports.auth import Logins


def cloud_of(settings: Settings) -> Cloud:
    """Return the cloud with its endpoints; raises `UsageError` for one that is not known."""
    from vmident.arm.cloud import Cloud, checked_endpoint, known_cloud

    if settings.is_sandbox:
        from vmident.sandbox.sandbox import ENDPOINT, GRAPH_ENDPOINT

        return Cloud("sandbox", ENDPOINT, ENDPOINT, graph=GRAPH_ENDPOINT)
    cloud = known_cloud(settings.cloud, settings.clouds).signed_in_by(settings.authority)
    if settings.endpoint:
        # Another Resource Manager may be of another cloud, whose Microsoft Graph is another one too.
        cloud = replace(cloud, endpoint=checked_endpoint(settings.endpoint), graph=None)
    if settings.graph_endpoint:
        graph = checked_endpoint(settings.graph_endpoint, "VMIDENT_GRAPH_ENDPOINT", "Microsoft Graph")
        cloud = replace(cloud, graph=graph)
    return cloud


def cloud_label(settings: Settings, cloud: Cloud) -> str:
    """Return what the journal calls a cloud: its name, or the host of an endpoint that is not the cloud's own."""
    from vmident.arm.cloud import known_cloud

    is_own = settings.is_sandbox or known_cloud(settings.cloud, settings.clouds).endpoint == cloud.endpoint
    return cloud.name if is_own else urlsplit(cloud.endpoint).netloc


def credential_of(
    settings: Settings,
    cloud: Cloud,
    runtime: Runtime,
    trace: Callable[[str], None],
    remaining_seconds: Callable[[], float | None],
) -> Credential:
    """Return the credential of the first source that is set: the sandbox, a token, `vmident login`, the Azure CLI.

    Without any, azure-identity's chain. Settings that keep every request from being sent raise with the first one.
    """
    from vmident.arm.auth.azure_cli_credential import CachedAzureCliCredential, TokenCache
    from vmident.arm.auth.credential import StaticTokenCredential, UnusableCredential, credential_for
    from vmident.arm.auth.login_record import load_login

    _silence_the_sdk()
    if settings.is_sandbox:
        from vmident.sandbox.sandbox import GRAPH_TOKEN, TOKEN

        tokens = {cloud.scope: TOKEN, f"{cloud.graph}/.default": GRAPH_TOKEN}
        return StaticTokenCredential(tokens, runtime.wall(), "the sandbox")
    unusable = _unusable_environment(settings, cloud, runtime)
    if unusable:
        return UnusableCredential(unusable)
    if settings.access_token:
        return StaticTokenCredential({cloud.scope: settings.access_token}, runtime.wall())
    own = load_login(settings.state_folder)
    accounts = settings.azure_cli_accounts
    if not accounts or (own and own.is_for(cloud)):
        return credential_for(cloud, sign_in=own)
    cache = TokenCache(azure_cli_folder(runtime.environ, runtime.home), settings.azure_cli_encrypts)
    return CachedAzureCliCredential(
        accounts, cache, cloud, runtime.wall, trace=trace, remaining_seconds=remaining_seconds
    )


def logins_of(
    settings: Settings,
    cloud: Cloud,
    runtime: Runtime,
    console: Console,
    remaining_seconds: Callable[[], float | None],
) -> Logins:
    """Return the sign-in of `vmident login`; raises `UsageError` for certificates or a proxy that cannot be used."""
    from vmident.arm.auth.login import ArmLogins

    _silence_the_sdk()
    unusable = _unusable_network(runtime)
    if unusable:
        raise unusable
    return ArmLogins(
        cloud,
        settings.state_folder,
        prompt=lambda text: console.note([Line(text, Tone.HEADING)]),
        progress=console.progress,
        remaining_seconds=remaining_seconds,
    )


def exists(path: str) -> bool:
    """Return whether there is a file or folder of that name."""
    return Path(path).exists()


def is_exempt(url: str, environ: Mapping[str, str]) -> bool:
    """Return whether NO_PROXY exempts a URL from the proxy, as requests reads it."""
    from vmident.arm.http.proxies import is_exempt_from_proxy

    exempt = environ.get("no_proxy") or environ.get("NO_PROXY") or ""
    return exempt != "" and is_exempt_from_proxy(url, exempt)


def _unusable_environment(settings: Settings, cloud: Cloud, runtime: Runtime) -> UsageError | None:
    unusable = None if cloud.is_plain_http else _unusable_network(runtime)
    if unusable:
        return unusable
    return None if settings.access_token else credential_error(runtime.environ, exists)


def _unusable_network(runtime: Runtime) -> UsageError | None:
    missing = missing_certificates(runtime.environ, exists)
    return certificates_error(*missing) if missing else proxy_error(runtime.environ, _has_socks)


def _has_socks() -> bool:
    from importlib.util import find_spec

    return find_spec("socks") is not None


def _silence_the_sdk() -> None:
    """Keep the SDK's own log records off standard error: `arm.errors` reports what they report."""
    import logging

    for name in ("azure", "msal", "urllib3"):
        logging.getLogger(name).addHandler(logging.NullHandler())
