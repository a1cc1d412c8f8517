from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from vmident.cli.config.azure_cli_config import AzureCliFiles, ProfileEntry
from vmident.cli.config.setting import Setting
from vmident.cli.config.settings import (
    Output,
    Overrides,
    Settings,
    only_subscription,
    settings_from,
    several_subscriptions,
)
from vmident.cli.options.shared import Options
from vmident.core.auth.azure_cli_cache import AzureCliAccount
from vmident.core.auth.caller import CallerType
from vmident.errors import ExitCode, UsageError

CONFIG_SAYS = "the Azure CLI's config"
FILES = AzureCliFiles(
    (
        ProfileEntry("file-sub", "Mine", is_default=True),
        ProfileEntry("paid-sub", "Pay As You Go"),
        ProfileEntry("other-sub", "Other"),
    ),
    group=Setting("file-group", CONFIG_SAYS),
    cloud=Setting("AzureChinaCloud", CONFIG_SAYS),
)
STATE = "state-folder"


def _settings(
    overrides: Overrides | None = None, environ: Mapping[str, str] | None = None, files: AzureCliFiles = FILES
) -> Settings:
    return settings_from(overrides or Overrides(), environ or {}, lambda: files, lambda: STATE, _nothing_chosen)


def _nothing_chosen(_folder: Path, _cloud_key: str) -> None:
    return None


def _everything(*, without: tuple[str, ...] = ()) -> dict[str, str]:
    said = {
        "VMIDENT_SUBSCRIPTION": "vmident-sub",
        "AZURE_SUBSCRIPTION_ID": "azure-sub",
        "ARM_SUBSCRIPTION_ID": "arm-sub",
        "VMIDENT_RESOURCE_GROUP": "vmident-group",
        "AZURE_DEFAULTS_GROUP": "azure-group",
        "VMIDENT_CLOUD": "AzureUSGovernment",
        "AZURE_CLOUD_NAME": "AzureBleuCloud",
        "VMIDENT_OUTPUT": "yaml",
        "AZURE_CORE_OUTPUT": "tsv",
    }
    return {name: value for name, value in said.items() if name not in without}


def test_an_option_wins_over_everything() -> None:
    overrides = Overrides("asked-sub", "asked-group", "AzureCloud", output=Output.TABLE)
    settings = _settings(overrides, _everything())
    assert (settings.subscription, settings.group, settings.cloud) == ("asked-sub", "asked-group", "AzureCloud")
    assert settings.output is Output.TABLE


@pytest.mark.parametrize(
    ("without", "subscription"),
    [
        ((), "vmident-sub"),
        (("VMIDENT_SUBSCRIPTION",), "azure-sub"),
        (("VMIDENT_SUBSCRIPTION", "AZURE_SUBSCRIPTION_ID"), "arm-sub"),
        (("VMIDENT_SUBSCRIPTION", "AZURE_SUBSCRIPTION_ID", "ARM_SUBSCRIPTION_ID"), "file-sub"),
    ],
)
def test_the_subscription_is_vmidents_then_azures_then_arms_then_the_azure_clis(
    without: tuple[str, ...], subscription: str
) -> None:
    assert _settings(environ=_everything(without=without)).subscription == subscription


@pytest.mark.parametrize(
    ("without", "group"),
    [
        ((), "vmident-group"),
        (("VMIDENT_RESOURCE_GROUP",), "azure-group"),
        (("VMIDENT_RESOURCE_GROUP", "AZURE_DEFAULTS_GROUP"), "file-group"),
    ],
)
def test_the_group_is_vmidents_then_azures_then_the_azure_clis(without: tuple[str, ...], group: str) -> None:
    assert _settings(environ=_everything(without=without)).group == group


@pytest.mark.parametrize(
    ("without", "cloud"),
    [
        ((), "AzureUSGovernment"),
        (("VMIDENT_CLOUD",), "AzureBleuCloud"),
        (("VMIDENT_CLOUD", "AZURE_CLOUD_NAME"), "AzureChinaCloud"),
    ],
)
def test_the_cloud_is_vmidents_then_azures_then_the_azure_clis(without: tuple[str, ...], cloud: str) -> None:
    assert _settings(environ=_everything(without=without)).cloud == cloud


@pytest.mark.parametrize(
    ("without", "output"),
    [
        ((), Output.YAML),
        (("VMIDENT_OUTPUT",), Output.TSV),
        (("VMIDENT_OUTPUT", "AZURE_CORE_OUTPUT"), Output.AUTO),
    ],
)
def test_the_output_is_vmidents_then_azures_then_auto(without: tuple[str, ...], output: Output) -> None:
    assert _settings(environ=_everything(without=without)).output is output


def test_where_nobody_says_anything_the_defaults_hold() -> None:
    assert _settings(files=AzureCliFiles()) == Settings(
        is_sandbox=False,
        subscription=None,
        group=None,
        cloud="AzureCloud",
        endpoint=None,
        graph_endpoint=None,
        access_token=None,
        authority=None,
        output=Output.AUTO,
        state_folder=Path(STATE),
        sandbox_folder=Path(STATE) / "sandbox",
        origins={"cloud": "default"},
    )


def test_a_variable_that_is_blank_says_nothing() -> None:
    blank = dict.fromkeys(_everything(), "  ")
    assert _settings(environ=blank) == _settings()


def test_white_space_around_a_variable_is_dropped() -> None:
    assert _settings(environ={"VMIDENT_RESOURCE_GROUP": " myGroup\n"}).group == "myGroup"


def test_the_endpoint_the_token_and_the_authority_come_from_the_environment() -> None:
    settings = _settings(
        environ={
            "VMIDENT_ARM_ENDPOINT": "https://arm.example",
            "VMIDENT_ACCESS_TOKEN": "the-token",
            "AZURE_AUTHORITY_HOST": "login.example",
        }
    )
    assert (settings.endpoint, settings.access_token, settings.authority) == (
        "https://arm.example",
        "the-token",
        "login.example",
    )


def test_a_cloud_asked_for_by_name_is_not_led_elsewhere_by_the_environment() -> None:
    environ = {"VMIDENT_ARM_ENDPOINT": "https://arm.example"}
    assert _settings(Overrides(cloud="AzureCloud"), environ).endpoint is None


def test_the_folders_come_from_the_environment_before_the_default() -> None:
    settings = _settings(environ={"VMIDENT_STATE_DIR": "mine"})
    assert (settings.state_folder, settings.sandbox_folder) == (Path("mine"), Path("mine") / "sandbox")
    settings = _settings(environ={"VMIDENT_SANDBOX_DIR": "toys"})
    assert (settings.state_folder, settings.sandbox_folder) == (Path(STATE), Path("toys"))


@pytest.mark.parametrize("name", ["Pay As You Go", "pay as you go", "PAY AS YOU GO"])
def test_a_subscription_named_in_the_azure_clis_profile_means_its_id_in_any_case(name: str) -> None:
    assert _settings(Overrides(subscription=name)).subscription == "paid-sub"
    assert _settings(environ={"AZURE_SUBSCRIPTION_ID": name}).subscription == "paid-sub"


def test_a_subscription_that_the_profile_does_not_name_stays_as_typed() -> None:
    assert _settings(Overrides(subscription="Elsewhere")).subscription == "Elsewhere"


@pytest.mark.parametrize("value", ["1", "true", "Yes", "ON"])
def test_the_sandbox_is_asked_for_by_option_or_variable(value: str) -> None:
    assert _settings(environ={"VMIDENT_SANDBOX": value}).is_sandbox
    assert _settings(Overrides(sandbox=True)).is_sandbox


@pytest.mark.parametrize("value", ["0", "false", "no", "off", ""])
def test_the_sandbox_stays_closed_where_the_variable_says_no(value: str) -> None:
    assert not _settings(environ={"VMIDENT_SANDBOX": value}).is_sandbox


def test_the_sandbox_does_not_hear_what_speaks_of_azure() -> None:
    azures = ("AZURE_SUBSCRIPTION_ID", "ARM_SUBSCRIPTION_ID", "AZURE_DEFAULTS_GROUP")
    said = {name: value for name, value in _everything().items() if name in azures}
    settings = _settings(Overrides(sandbox=True), said)
    assert (settings.subscription, settings.group) == (None, None)


def test_the_sandbox_does_not_read_the_azure_clis_files() -> None:
    def read() -> AzureCliFiles:
        raise AssertionError("read")

    assert settings_from(Overrides(sandbox=True), {}, read, lambda: STATE, _nothing_chosen).subscription is None


def test_the_sandbox_hears_options_and_vmidents_own_variables() -> None:
    settings = _settings(Overrides(sandbox=True, group="asked-group"), _everything())
    assert (settings.subscription, settings.group) == ("vmident-sub", "asked-group")
    assert settings.output is Output.YAML


def test_the_sandbox_beside_a_cloud_is_wrong_usage() -> None:
    with pytest.raises(UsageError, match="--sandbox and --cloud cannot be used together"):
        _settings(Overrides(sandbox=True, cloud="AzureCloud"))


def test_an_empty_cloud_is_not_said_and_leaves_nobody_outside_the_sandbox() -> None:
    assert _settings(Overrides(cloud=""), {"VMIDENT_SANDBOX": "1"}).is_sandbox
    assert _settings(Overrides(sandbox=True, cloud="")).is_sandbox


@pytest.mark.parametrize("variable", ["VMIDENT_OUTPUT", "AZURE_CORE_OUTPUT"])
def test_an_unknown_output_is_wrong_usage_and_the_variable_is_named(variable: str) -> None:
    with pytest.raises(UsageError) as refused:
        _settings(environ={variable: "xml"})
    assert refused.value.message == f"{variable} is 'xml', which is not an output format."
    assert "json" in (refused.value.hint or "")
    assert refused.value.exit_code is ExitCode.USAGE


@pytest.mark.parametrize(
    ("said", "output"), [("JSON", Output.JSON), ("yamlc", Output.YAML), ("none", Output.NONE), ("jsonc", Output.JSONC)]
)
def test_an_output_is_known_as_the_azure_cli_knows_it(said: str, output: Output) -> None:
    assert _settings(environ={"AZURE_CORE_OUTPUT": said}).output is output


def test_an_option_spares_a_bad_variable() -> None:
    assert _settings(Overrides(output=Output.JSON), {"VMIDENT_OUTPUT": "xml"}).output is Output.JSON


def test_options_hand_over_the_part_that_settings_come_from() -> None:
    options = Options("group", ["sub"], Output.TSV, query="x", cloud="AzureCloud", sandbox=True)
    assert options.overrides == Overrides("sub", "group", "AzureCloud", sandbox=True, output=Output.TSV)


def test_each_setting_remembers_who_said_it() -> None:
    overrides = Overrides(subscription="asked-sub")
    settings = _settings(overrides, {"AZURE_CLOUD_NAME": "AzureBleuCloud", "AZURE_AUTHORITY_HOST": "login.example"})
    assert settings.origins == {
        "subscription": "option --subscription",
        "group": CONFIG_SAYS,
        "cloud": "AZURE_CLOUD_NAME",
        "authority": "AZURE_AUTHORITY_HOST",
    }
    assert _settings().origins["subscription"] == "the Azure CLI's azureProfile.json"


@pytest.mark.parametrize(
    ("overrides", "environ", "origin"),
    [
        (Overrides(sandbox=True), {"VMIDENT_SANDBOX": "1"}, "option --sandbox"),
        (Overrides(), {"VMIDENT_SANDBOX": "1"}, "VMIDENT_SANDBOX"),
        (Overrides(cloud="AzureCloud"), {"VMIDENT_SANDBOX": "1"}, "option --cloud"),
        (Overrides(), {"VMIDENT_CLOUD": "AzureCloud"}, "VMIDENT_CLOUD"),
        (Overrides(), {}, CONFIG_SAYS),
    ],
)
def test_the_cloud_remembers_who_said_it(overrides: Overrides, environ: Mapping[str, str], origin: str) -> None:
    assert _settings(overrides, environ).origins["cloud"] == origin


IN_TWO_CLOUDS = AzureCliFiles(
    (
        ProfileEntry("public-sub", "Mine", "AzureCloud", is_default=True),
        ProfileEntry("usual-sub", "Usual", "AzureUSGovernment"),
        ProfileEntry("far-sub", "Mine", "AzureUSGovernment"),
    ),
    {"azureusgovernment": {"subscription": "usual-sub"}},
)


@pytest.mark.parametrize(
    ("cloud", "subscription"),
    [("azurecloud", "public-sub"), ("AzureUSGovernment", "usual-sub"), ("AzureChinaCloud", None)],
)
def test_the_default_subscription_is_the_one_of_the_cloud_in_use(cloud: str, subscription: str | None) -> None:
    assert _settings(Overrides(cloud=cloud), files=IN_TWO_CLOUDS).subscription == subscription


def test_a_default_that_clouds_config_keeps_for_a_cloud_says_so() -> None:
    origins = _settings(Overrides(cloud="AzureUSGovernment"), files=IN_TWO_CLOUDS).origins
    assert origins["subscription"] == "the Azure CLI's clouds.config"


def test_a_subscriptions_name_means_the_one_of_the_cloud_in_use() -> None:
    overrides = Overrides(cloud="AzureUSGovernment", subscription="mine")
    assert _settings(overrides, files=IN_TWO_CLOUDS).subscription == "far-sub"


def test_a_name_that_two_subscriptions_of_the_cloud_have_is_left_to_azure() -> None:
    files = AzureCliFiles((ProfileEntry("one", "Mine"), ProfileEntry("two", "mine")))
    assert _settings(Overrides(subscription="Mine"), files=files).subscription == "Mine"


ADA = AzureCliAccount("my-sub", "my-tenant", "ada@contoso.example", CallerType.USER)
SIGNED_IN = AzureCliFiles((ProfileEntry("my-sub", "Mine", is_default=True, account=ADA),), encrypts_tokens=True)


@pytest.mark.parametrize(
    ("environ", "account"),
    [
        ({}, ADA),
        ({"AZURE_TOKEN_CREDENTIALS": "dev"}, ADA),
        ({"AZURE_TOKEN_CREDENTIALS": "AzureCliCredential"}, ADA),
        ({"AZURE_TOKEN_CREDENTIALS": "prod"}, None),
        ({"AZURE_TOKEN_CREDENTIALS": "ManagedIdentityCredential"}, None),
        ({"AZURE_CLIENT_ID": "one"}, None),
        ({"VMIDENT_SANDBOX": "1"}, None),
    ],
    ids=repr,
)
def test_the_azure_clis_sign_in_is_used_where_no_variable_says_who_or_how(
    environ: Mapping[str, str], account: AzureCliAccount | None
) -> None:
    assert _settings(environ=environ, files=SIGNED_IN).azure_cli_accounts == ((account,) if account else ())


def test_a_subscription_asked_for_by_name_is_reached_as_its_account() -> None:
    settings = _settings(Overrides(subscription="MINE"), files=SIGNED_IN)

    assert (settings.azure_cli_accounts, settings.azure_cli_encrypts) == ((ADA,), True)


@pytest.mark.parametrize("text", ["/subscriptions/asked-sub", "/SUBSCRIPTIONS/asked-sub/", " asked-sub\r\n"])
def test_a_subscription_may_be_its_resource_id_with_white_space_around_it(text: str) -> None:
    assert _settings(Overrides(only_subscription([text]))).subscription == "asked-sub"
    assert _settings(environ={"AZURE_SUBSCRIPTION_ID": text}).subscription == "asked-sub"
    assert several_subscriptions([text, "other"]) == ("asked-sub", "other")
