"""Commands as the Azure CLI has them, and the vmident commands that do the same, with the user's own names in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from vmident.core.shell import command_line

_SYSTEM = "[system]"
_KEPT = {"-g": "-g", "--resource-group": "-g", "--subscription": "--subscription", "--ids": "--ids"}
_KEPT_FOR_ROLES = {"--role": "--role", "--scope": "--scope"}
_ATTACH = {
    ("vm", "identity", "assign"),
    ("identity", "assign"),
    ("identity", "attach"),
    ("assign",),
    ("attach",),
    ("add",),
}
_DETACH = {("vm", "identity", "remove"), ("identity", "remove"), ("identity", "detach"), ("detach",), ("remove",)}
_OTHERS = {
    ("vm", "identity", "show"): ("show",),
    ("vm", "show"): ("show",),
    ("vm", "list"): ("list",),
    ("account", "show"): ("whoami",),
    ("account", "clear"): ("logout",),
    ("enable",): ("enable-system",),
    ("disable",): ("disable-system",),
}
_WITHOUT_VM = {"list", "whoami", "logout"}
_UPDATE = {("vm", "update"), ("update",)}
_TYPES = {
    "none": ("set", "--type", "none"),
    "systemassigned": ("set", "--type", "system"),
    # The Azure CLI's own documentation disables the system-assigned identity so, and keeps the others.
    "userassigned": ("disable-system",),
    "systemassigned,userassigned": ("enable-system",),
}


@dataclass
class _Typed:
    """What was typed after the verbs."""

    names: list[str] = field(default_factory=list)
    names_vm: bool = False
    identities: list[str] = field(default_factory=list)
    settings: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    roles: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Translation:
    """A command that vmident does not have, such as `vm identity assign`, and the command lines to run instead.

    `reason` says why these are the Azure CLI's own, where vmident has no command that does the same.
    """

    verbs: str
    commands: tuple[str, ...]
    reason: str = ""


def translated(words: Sequence[str]) -> Translation | None:
    """Translate a command of the Azure CLI, without `az`; `None` where no such command is known.

    An update of something other than identities stays the Azure CLI's. The system-assigned identity and user-assigned
    ones together take two commands.
    """
    for length in (3, 2, 1):
        verbs = tuple(words[:length])
        typed = _read(words[length:])
        if verbs in _UPDATE and typed.settings and not any(_is_of_identity(one) for one in typed.settings):
            update = command_line("az", "vm", "update", *words[length:])
            return Translation(" ".join(verbs), (update,), "vmident changes only the identities of VMs.")
        commands = tuple(_commands(verbs, typed))
        if commands:
            return Translation(" ".join(verbs), commands)
    return None


def _commands(verbs: tuple[str, ...], typed: _Typed) -> Iterator[str]:
    if verbs == ("identity", "remove") and typed.names and not (typed.identities or typed.names_vm):
        yield command_line("vmident", "identity", "delete", *typed.names, *typed.kept)
    elif verbs in _ATTACH | _DETACH:
        if verbs[-1] not in {"assign", "remove"} and not typed.identities:
            typed.identities.append("ID")
        yield from _lines(
            typed, *(("enable-system", "add-user") if verbs in _ATTACH else ("disable-system", "remove-user"))
        )
    elif verbs in _OTHERS:
        names = typed.names if _OTHERS[verbs][0] in _WITHOUT_VM else typed.names or _placeholder(typed)
        yield command_line("vmident", *_OTHERS[verbs], *names, *typed.kept)
    elif verbs in _UPDATE:
        yield _update(typed)


def _lines(typed: _Typed, for_system: str, for_users: str) -> Iterator[str]:
    names = typed.names or _placeholder(typed)
    roles = typed.roles if for_users == "add-user" else []
    users = [one for one in typed.identities if one.lower() != _SYSTEM]
    if len(users) < len(typed.identities) or not typed.identities:
        yield command_line("vmident", for_system, *names, *typed.kept, *roles)
    if users:
        yield command_line("vmident", for_users, *names, *typed.kept, "--identities", *users, *roles)


def _update(typed: _Typed) -> str:
    names = typed.names or _placeholder(typed)
    values = dict(one.lower().partition("=")[::2] for one in typed.settings)
    kind = "".join(values.get("identity.type", "").split()).strip("'\"")
    if kind == "systemassigned" and "identity.userassignedidentities" in values:
        return command_line("vmident", "remove-user", *names, "--all-identities", *typed.kept)
    verb, *options = _TYPES.get(kind, ("set", "--type", "none|system|user|both"))
    return command_line("vmident", verb, *names, *options, *typed.kept)


def _is_of_identity(setting: str) -> bool:
    return setting.strip("'\"").lower().startswith("identity")


def _placeholder(typed: _Typed) -> list[str]:
    return [] if "--ids" in typed.kept else ["VM"]


def _read(words: Sequence[str]) -> _Typed:
    typed = _Typed()
    target = typed.names
    rest = iter(words)
    for word in rest:
        option, has_value, value = word.partition("=") if word.startswith("--") else (word, "", "")
        if not word.startswith("-"):
            target.append(word)
            continue
        target = typed.names
        if option in {"--identities", "--identity"}:
            target = typed.identities
            target += [value] if has_value else []
        elif option == "--set":
            target = typed.settings
        elif option in {"-n", "--name", "--vm-name"}:
            typed.names.append(value if has_value else next(rest, "VM"))
            typed.names_vm = True
        elif option in _KEPT:
            typed.kept += [_KEPT[option], value if has_value else next(rest, "")]
        elif option in _KEPT_FOR_ROLES:
            typed.roles += [option, value if has_value else next(rest, "")]
        elif option in {"-o", "--output", "--query"} and not has_value:
            next(rest, None)
    return typed
