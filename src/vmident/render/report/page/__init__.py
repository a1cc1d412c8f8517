"""The page of `vmident report`: one HTML file that makes no request to anywhere.

Names of Azure resources are hostile text. The template escapes them (jinja2's autoescape), the script sets them as text
alone, and the Content-Security-Policy allows the page's own style and script by their hashes and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable
from importlib.resources import files
from typing import Any, Generic, TypeVar

from vmident.core.access.edges import Holding, Route, principal_title
from vmident.core.access.finding import Finding
from vmident.core.access.inventory import lower, name_of, scope_title
from vmident.core.access.rights import Privilege
from vmident.core.access.summary import IdentitySummary
from vmident.render.access import HOW_TITLES, identity_type
from vmident.render.moment import utc
from vmident.render.report.document import counts_of
from vmident.render.text import escape_control_characters
from vmident.results.access import SubscriptionReport

T = TypeVar("T")
_WITHOUT_SCRIPT = 100
"""Findings that are rows without JavaScript; the script shows as many at first, and more when asked."""
_COUNTS = (
    ("machines", "VMs and scale sets"),
    ("identities", "identities"),
    ("privileged", "privileged"),
    ("unused", "unused"),
    ("missing", "missing"),
    ("roleAssignments", "role assignments"),
)


def report_page(report: SubscriptionReport, version: str) -> str:
    """Return the page; `version` is vmident's."""
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    folder = files("vmident.render.report.page")
    style, script = (folder.joinpath(name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    keys = {lower(one.identity.place): at for at, one in enumerate(report.summary.identities)}
    shown = [_finding(one, keys) for one in report.findings]
    counts = counts_of(report)
    environment = Environment(
        loader=PackageLoader("vmident.render.report", "page"), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template("report.html.j2").render(
        as_of=utc(report.as_of_seconds),
        subscriptions=_shown(", ".join(report.subscriptions)),
        counts=[(title, f"{counts[name]:,}") for name, title in _COUNTS],
        finding_count=f"{len(report.findings):,}",
        findings=shown[:_WITHOUT_SCRIPT],
        unread=[{"what": _shown(one.what), "why": _shown(one.why)} for one in report.unread],
        version=version,
        data=Markup(_json(_data(report) | {"findings": shown})),  # noqa: S704 - JSON without any character of markup
        style=Markup(style),  # noqa: S704 - a file of ours
        script=Markup(script),  # noqa: S704 - a file of ours
        style_hash=_hash(style),
        script_hash=_hash(script),
    )


def _finding(one: Finding, keys: dict[str, int]) -> dict[str, Any]:
    resources = [*([one.identity] if one.identity else []), *one.resources]
    key = next((keys[lower(each)] for each in resources if lower(each) in keys), None)
    return {
        "rule": one.rule,
        "severity": one.severity.value,
        "message": _shown(one.message),
        "remediation": "\n".join(map(_shown, one.remediation.split("\n"))),
        "name": _shown(name_of(resources[0])),
        "key": key,
        "resources": "\n".join(map(_shown, resources)),
    }


def _data(report: SubscriptionReport) -> dict[str, Any]:
    """Return what the script draws from: rows that occur often are kept once and named by their index."""
    routes, roles = _Table[Route](), _Table[Holding]()
    sets = [[routes.index(route) for route in found] for found in report.summary.route_sets]
    identities = [_identity(at, one, roles) for at, one in enumerate(report.summary.identities)]
    return {
        "identities": identities,
        "sets": sets,
        "routes": [_route(one) for one in routes.rows],
        "roles": [_role(one) for one in roles.rows],
    }


class _Table(Generic[T]):
    """Rows, each kept once, and their indexes."""

    def __init__(self) -> None:
        self._indexes: dict[T, int] = {}

    def index(self, row: T) -> int:
        """Return the index of a row, which may be new."""
        return self._indexes.setdefault(row, len(self._indexes))

    @property
    def rows(self) -> Iterable[T]:
        """The rows by index."""
        return self._indexes.keys()


def _identity(at: int, one: IdentitySummary, roles: _Table[Holding]) -> dict[str, Any]:
    entry = one.identity
    segments = entry.place.split("/")
    kind = "system-assigned identity" if entry.is_system else "user-assigned identity"
    missing = ", does not exist" if entry.is_missing else ""
    return {
        "key": at,
        "name": _shown(entry.name),
        "place": _shown(entry.place),
        "group": _shown(segments[4] if len(segments) > 4 else ""),
        "about": kind + missing,
        "type": identity_type(entry),
        "missing": entry.is_missing,
        "machines": len(entry.machines),
        "routes": one.routes,
        "roles": [roles.index(_same_role(role)) for role in one.roles],
    }


def _same_role(role: Holding) -> Holding:
    """Return the role without what tells two assignments of it apart: they are one box on the map."""
    return role._replace(source="", expires=None, group=None, group_name=None)


def _route(one: Route) -> dict[str, Any]:
    role = f": role '{one.role}' on {scope_title(one.scope)}" if one.role and one.scope is not None else ""
    limits = f"{', eligible' if one.eligible else ''}{', conditional' if one.condition else ''}"
    return {
        "principal": _shown(one.principal_id or one.source),
        "title": _shown(principal_title(one)),
        "kind": _shown(f"{role}{limits}"),
        "hows": [HOW_TITLES[how.value] for how in one.hows],
        "eligible": one.eligible,
        "conditional": one.condition is not None,
        "members": [_shown(name) for name in one.members],
        "more": (one.member_count or 0) - len(one.members),
    }


def _role(one: Holding) -> dict[str, Any]:
    return {
        "key": _shown(f"{one.role_guid}@{lower(one.scope)}"),
        "role": _shown(one.role),
        "where": _shown(scope_title(one.scope)),
        "privileged": one.privilege is not Privilege.NONE,
        "limited": one.eligible or one.condition is not None,
    }


def _shown(text: str) -> str:
    """Return text whose invisible and reordering characters are shown as escapes."""
    return escape_control_characters(text)


def _json(document: Any) -> str:
    """Return JSON that cannot end its script element or become markup, with any names in it."""
    text = json.dumps(document, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
