"""What environment variables hold, as vmident, azure-identity and requests are meant to read it.

Pure: the variables are handed in, and so is the look at files.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from vmident.errors import UsageError

_OURS = re.compile(
    r"(VMIDENT|AZURE|ARM)_\w+|(IDENTITY|MSI)_(ENDPOINT|HEADER|SECRET)|IMDS_ENDPOINT"
    r"|(HTTPS?|ALL|NO)_PROXY|(REQUESTS|CURL)_CA_BUNDLE|SSL_CERT_(FILE|DIR)",
    re.IGNORECASE,  # for proxies, which are read in lower case too
)
_PROXIES = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
_PROXY_SCHEMES = {"http", "https", "socks4", "socks4a", "socks5", "socks5h"}
_PROXY_HOST = re.compile(r"(?:\[[0-9a-f:.]+\]|[\w.-]+)(?::([0-9]{1,5}))?", re.IGNORECASE)
_CERTIFICATES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_NAMED_BY_ID = ("AZURE_TENANT_ID", "AZURE_CLIENT_ID")
_SECRET = "AZURE_CLIENT_SECRET"  # noqa: S105 - the variable's name
_FILES = ("AZURE_CLIENT_CERTIFICATE_PATH", "AZURE_FEDERATED_TOKEN_FILE")
_QUOTES = tuple("\"'\u2018\u2019\u201c\u201d")  # straight ones, and those of word processors
_TENANT = re.compile(r"[0-9a-zA-Z.-]+")  # azure-identity's `validate_tenant_id`


def trimmed(environ: Mapping[str, str]) -> dict[str, str | None]:
    """Return the variables to change: white space around a value is dropped, and an empty one counts as not set.

    A file with the line endings of Windows, read by a shell, leaves a carriage return at the end of each value.
    """
    changes: dict[str, str | None] = {}
    for name, value in environ.items():
        if _OURS.fullmatch(name) and (not value.strip() or value.strip() != value):
            changes[name] = value.strip() or None
    return changes


def proxy_in(environ: Mapping[str, str]) -> tuple[str, str] | None:
    """Return the variable that names the proxy for HTTPS, and its URL, as requests finds it; `None` for no proxy."""
    return next(((name, environ[name]) for name in _PROXIES if environ.get(name)), None)


def without_password(proxy: str) -> str:
    """Return the URL of a proxy without the user name and the password in it."""
    scheme, separator, rest = proxy.rpartition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}"


def proxy_error(environ: Mapping[str, str], has_socks: Callable[[], bool]) -> UsageError | None:
    """Return what is wrong with the URL of the proxy; it is never quoted, because it may have a password.

    `has_socks` returns whether the package for SOCKS proxies is installed.
    """
    name, url = proxy_in(environ) or ("", "")
    if url.lower().startswith("socks") and not has_socks():
        hint = f"Set {name} to an HTTP proxy, or install PySocks in the environment of vmident."
        return UsageError(f"{name} is a SOCKS proxy, which requires the package PySocks.", hint=hint)
    reason = _slip_in_proxy(url) if url else None
    hint = f"Set {name} to http://HOST:PORT or http://USER:PASSWORD@HOST:PORT."
    return UsageError(f"{name} {reason}.", hint=hint) if reason else None


def missing_certificates(environ: Mapping[str, str], exists: Callable[[str], bool]) -> tuple[str, str] | None:
    """Return the variable that names certificates to trust, and its file, where that file does not exist."""
    named = next(((name, environ[name]) for name in _CERTIFICATES if environ.get(name)), None)
    return named if named and not exists(named[1]) else None


def certificates_error(variable: str, path: str) -> UsageError:
    """Return the error for a missing certificate file."""
    return UsageError(
        f"{variable} is '{path}', and that file does not exist.",
        hint=f"Set {variable} to a file with the certificates to trust, or unset it.",
    )


def credential_error(environ: Mapping[str, str], exists: Callable[[str], bool]) -> UsageError | None:
    """Return what is wrong with azure-identity's variables, where an application is to sign in through them.

    Without AZURE_CLIENT_ID none of them is read. The secret is never quoted.
    """
    if not environ.get("AZURE_CLIENT_ID"):
        return None
    for name in (*_NAMED_BY_ID, _SECRET):
        reason = _slip_in(environ.get(name, ""))
        if reason:
            shown = name if name == _SECRET else f"{name} is '{environ[name]}', which"
            return UsageError(f"{shown} {reason}.", hint=f"Set {name} to the value alone.")
    tenant = environ.get("AZURE_TENANT_ID", "")
    if tenant and not _TENANT.fullmatch(tenant):
        return UsageError(
            f"AZURE_TENANT_ID is '{tenant}', which is neither a tenant ID nor a domain name.",
            hint="Find the tenant ID: az account show --query tenantId",
        )
    if environ.get(_SECRET):
        return None
    for name in _FILES:
        path = environ.get(name)
        if path:
            missing = UsageError(f"{name} is '{path}', and that file does not exist.", hint=f"Correct or unset {name}.")
            return None if exists(path) else missing
    return None


def _slip_in_proxy(url: str) -> str | None:
    scheme, separator, rest = url.partition("://")
    if not separator:
        scheme, rest = "http", url
    authority = re.split(r"[/?#]", rest)[0]
    if "@" in rest.removeprefix(authority):
        return "has '/', '?' or '#' in its password, which must be written as %2F, %3F or %23"
    if scheme.lower() not in _PROXY_SCHEMES or (not separator and "@" in authority):
        return "does not start with http://"
    host = _PROXY_HOST.fullmatch(authority.rpartition("@")[2])
    return None if host and int(host[1] or 0) < 65536 else "has no valid host and port"


def _slip_in(value: str) -> str | None:
    if re.fullmatch(r"<.*>|\{.*\}|\[.*\]|\$\(.*\)|\$\{.*\}", value):
        return "is a placeholder"
    if value[:1] in _QUOTES or value[-1:] in _QUOTES:
        return "has quotation marks around it"
    if re.search(r"[\x00-\x20\x7f\u00a0\u200b\ufeff]", value):
        return "contains white space or a control character"
    return None
