"""What Azure allows in the names of VMs, resource groups, identities and subscriptions, and which names are alike.

Knows names as text alone. Each rule lists what is allowed, so that anything else is refused: dashes that a word
processor put there, byte order marks, no-break spaces, invisible characters.

Source: Microsoft's 'Naming rules and restrictions for Azure resources', read on 2026-11-28. For VMs its table has the
rules of host names; its note adds that a resource name has up to 64 characters, and Azure's own validation takes
letters and digits of any script, '.', '_' and '-'.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache

from msgspec import Struct
from msgspec.structs import replace

from vmident.errors import BadResourceId

GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class NameRule(Struct, frozen=True):
    """What a kind of name may hold: the pattern `characters` matches one, `first` and `last` the ones at its ends.

    Patterns are text here: few of them are needed by one command, and compiling all would delay every command.
    """

    noun: str
    characters: str
    longest: int
    allowed: str
    first: str = r"[\s\S]"
    last: str = r"[\s\S]"
    shortest: int = 1
    listed_by: str = ""

    @property
    def hint(self) -> str:
        """What is allowed, and how to list the names there are."""
        look = f"\nTo see existing names: {self.listed_by}" if self.listed_by else ""
        article = "An" if self.noun[0] in "aeiou" else "A"
        return f"{article} {self.noun} has {self.allowed}.{look}"


_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")
_LETTER_OR_DIGIT = r"[^\W_]"
_NO_DOT = r"[^.]"

VM_NAME = NameRule(
    "VM name",
    r"[\w.-]",
    64,
    "1 to 64 letters, digits, '.', '_', or '-'. It begins with a letter or digit, and does not end in '.' or '-'",
    first=_LETTER_OR_DIGIT,
    last=r"[^.-]",
    listed_by="vmident list",
)
NEW_VM_NAME = replace(VM_NAME, characters=r"(?a:[\w.-])", listed_by="")
"""It becomes the computer's name as well, which takes no letters beyond ASCII."""
SCALE_SET_NAME = replace(VM_NAME, noun="scale set name", listed_by="vmident list --kind vmss")
GROUP_NAME = NameRule(
    "resource group name",
    r"[\w().-]",
    90,
    "1 to 90 letters, digits, '.', '_', '-', '(', or ')', and does not end in '.'",
    last=_NO_DOT,
    listed_by="vmident group list",
)
IDENTITY_NAME = NameRule(
    "identity name",
    r"[A-Za-z0-9_-]",
    128,
    "3 to 128 letters, digits, '-', or '_', and begins with a letter or digit",
    first=_LETTER_OR_DIGIT,
    listed_by="vmident identity list",
)
SUBSCRIPTION_NAME = NameRule(
    "subscription name or ID",
    # Names that Azure itself gives hold spaces and en dashes: 'Visual Studio Enterprise \u2013 MPN'.
    r"[^/<>|;]",
    64,
    "1 to 64 visible characters",
    first=r"[^-]",
    listed_by="vmident account list",
)
RESOURCE_NAME = NameRule("resource name", r"[\w().-]", 260, "letters, digits, '.', '_', '-', '(', or ')'", last=_NO_DOT)
"""Segments of ids that no other rule is for: namespaces, types, and resources of any type."""

NEW_IDENTITY_NAME = replace(IDENTITY_NAME, shortest=3, listed_by="")
"""Existing identities are looked up by names of any length."""


def checked_name(text: str, rule: NameRule) -> str:
    """Return a name without the white space around it; raises `BadResourceId` for what Azure allows in none."""
    name = text.strip()
    reason = _reason_against(name, rule)
    if reason:
        raise BadResourceId(f"'{visible(name)}' is not a valid {rule.noun}: it {reason}.", hint=rule.hint)
    return name


def visible(text: str) -> str:
    r"""Return the text with what shows as nothing, or as something else, as escapes such as `\u200b`."""
    return "".join(one if _shows(one) else f"\\u{ord(one):04x}" for one in text)


def without_lone_surrogates(text: str) -> str:
    """Return the text with U+FFFD for what UTF-8 cannot have, which an escape in JSON can."""
    return _LONE_SURROGATE.sub("\ufffd", text)


def near(names: Iterable[str], name: str, *, at_most: int = 3) -> tuple[str, ...]:
    """Pick the names most like a mistyped `name`, the likest first, in the casing that they came with."""
    from difflib import get_close_matches

    spelled = {one.lower(): one for one in names}
    return tuple(spelled[alike] for alike in get_close_matches(name.lower(), sorted(spelled), n=at_most))


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """Return ` Did you mean 'myVM' or 'myVM2'?`, to follow a sentence; empty where no name is like the one typed."""
    alike = [repr(one) for one in near(names, name)]
    return f" Did you mean {enumerated(alike, 'or')}?" if alike else ""


def enumerated(items: Sequence[str], conjunction: str = "and") -> str:
    """Return `A`, `A and B` or `A, B, and C`; empty without items."""
    if len(items) <= 2:
        return f" {conjunction} ".join(items)
    return f"{', '.join(items[:-1])}, {conjunction} {items[-1]}"


def _reason_against(name: str, rule: NameRule) -> str | None:
    if not name:
        return "is empty"
    # Answers about ten thousand VMs are checked too, and a name that is allowed is matched as a whole.
    if not (name.isprintable() and _compiled(f"(?:{rule.characters})+").fullmatch(name)):
        bad = next(one for one in name if not (_shows(one) and _compiled(rule.characters).fullmatch(one)))
        return f"contains {_described(bad)}"
    if not _compiled(rule.first).fullmatch(name[0]):
        return f"begins with {_described(name[0])}"
    if not _compiled(rule.last).fullmatch(name[-1]):
        return f"ends in {_described(name[-1])}"
    if not rule.shortest <= len(name) <= rule.longest:
        return f"has {len(name)} character{'' if len(name) == 1 else 's'}"
    return None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _shows(character: str) -> bool:
    # A space is the one separator that is as it looks; lone surrogates, controls and formats are not printable.
    return character.isprintable()


def _described(character: str) -> str:
    if character == " ":
        return "a space"
    if character.isascii() and character.isprintable():
        return f"'{character}'"
    called = {"\ufeff": "byte order mark"}.get(character) or unicodedata.name(character, "a control character").lower()
    shown = f"'{character}' " if character.isprintable() else ""
    return f"the character {shown}U+{ord(character):04X} ({called})"
