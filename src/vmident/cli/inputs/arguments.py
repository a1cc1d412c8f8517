"""The Azure CLI's ways to write names, in the one way that Typer parses: `-n VM`, `--identities A B`."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence

from vmident.errors import UsageError

NAME = "--name"
"""The option that stands for the argument which names things."""
_MANY = "--identities"
_ONE = "--identity"


def rewritten(args: Sequence[str], takes_value: Mapping[str, bool], *, has_name: bool) -> list[str]:
    """Return the arguments with `-n VM` as `VM`, and `--identities A B` with the option before each value.

    `takes_value` has every spelling of the command's options. `has_name` says that `-n` stands for the argument.
    Raises `UsageError` for `-n` without a name, and for `VM --identity A B`, where B may be a VM or a second identity.
    """
    made: list[str] = []
    names = 0
    last_was_one_identity = False
    rest = deque(args)
    while rest:
        arg = rest.popleft()
        is_after_identity, last_was_one_identity = last_was_one_identity, False
        if arg == "--":
            return [*made, arg, *rest]
        if not _is_option(arg):
            if is_after_identity and names:
                raise _ambiguous(arg)
            names += 1
            made.append(arg)
            continue
        option, value = _split(arg, takes_value)
        if value is None and takes_value.get(option):
            if not rest:
                return [*made, arg]
            value = rest.popleft()
        if has_name and option in {NAME, "-n"} and value is not None:
            names += 1
            made.append(_name(value))
        elif option == _MANY and _MANY in takes_value and value is not None:
            made += [_MANY, value]
            while rest and not _is_option(rest[0]):
                made += [_MANY, rest.popleft()]
        else:
            last_was_one_identity = option == _ONE and _MANY in takes_value
            made += [arg] if value is None or arg != option else [arg, value]
    return made


def _ambiguous(arg: str) -> UsageError:
    return UsageError(
        f"It is not clear whether '{arg}' is a VM or another identity.",
        hint=f"Type VM names before the options, and identities after {_MANY}: {_MANY} A B",
    )


def _name(value: str) -> str:
    if _is_option(value):
        raise UsageError(f"'{value}' is an option, not a value for {NAME}.", hint=f"Type the name after {NAME}.")
    return value


def _is_option(arg: str) -> bool:
    return arg.startswith("-") and len(arg) > 1


def _split(arg: str, takes_value: Mapping[str, bool]) -> tuple[str, str | None]:
    """Split `--name=VM` and `-nVM`; a bundle of flags such as `-yv` stays as it is."""
    if arg.startswith("--"):
        option, has_value, value = arg.partition("=")
        return option, value if has_value else None
    short = arg[:2]
    return (short, arg[2:]) if len(arg) > 2 and takes_value.get(short) else (arg, None)
