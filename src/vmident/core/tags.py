"""Tags: read from words, compared and joined as ARM does.

Names compare without regard to case, values with it (Microsoft's 'Use tags to organize your Azure resources'). How many
there may be, how long, and which names are reserved is left to Azure to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from vmident.errors import UsageError


def tags_in(words: Iterable[str]) -> dict[str, str]:
    """Read words such as `team=web`; a value may be empty and may hold more equals signs.

    Raises `UsageError` for a word without a name or without an equals sign, and for a name that has two values.
    """
    tags: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name.strip():
            raise UsageError(
                f"'{word}' is not a valid tag.", hint="Use NAME=VALUE. Example: --tags team=web --tags env=test"
            )
        name = name.strip()
        if tags.setdefault(_spelled(name, tags), value) != value:
            raise UsageError(
                f"The tag '{name}' has two values.", hint="Use each tag once. Tag names are not case-sensitive."
            )
    return tags


def with_tags(there: Mapping[str, str], wanted: Mapping[str, str]) -> dict[str, str]:
    """Return the tags that are there with the wanted ones among them; a name keeps the casing that it has there."""
    return {**there, **{_spelled(name, there): value for name, value in wanted.items()}}


def tag_value(tags: Mapping[str, str], name: str) -> str | None:
    """Return the value of a tag, its name in whatever case; `None` where it is not there."""
    return tags.get(_spelled(name, tags))


def has_tags(there: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    """Return whether every wanted tag is there with its value; others may be there too."""
    return with_tags(there, wanted) == dict(there)


def _spelled(name: str, tags: Mapping[str, str]) -> str:
    return next((one for one in tags if one.lower() == name.lower()), name)
