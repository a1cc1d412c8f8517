"""Read principals and the members of groups from Microsoft Graph, in a bounded number of requests.

1,000 principals take one request, the members of 20 groups one more, and each group with more than 999 members one for
each further 999. Every failure ends as something that was not read: access is decided without it.

Facts of Microsoft Graph that shape the requests:
* `getByIds` needs the types: its default, all directory objects, leaves some out (the Azure CLI's `role/custom.py`).
* Version 1.0 leaves service principals out of a group's members, unless the request is an advanced query: header
  `ConsistencyLevel: eventual` with `$count=true` (msgraph-sdk-powershell, issue 2853). The count also shows whether
  anything is missing.
* The members of a group with hidden membership take the permission Member.Read.Hidden.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from vmident.arm.answers import read, read_error
from vmident.arm.errors.translation import error_from
from vmident.arm.limits import GROUP_PAGE, GROUP_PAGES, GROUPS
from vmident.arm.microsoft_graph.bodies import BatchBody, BatchedAnswer, ObjectBody, ObjectsPage
from vmident.core.access.directory import DirectoryAnswer
from vmident.core.access.inventory import DirectoryObject, Unread
from vmident.core.naming import GUID
from vmident.errors import NotAllowed, NotSignedIn, VmidentError

if TYPE_CHECKING:
    from vmident.arm.connection import Connection
    from vmident.arm.microsoft_graph.credential import GraphCredential

IDS_AT_ONCE = 1_000
REQUESTS_IN_BATCH = 20
_TYPES = ("user", "group", "servicePrincipal", "device", "directoryObjectPartnerReference")
_MEMBERS = f"/groups/{{}}/transitiveMembers?$count=true&$select=id,displayName,userPrincipalName&$top={GROUP_PAGE}"
# Source: 'directoryObject: getByIds' of Microsoft Graph, whose least privileged permission is this one.
_ASK = "Ask for the permission Directory.Read.All or the Microsoft Entra role Directory Readers"
_ADVANCED = {"ConsistencyLevel": "eventual"}


class GraphDirectory:
    """`vmident.ports.access.Directory`, as Microsoft Graph has it.

    `connect` opens a connection to Microsoft Graph for a tenant; `None` where the cloud's endpoint is not known.
    """

    def __init__(self, connect: Callable[[str], tuple[Connection, GraphCredential]] | None) -> None:
        self._connect = connect

    def read(self, tenant: str, ids: Collection[str]) -> DirectoryAnswer:
        """Read the principals and the members of the groups among them."""
        if self._connect is None:
            why = "the endpoint of Microsoft Graph is not known in this cloud; set VMIDENT_GRAPH_ENDPOINT"
            return DirectoryAnswer(unread=(Unread("groups", why),))
        connection, credential = self._connect(tenant)
        try:
            return _Reading(connection, tenant).answer(sorted(filter(GUID.fullmatch, ids)), credential)
        finally:
            connection.close()


class _Reading:
    """What has been read in one tenant so far."""

    def __init__(self, connection: Connection, tenant: str) -> None:
        self._connection = connection
        self._tenant = tenant
        self._asked: set[str] = set()
        self._principals: dict[str, DirectoryObject] = {}
        self._members: dict[str, frozenset[str]] = {}
        self._hidden: set[str] = set()
        self._unread: list[Unread] = []

    def answer(self, ids: Sequence[str], credential: GraphCredential) -> DirectoryAnswer:
        with self._noting(
            lambda: f"groups and names of {len(ids) - len(self._asked)} principals of tenant {self._tenant}"
        ):
            for at in range(0, len(ids), IDS_AT_ONCE):
                self._read_principals(ids[at : at + IDS_AT_ONCE])
        groups = sorted(one for one, principal in self._principals.items() if principal.kind == "Group")
        if len(groups) > GROUPS:
            rest = len(groups) - GROUPS
            self._unread.append(Unread(f"members of {rest} groups", f"at most {GROUPS:,} groups are read"))
        for at in range(0, min(len(groups), GROUPS), REQUESTS_IN_BATCH):
            some = groups[at : min(at + REQUESTS_IN_BATCH, GROUPS)]
            with self._noting(lambda: f"members of {len(some)} {'group' if len(some) == 1 else 'groups'}"):  # noqa: B023 - called before the next
                self._read_members(some)
        caller = credential.caller
        return DirectoryAnswer(
            frozenset(self._asked) if (caller.tenant_id or "").lower() == self._tenant else frozenset(),
            self._principals,
            self._members,
            caller.object_id.lower() if caller.object_id else None,
            tuple(self._unread),
        )

    def _read_principals(self, ids: Sequence[str]) -> None:
        question = {"ids": ids, "types": _TYPES}
        answer = self._connection.pose(self._url("/directoryObjects/getByIds"), question)
        page = answer.read(ObjectsPage, "directory objects")
        self._keep(page.value)
        self._asked.update(ids if page.next_link is None else ())
        self._hidden |= {one.id.lower() for one in page.value if (one.visibility or "").lower() == "hiddenmembership"}

    def _read_members(self, groups: Sequence[str]) -> None:
        requests = [
            {"id": str(at), "method": "GET", "url": _MEMBERS.format(group), "headers": _ADVANCED}
            for at, group in enumerate(groups)
        ]
        answer = self._connection.pose(self._url("/$batch"), {"requests": requests})
        answers = {one.id: one for one in answer.read(BatchBody, "answers to a batch").responses}
        for at, group in enumerate(groups):
            with self._noting(lambda: self._title(group)):  # noqa: B023 - called before the next
                self._read_group(group, answers.get(str(at)))

    def _read_group(self, group: str, answer: BatchedAnswer | None) -> None:
        found: dict[str, ObjectBody] = {}
        page, count = self._first_page(group, answer), 0
        for number in range(1, GROUP_PAGES + 1):
            found |= {one.id.lower(): one for one in page.value}
            count = max(count, page.count or 0)
            if page.next_link is None or number == GROUP_PAGES:
                break
            page = self._connection.follow(page.next_link, headers=_ADVANCED).read(ObjectsPage, "members of a group")
        self._keep(found.values())
        why = None
        if page.next_link is not None:
            why = f"it has more than {len(found):,} members"
        elif count > len(found):
            why = f"Microsoft Graph returned {len(found):,} of {count:,} members"
        elif not found and group in self._hidden:
            why = "its membership is hidden; reading it requires the permission Member.Read.Hidden"
        if why is None:
            self._members[group] = frozenset(found)
        else:
            self._unread.append(Unread(self._title(group), why))

    def _first_page(self, group: str, answer: BatchedAnswer | None) -> ObjectsPage:
        """Return the page of the batch; what was throttled or failed in Azure there is asked for once more alone."""
        if answer is None or answer.status in (408, 429) or answer.status >= 500:
            url = self._url(_MEMBERS.format(group))
            return self._connection.follow(url, headers=_ADVANCED).read(ObjectsPage, "members of a group")
        if not 200 <= answer.status < 300:
            raise error_from(answer.status, answer.headers or {}, read_error(bytes(answer.body)))
        return read(answer.body, ObjectsPage, "members of a group")

    def _keep(self, objects: Collection[ObjectBody]) -> None:
        for one in objects:
            # What was answered about a principal itself says more than what is said of it as a member.
            self._principals.setdefault(one.id.lower(), one.principal)

    def _title(self, group: str) -> str:
        return f"members of group '{self._principals[group].name or group}'"

    def _url(self, path: str) -> str:
        return f"{self._connection.endpoint}/v1.0{path}"

    @contextmanager
    def _noting(self, what: Callable[[], str]) -> Iterator[None]:
        """Turn a failure into something that was not read, a missing sign-in too; an expired timeout is raised."""
        try:
            yield
        except VmidentError as failure:
            if failure.ends_run and not isinstance(failure, NotSignedIn):
                raise
            advice = f". {_ASK}" if isinstance(failure, NotAllowed) else ""
            self._unread.append(Unread(what(), f"{failure.message} [{failure.code}]{advice}"))
