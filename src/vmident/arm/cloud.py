"""Which Azure this is: where its Resource Manager answers, and who signs people in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from vmident.core.naming import did_you_mean
from vmident.core.shell import command_line
from vmident.errors import UsageError

_MICROSOFTS_AUTHORITIES = (
    "login.microsoftonline.com",
    "login.microsoftonline.us",
    "login.chinacloudapi.cn",
    "login.partner.microsoftonline.cn",
    "login.sovcloud-identity.fr",
)
_HOST = re.compile(r"[a-z0-9.-]+|[0-9a-f:.]+", re.IGNORECASE)


class Cloud(Struct, frozen=True):
    """A cloud: its name, the URL of its Resource Manager, the host that gives out tokens.

    `resource` is the audience of its tokens, where that is not the endpoint. `graph` is the URL of its Microsoft Graph,
    which is the audience of the tokens for it; `None` where it is not known.
    """

    name: str
    endpoint: str
    authority: str
    resource: str | None = None
    graph: str | None = None

    @property
    def scope(self) -> str:
        """What a token for the Resource Manager is asked for.

        A resource keeps the slash at its end, which the token's audience has too; source: the Azure CLI's
        `resource_to_scopes`.
        """
        return f"{self.resource or self.endpoint}/.default"

    @property
    def is_plain_http(self) -> bool:
        """Return whether requests go unencrypted, which `checked_endpoint` allows on loopback alone."""
        return self.endpoint.startswith("http://")

    @property
    def authority_host(self) -> str:
        """The authority's host, with its port where it names one, in lower case."""
        return urlsplit(self.authority if "//" in self.authority else f"https://{self.authority}").netloc.lower()

    @property
    def has_microsofts_authority(self) -> bool:
        """Return whether Microsoft's instance discovery knows the authority; it is never asked about a foreign one."""
        return self.authority_host.partition(":")[0] in _MICROSOFTS_AUTHORITIES

    @property
    def of_graph(self) -> Cloud | None:
        """The cloud with its Microsoft Graph in the place of the Resource Manager; `None` where it is not known."""
        return replace(self, endpoint=self.graph, resource=None) if self.graph else None

    def signed_in_by(self, authority: str | None) -> Cloud:
        """Return the same cloud with another authority, where one is named."""
        return replace(self, authority=authority) if authority else self


def _public(name: str, manager: str, authority: str, graph: str) -> Cloud:
    """Return a cloud of Microsoft's; `graph` is `microsoft_graph_resource_id` in the Azure CLI's cloud.py."""
    return Cloud(name, f"https://{manager}", authority, graph=f"https://{graph}")


KNOWN_CLOUDS = {
    cloud.name.lower(): cloud
    for cloud in (
        _public("AzureCloud", "management.azure.com", "login.microsoftonline.com", "graph.microsoft.com"),
        _public("AzureUSGovernment", "management.usgovcloudapi.net", "login.microsoftonline.us", "graph.microsoft.us"),
        _public(
            "AzureChinaCloud",
            "management.chinacloudapi.cn",
            "login.chinacloudapi.cn",
            "microsoftgraph.chinacloudapi.cn",
        ),
        _public("AzureBleuCloud", "management.sovcloud-api.fr", "login.sovcloud-identity.fr", "graph.svc.sovcloud.fr"),
    )
}


def known_cloud(name: str, registered: Mapping[str, Mapping[str, str]] | None = None) -> Cloud:
    """Return a cloud by its Azure CLI name, in any case: one of the four public ones, or one that was registered.

    `registered` are the sections of the Azure CLI's `clouds.config`, which may also change a public cloud. Raises
    `UsageError` for another name, and for a cloud that lacks an endpoint.
    """
    wanted = name.strip().lower()
    public = KNOWN_CLOUDS.get(wanted)
    section = next(((called, keys) for called, keys in (registered or {}).items() if called.lower() == wanted), None)
    if section:
        return _registered_cloud(*section, public)
    if public is None:
        names = ", ".join([cloud.name for cloud in KNOWN_CLOUDS.values()] + sorted(registered or {}))
        alike = did_you_mean(name, [*(cloud.name for cloud in KNOWN_CLOUDS.values()), *(registered or {})])
        raise UsageError(
            f"'{name}' is not a known cloud.{alike}", hint=f"Use one of {names}, or set VMIDENT_ARM_ENDPOINT."
        )
    return public


def _registered_cloud(name: str, keys: Mapping[str, str], public: Cloud | None) -> Cloud:
    """Read a section of `clouds.config`; names of keys: the Azure CLI's `cloud.py`."""
    endpoint = keys.get("endpoint_resource_manager") or (public.endpoint if public else None)
    authority = keys.get("endpoint_active_directory") or (public.authority if public else None)
    if not endpoint or not authority:
        missing = "endpoint_active_directory" if endpoint else "endpoint_resource_manager"
        update = command_line("az", "cloud", "update", "--name", name, f"--{missing.replace('_', '-')}", "URL")
        raise UsageError(
            f"Cloud '{name}' has no {missing} in the Azure CLI's clouds.config.",
            hint=f"Set it: {update}",
        )
    file = f"of '{name}' in the Azure CLI's clouds.config"
    graph = keys.get("endpoint_microsoft_graph_resource_id") or (public.graph if public else None)
    return Cloud(
        public.name if public else name,
        checked_endpoint(endpoint, f"endpoint_resource_manager {file}"),
        authority.rstrip("/"),
        keys.get("endpoint_active_directory_resource_id") or None,
        checked_endpoint(graph, f"endpoint_microsoft_graph_resource_id {file}", "Microsoft Graph") if graph else None,
    )


def checked_endpoint(url: str, told_by: str = "VMIDENT_ARM_ENDPOINT", service: str = "ARM") -> str:
    """Return an endpoint without a slash at its end; `told_by` is where to mend one that is refused.

    Raises `UsageError` for anything but an https URL, or an http one on loopback: a bearer token goes there.
    """
    try:
        parts = urlsplit(url.strip())
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    plain = parts.path.rstrip("/") == "" and not (parts.query or parts.fragment or "@" in parts.netloc)
    if (
        host
        and _HOST.fullmatch(host)
        and plain
        and (parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host)))
    ):
        return f"{parts.scheme}://{parts.netloc}"
    raise UsageError(
        f"'{url}' is not a valid {service} endpoint. Use https://HOST[:PORT]; http is allowed on loopback only.",
        hint=f"Check {told_by}.",
    )


def is_same_origin(url: str, endpoint: str) -> bool:
    """Return whether `url` leads to the very host, port and scheme of the endpoint, and so may be sent the token."""
    try:
        return _origin(url) == _origin(endpoint)
    except ValueError:
        return False


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    if parts.username is not None or parts.password is not None or "\\" in parts.netloc:
        raise ValueError(url)
    default_port = {"https": 443, "http": 80}.get(parts.scheme)
    return parts.scheme, parts.hostname, default_port if parts.port is None else parts.port


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
