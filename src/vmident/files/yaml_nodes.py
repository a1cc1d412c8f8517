"""YAML read as nodes that know their line, and the shapes that a desired-state file has; knows nothing of VMs.

Every function raises `BadDocument` that begins with `FILE:LINE`, and says what was expected and what was found.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any, TypeVar

from vmident.core.naming import did_you_mean
from vmident.errors import BadDocument, UsageError

Thing = TypeVar("Thing")

SEE_SCHEMA = "To see the format: vmident plan --schema"
_TAG = "tag:yaml.org,2002:"
_FOUND = {
    "map": "a mapping",
    "seq": "a list",
    "str": "text",
    "bool": "true or false",
    "int": "a number",
    "float": "a number",
    "null": "nothing",
    "timestamp": "a date",
}


@dataclass(frozen=True)
class Located:
    """A node of a YAML file; `node` is PyYAML's own.

    Aliases make the document a graph: one node may be in many places. What is read of it is kept in `known`, which all
    nodes of the document share, so that reading takes no longer than the file is long.
    """

    file: str
    node: Any
    known: dict[tuple[str, int], Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def line(self) -> int:
        """The line on which it begins, counted from 1."""
        return int(self.node.start_mark.line) + 1

    @property
    def kind(self) -> str:
        """YAML's own word for what it is, such as `map`, `seq`, `str`."""
        return str(self.node.tag).removeprefix(_TAG)

    @property
    def text(self) -> str:
        """A scalar as it stands in the file."""
        return str(self.node.value)

    def once(self, what: str, read: Callable[[Located], Thing]) -> Thing:
        """Return `read` of this node, called once for each node and `what`, in however many places the node is."""
        key = (what, id(self.node))
        if key not in self.known:
            self.known[key] = read(self)
        found: Thing = self.known[key]
        return found

    def _at(self, node: Any) -> Located:
        return Located(self.file, node, self.known)

    def wrong(self, message: str, hint: str = SEE_SCHEMA) -> BadDocument:
        """Return the error about this place."""
        return BadDocument(f"{self.file}:{self.line}: {message}", hint=hint)

    def key_names(self) -> Collection[str]:
        """Return the keys of a mapping as text; none of anything else."""
        return [self._at(key).text for key, _ in self.node.value] if self.kind == "map" else []

    def mapping(self, what: str, keys: Collection[str], required: Collection[str] = ()) -> dict[str, Located]:
        """Read a mapping with these keys and no others, each once."""
        found: dict[str, Located] = {}
        for key, value in self.entries(what):
            if key.text not in keys:
                alike = did_you_mean(key.text, keys)
                raise key.wrong(f"{what} has no key '{key.text}'.{alike}", f"Keys: {', '.join(keys)}.")
            found[key.text] = value
        for key_name in required:
            if key_name not in found:
                raise self.wrong(f"{what} requires the key '{key_name}'.")
        return found

    def entries(self, what: str) -> list[tuple[Located, Located]]:
        """Read a mapping whose keys are text, each once."""
        if self.kind != "map":
            raise self.unexpected(what, "a mapping")
        lines: dict[str, int] = {}
        entries = [(self._at(key), self._at(value)) for key, value in self.node.value]
        for key, _ in entries:
            if key.kind != "str":
                raise key.unexpected(f"a key of {what}", "text")
            if key.text in lines:
                raise key.wrong(f"the key '{key.text}' is already on line {lines[key.text]}.", "Merge the two keys.")
            lines[key.text] = key.line
        return entries

    def items(self, what: str, *, may_be_empty: bool = False) -> list[Located]:
        """Read a list, which is not to be empty unless that means something."""
        if self.kind != "seq":
            raise self.unexpected(what, "a list")
        if not self.node.value and not may_be_empty:
            raise self.wrong(f"{what} is an empty list.")
        return [self._at(one) for one in self.node.value]

    def word(self, what: str) -> str:
        """Read text that is not empty."""
        if self.kind != "str":
            quote = f' Quote it: "{self.text}".' if self.kind in {"bool", "int", "float", "timestamp"} else ""
            raise self.unexpected(what, f"text.{quote}" if quote else "text")
        if not self.text.strip():
            raise self.wrong(f"{what} is empty.")
        return self.text

    def checked(self, what: str, read: Callable[[str], Thing]) -> Thing:
        """Read text by `read`, whose usage errors become errors about this place."""
        word = self.word(what)
        try:
            return read(word)
        except UsageError as bad:
            raise self.wrong(bad.message, bad.hint or SEE_SCHEMA) from bad

    def unexpected(self, what: str, wanted: str) -> BadDocument:
        """Return the error about something that has another shape than the wanted one."""
        return self.wrong(f"{what} is {_FOUND.get(self.kind, self.kind)}, but must be {wanted.rstrip('.')}.")


def located(text: str, file: str) -> Located:
    """Read the one YAML document of a file; JSON is YAML too."""
    import yaml

    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except RecursionError as deep:
        raise BadDocument(f"{file}: the file is nested too deeply.", hint=SEE_SCHEMA) from deep
    except yaml.YAMLError as bad:
        mark = getattr(bad, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        reason = getattr(bad, "problem", None) or " ".join(str(bad).split())
        raise BadDocument(f"{file}{line}: not valid YAML: {reason}.", hint=SEE_SCHEMA) from bad
    if node is None:
        raise BadDocument(f"{file}:1: the file is empty.", hint=SEE_SCHEMA)
    return Located(file, node)
