from __future__ import annotations

import pytest

from vmident.core.vm_creation.admin import Admin, checked_admin_name, checked_password, computer_name
from vmident.core.vm_creation.images import OsType
from vmident.errors import UsageError

LINUX, WINDOWS = OsType.LINUX, OsType.WINDOWS


@pytest.mark.parametrize(
    ("name", "linux", "windows"),
    [
        ("azureuser", True, True),
        ("Azure.User", False, True),
        ("a_b-c9", True, True),
        ("-dash", False, True),
        ("ends.", True, False),
        ("x" * 21, True, False),
        ("x" * 65, False, False),
        ("root", False, False),
        ("ADMIN", False, False),
        ("administrator", False, False),
        ("a b", False, False),
        ("a[0]", False, False),
        ("", False, False),
    ],
)
def test_an_account_is_called_what_azure_takes(name: str, linux: bool, windows: bool) -> None:
    for os, is_taken in ((LINUX, linux), (WINDOWS, windows)):
        if is_taken:
            assert checked_admin_name(name, os) == name
        else:
            with pytest.raises(UsageError):
                checked_admin_name(name, os)


@pytest.mark.parametrize(
    ("password", "linux", "windows"),
    [
        ("Twelve-chars", True, True),
        ("Short-1", False, False),
        ("onlysmallletters", False, False),
        ("small and CAPITALS", True, True),
        ("smallandCAPITALS", False, False),
        ("Aa1" * 25, False, True),
        ("Aa1" * 42, False, False),
        ("", False, False),
    ],
)
def test_a_password_is_as_long_and_mixed_as_azure_wants_and_never_quoted(
    password: str, linux: bool, windows: bool
) -> None:
    for os, is_taken in ((LINUX, linux), (WINDOWS, windows)):
        if is_taken:
            assert checked_password(password, os) == password
        else:
            with pytest.raises(UsageError) as refused:
                checked_password(password, os)
            assert not password or password not in f"{refused.value!r} {refused.value.message} {refused.value.hint}"


def test_an_account_shows_no_password() -> None:
    assert "Secret" not in repr(Admin("azureuser", (), "Secret-12345"))


@pytest.mark.parametrize(
    ("vm", "linux", "windows"),
    [
        ("myVM", "myVM", "myVM"),
        ("web_01.example", "web-01-example", "web01example"),
        ("a" * 63 + "-b", "a" * 63, "a" * 15),
        ("12345", "12345", None),
        ("_", None, None),
    ],
)
def test_a_computer_is_called_after_its_vm_as_far_as_its_system_takes_it(
    vm: str, linux: str | None, windows: str | None
) -> None:
    for os, expected in ((LINUX, linux), (WINDOWS, windows)):
        if expected is None:
            with pytest.raises(UsageError):
                computer_name(vm, os)
        else:
            assert computer_name(vm, os) == expected
