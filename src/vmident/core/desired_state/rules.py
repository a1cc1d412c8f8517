"""The rules of a desired-state file, and the target state of a VM from all the rules that select it.

D1  A rule selects the VMs that meet each of its conditions; a condition that lists several is met by any of them,
    except for tags, which a VM must all have.
D2  The target state of a VM combines all rules that select it; their order has no meaning.
D3  Rules that conflict are rejected, never ranked: `true` and `false` for the system-assigned identity, an
    identity included and excluded, two different `exactly`, an `exactly` that lacks what another rule includes or names
    what another rule excludes.
D4  What no rule mentions stays unchanged.
D5  An identity named without a group is the one of that name in the VM's own group.
D6  The roles of a rule are granted to the identities that it names: the system-assigned identity that it enables, and
    those that it includes or lists as `exactly`. Role assignments are created, never deleted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from msgspec import Struct, field

from vmident.core.rbac.scope import Scope, scope_named
from vmident.core.resource_id import ResourceId, user_identity_id
from vmident.core.resources import is_same_location
from vmident.core.tags import tag_value
from vmident.core.transition import SetIdentities
from vmident.core.virtual_machine import VirtualMachine
from vmident.core.vm_kind import ALL_KINDS, ONLY_VMS, VmKind, kind_of, titled
from vmident.errors import ConflictingRules


class Selector(Struct, frozen=True):
    """Which VMs a rule is about (D1); a condition that is empty is none.

    Names, groups and the values of tags may hold `*` for any text. Case means nothing, but in the values of tags.
    """

    names: tuple[str, ...] = ()
    ids: frozenset[ResourceId] = frozenset()
    groups: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    subscriptions: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    kinds: tuple[VmKind, ...] = ()

    @property
    def kinds_meant(self) -> tuple[VmKind, ...]:
        """The kinds to look among: those that the rule names and those of its ids, else VMs alone."""
        kinds = {*self.kinds, *map(kind_of, self.ids)}
        return tuple(kind for kind in ALL_KINDS if kind in kinds) or ONLY_VMS

    def selects(self, vm: VirtualMachine) -> bool:
        """Return whether the VM meets every condition."""
        return (
            (not self.ids or vm.id in self.ids)
            and kind_of(vm.id) in (self.kinds or (ALL_KINDS if self.ids else ONLY_VMS))
            and (not self.names or _fits_any(vm.id.name, self.names))
            and (not self.groups or _fits_any(vm.id.group, self.groups))
            and (not self.subscriptions or vm.id.subscription.lower() in map(str.lower, self.subscriptions))
            and (not self.regions or any(is_same_location(vm.location, region) for region in self.regions))
            and all(_is_met(tag_value(vm.tags, name), pattern) for name, pattern in self.tags.items())
        )


class Named(Struct, frozen=True):
    """An identity in a rule: its id, or its name alone (D5); and the line that names it."""

    identity: ResourceId | str
    line: int

    def beside(self, vm: ResourceId) -> ResourceId:
        """Return the id that is meant for a VM."""
        if isinstance(self.identity, ResourceId):
            return self.identity
        return user_identity_id(vm.subscription, vm.group, self.identity)


class SystemRule(Struct, frozen=True):
    """What a rule says of the system-assigned identity, and on which line."""

    is_wanted: bool
    line: int


class ExactRule(Struct, frozen=True):
    """All the user-assigned identities that a rule wants, and the line that says so."""

    identities: tuple[Named, ...]
    line: int


class RoleRule(Struct, frozen=True):
    """A role in a rule, as `--role` and `--scope` take it: the scope may be `group` or `subscription`."""

    role: str
    scope: str


class DesiredRole(Struct, frozen=True):
    """A role to grant to an identity of one VM; `receiver` is `None` for the system-assigned identity."""

    role: str
    scope: Scope
    receiver: ResourceId | None


class Rule(Struct, frozen=True):
    """One rule, and the line that it begins on. `exactly` does not go with the other two."""

    line: int
    selector: Selector
    system: SystemRule | None = None
    include: tuple[Named, ...] = ()
    exclude: tuple[Named, ...] = ()
    exactly: ExactRule | None = None
    roles: tuple[RoleRule, ...] = ()


def goal_for(vm: VirtualMachine, rules: Iterable[Rule]) -> SetIdentities | None:
    """Return the desired state of a VM from all rules that select it (D2); `None` where none does.

    Raises `ConflictingRules`, naming both lines (D3).
    """
    said = sorted((rule for rule in rules if rule.selector.selects(vm)), key=lambda rule: rule.line)
    if not said:
        return None
    include = _lines((named for rule in said for named in rule.include), vm)
    exclude = _lines((named for rule in said for named in rule.exclude), vm)
    for identity in sorted(include.keys() & exclude.keys()):
        raise _conflict(vm, f"includes identity '{identity.name}'", include[identity], "excludes it", exclude[identity])
    return SetIdentities(
        _system(vm, said), frozenset(include), frozenset(exclude), _exactly(vm, said, include, exclude)
    )


def roles_for(vm: ResourceId, said: Iterable[Rule]) -> tuple[DesiredRole, ...]:
    """Return the roles that rules want for a VM that they all select (D6), each once, sorted."""
    wanted = {
        (one.role.lower(), str(scope).lower(), str(receiver or "").lower()): DesiredRole(one.role, scope, receiver)
        for rule in said
        for one in rule.roles
        for scope in [scope_named(one.scope, vm.subscription, vm.group)]
        for receiver in _receivers(rule, vm)
    }
    return tuple(wanted[key] for key in sorted(wanted))


def _receivers(rule: Rule, vm: ResourceId) -> Iterable[ResourceId | None]:
    named = (*rule.include, *(rule.exactly.identities if rule.exactly else ()))
    system = [None] if rule.system and rule.system.is_wanted else []
    return [*system, *(one.beside(vm) for one in named)]


def _system(vm: VirtualMachine, said: Sequence[Rule]) -> bool | None:
    lines = {rule.system.is_wanted: rule.system.line for rule in reversed(said) if rule.system}
    if len(lines) > 1:
        raise _conflict(vm, "enables the system-assigned identity", lines[True], "disables it", lines[False])
    return next(iter(lines), None)


def _exactly(
    vm: VirtualMachine, said: Sequence[Rule], include: Mapping[ResourceId, int], exclude: Mapping[ResourceId, int]
) -> frozenset[ResourceId] | None:
    setting = [(rule.exactly.line, _lines(rule.exactly.identities, vm)) for rule in said if rule.exactly]
    if not setting:
        return None
    line, wanted = setting[0]
    for other_line, other in setting[1:]:
        if other.keys() != wanted.keys():
            raise _conflict(vm, "sets an exact list of identities", line, "sets another exact list", other_line)
    for identity in sorted(include.keys() - wanted.keys()):
        one = f"sets an exact list of identities without '{identity.name}'"
        raise _conflict(vm, one, line, "includes it", include[identity])
    for identity in sorted(exclude.keys() & wanted.keys()):
        one = f"sets an exact list of identities with '{identity.name}'"
        raise _conflict(vm, one, line, "excludes it", exclude[identity])
    return frozenset(wanted)


def _lines(named: Iterable[Named], vm: VirtualMachine) -> dict[ResourceId, int]:
    """Return the first line that names each identity."""
    lines: dict[ResourceId, int] = {}
    for one in named:
        lines.setdefault(one.beside(vm.id), one.line)
    return lines


def _conflict(vm: VirtualMachine, one: str, line: int, other: str, other_line: int) -> ConflictingRules:
    return ConflictingRules(
        f"Rules conflict for {titled(vm.id)} in resource group '{vm.id.group}': line {line} {one}, and line "
        f"{other_line} {other}.",
        hint="Change one of the two lines, or narrow one of the rules so that it does not select this "
        f"{kind_of(vm.id).noun}.",
    )


def _fits_any(text: str, patterns: Iterable[str]) -> bool:
    return any(_compiled(pattern.lower()).fullmatch(text.lower()) for pattern in patterns)


def _is_met(value: str | None, pattern: str) -> bool:
    return value is not None and bool(_compiled(pattern).fullmatch(value))


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, pattern.split("*"))), re.DOTALL)
