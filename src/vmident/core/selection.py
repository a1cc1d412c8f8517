"""Which resource the user's words mean, given a listing; knows names and ids, never where the listing came from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from msgspec import Struct

from vmident.core.resource_id import ResourceId
from vmident.core.tags import tag_value
from vmident.core.virtual_machine import VirtualMachine
from vmident.core.vm_kind import counted
from vmident.errors import UsageError


def named(listing: Iterable[ResourceId], name: str) -> tuple[ResourceId, ...]:
    """Pick the resources called `name`, in whatever case, sorted; one each, however often it is listed."""
    return tuple(sorted({resource for resource in listing if resource.name.lower() == name.lower()}))


_QUOTED = re.compile(r"""'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*\"""")
_BEYOND_A_CONDITION = re.compile(r"""[|;\n'"`]|//""")


class TagWanted(Struct, frozen=True):
    """A tag that a VM must have; `value` is `None` where any will do."""

    name: str
    value: str | None = None

    def is_met(self, there: str | None) -> bool:
        """Return whether a VM's value of the tag will do; `None` is a VM without it."""
        return there is not None and self.value in {None, there}


class Selection(Struct, frozen=True):
    """Many VMs without their names: those of `group`, else of the subscription, for which all that is set holds.

    `condition` is one for Resource Graph, which alone can tell whether it holds.
    """

    group: str | None = None
    tags: tuple[TagWanted, ...] = ()
    condition: str | None = None

    def __str__(self) -> str:
        """What the selection is, to follow 'VMs': `with tag team=web in resource group 'prod'`."""
        tags = [one.name if one.value is None else f"{one.name}={one.value}" for one in self.tags]
        words = [f"with tag {' and '.join(tags)}"] if tags else []
        words += [f"where {self.condition}"] if self.condition is not None else []
        words += [f"in resource group '{self.group}'"] if self.group else []
        return " ".join(words)

    def takes(self, machine: VirtualMachine) -> bool:
        """Return whether the VM has all the tags, compared as `core.tags` says."""
        return all(one.is_met(tag_value(machine.tags, one.name)) for one in self.tags)


class SelectedChange(Struct, frozen=True):
    """A change of VMs that were selected and not named, for the question that confirms it.

    `action` comes before their number, such as `Enable the system-assigned identity on`; `place` after it.
    """

    action: str
    place: str = ""

    def of(self, vms: Iterable[ResourceId]) -> str:
        """What happens to these VMs: `Enable the system-assigned identity on 41 VMs in resource group 'prod'`."""
        return f"{self.action} {counted(vms)} {self.place}".rstrip()


def tags_wanted(words: Sequence[str]) -> tuple[TagWanted, ...]:
    """Read `NAME=VALUE`, and `NAME` alone for whatever value; raises `UsageError` where there is no name."""
    wanted = []
    for word in words:
        name, has_value, value = word.partition("=")
        if not name.strip():
            raise UsageError(f"'{word}' is not a valid tag.", hint="Use --tag NAME=VALUE, or --tag NAME for any value.")
        wanted.append(TagWanted(name.strip(), value if has_value else None))
    return tuple(wanted)


def checked_condition(text: str) -> str:
    """Refuse a condition that is empty or would be more than one; whether it reads as one, Resource Graph decides."""
    beyond = _BEYOND_A_CONDITION.search(_QUOTED.sub("", text))
    if beyond or not text.strip():
        found = f"it contains {beyond[0]!r} outside quoted text" if beyond else "it is empty"
        raise UsageError(
            f"The condition of --where is not valid: {found}.",
            hint="Example: --where \"location == 'westus' and name startswith 'web'\"",
        )
    return text.strip()
