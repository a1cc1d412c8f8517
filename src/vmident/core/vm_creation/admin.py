"""Who may sign in to a new VM, and as what: Azure's rules, checked before anything is sent.

Source: Microsoft's FAQ pages on Linux and Windows VMs ('What are the username requirements', 'What are the password
requirements'), and the Azure CLI's own checks of `az vm create`, read 2026-11.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from vmident.core.vm_creation.images import OsType
from vmident.errors import UsageError

DEFAULT_ADMIN = "azureuser"

_REFUSED_NAMES = frozenset(
    [
        "1",
        "123",
        "a",
        "actuser",
        "adm",
        "admin",
        "admin1",
        "admin2",
        "administrator",
        "aspnet",
        "backup",
        "console",
        "guest",
        "owner",
        "root",
        "server",
        "sql",
        "support",
        "support_388945a0",
        "sys",
        "test",
        "test1",
        "test2",
        "test3",
        "user",
        "user1",
        "user2",
        "user3",
        "user4",
        "user5",
    ]
)
_NEVER_IN_A_LINUX_NAME = re.compile(r"[\\/\"\[\]:|<>+=;,?*@#()!A-Z\s]|^[$-]")
_NEVER_IN_A_WINDOWS_NAME = re.compile(r"[\\/\"\[\]:|<>+=;,?*@\s]|\.$")
_LONGEST_NAME = {OsType.LINUX: 64, OsType.WINDOWS: 20}

_SHORTEST_PASSWORD = 12
_LONGEST_PASSWORD = {OsType.LINUX: 72, OsType.WINDOWS: 123}
_KINDS = (re.compile(r"[a-z]"), re.compile(r"[A-Z]"), re.compile(r"[0-9]"), re.compile(r"[^A-Za-z0-9]"))

_LONGEST_COMPUTER_NAME = {OsType.LINUX: 64, OsType.WINDOWS: 15}


@dataclass(frozen=True)
class Admin:
    """The account that a new VM begins with, and what opens it: keys, a password, or both.

    The password shows in no `repr`, and is handed to Azure as a parameter alone.
    """

    name: str
    keys: tuple[str, ...] = ()
    password: str | None = field(default=None, repr=False)


def checked_admin_name(name: str, os: OsType) -> str:
    """Return a name that Azure takes for the first account; raises `UsageError` for one that it refuses."""
    never = _NEVER_IN_A_LINUX_NAME if os is OsType.LINUX else _NEVER_IN_A_WINDOWS_NAME
    if not name or len(name) > _LONGEST_NAME[os] or never.search(name):
        capitals = ", no uppercase" if os is OsType.LINUX else ""
        raise UsageError(
            f"Invalid administrator name for {os.value}: '{name}'.",
            hint=f"Use 1 to {_LONGEST_NAME[os]} letters, digits, '-', '_' and '.'{capitals}.",
        )
    if name.lower() in _REFUSED_NAMES:
        raise UsageError(
            f"Azure does not allow the administrator name '{name}'.",
            hint=f"Remove --admin-username to use '{DEFAULT_ADMIN}'.",
        )
    return name


def password_rules(os: OsType) -> str:
    """Return what Azure demands of a password, to follow 'Use '."""
    return (
        f"{_SHORTEST_PASSWORD} to {_LONGEST_PASSWORD[os]} characters, including three of: a lowercase letter, an "
        "uppercase letter, a digit, a special character."
    )


def checked_password(password: str, os: OsType) -> str:
    """Return a password that Azure takes; raises `UsageError`, which never quotes it, for one that it refuses."""
    longest = _LONGEST_PASSWORD[os]
    if not _SHORTEST_PASSWORD <= len(password) <= longest or sum(bool(kind.search(password)) for kind in _KINDS) < 3:
        raise UsageError(
            f"Azure does not accept this password for {os.value}.",
            hint=f"Use {password_rules(os)}",
        )
    return password


def computer_name(vm_name: str, os: OsType) -> str:
    """Return the name that the system in a VM goes by: the VM's own, without what no computer's name has, and cut.

    Windows takes 15 characters, not all of them digits, Linux 64 (Microsoft's 'Naming rules for Azure resources').
    """
    allowed = re.sub(r"[^A-Za-z0-9-]", "" if os is OsType.WINDOWS else "-", vm_name)
    cut = allowed.strip("-")[: _LONGEST_COMPUTER_NAME[os]].strip("-")
    if not cut or (os is OsType.WINDOWS and cut.isdigit()):
        raise UsageError(
            f"Invalid computer name for {os.value}: '{vm_name}'.", hint="Use letters, digits, and hyphens."
        )
    return cut
