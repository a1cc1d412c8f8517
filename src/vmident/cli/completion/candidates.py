"""What the shell is offered for a word: from fixed lists and from the names kept; never from Azure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import Any

import typer

from vmident.cli.completion import VARIABLE
from vmident.cli.completion.name_cache import cached_names
from vmident.cli.completion.names import NameKind, SeenName
from vmident.cli.completion.zsh import EscapedText, escaped_for_zsh
from vmident.cli.config.settings import Output, Overrides, Settings, only_subscription
from vmident.cli.config.settings_of_run import settings_of
from vmident.cli.runtime import Runtime
from vmident.errors import VmidentError

# Source: Microsoft's 'Azure built-in roles'.
_BUILT_IN_ROLES = (
    "AcrPull",
    "AcrPush",
    "App Configuration Data Reader",
    "Azure Event Hubs Data Receiver",
    "Azure Event Hubs Data Sender",
    "Azure Service Bus Data Receiver",
    "Azure Service Bus Data Sender",
    "Contributor",
    "Key Vault Certificate User",
    "Key Vault Crypto User",
    "Key Vault Reader",
    "Key Vault Secrets User",
    "Log Analytics Reader",
    "Managed Identity Contributor",
    "Managed Identity Operator",
    "Monitoring Metrics Publisher",
    "Monitoring Reader",
    "Network Contributor",
    "Owner",
    "Reader",
    "Role Based Access Control Administrator",
    "Storage Blob Data Contributor",
    "Storage Blob Data Owner",
    "Storage Blob Data Reader",
    "Storage Queue Data Contributor",
    "Storage Table Data Contributor",
    "User Access Administrator",
    "Virtual Machine Contributor",
)


class Offer(EscapedText):
    """A name as the shell takes it; it begins with a word where the name itself does, in any case.

    Typer drops what does not begin with the word typed, and asks the text itself.
    """

    name: str

    def startswith(self, prefix: Any, *_range: Any) -> bool:
        """Compare the name without regard to case, as Azure does, and to a quote that opens the word."""
        return self.name.lower().startswith(str(prefix).lstrip("'\"").lower())


def offer(name: str, environ: Mapping[str, str]) -> Offer:
    """Write a name such as `Virtual Machine Contributor` as one word of the shell that asks; zsh and fish do so."""
    shell, written = environ.get(VARIABLE, "").rpartition("_")[2], name
    if shell == "bash":
        quoted = {"'": r"(')", '"': r'([\\"$`])'}.get(_word_in_bash(environ)[:1], r"([^\w@%+=:,./-])")
        written = re.sub(quoted, r"'\\\1'" if quoted == r"(')" else r"\\\1", name)
    elif shell == "zsh":
        written = escaped_for_zsh(name)
    elif shell in {"powershell", "pwsh"} and re.search(r"[^\w./-]", name):
        written = "'" + name.replace("'", "''") + "'"
    made = Offer(written)
    made.name = name
    return made


def _word_in_bash(environ: Mapping[str, str]) -> str:
    """Return the word to complete with the quote that opens it; the script joins the words by line breaks."""
    words, at = environ.get("COMP_WORDS", "").split("\n"), environ.get("COMP_CWORD", "")
    return words[int(at)] if at.isdecimal() and int(at) < len(words) else ""


def vms(ctx: typer.Context) -> list[str]:
    """Offer VMs, or what `--kind` says: those of the group on the command line, else of every group."""
    given = ctx.params.get("kind") or NameKind.VM.value
    word = str(given.value if isinstance(given, Enum) else given)
    kinds = (NameKind.VM, NameKind.SCALE_SET) if word == "any" else (NameKind(word),)
    return _resources(ctx, *kinds)


def identities(ctx: typer.Context) -> list[str]:
    """Offer identities of every group: one may be attached to a VM of another."""
    return _offered(ctx, (seen.name for seen in _kept(ctx, NameKind.IDENTITY)))


def identities_here(ctx: typer.Context) -> list[str]:
    """Offer identities: those of the group on the command line, else of every group."""
    return _resources(ctx, NameKind.IDENTITY)


def groups(ctx: typer.Context) -> list[str]:
    """Offer resource groups."""
    return _offered(ctx, (seen.name for seen in _kept(ctx, NameKind.GROUP)))


def roles(ctx: typer.Context) -> list[str]:
    """Offer roles: built-in ones that VMs' identities often get, and those seen."""
    return _offered(ctx, [*(seen.name for seen in _kept(ctx, NameKind.ROLE)), *_BUILT_IN_ROLES])


def regions(ctx: typer.Context) -> list[str]:
    """Offer Azure's public regions."""
    from vmident.cli.completion.regions import REGIONS

    return _offered(ctx, REGIONS)


def images(ctx: typer.Context) -> list[str]:
    """Offer the aliases of images."""
    from vmident.core.vm_creation.images import ALIASES

    return _offered(ctx, ALIASES)


def runs(ctx: typer.Context) -> list[str]:
    """Offer the runs on record."""
    from vmident.fleet.journal import run_ids

    settings = _settings(ctx)
    try:
        return _offered(ctx, run_ids(settings.state_folder / "runs.sqlite3")) if settings else []
    except VmidentError:
        return []


def subscriptions(ctx: typer.Context) -> list[str]:
    """Offer subscriptions by name: those of the Azure CLI's profile, and those seen."""
    settings = _settings(ctx)
    if settings is None:
        return []
    seen = (one.name for one in _names(settings) if one.kind is NameKind.SUBSCRIPTION)
    return _offered(ctx, [*(one.name for one in settings.profile), *seen])


def clouds(ctx: typer.Context) -> list[str]:
    """Offer Azure's clouds, and those that the Azure CLI has registered."""
    settings = _settings(ctx)
    registered = settings.clouds if settings else ()
    return _offered(ctx, ["AzureCloud", "AzureUSGovernment", "AzureChinaCloud", "AzureBleuCloud", *registered])


def scopes(ctx: typer.Context) -> list[str]:
    """Offer the scopes that have a word of their own."""
    return _offered(ctx, ["subscription", "group"])


def identity_types(ctx: typer.Context) -> list[str]:
    """Offer what `set --type` takes."""
    return _offered(ctx, ["none", "system", "user", "both"])


def outputs(ctx: typer.Context) -> list[str]:
    """Offer the formats of `-o`."""
    return _offered(ctx, [one.value for one in Output])


def values_of(kind: type[Enum]) -> Callable[[typer.Context], list[str]]:
    """Return a function that offers the values of an enum."""

    def values(ctx: typer.Context) -> list[str]:
        return _offered(ctx, [str(one.value) for one in kind])

    return values


def _resources(ctx: typer.Context, *kinds: NameKind) -> list[str]:
    group = str(ctx.params.get("group") or "").lower()
    seen = (one for kind in kinds for one in _kept(ctx, kind))
    return _offered(ctx, (one.name for one in seen if not group or one.group.lower() == group))


def _offered(ctx: typer.Context, names: Iterable[str]) -> list[str]:
    """Return each name once, whatever its case; a name that Azure spells in two ways is offered in its newest."""
    once: dict[str, str] = {}
    for name in names:
        # A control character would end the word, and a backslash undo the quoting in what Typer has zsh evaluate.
        if name.isprintable() and "\\" not in name:
            once.setdefault(name.lower(), offer(name, ctx.obj.environ))
    return sorted(once.values(), key=str.lower)


def _kept(ctx: typer.Context, kind: NameKind) -> list[SeenName]:
    settings = _settings(ctx)
    if settings is None:
        return []
    names = _names(settings)
    wanted = (settings.subscription or "").lower()
    ids = {one.subscription for one in names if one.kind is NameKind.SUBSCRIPTION and one.name.lower() == wanted}
    here = {"", wanted, *(one.lower() for one in ids)}
    return [one for one in names if one.kind is kind and (not wanted or one.subscription.lower() in here)]


def _names(settings: Settings) -> list[SeenName]:
    return cached_names(settings.state_folder, settings.cloud_key)


def _settings(ctx: typer.Context) -> Settings | None:
    """Work out the settings of the line so far; `None` where they contradict each other."""
    runtime: Runtime = ctx.obj
    given = ctx.params
    # Of several, any may have the name.
    only = only_subscription(given.get("subscription"))
    overrides = Overrides(only, given.get("group"), given.get("cloud"), bool(given.get("sandbox")))
    try:
        return settings_of(overrides, runtime)
    except VmidentError:
        return None
