"""Variables as people set them: empty, with carriage returns, quotes and placeholders, naming files that are gone."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.program import Program
from vmident.cli.config.environment import credential_error, proxy_error, proxy_in, trimmed, without_password

GUID = "11111111-2222-3333-4444-555555555555"
APP = {"AZURE_CLIENT_ID": GUID, "AZURE_TENANT_ID": GUID, "AZURE_CLIENT_SECRET": "very-secret"}


def is_there(_path: str) -> bool:
    return True


@given(st.dictionaries(st.sampled_from(["AZURE_TENANT_ID", "VMIDENT_CLOUD", "https_proxy", "PATH"]), st.text()))
def test_trimming_leaves_no_white_space_and_nothing_empty_and_other_variables_alone(environ: dict[str, str]) -> None:
    changes = trimmed(environ)
    after = {name: value for name, value in {**environ, **changes}.items() if value is not None}
    assert "PATH" not in changes
    assert all(value == value.strip() != "" for name, value in after.items() if name != "PATH")
    assert trimmed(after) == {}


@pytest.mark.parametrize("name", ["AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"])
@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("<tenant-id>", "placeholder"),
        ("${TENANT}", "placeholder"),
        (f'"{GUID}"', "quotation marks"),
        (f"“{GUID}”", "quotation marks"),
        (f"'{GUID}", "quotation marks"),
        (f"{GUID}\r{GUID}", "control character"),
        (f"{GUID} {GUID}", "white space"),
    ],
)
def test_a_slip_is_named_for_what_it_is(name: str, value: str, reason: str) -> None:
    error = credential_error({**APP, name: value}, is_there)
    assert error
    assert name in error.message
    assert reason in error.message
    assert "AZURE_AUTHORITY_HOST" not in f"{error.message} {error.hint}"
    assert name != "AZURE_CLIENT_SECRET" or value not in f"{error.message} {error.hint}"


def test_what_azure_takes_is_no_error() -> None:
    assert credential_error(APP, is_there) is None
    assert credential_error({**APP, "AZURE_TENANT_ID": "contoso.onmicrosoft.com"}, is_there) is None
    assert credential_error({"AZURE_TENANT_ID": "<unused>"}, is_there) is None


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
def test_each_variable_for_a_proxy_counts(name: str) -> None:
    assert proxy_in({name: "http://proxy:3128"}) == (name, "http://proxy:3128")


def test_the_proxy_in_lower_case_and_the_one_for_https_come_first() -> None:
    proxies = {"ALL_PROXY": "d", "all_proxy": "c", "HTTPS_PROXY": "b", "https_proxy": "a"}
    while proxies:
        assert proxy_in(proxies) == proxies.popitem()


PROXY_SLIPS = [
    ("http://me:hush/hush@proxy:1", "has '/', '?' or '#' in its password, which must be written as %2F, %3F or %23"),
    ("me:hush?hush@proxy:1", "has '/', '?' or '#' in its password, which must be written as %2F, %3F or %23"),
    ("http://me:hush#hush@proxy:1", "has '/', '?' or '#' in its password, which must be written as %2F, %3F or %23"),
    ("me:hush@proxy:1", "does not start with http://"),
    ("htp://proxy:1", "does not start with http://"),
    ("http://me:hush@", "has no valid host and port"),
    ("http://me:hush@proxy:port", "has no valid host and port"),
    ("http://[::1", "has no valid host and port"),
    ("http://me:hush@proxy:65536", "has no valid host and port"),
    ("http://me:hush@proxy:\u0661", "has no valid host and port"),
    ("socks5://me:hush@proxy:1", "is a SOCKS proxy, which requires the package PySocks"),
]


@pytest.mark.parametrize(("url", "reason"), PROXY_SLIPS)
def test_a_proxy_that_cannot_be_used_is_an_error_without_its_password(url: str, reason: str) -> None:
    error = proxy_error({"HTTPS_PROXY": url}, lambda: False)
    assert error is not None
    assert error.message == f"HTTPS_PROXY {reason}."
    assert "hush" not in f"{error.hint} {without_password(url)}"


@pytest.mark.parametrize(
    "url",
    [
        "http://proxy:3128",
        "proxy:3128",
        "proxy",
        "HTTP://me:p%2Fss@proxy/",
        "http://me:p@ss@[::1]:1",
        "https://10.0.0.1",
        "socks5h://p:1",
        "",
    ],
)
def test_a_proxy_that_can_be_used_is_no_error(url: str) -> None:
    assert proxy_error({"HTTPS_PROXY": url}, lambda: True) is None


@pytest.fixture
def azure(program: Program) -> Program:
    """Azure itself, which no test reaches, and a token for it."""
    program.environ = {"VMIDENT_ACCESS_TOKEN": "abc", "VMIDENT_SUBSCRIPTION": GUID}
    return program


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
@pytest.mark.parametrize("command", ["list -g a", "show vm -g a", "enable-system vm -g a", "group list"])
def test_certificates_that_do_not_exist_are_an_error_of_every_command(
    azure: Program, command: str, variable: str
) -> None:
    azure.environ[variable] = "/nowhere/ca.pem"
    outcome = azure(command)
    assert (outcome.code, azure.sent) == (2, [])
    assert f"{variable} is '/nowhere/ca.pem', and that file does not exist." in outcome.out + outcome.err


@pytest.mark.parametrize("command", ["list -g a", "enable-system vm -g a", "login", "doctor"])
def test_a_proxy_that_cannot_be_used_is_reported_before_anything_is_sent(azure: Program, command: str) -> None:
    azure.environ |= {"https_proxy": "http://me:hu/sh@proxy:1", "HTTPS_PROXY": "http://proxy"}
    outcome = azure(command)
    assert (outcome.code, azure.sent) == (1 if command == "doctor" else 2, [])
    assert "https_proxy has '/', '?' or '#' in its password" in outcome.out + outcome.err
    assert not {"hu/sh", "me:hu"} & set(re.split(r"[\s'\"@]+", outcome.out + outcome.err))


@pytest.mark.parametrize(
    ("exempt", "way"),
    [
        ("10.0.0.0/8, management.azure.com", "without a proxy, because NO_PROXY matches the endpoint."),
        ("*", "without a proxy, because NO_PROXY matches the endpoint."),
        ("elsewhere.example", "through the proxy http://proxy:1."),
    ],
)
def test_doctor_shows_what_no_proxy_exempts(azure: Program, exempt: str, way: str) -> None:
    azure.environ |= {"HTTPS_PROXY": "http://me:hush@proxy:1", "NO_PROXY": exempt, "VMIDENT_ACCESS_TOKEN": "a b"}
    checks = {one["check"]: one["message"] for one in azure("doctor -o json").json["checks"]}
    assert checks["network"] == f"Requests are sent {way}"


def test_doctor_reports_certificates_that_do_not_exist(azure: Program) -> None:
    azure.environ["REQUESTS_CA_BUNDLE"] = "/nowhere/ca.pem"
    outcome = azure("doctor -o json")
    assert outcome.code == 1
    assert [(one["check"], one["verdict"]) for one in outcome.json["checks"]] == [
        ("sign-in", "skipped"),
        ("network", "warning"),
        ("subscription", "skipped"),
        ("clock", "skipped"),
        ("provider", "skipped"),
    ]
    assert "REQUESTS_CA_BUNDLE is '/nowhere/ca.pem'" in outcome.json["checks"][1]["message"]


@pytest.mark.parametrize("variable", ["AZURE_CLIENT_CERTIFICATE_PATH", "AZURE_FEDERATED_TOKEN_FILE"])
def test_a_certificate_of_a_client_that_does_not_exist_is_named(program: Program, variable: str) -> None:
    program.environ = {"AZURE_CLIENT_ID": GUID, "AZURE_TENANT_ID": GUID, variable: "/nowhere/key.pem"}
    outcome = program(f"list -g a --subscription {GUID}")
    assert (outcome.code, program.sent) == (2, [])
    said = f"{variable} is '/nowhere/key.pem', and that file does not exist."
    assert outcome.error["message"] == said
    checks = program(f"doctor myVM --subscription {GUID}").json["checks"]
    assert (checks[0]["message"], checks[1]["check"], checks[1]["verdict"]) == (said, "network", "ok")
    assert {one["verdict"] for one in checks[2:]} == {"skipped"}
    assert [one["check"] for one in checks[2:]] == ["subscription", "clock", "provider", "vm"]


@pytest.mark.parametrize(("tenant", "code"), [("", 4), ("\r\n", 4), ("<tenant>\r", 2)])
def test_a_process_reads_an_empty_variable_as_not_set(tmp_path: Path, tenant: str, code: int) -> None:
    """An empty AZURE_TENANT_ID was taken for one by azure-identity, and AZURE_AUTHORITY_HOST blamed for it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AZURE_", "VMIDENT_"))}
    given = {
        "AZURE_CLIENT_ID": f"{GUID}\r",
        "AZURE_TENANT_ID": tenant,
        "AZURE_CLIENT_SECRET": " ",
        "AZURE_CONFIG_DIR": str(tmp_path),
        "AZURE_TOKEN_CREDENTIALS": "EnvironmentCredential",
        "VMIDENT_SUBSCRIPTION": f"{GUID}\r",
        "VMIDENT_STATE_DIR": str(tmp_path),
    }
    ran = subprocess.run(
        [sys.executable, "-m", "vmident", "list", "-g", "a"],
        env={**kept, **given},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    error = json.loads(ran.stderr)["error"]
    assert (ran.returncode, "AZURE_AUTHORITY_HOST" in ran.stderr) == (code, False), error
    assert code == 4 or "AZURE_TENANT_ID is '<tenant>', which is a placeholder" in error["message"]
