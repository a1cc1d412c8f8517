"""The subscription chosen with `vmident account set`: one for each cloud, kept in the state folder."""

from __future__ import annotations

import json
from pathlib import Path

from msgspec import Struct

from vmident.errors import UsageError
from vmident.private_files import make_private_folder, write_private

FILE_NAME = "subscriptions.json"
ORIGIN = "vmident account set"
# A later version of the file has another member, and is not read as this one.
_MEMBER = "subscriptions"


class ChosenSubscription(Struct, frozen=True):
    """A subscription, by its ID; its name is for showing."""

    id: str
    name: str


def chosen_subscription(folder: Path, cloud_key: str) -> ChosenSubscription | None:
    """Return the subscription chosen for a cloud, `None` where none is.

    Raises `UsageError` for a file that cannot be read: without it, commands would act on another subscription.
    """
    return _read(folder / FILE_NAME).get(cloud_key)


def choose_subscription(folder: Path, cloud_key: str, chosen: ChosenSubscription | None) -> None:
    """Replace the choice for one cloud atomically, `None` to delete it; a file that cannot be read is replaced."""
    file = folder / FILE_NAME
    try:
        kept = _read(file)
    except UsageError:
        kept = {}
    others = {key: one for key, one in kept.items() if key != cloud_key}
    choices = {**others, cloud_key: chosen} if chosen else others
    document = {_MEMBER: {key: [one.id, one.name] for key, one in choices.items()}}
    make_private_folder(folder)
    write_private(file, json.dumps(document, indent=2))


def _read(file: Path) -> dict[str, ChosenSubscription]:
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
        return {key: ChosenSubscription(*map(str, one)) for key, one in document[_MEMBER].items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as unreadable:
        raise UsageError(
            f"The subscription set with 'vmident account set' cannot be read: {file}",
            hint="Run 'vmident account set NAME' again, or delete the file.",
        ) from unreadable
