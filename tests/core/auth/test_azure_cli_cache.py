from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from vmident.core.auth.azure_cli_cache import AZURE_CLI, AzureCliAccount, CachedToken, cached_token
from vmident.core.auth.caller import CallerType

NOW = 1_800_000_000.0
HOST = "login.example"
TENANT = "7e4a4747-0000-4000-8000-000000000001"
APP = AzureCliAccount("sub", TENANT, "c11e0000-0000-4000-8000-000000000002", CallerType.SERVICE_PRINCIPAL)
ADA = AzureCliAccount("sub", TENANT, "ada@contoso.example", CallerType.USER)
HOME = "11111111-0000-4000-8000-000000000003.11111111-0000-4000-8000-000000000004"
ARM, OTHER = "https://arm.example/.default", "https://core.example//.default"


def _entry(**different: Any) -> dict[str, Any]:
    """An app's access token, with the keys that the Azure CLI's cache has."""
    return {
        "credential_type": "AccessToken",
        "secret": "hush.app",
        "home_account_id": None,
        "environment": HOST,
        "client_id": APP.name,
        "target": ARM,
        "realm": TENANT,
        "token_type": "Bearer",
        "cached_at": "1799996400",
        "expires_on": "1800003600",
        "extended_expires_on": "1800003600",
        **different,
    }


ADAS = _entry(
    secret="hush.ada",
    home_account_id=HOME,
    client_id=AZURE_CLI,
    target="https://arm.example/.default https://arm.example/user_impersonation",
)
DOCUMENT: dict[str, Any] = {
    "AccessToken": {
        "of an app": _entry(),
        "of a person": ADAS,
        "for Graph": _entry(secret="hush.graph", target="https://graph.example/.default"),
        "in another tenant": {**ADAS, "secret": "hush.tenant", "realm": "another"},
        "of another person": {**ADAS, "secret": "hush.other", "home_account_id": "another"},
        "of another program": {**ADAS, "secret": "hush.program", "client_id": "another"},
        "elsewhere": _entry(secret="hush.elsewhere", environment="login.elsewhere.example"),
        "for SSH": _entry(secret="hush.ssh", key_id="key", token_type="ssh-cert"),
        "with a key": _entry(secret="hush.key", key_id="key"),
        "of something narrower": _entry(secret="hush.narrow", ext_cache_key="path"),
    },
    "Account": {
        "ada": {"home_account_id": HOME, "environment": HOST, "username": "Ada@Contoso.example", "realm": "home"},
        "ben": {"home_account_id": "another", "environment": HOST, "username": "ben@contoso.example"},
        "ada elsewhere": {"home_account_id": "x", "environment": "elsewhere", "username": ADA.name},
    },
}


def _picked(document: Any, account: AzureCliAccount = APP, now: float = NOW, *scopes: str) -> CachedToken:
    return cached_token(document, account, HOST.upper(), scopes or (ARM, OTHER), now)


def _app_entry(**different: Any) -> dict[str, Any]:
    return {"AccessToken": {"one": _entry(**different)}}


@pytest.mark.parametrize(("account", "token"), [(APP, "hush.app"), (ADA, "hush.ada")], ids=["app", "person"])
def test_the_token_is_the_accounts_own(account: AzureCliAccount, token: str) -> None:
    before = copy.deepcopy(DOCUMENT)

    assert _picked(DOCUMENT, account) == CachedToken(token, 1_800_003_600)
    assert before == DOCUMENT


def test_ids_are_compared_without_regard_to_case() -> None:
    shouted = AzureCliAccount("sub", TENANT.upper(), APP.name.upper(), CallerType.SERVICE_PRINCIPAL)

    assert _picked(DOCUMENT, shouted).token == "hush.app"


def test_the_first_scope_that_has_a_token_decides() -> None:
    both = {"AccessToken": {"2": _entry(secret="second", target=OTHER), "1": _entry(secret="first")}}

    assert _picked(both).token == "first"
    assert _picked(_app_entry(secret="second", target=OTHER)).token == "second"


def test_the_same_token_twice_is_one() -> None:
    assert _picked({"AccessToken": {"1": _entry(), "2": _entry()}}).token == "hush.app"


@pytest.mark.parametrize(("left", "is_good"), [(300, True), (299, False), (0, False), (-1, False)])
def test_a_token_is_to_last_five_minutes(left: int, is_good: bool) -> None:
    now = 1_800_003_600.0 - left
    if is_good:
        assert _picked(DOCUMENT, now=now).token == "hush.app"
    else:
        with pytest.raises(LookupError, match="five minutes"):
            _picked(DOCUMENT, now=now)


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        "text",
        {},
        {"AccessToken": None},
        {"AccessToken": []},
        {"AccessToken": {"one": None, "two": "text"}},
        _app_entry(realm="another"),
        _app_entry(realm=None),
        _app_entry(environment="login.elsewhere.example"),
        _app_entry(client_id="another"),
        _app_entry(home_account_id=HOME),
        _app_entry(token_type="pop"),
        _app_entry(token_type=7),
        _app_entry(target="https://graph.example/.default"),
        _app_entry(target=None),
        _app_entry(target=f"{ARM}x"),
        _app_entry(secret=None),
        _app_entry(secret=""),
        _app_entry(secret="two words"),
        _app_entry(secret="line\nbreak"),
        _app_entry(secret="hüsh"),
        _app_entry(expires_on=None),
        _app_entry(expires_on="soon"),
        _app_entry(expires_on=1800003600),
        {"AccessToken": {"1": _entry(), "2": _entry(secret="another")}},
    ],
    ids=repr,
)
def test_what_is_not_as_expected_gives_no_token(document: Any) -> None:
    with pytest.raises(LookupError) as nothing:
        _picked(document)

    assert "hush" not in str(nothing.value)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda accounts: accounts.pop("ada"),
        lambda accounts: accounts.update(twin={**accounts["ada"], "home_account_id": "twin"}),
        lambda accounts: accounts["ada"].update(environment="elsewhere"),
        lambda accounts: accounts["ada"].update(username=None),
    ],
    ids=["signed out", "two of that name", "at another authority", "nameless"],
)
def test_a_person_whose_account_is_not_known_has_no_token(spoil: Callable[[dict[str, Any]], object]) -> None:
    document = copy.deepcopy(DOCUMENT)
    spoil(document["Account"])

    with pytest.raises(LookupError, match="accounts of the name"):
        _picked(document, ADA)


def test_a_cached_token_is_never_shown() -> None:
    assert "hush" not in repr(_picked(DOCUMENT))
