from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from azure.identity import AuthenticationRecord
from msgspec.structs import replace

from vmident.arm.auth.login_record import FILE_NAME, SignIn, delete_login, load_login, save_login
from vmident.arm.cloud import known_cloud
from vmident.core.auth.caller import CallerType
from vmident.errors import NotSignedIn

AZURE = known_cloud("AzureCloud")
RECORD = AuthenticationRecord("tenant", "client", "login.microsoftonline.com", "home", "ada").serialize()
KEPT = SignIn(CallerType.USER, "ada", "AzureCloud", "login.microsoftonline.com", "tenant", "client", RECORD)


@pytest.mark.parametrize("sign_in", [KEPT, SignIn(CallerType.MANAGED_IDENTITY, "vm", "AzureCloud", "login.example")])
def test_what_is_kept_is_read_again(tmp_path: Path, sign_in: SignIn) -> None:
    save_login(tmp_path / "state", sign_in)
    assert load_login(tmp_path / "state") == sign_in
    assert [path.name for path in (tmp_path / "state").iterdir()] == [FILE_NAME]


def test_a_sign_in_that_cannot_be_kept_leaves_the_last_one(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    save_login(folder, KEPT)
    with pytest.raises(TypeError):
        save_login(folder, replace(KEPT, name=object()))
    assert load_login(folder) == KEPT
    assert [path.name for path in folder.iterdir()] == [FILE_NAME]


def test_forgetting_twice_is_no_failure(tmp_path: Path) -> None:
    save_login(tmp_path, KEPT)
    delete_login(tmp_path)
    delete_login(tmp_path)
    assert load_login(tmp_path) is None


@pytest.mark.parametrize(
    "change",
    [{"version": 2}, {"type": "robot"}, {"name": {}}, {"colour": "red"}, {"record": "x"}, {"record": "{}"}],
)
def test_what_cannot_be_read_is_nobodys_sign_in(tmp_path: Path, change: dict[str, Any]) -> None:
    save_login(tmp_path, KEPT)
    file = tmp_path / FILE_NAME
    file.write_text(json.dumps({**json.loads(file.read_text()), **change}))
    with pytest.raises(NotSignedIn) as unread:
        load_login(tmp_path)
    assert "vmident login" in (unread.value.hint or "")


@pytest.mark.parametrize("text", ["", "{", "[]", "7", "{}"])
def test_what_is_no_record_is_nobodys_sign_in(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE_NAME).write_text(text)
    with pytest.raises(NotSignedIn):
        load_login(tmp_path)


@pytest.mark.parametrize(
    ("authority", "counts"),
    [
        (None, True),
        ("https://LOGIN.microsoftonline.com/", True),
        ("login.microsoftonline.us", False),
        ("https://login.microsoftonline.com:8443", False),
    ],
)
def test_a_sign_in_counts_at_the_authority_that_it_was_made_at(authority: str | None, counts: bool) -> None:
    assert KEPT.is_for(AZURE.signed_in_by(authority)) is counts


def test_a_sign_in_of_one_cloud_does_not_count_in_another() -> None:
    assert not KEPT.is_for(replace(AZURE, name="Private"))
    assert KEPT.is_for(replace(AZURE, name="azurecloud"))
