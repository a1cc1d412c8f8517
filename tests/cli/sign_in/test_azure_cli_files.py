from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from vmident.cli.config.azure_cli_config import AzureCliFiles, ProfileEntry, azure_cli_files
from vmident.cli.config.setting import Setting
from vmident.core.auth.azure_cli_cache import AzureCliAccount
from vmident.core.auth.caller import CallerType

CONFIG_SAYS = "the Azure CLI's config"


def _profile(*subscriptions: Any) -> str:
    return json.dumps({"subscriptions": list(subscriptions)})


PROFILE_SAYS = "the Azure CLI's azureProfile.json"
PAID = {"id": "paid-sub", "name": "Pay As You Go", "isDefault": False, "environmentName": "AzureCloud"}
MINE = {"id": "my-sub", "name": "Mine", "isDefault": True, "environmentName": "AzureCloud"}
CONFIG = "[defaults]\ngroup = myGroup\n[cloud]\nname = AzureUSGovernment\n"


def _written(home: Path, **files: str | bytes) -> Path:
    folder = home / ".azure"
    folder.mkdir()
    for name, content in files.items():
        (folder / name.replace("_json", ".json")).write_bytes(
            content if isinstance(content, bytes) else content.encode("utf-8")
        )
    return folder


def test_the_azure_clis_files_give_subscriptions_group_and_cloud(tmp_path: Path) -> None:
    _written(tmp_path, azureProfile_json=_profile(PAID, MINE), config=CONFIG)
    assert azure_cli_files({}, tmp_path) == AzureCliFiles(
        (
            ProfileEntry("paid-sub", "Pay As You Go", "AzureCloud"),
            ProfileEntry("my-sub", "Mine", "AzureCloud", is_default=True),
        ),
        group=Setting("myGroup", CONFIG_SAYS),
        cloud=Setting("AzureUSGovernment", CONFIG_SAYS),
    )


def test_a_byte_order_mark_before_either_file_is_no_part_of_it(tmp_path: Path) -> None:
    _written(tmp_path, azureProfile_json="\ufeff" + _profile(MINE), config="\ufeff" + CONFIG)
    read = azure_cli_files({}, tmp_path)
    assert (read.default_subscription("AzureCloud"), read.group) == (
        Setting("my-sub", PROFILE_SAYS),
        Setting("myGroup", CONFIG_SAYS),
    )


def test_the_azure_clis_folder_is_where_its_own_variable_says(tmp_path: Path) -> None:
    folder = _written(tmp_path, config=CONFIG)
    nobody = tmp_path / "nobody"
    assert azure_cli_files({"AZURE_CONFIG_DIR": str(folder)}, nobody).group == Setting("myGroup", CONFIG_SAYS)
    assert azure_cli_files({"AZURE_CONFIG_DIR": ""}, tmp_path).group == Setting("myGroup", CONFIG_SAYS)


SILENT = AzureCliFiles()


def test_files_that_are_missing_say_nothing(tmp_path: Path) -> None:
    assert azure_cli_files({}, tmp_path) == SILENT


@pytest.mark.parametrize(
    "profile",
    [
        b"",
        b"{",
        b"\xff\xfe\x00",
        b"[]",
        b"7",
        b"{}",
        b'{"subscriptions": null}',
        b'{"subscriptions": {}}',
        b'{"subscriptions": [null, "x", 7]}',
    ],
)
def test_a_malformed_profile_says_nothing(tmp_path: Path, profile: bytes) -> None:
    _written(tmp_path, azureProfile_json=profile)
    assert azure_cli_files({}, tmp_path) == SILENT


@pytest.mark.parametrize(
    "config",
    [b"", b"[defaults]\n", b"[defaults]\ngroup =\n[cloud]\nname =\n", b"\xff\xfe\x00", b"[logging]\nenable = yes\n"],
)
def test_a_config_that_names_no_group_and_no_cloud_says_nothing(tmp_path: Path, config: bytes) -> None:
    _written(tmp_path, config=config)
    assert azure_cli_files({}, tmp_path) == SILENT


def test_a_percent_sign_in_the_config_is_a_percent_sign(tmp_path: Path) -> None:
    _written(tmp_path, config="[defaults]\ngroup = 100%s\n")
    assert azure_cli_files({}, tmp_path).group == Setting("100%s", CONFIG_SAYS)


def test_a_folder_in_a_files_place_says_nothing(tmp_path: Path) -> None:
    folder = _written(tmp_path)
    (folder / "config").mkdir()
    (folder / "azureProfile.json").mkdir()
    assert azure_cli_files({}, tmp_path) == SILENT


@pytest.mark.parametrize(
    "subscription", [{"name": "no id", "isDefault": True}, {"id": "no-name"}, {"id": 7, "name": 8, "isDefault": True}]
)
def test_a_subscription_without_id_or_name_says_nothing(tmp_path: Path, subscription: dict[str, Any]) -> None:
    _written(tmp_path, azureProfile_json=_profile(subscription))
    assert azure_cli_files({}, tmp_path) == SILENT


@pytest.mark.parametrize(
    "config",
    [b"group = myGroup\n", b"[defaults\ngroup = myGroup\n", b"[defaults]\nno sense\n", b"[a]\nx = 1\n[a]\nx = 2\n[a"],
)
def test_a_malformed_config_says_nothing(tmp_path: Path, config: bytes) -> None:
    _written(tmp_path, config=config)
    assert azure_cli_files({}, tmp_path) == SILENT


def test_a_subscription_without_a_cloud_may_be_in_any(tmp_path: Path) -> None:
    _written(tmp_path, azureProfile_json=_profile({"id": "old-sub", "name": "Old", "isDefault": True}))
    assert azure_cli_files({}, tmp_path).default_subscription("AzureChinaCloud") == Setting("old-sub", PROFILE_SAYS)


def test_the_clouds_that_the_azure_cli_has_registered_are_read_with_their_keys(tmp_path: Path) -> None:
    private = "[Private]\nprofile = latest\nendpoint_resource_manager = https://arm.example/\n"
    folder = _written(tmp_path)
    (folder / "clouds.config").write_text(f"{private}[AzureCloud]\nsubscription = s\n")
    assert azure_cli_files({}, tmp_path).clouds == {
        "Private": {"profile": "latest", "endpoint_resource_manager": "https://arm.example/"},
        "AzureCloud": {"subscription": "s"},
    }


def test_malformed_clouds_say_nothing(tmp_path: Path) -> None:
    folder = _written(tmp_path)
    (folder / "clouds.config").write_text("[Private\nx")
    assert azure_cli_files({}, tmp_path) == SILENT


ADA = {"name": "ada@contoso.example", "type": "user"}
APP = {"name": "an-app", "type": "servicePrincipal"}
AS_ADA = AzureCliAccount("my-sub", "my-tenant", "ada@contoso.example", CallerType.USER)
AS_APP = AzureCliAccount("paid-sub", "my-tenant", "an-app", CallerType.SERVICE_PRINCIPAL)


def _files(tmp_path: Path, *subscriptions: Any) -> AzureCliFiles:
    _written(tmp_path, azureProfile_json=_profile(*subscriptions))
    return azure_cli_files({}, tmp_path)


@pytest.mark.parametrize(
    ("cloud", "subscription", "account"),
    [
        ("AzureCloud", None, AS_ADA),
        ("AzureCloud", "MY-SUB", AS_ADA),
        ("azurecloud", "paid-sub", AS_APP),
        ("AzureCloud", "one-it-lacks", AS_ADA),
        ("AzureUSGovernment", None, None),
        ("AzureUSGovernment", "my-sub", None),
    ],
)
def test_a_subscription_is_reached_as_its_own_account_else_as_the_default_one(
    tmp_path: Path, cloud: str, subscription: str | None, account: AzureCliAccount | None
) -> None:
    mine, paid = {**MINE, "tenantId": "my-tenant", "user": ADA}, {**PAID, "tenantId": "my-tenant", "user": APP}

    assert _files(tmp_path, paid, mine).account(cloud, subscription) == account


@pytest.mark.parametrize(
    "different",
    [
        {"user": {"name": "systemAssignedIdentity", "type": "servicePrincipal", "assignedIdentityInfo": "MSI"}},
        {"user": {"name": "userAssignedIdentity", "type": "servicePrincipal", "assignedIdentityInfo": "MSIClient-x"}},
        {"user": {**ADA, "cloudShellID": True}},
        {"user": {**ADA, "type": "robot"}},
        {"user": {"type": "user"}},
        {"user": {"name": 7, "type": "user"}},
        {"user": "ada"},
        {"tenantId": None},
        {"tenantId": ""},
        {"id": "my sub; rm"},
    ],
    ids=repr,
)
def test_a_managed_identity_and_an_account_of_another_shape_are_no_account(
    tmp_path: Path, different: dict[str, Any]
) -> None:
    files = _files(tmp_path, {**MINE, "tenantId": "my-tenant", "user": ADA, **different})

    assert files.account("AzureCloud", None) is None


def test_a_subscription_that_the_profile_has_twice_is_reached_as_nobody(tmp_path: Path) -> None:
    twice = [{**MINE, "tenantId": "my-tenant", "user": user} for user in (ADA, APP)]

    assert _files(tmp_path, *twice).account("AzureCloud", "my-sub") is None


def test_the_account_of_a_tenant_without_subscriptions_signs_in_and_is_no_subscription(tmp_path: Path) -> None:
    """`az login --allow-no-subscriptions` writes it; its shape is azure-cli 2.91's."""
    tenant = "7e4a4747-0e5a-4d5b-8f2b-1b7a5c0ffee2"
    bare = {
        "id": tenant,
        "name": "N/A(tenant level account)",
        "state": "Enabled",
        "user": ADA,
        "isDefault": True,
        "tenantId": tenant,
        "environmentName": "AzureCloud",
    }
    files = _files(tmp_path, {**MINE, "isDefault": False, "tenantId": "my-tenant", "user": ADA}, bare)
    (tmp_path / ".azure" / "clouds.config").write_text(f"[AzureCloud]\nsubscription = {tenant}\n")

    assert files.default_subscription("AzureCloud") is None
    assert azure_cli_files({}, tmp_path).default_subscription("AzureCloud") is None
    assert [one.name for one in files.subscriptions("AzureCloud")] == ["Mine"]
    assert files.subscription_ids("AzureCloud") == {"mine": "my-sub"}
    account = files.account("AzureCloud", None)
    assert account is not None
    assert account.tenant_id == tenant


@pytest.mark.parametrize(
    ("config", "variable", "encrypts"),
    [
        ("[core]\nencrypt_token_cache = true\n", "", True),
        ("[core]\nencrypt_token_cache = off\n", "", False),
        ("[core]\nencrypt_token_cache = true\n", "0", False),
        ("", "Yes", True),
        ("", "", sys.platform.startswith("win")),
        ("[core]\nencrypt_token_cache = perhaps\n", "", sys.platform.startswith("win")),
    ],
)
def test_the_azure_cli_says_whether_its_tokens_are_encrypted(
    tmp_path: Path, config: str, variable: str, encrypts: bool
) -> None:
    _written(tmp_path, config=config)

    assert azure_cli_files({"AZURE_CORE_ENCRYPT_TOKEN_CACHE": variable}, tmp_path).encrypts_tokens is encrypts
