"""Where settings come from: an option, the environment, `account set`, the Azure CLI's own files, then the default.

Pure: the environment and the files' contents are handed in. In the sandbox only options and `VMIDENT_…` variables say
which subscription and group; the others speak of the Azure that the sandbox is not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from pathlib import Path

from msgspec import Struct, field

from vmident.cli.config.azure_cli_config import AzureCliFiles, ProfileEntry
from vmident.cli.config.chosen_subscription import ORIGIN, ChosenSubscription
from vmident.cli.config.setting import Setting, first_set, setting
from vmident.core.auth.azure_cli_cache import AzureCliAccount
from vmident.core.naming import did_you_mean
from vmident.errors import UsageError

GROUP_OPTION = "option --resource-group"
"""What `Settings.origins` says of a group that the command line names."""
_SLOWEST, _FASTEST = 0.01, 1000.0

ALL_SUBSCRIPTIONS = "all"
"""What `--subscription` takes for every subscription that the account sees."""


class Output(str, Enum):
    """What `-o` takes."""

    AUTO = "auto"
    HUMAN = "human"
    JSON = "json"
    JSONC = "jsonc"
    YAML = "yaml"
    TABLE = "table"
    TSV = "tsv"
    NONE = "none"


class Settings(Struct, frozen=True):
    """What holds for one command; `None` where nothing was said.

    `azure_cli_accounts` are the accounts of the Azure CLI's sign-in, where that is used, beginning with the account of
    the subscription in use; `azure_cli_encrypts` tells which of its caches it has. `clouds` are the clouds that the
    Azure CLI has registered, `profile` the subscriptions that it knows in this cloud. With `time_scale`, a second lasts
    so many times less: for rehearsals alone.
    `origins` tells who said what, by the names `subscription`, `group`, `cloud`, `endpoint` and `authority`.
    """

    is_sandbox: bool
    subscription: str | None
    group: str | None
    cloud: str
    endpoint: str | None
    graph_endpoint: str | None
    access_token: str | None
    authority: str | None
    output: Output
    state_folder: Path
    sandbox_folder: Path
    time_scale: float = 1.0
    azure_cli_accounts: Sequence[AzureCliAccount] = ()
    azure_cli_encrypts: bool = False
    clouds: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    profile: Sequence[ProfileEntry] = ()
    origins: Mapping[str, str] = field(default_factory=dict)

    @property
    def other_tenants(self) -> Mapping[str, str]:
        """The tenants of the Azure CLI's subscriptions in other tenants than the account in use, in lower case."""
        known = {one.id.lower(): (one.tenant_id or "").lower() for one in self.profile if one.account}
        own = {one.tenant_id.lower() for one in self.azure_cli_accounts[:1]}
        return {subscription: tenant for subscription, tenant in known.items() if tenant not in own}

    @property
    def cloud_key(self) -> str:
        """The key of the cloud for what is kept in the state folder, such as `cloud azurecloud`."""
        return _cloud_key(self.cloud, self.endpoint, is_sandbox=self.is_sandbox)


class Overrides(Struct, frozen=True):
    """What the command line itself says of settings."""

    subscription: str | None = None
    group: str | None = None
    cloud: str | None = None
    sandbox: bool = False
    output: Output | None = None


def several_subscriptions(named: Sequence[str] | None) -> tuple[str, ...]:
    """Return the subscriptions that options name where they are several, or `all`, in whatever case; else none."""
    words = tuple(map(subscription_in, named or ()))
    if any(one.lower() == ALL_SUBSCRIPTIONS for one in words):
        return (ALL_SUBSCRIPTIONS,)
    return words if len(words) > 1 else ()


def only_subscription(named: Sequence[str] | None) -> str | None:
    """Return the one subscription that options name, `None` where there is none and where there are several."""
    return subscription_in(named[0]) if named and not several_subscriptions(named) else None


def subscription_in(text: str) -> str:
    """Return the name or ID in what stands for a subscription: `/subscriptions/ID` too, white space around it."""
    return re.sub(r"^/subscriptions/([^/]+)/?$", r"\1", text.strip(), flags=re.IGNORECASE)


def settings_from(
    overrides: Overrides,
    environ: Mapping[str, str],
    files: Callable[[], AzureCliFiles],
    default_state_folder: Callable[[], str],
    chosen: Callable[[Path, str], ChosenSubscription | None],
) -> Settings:
    """Work out every setting; raises `UsageError` for `--sandbox` beside `--cloud`, and for an unknown output.

    `chosen` returns the subscription of `account set`, from a state folder and the key of a cloud.
    """

    def said(*names: str) -> Setting | None:
        return first_set(*(setting(environ.get(name, "").strip(), name) for name in names))

    is_sandbox = overrides.sandbox or (not overrides.cloud and _is_on(_value(said("VMIDENT_SANDBOX"))))
    if overrides.sandbox and overrides.cloud:
        raise UsageError("--sandbox and --cloud cannot be used together.", hint="Remove one of them.")
    azure = AzureCliFiles() if is_sandbox else files()
    cloud = _cloud(overrides, said("VMIDENT_CLOUD", "AZURE_CLOUD_NAME"), azure)
    endpoint = None if overrides.cloud else said("VMIDENT_ARM_ENDPOINT")
    state_folder = Path(_value(said("VMIDENT_STATE_DIR")) or default_state_folder())

    def saved() -> Setting | None:
        one = chosen(state_folder, _cloud_key(cloud.value, _value(endpoint), is_sandbox=is_sandbox))
        return Setting(one.id, ORIGIN) if one else None

    named = {
        "subscription": setting(overrides.subscription, "option --subscription")
        or said("VMIDENT_SUBSCRIPTION", *(() if is_sandbox else ("AZURE_SUBSCRIPTION_ID", "ARM_SUBSCRIPTION_ID")))
        or saved()
        or azure.default_subscription(cloud.value),
        "group": first_set(
            setting(overrides.group, GROUP_OPTION),
            said("VMIDENT_RESOURCE_GROUP", *(() if is_sandbox else ("AZURE_DEFAULTS_GROUP",))),
            azure.group,
        ),
        "cloud": _sandbox(overrides) if is_sandbox else cloud,
        "endpoint": endpoint,
        "authority": said("AZURE_AUTHORITY_HOST"),
    }
    typed = subscription_in(_value(named["subscription"]) or "")
    subscription = azure.subscription_ids(cloud.value).get(typed.lower(), typed) or None
    # Both variables say who is to sign in, or how; azure-identity knows what they mean.
    ways = (_value(said("AZURE_TOKEN_CREDENTIALS")) or "dev").lower()
    leaves_azure_cli = said("AZURE_CLIENT_ID") is None and ways in {"dev", "azureclicredential"}
    return Settings(
        is_sandbox=is_sandbox,
        subscription=subscription,
        group=_value(named["group"]),
        cloud=cloud.value,
        endpoint=_value(named["endpoint"]),
        graph_endpoint=None if overrides.cloud else _value(said("VMIDENT_GRAPH_ENDPOINT")),
        access_token=_value(said("VMIDENT_ACCESS_TOKEN")),
        authority=_value(named["authority"]),
        output=overrides.output or _output(_value(said("VMIDENT_OUTPUT")), _value(said("AZURE_CORE_OUTPUT"))),
        state_folder=state_folder,
        sandbox_folder=Path(_value(said("VMIDENT_SANDBOX_DIR")) or state_folder / "sandbox"),
        time_scale=_time_scale(_value(said("VMIDENT_TIME_SCALE"))),
        azure_cli_accounts=azure.accounts(cloud.value, subscription) if leaves_azure_cli else (),
        azure_cli_encrypts=azure.encrypts_tokens,
        clouds=azure.clouds,
        profile=azure.subscriptions(cloud.value),
        origins={name: one.origin for name, one in named.items() if one},
    )


def _cloud_key(cloud: str, endpoint: str | None, *, is_sandbox: bool) -> str:
    if is_sandbox:
        return "sandbox"
    return f"endpoint {endpoint.rstrip('/').lower()}" if endpoint else f"cloud {cloud.lower()}"


def _cloud(overrides: Overrides, said: Setting | None, azure: AzureCliFiles) -> Setting:
    option = setting(overrides.cloud, "option --cloud")
    return first_set(option, said, azure.cloud) or Setting("AzureCloud", "default")


def _sandbox(overrides: Overrides) -> Setting:
    return Setting("sandbox", "option --sandbox" if overrides.sandbox else "VMIDENT_SANDBOX")


def _value(one: Setting | None) -> str | None:
    return one.value if one else None


def _is_on(said: str | None) -> bool:
    return (said or "").lower() in {"1", "true", "yes", "on"}


def _time_scale(said: str | None) -> float:
    try:
        scale = float(said) if said else 1.0
    except ValueError:
        scale = 0.0
    if not _SLOWEST <= scale <= _FASTEST:
        raise UsageError(
            f"VMIDENT_TIME_SCALE is '{said}', which is not a number from {_SLOWEST:g} to {_FASTEST:g}.",
            hint="Unset it; it is for use with 'vmident sandbox serve --time-scale'.",
        )
    return scale


def _output(ours: str | None, azures: str | None) -> Output:
    wanted = ours or azures or Output.AUTO.value
    # The Azure CLI also has 'yamlc', which is YAML with colour.
    known = {one.value: one for one in Output} | {"yamlc": Output.YAML}
    if wanted.lower() not in known:
        variable = "VMIDENT_OUTPUT" if ours else "AZURE_CORE_OUTPUT"
        alike = did_you_mean(wanted, known)
        raise UsageError(
            f"{variable} is '{wanted}', which is not an output format.{alike}",
            hint=f"One of {', '.join(sorted(known))}.",
        )
    return known[wanted.lower()]
