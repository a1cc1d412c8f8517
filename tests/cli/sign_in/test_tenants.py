"""Subscriptions of two tenants: each request is signed with a token of its subscription's tenant, or not sent."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.azure_cli_home import AzureCliHome, account, entry
from tests.program import Program
from tests.token_service import TENANT as HOME_TENANT
from tests.two_tenants import ENDPOINT, HOME, OTHER, OTHER_TENANT, TENANTS, TwoTenants, token_of, vm_in

ENDS = 1_800_003_600
OWN_TENANTS_TOKENS = {(HOME, HOME_TENANT), (OTHER, OTHER_TENANT)}


@pytest.fixture
def tenants(program: Program, tmp_path: Path) -> Iterator[TwoTenants]:
    program.environ = {}
    made = TwoTenants(program, tmp_path / "tenants")
    yield made
    made.close()


@pytest.fixture
def azure_cli(tenants: TwoTenants, monkeypatch: pytest.MonkeyPatch) -> AzureCliHome:
    """The Azure CLI signed in to both tenants, with a token of each in its cache, and none to start."""
    home = AzureCliHome(tenants.program.folder / "home" / ".azure")
    home.sign_in(*(account(one, default=one == HOME, tenantId=tenant) for one, tenant in TENANTS.items()))
    home.keep(*(_cached(tenant) for tenant in TENANTS.values()))
    monkeypatch.setenv("PATH", str(home.folder))
    return home


def _cached(tenant: str) -> dict[str, str]:
    kept = entry(token_of(tenant), ENDPOINT, expires_on=ENDS, authority="https://login.microsoftonline.com")
    return {**kept, "realm": tenant}


@pytest.mark.parametrize(
    ("words", "typed"),
    [
        (f"show {vm_in(HOME)} {vm_in(OTHER)}", ""),
        (f"show {vm_in(OTHER)} --subscription {HOME}", ""),
        ("enable-system --ids -", f"{vm_in(HOME)}\n{vm_in(OTHER)}\n"),
        ("list --subscription all", ""),
        ("access --all --subscription all", ""),
        (f"list --subscription {HOME} --subscription {OTHER} --where 'name =~ \"myVM\"'", ""),
        (f"enable-system myVM --subscription {OTHER} --role Reader --scope subscription", ""),
    ],
)
@pytest.mark.usefixtures("azure_cli")
def test_each_request_is_signed_with_a_token_of_its_subscriptions_tenant(
    tenants: TwoTenants, words: str, typed: str
) -> None:
    tenants.program.standard_input = typed
    tenants.program.time.sleep(60)  # Resource Graph lags

    outcome = tenants(words)

    assert outcome.code == 0, outcome.err
    in_subscriptions = {one for one in tenants.signed if one[0]}
    assert in_subscriptions
    assert in_subscriptions <= OWN_TENANTS_TOKENS
    assert OTHER in {one for one, _ in in_subscriptions} or "where" in words
    if "where" in words:
        assert sorted(one["subscriptionId"] for one in outcome.json) == sorted(TENANTS)


@pytest.mark.usefixtures("azure_cli")
def test_subscriptions_of_every_tenant_are_listed_and_found_by_name(tenants: TwoTenants) -> None:
    assert {one["id"]: one["tenantId"] for one in tenants("account list").json} == TENANTS
    shown = tenants(f"show myVM --subscription 'named {OTHER}'")
    assert (shown.code, shown.json["subscriptionId"]) == (0, OTHER)


def test_azures_refusal_names_the_tenant_and_the_azure_cli_is_started_for_it(
    tenants: TwoTenants, azure_cli: AzureCliHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    azure_cli.sign_in(account(HOME, tenantId=HOME_TENANT))
    starts = azure_cli.start_with(tmp_path / "bin", token_of(OTHER_TENANT))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}/bin{os.pathsep}/usr/bin")

    changed = tenants(f"enable-system {vm_in(OTHER)}")

    assert (changed.code, changed.json["status"]) == (0, "changed")
    assert tenants.signed == {(OTHER, HOME_TENANT), (OTHER, OTHER_TENANT)}
    assert [token_of(HOME_TENANT) in one.headers["Authorization"] for one in tenants.sent].count(True) == 1
    (line,) = starts.read_text().splitlines()
    assert line.endswith(f"--tenant {OTHER_TENANT}")
    assert "--subscription" not in line


def test_a_refused_sign_in_to_the_other_tenant_keeps_entras_reason(
    tenants: TwoTenants, azure_cli: AzureCliHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    azure_cli.keep(_cached(HOME_TENANT))
    folder = tmp_path / "bin"
    folder.mkdir()
    refusal = "ERROR: AADSTS50076: You must use multi-factor authentication to access it. Trace ID: 1 Timestamp: 2"
    (folder / "az").write_text(f"#!/bin/sh\necho '{refusal}' >&2\nexit 1\n")
    (folder / "az").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}/bin{os.pathsep}/usr/bin")

    outcome = tenants(f"show {vm_in(HOME)} {vm_in(OTHER)}")

    assert (outcome.code, outcome.json[0]["name"]) == (5, "myVM")
    assert (
        f"Subscription '{OTHER}' is in tenant {OTHER_TENANT}, but signing in to it failed: "
        "AADSTS50076: You must use multi-factor authentication to access it."
    ) in outcome.err
    assert "Trace ID" not in outcome.err
    assert "Credential" not in outcome.err
    assert f"az login --tenant {OTHER_TENANT}" in outcome.err
    assert tenants.signed == {(HOME, HOME_TENANT)}


def test_a_token_of_the_wrong_tenant_is_sent_once_and_the_right_tenant_named(tenants: TwoTenants) -> None:
    tenants.program.environ = {"VMIDENT_ACCESS_TOKEN": token_of(HOME_TENANT)}

    outcome = tenants(f"enable-system {vm_in(OTHER)}")

    assert (outcome.code, len(tenants.sent)) == (4, 1)
    error = outcome.json["error"]
    assert error["code"] == "wrong-tenant"
    assert error["message"] == (
        f"Subscription '{OTHER}' is in tenant {OTHER_TENANT}, "
        f"but the token from VMIDENT_ACCESS_TOKEN is for tenant {HOME_TENANT}."
    )
    assert error["hint"].splitlines() == [
        "Sign in to that tenant:",
        f"  az login --tenant {OTHER_TENANT}",
        f"  vmident login --tenant {OTHER_TENANT}",
        "If VMIDENT_ACCESS_TOKEN is set, set it to a token for that tenant.",
    ]


@pytest.mark.usefixtures("azure_cli")
def test_a_run_over_two_tenants_is_undone_in_both(tenants: TwoTenants) -> None:
    tenants.program.standard_input = f"{vm_in(HOME)}\n{vm_in(OTHER)}\n"
    assert [one["status"] for one in tenants("enable-system --ids -").json] == ["changed"] * 2

    undone = tenants("runs undo --yes")

    assert [one["status"] for one in undone.json] == ["changed"] * 2, undone.err
    assert tenants.signed == OWN_TENANTS_TOKENS
