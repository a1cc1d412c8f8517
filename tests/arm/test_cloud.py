from __future__ import annotations

import pytest

from vmident.arm.cloud import KNOWN_CLOUDS, Cloud, checked_endpoint, is_same_origin, known_cloud
from vmident.errors import UsageError

ENDPOINT = "https://management.azure.com"


@pytest.mark.parametrize(
    ("name", "endpoint", "authority", "graph"),
    [
        ("AzureCloud", "management.azure.com", "login.microsoftonline.com", "graph.microsoft.com"),
        ("AzureUSGovernment", "management.usgovcloudapi.net", "login.microsoftonline.us", "graph.microsoft.us"),
        (
            "AzureChinaCloud",
            "management.chinacloudapi.cn",
            "login.chinacloudapi.cn",
            "microsoftgraph.chinacloudapi.cn",
        ),
        ("AzureBleuCloud", "management.sovcloud-api.fr", "login.sovcloud-identity.fr", "graph.svc.sovcloud.fr"),
    ],
)
def test_a_cloud_is_known_by_the_azure_clis_name_in_any_case(
    name: str, endpoint: str, authority: str, graph: str
) -> None:
    for spelled in (name, name.upper(), f" {name.lower()} "):
        assert known_cloud(spelled) == Cloud(name, f"https://{endpoint}", authority, graph=f"https://{graph}")
    assert known_cloud(name).scope == f"https://{endpoint}/.default"
    assert known_cloud(name).has_microsofts_authority
    assert not known_cloud(name).is_plain_http


def test_microsoft_graph_is_asked_at_its_own_endpoint_for_its_own_audience() -> None:
    of_graph = known_cloud("AzureUSGovernment").of_graph
    assert of_graph is not None
    assert (of_graph.endpoint, of_graph.scope) == ("https://graph.microsoft.us", "https://graph.microsoft.us/.default")
    keys = {"endpoint_resource_manager": "https://arm.example", "endpoint_active_directory": "https://login.example"}
    assert known_cloud("own", {"own": keys}).of_graph is None
    with_graph = known_cloud("own", {"own": {**keys, "endpoint_microsoft_graph_resource_id": "https://graph.example/"}})
    assert with_graph.graph == "https://graph.example"


def test_an_unknown_cloud_is_refused_and_the_known_ones_are_named() -> None:
    with pytest.raises(UsageError) as refused:
        known_cloud("AzureGermanCloud")
    assert "'AzureGermanCloud'" in refused.value.message
    assert refused.value.hint
    assert all(cloud.name in refused.value.hint for cloud in KNOWN_CLOUDS.values())


@pytest.mark.parametrize(
    ("authority", "is_microsofts"),
    [
        ("login.microsoftonline.com", True),
        ("https://login.microsoftonline.com/", True),
        ("https://LOGIN.microsoftonline.com", True),
        ("https://login.partner.microsoftonline.cn", True),
        ("https://login.example", False),
        ("https://login.microsoftonline.com.evil.example", False),
        ("https://login.microsoftonline.com@evil.example", False),
        ("localhost:8443", False),
    ],
)
def test_instance_discovery_is_for_microsofts_own_authorities(authority: str, is_microsofts: bool) -> None:
    assert Cloud("mine", ENDPOINT, authority).has_microsofts_authority is is_microsofts


@pytest.mark.parametrize(
    ("url", "endpoint"),
    [
        ("https://management.azure.com", "https://management.azure.com"),
        ("https://management.azure.com/", "https://management.azure.com"),
        (" https://management.azure.com\n", "https://management.azure.com"),
        ("HTTPS://arm.example:8443", "https://arm.example:8443"),
        ("https://[2001:db8::1]:443/", "https://[2001:db8::1]:443"),
        ("http://localhost:5000", "http://localhost:5000"),
        ("http://LOCALHOST", "http://LOCALHOST"),
        ("http://127.0.0.1:5000/", "http://127.0.0.1:5000"),
        ("http://127.1.2.3", "http://127.1.2.3"),
        ("http://[::1]:5000", "http://[::1]:5000"),
    ],
)
def test_an_endpoint_is_an_https_url_or_an_http_one_on_loopback(url: str, endpoint: str) -> None:
    assert checked_endpoint(url) == endpoint
    assert Cloud("mine", endpoint, "login.example").is_plain_http == endpoint.startswith("http:")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "management.azure.com",
        "//management.azure.com",
        "https://",
        "https:///subscriptions",
        "ftp://management.azure.com",
        "file:///etc/passwd",
        "http://management.azure.com",
        "http://localhost.evil.example",
        "http://127.0.0.1.evil.example",
        "http://127.0.0.1@evil.example",
        "http://10.0.0.1",
        "http://0.0.0.0",
        "http://2130706433",
        "https://user@management.azure.com",
        "https://user:word@management.azure.com",
        "https://:word@management.azure.com",
        "https://management.azure.com/subscriptions",
        "https://management.azure.com?x=1",
        "https://management.azure.com/#x",
        "https://management.azure.com:port",
        "https://management.azure.com:99999",
        "https://[::1",
    ],
)
def test_an_endpoint_where_a_token_could_be_read_or_led_astray_is_refused(url: str) -> None:
    with pytest.raises(UsageError) as refused:
        checked_endpoint(url)
    assert f"'{url}'" in refused.value.message
    assert "VMIDENT_ARM_ENDPOINT" in (refused.value.hint or "")


@pytest.mark.parametrize(
    "url",
    [
        "https://management.azure.com",
        "https://management.azure.com/subscriptions/s/operations/1?api-version=2024-07-01&t=1&c=x%2F",
        "https://management.azure.com:443/x",
        "HTTPS://MANAGEMENT.AZURE.COM/x",
        "https://management.azure.com/@evil.example",
        "https://management.azure.com?next=https://evil.example",
        "https://management.azure.com#@evil.example",
    ],
)
def test_a_url_on_the_endpoints_own_host_and_port_may_have_the_token(url: str) -> None:
    assert is_same_origin(url, ENDPOINT)
    assert is_same_origin(url, "https://Management.Azure.com:443")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/subscriptions/s",
        "//management.azure.com/x",
        "http://management.azure.com/x",
        "http://management.azure.com:443/x",
        "https://management.azure.com:444/x",
        "https://management.azure.com:80/x",
        "https://management.azure.com:99999/x",
        "https://management.azure.com.evil.example/x",
        "https://management.azure.com@evil.example/x",
        "https://management.azure.com:443@evil.example/x",
        "https://evil.example@management.azure.com/x",
        "https://@management.azure.com/x",
        "https://management.azure.com:word@evil.example",
        "https://evil.example\\@management.azure.com/x",
        "https://management.azure.com\\.evil.example/x",
        "https://management.azure.com\\@evil.example/x",
        "https://management.azure.com\t@evil.example/x",
        "https://management.azure.com%2eevil.example/x",
        "https://management.azure.com%00.evil.example/x",
        "https://evil.example/management.azure.com",
        "https://evil.example?management.azure.com",
        "https://evilmanagement.azure.com/x",
        "https://azure.com/x",
        "https://[management.azure.com/x",
        "ftp://management.azure.com/x",
    ],
)
def test_a_url_that_leads_anywhere_else_gets_no_token(url: str) -> None:
    assert not is_same_origin(url, ENDPOINT)


def test_the_port_of_the_endpoint_is_part_of_where_it_is() -> None:
    assert is_same_origin("http://localhost:5000/x", "http://localhost:5000")
    assert is_same_origin("http://localhost:80/x", "http://localhost")
    assert not is_same_origin("http://localhost:5001/x", "http://localhost:5000")
    assert not is_same_origin("http://127.0.0.1:5000/x", "http://localhost:5000")


@pytest.mark.parametrize(
    "url",
    ["https://@arm.example", "https://:@arm.example", "https://a b.example", "https://a\\.example", "https://a\x00b"],
)
def test_an_endpoint_that_is_no_plain_host_is_refused(url: str) -> None:
    with pytest.raises(UsageError):
        checked_endpoint(url)


def test_port_0_is_no_default_port() -> None:
    assert not is_same_origin("https://management.azure.com:0/x", "https://management.azure.com")


PRIVATE = {
    "endpoint_resource_manager": "https://arm.private.example/",
    "endpoint_active_directory": "https://login.private.example/",
    "endpoint_active_directory_resource_id": "https://management.private.example/",
}


@pytest.mark.parametrize("name", ["Private", "private", " PRIVATE "])
def test_a_cloud_that_the_azure_cli_has_registered_is_known_by_name_in_any_case(name: str) -> None:
    cloud = known_cloud(name, {"Private": PRIVATE})
    assert (cloud.name, cloud.endpoint) == ("Private", "https://arm.private.example")
    assert cloud.authority == "https://login.private.example"
    assert cloud.scope == "https://management.private.example//.default"
    assert not cloud.has_microsofts_authority


def test_without_a_resource_of_its_own_a_registered_cloud_asks_tokens_for_its_endpoint() -> None:
    keys = {name: value for name, value in PRIVATE.items() if name != "endpoint_active_directory_resource_id"}
    assert known_cloud("Private", {"Private": keys}).scope == "https://arm.private.example/.default"


@pytest.mark.parametrize("missing", ["endpoint_resource_manager", "endpoint_active_directory"])
def test_a_registered_cloud_that_lacks_an_endpoint_says_which(missing: str) -> None:
    keys = {name: value for name, value in PRIVATE.items() if name != missing}
    with pytest.raises(UsageError, match=f"no {missing} in") as refused:
        known_cloud("Private", {"Private": keys})
    assert f"--{missing.replace('_', '-')} URL" in (refused.value.hint or "")


def test_a_registered_cloud_gets_no_token_in_the_clear() -> None:
    with pytest.raises(UsageError) as refused:
        known_cloud("Private", {"Private": {**PRIVATE, "endpoint_resource_manager": "http://arm.private.example"}})
    assert "endpoint_resource_manager of 'Private'" in (refused.value.hint or "")


def test_a_section_of_a_public_cloud_changes_what_it_names_alone() -> None:
    assert known_cloud("azurecloud", {"AzureCloud": {"subscription": "x"}}) == known_cloud("AzureCloud")


def test_an_unknown_cloud_lists_the_registered_ones_too() -> None:
    with pytest.raises(UsageError) as refused:
        known_cloud("Moon", {"Private": PRIVATE})
    assert "AzureBleuCloud, Private" in (refused.value.hint or "")
