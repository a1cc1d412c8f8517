"""Which roles there are: those that Azure brings, and custom ones, kept as rows."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from vmident.sandbox.authorization.built_in_roles import BUILT_IN_ROLES
from vmident.sandbox.authorization.role import Role

if TYPE_CHECKING:
    from vmident.sandbox.rows import Record, Rows

_BUILT_IN = {role.name: role for role in BUILT_IN_ROLES}


def write_custom_role(rows: Rows, role: Role, *, made: float) -> None:
    """Write a custom role, new or not."""
    if rows.find("role", "", role.name) is None:
        rows.add("role", "", role.name, dataclasses.asdict(role), made=made)
    else:
        rows.replace("role", "", role.name, dataclasses.asdict(role))


def all_roles(rows: Rows) -> list[Role]:
    """List the roles, the built-in ones first."""
    return [*BUILT_IN_ROLES, *(_read_back(record) for record in rows.every("role"))]


def role_of(rows: Rows, name: str) -> Role | None:
    """Find a role by its GUID, in any case; a built-in one costs no query."""
    built_in = _BUILT_IN.get(name.lower())
    if built_in is not None:
        return built_in
    record = rows.find("role", "", name)
    return _read_back(record) if record else None


def _read_back(record: Record) -> Role:
    lists = {name: tuple(value) for name, value in record.items() if isinstance(value, list)}
    return Role(**record | lists)
