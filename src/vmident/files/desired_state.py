"""Desired-state files: YAML to rules, every rule and word with its line."""

from __future__ import annotations

from collections.abc import Callable

from vmident.core.desired_state.rules import ExactRule, Named, RoleRule, Rule, Selector, SystemRule
from vmident.core.naming import GROUP_NAME, GUID, IDENTITY_NAME, VM_NAME, NameRule, checked_name, did_you_mean
from vmident.core.rbac.scope import GROUP_WORD, SUBSCRIPTION_WORD, Scope
from vmident.core.resource_id import (
    USER_ASSIGNED_IDENTITY,
    ResourceId,
    looks_like_id,
    typed_id,
)
from vmident.core.shell import command_line
from vmident.core.vm_kind import VmKind
from vmident.errors import BadDocument, UsageError
from vmident.files.yaml_nodes import SEE_SCHEMA, Located, located

_SELECTORS = ("kinds", "names", "ids", "groups", "tags", "subscriptions", "regions")
SAVED_PLAN_KEY = "format"
"""A key that saved plans have and desired-state files do not."""
_LISTS = ("include", "exclude", "exactly")


def rules_in(text: str, file: str) -> tuple[Rule, ...]:
    """Read the rules of a desired-state file; `file` is what its errors call it.

    Raises `BadDocument` with the line of whatever does not fit; the JSON Schema `desired-state.json` says the same of
    shapes, and nothing of keys that stand twice.
    """
    document = located(text, file)
    if SAVED_PLAN_KEY in document.key_names():
        raise BadDocument(
            f"{file} is a saved plan, not a desired-state file.",
            hint=f"To apply it, leave out -f: {command_line('vmident', 'apply', file)}",
        )
    top = document.mapping("a desired-state file", ("version", "rules"), ("version", "rules"))
    version = top["version"]
    if (version.kind, version.text) != ("int", "1"):
        raise version.wrong(
            f"the version is '{version.text}', but this version of vmident reads version 1.", "Use version: 1"
        )
    return tuple(one.once("rule", _rule) for one in top["rules"].items("rules", may_be_empty=True))


def schema_text() -> str:
    """Return the JSON Schema of descriptions, as it comes with the package."""
    from importlib.resources import files

    return files("vmident").joinpath("schema", "desired-state.json").read_text(encoding="utf-8")


def _rule(node: Located) -> Rule:
    members = node.mapping("a rule", ("vms", "system", "identities", "roles"), ("vms",))
    if len(members) == 1:
        raise node.wrong("the rule has no 'system' and no 'identities'.", "Add 'system' or 'identities'.")
    identities = members["identities"].mapping("identities", _LISTS) if "identities" in members else {}
    if "identities" in members and not identities:
        raise members["identities"].wrong("'identities' is empty.", f"Use one of {', '.join(_LISTS)}.")
    if "exactly" in identities and len(identities) > 1:
        raise identities["exactly"].wrong(
            "'exactly' cannot be used with 'include' or 'exclude'.", "Remove 'include' and 'exclude'."
        )
    exactly = identities.get("exactly")
    rule = Rule(
        node.line,
        members["vms"].once("vms", _selector),
        _system(members.get("system")),
        _named(identities.get("include"), "include"),
        _named(identities.get("exclude"), "exclude"),
        ExactRule(_named(exactly, "exactly", may_be_empty=True), exactly.line) if exactly else None,
        members["roles"].once("roles", _roles) if "roles" in members else (),
    )
    has_receivers = (
        rule.include or (rule.exactly and rule.exactly.identities) or (rule.system and rule.system.is_wanted)
    )
    if rule.roles and not has_receivers:
        raise members["roles"].wrong(
            "'roles' requires 'system: true' or included identities in the same rule.",
            "Add 'system: true' or 'include' to the rule.",
        )
    return rule


def _roles(node: Located) -> tuple[RoleRule, ...]:
    return tuple(_role(one) for one in node.items("roles"))


def _role(node: Located) -> RoleRule:
    members = node.mapping("a role", ("role", "scope"), ("role", "scope"))
    return RoleRule(members["role"].word("role").strip(), members["scope"].checked("scope", _scope))


def _scope(word: str) -> str:
    if word.strip().lower() in {SUBSCRIPTION_WORD, GROUP_WORD}:
        return word.strip().lower()
    return str(Scope.parse(word))


def _selector(node: Located) -> Selector:
    members = node.mapping("vms", _SELECTORS)
    if not members:
        raise node.wrong("'vms' has no selector.", "To select every VM: names: ['*']")
    return Selector(
        names=_words(members.get("names"), "a name", _pattern_of(VM_NAME)),
        ids=members["ids"].once("ids", _ids) if "ids" in members else frozenset(),
        groups=_words(members.get("groups"), "a group", _pattern_of(GROUP_NAME)),
        tags=members["tags"].once("tags", _tags) if "tags" in members else {},
        subscriptions=_words(members.get("subscriptions"), "a subscription", _subscription),
        regions=_words(members.get("regions"), "a region", str.strip),
        kinds=members["kinds"].once("kinds", _kinds) if "kinds" in members else (),
    )


def _kinds(node: Located) -> tuple[VmKind, ...]:
    return tuple(one.checked("a kind", _kind) for one in node.items("the list of kinds"))


def _kind(word: str) -> VmKind:
    known = {kind.value: kind for kind in VmKind}
    if word not in known:
        raise UsageError(f"'{word}' is not one of vm and vmss.{did_you_mean(word, known)}", hint=SEE_SCHEMA)
    return known[word]


def _ids(node: Located) -> frozenset[ResourceId]:
    types = [kind.resource_type for kind in VmKind]
    return frozenset(one.checked("an id", lambda word: _id_of(word, *types)) for one in node.items("ids"))


def _tags(node: Located) -> dict[str, str]:
    tags = {key.text: value.word(f"the tag '{key.text}'") for key, value in node.entries("tags")}
    if not tags:
        raise node.wrong("'tags' is empty.")
    return tags


def _system(node: Located | None) -> SystemRule | None:
    if node is None or (node.kind, node.text) == ("str", "keep"):
        return None
    if node.kind in {"map", "seq"}:
        raise node.unexpected("system", "true, false, or keep")
    if node.kind != "bool":
        is_quoted = node.kind == "str" and node.text.lower() in {"true", "false"}
        found = f"the text '{node.text}'" if is_quoted else f"'{node.text}'"
        alike = "" if is_quoted else did_you_mean(node.text, ("true", "false", "keep"))
        raise node.wrong(f"system is {found}, not true, false, or keep without quotes.{alike}")
    return SystemRule(node.text.lower() in {"true", "yes", "on"}, node.line)


def _named(node: Located | None, what: str, *, may_be_empty: bool = False) -> tuple[Named, ...]:
    def read(node: Located) -> tuple[Named, ...]:
        listed = node.items(what, may_be_empty=may_be_empty)
        return tuple(Named(one.checked("an identity", _identity), one.line) for one in listed)

    return node.once(what, read) if node else ()


def _words(node: Located | None, what: str, read: Callable[[str], str]) -> tuple[str, ...]:
    def listed(node: Located) -> tuple[str, ...]:
        return tuple(one.checked(what, read) for one in node.items(f"the list of {what[2:]}s"))

    return node.once(what, listed) if node else ()


def _identity(word: str) -> ResourceId | str:
    return _id_of(word, USER_ASSIGNED_IDENTITY) if looks_like_id(word) else checked_name(word, IDENTITY_NAME)


def _id_of(word: str, *resource_types: str) -> ResourceId:
    found = typed_id(word, *resource_types)
    if not any(found.is_a(one) for one in resource_types):
        wanted = " or a ".join(f"'{one}'" for one in resource_types)
        raise UsageError(f"'{word}' is the ID of a '{found.kind}', not of a {wanted}.", hint=SEE_SCHEMA)
    return found


def _pattern_of(rule: NameRule) -> Callable[[str], str]:
    def read(word: str) -> str:
        checked_name(word.replace("*", "x"), rule)
        return word.strip()

    return read


def _subscription(word: str) -> str:
    if not GUID.fullmatch(word):
        raise UsageError(
            f"'{word}' is not a subscription ID.", hint="Use its ID, a GUID. To see IDs: az account list -o table"
        )
    return word
