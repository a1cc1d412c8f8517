"""What a handler knows of one request: where it goes, what it carries, and the cloud it meets."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from vmident.sandbox import errors
from vmident.sandbox.api_versions import LOCATIONS, known_location
from vmident.sandbox.authorization.grants import Grants
from vmident.sandbox.authorization.token import PRINCIPAL
from vmident.sandbox.tenant import PERSON_ID, PERSON_NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from vmident.sandbox.http_messages import Request, Response
    from vmident.sandbox.protocol.throttling import Meter
    from vmident.sandbox.rows import Record, Rows

Busy = Literal["reject", "conflict", "preempt", "allow"]


def strict_json(text: str) -> Any:
    """Return the value of a JSON text, without the constants that JSON does not have; raises `ValueError`."""
    return json.loads(text, parse_constant=_refuse_constant)


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)


@dataclass(frozen=True)
class InternalClient:
    """The rest of the cloud, for a handler whose work is requests of its own.

    `answer` takes a method, a path with its query, a body or None, and the moment that it is sent; the quotas of
    the caller are not drawn on. `check` raises what is wrong with a path and API version that would be PUT to, and
    gives the action that takes, and where. `sent_by` returns a client for what is done later because of a request,
    whose traced headers it takes.
    """

    answer: Callable[[str, str, Any, float], Response]
    check: Callable[[str, str], tuple[str, str]]
    sent_by: Callable[[Mapping[str, str]], InternalClient]


@dataclass(frozen=True)
class SandboxSettings:
    """How this cloud behaves where Azure leaves it open."""

    endpoint: str
    new_uuid: Callable[[], str]
    operation_seconds: Callable[[], float]
    creation_seconds: Callable[[], float]
    graph_lag_seconds: float
    page_size: int
    # Of VMs, at most so many: issues azure-sdk-for-node 4769, libcloud 1824, azurerm 6 and azure-powershell 3227.
    vm_page_size: int
    # How long the directory does not know a principal that was made, and whether it is asked even where the request
    # says what the principal is.
    directory_lag_seconds: float = 6.0
    strict_directory: bool = False
    # How long after it was written Azure Policy has not yet evaluated an assignment; in Azure up to half an hour.
    policy_lag_seconds: float = 30.0
    # How a write meets one that runs; Azure was seen to do each.
    busy: Busy = "reject"


@dataclass(frozen=True)
class Call:
    """One request on its way to its handler; `words` are the variable segments of the path, as sent.

    `reads` is what the person must be allowed on each resource for a list to show it; empty where the list may show
    all.
    """

    request: Request
    path: str
    raw_query: str
    words: Mapping[str, str]
    query: Mapping[str, str]
    api_version: str
    now: float
    rows: Rows
    meter: Meter
    settings: SandboxSettings
    internal: InternalClient
    reads: str = ""

    @property
    def caller(self) -> tuple[str, str]:
        """The name and the object ID of the caller: the signed-in person, or the identity of a policy assignment."""
        principal = self.request.headers.get(PRINCIPAL)
        return (principal, principal) if principal else (PERSON_NAME, PERSON_ID)

    @cached_property
    def grants(self) -> Grants:
        """What the caller may do."""
        return Grants(self.rows, self.caller[1])

    def shows(self, resource_id: str) -> bool:
        """Return whether a list may show a resource."""
        return not self.reads or self.grants.is_allowed(self.reads, resource_id)

    def group(self) -> Record:
        """Find the resource group in the path; raises 404, and 409 for a write into one that is being deleted."""
        name = self.words["group"]
        found = self.rows.find("group", name, "")
        if found is None:
            raise errors.group_not_found(name)
        if found.get("state") == "Deleting" and self.request.method in ("PUT", "PATCH"):
            raise errors.group_being_deleted(found["name"])
        return found

    def content(self, parse: Callable[[str], Any] = strict_json) -> dict[str, Any]:
        """Read the body as one JSON object; raises 415 and 400."""
        content_type = self.request.headers.get("content-type", "")
        if content_type.partition(";")[0].strip().lower() != "application/json":
            raise errors.media_type_unsupported(content_type)
        try:
            content = parse(self.request.body.decode("utf-8"))
            # Half a surrogate pair is JSON, but no text that can be kept.
            json.dumps(content, ensure_ascii=False).encode()
        except (ValueError, RecursionError) as failed:
            raise errors.content_invalid("The body is not JSON") from failed
        if not isinstance(content, dict):
            raise errors.content_invalid("The body is not a JSON object")
        return content


def is_guid(text: str) -> bool:
    """Return whether a text is a GUID, as ARM's paths and bodies carry them."""
    parts = text.split("-")
    return [len(part) for part in parts] == [8, 4, 4, 4, 12] and set(text.lower()) <= set("0123456789abcdef-")


def checked_tags(value: object, *, removable: bool = False) -> dict[str, str | None]:
    """Read tags: an object of texts; with `removable` a null takes one away. Limits: 50 tags, 512 and 256 characters.

    Source: Microsoft's page on tags of resources; what is refused how is assumed.
    """
    if not isinstance(value, dict) or not all(
        isinstance(text, str) or (removable and text is None) for text in value.values()
    ):
        raise errors.content_invalid("Error converting value to type 'InsensitiveDictionary`1[String]'. Path 'tags'.")
    if len(value) > 50 or any(len(name) > 512 or len(text or "") > 256 for name, text in value.items()):
        raise errors.Refused(
            400, "InvalidTags", "At most 50 tags, with names of 512 and values of 256 characters, are allowed."
        )
    return value


def checked_location(value: object, kind: str) -> str:
    """Read a region's name; raises what ARM says of one that is missing or not there."""
    if value is None or value == "":
        raise errors.location_required()
    if not isinstance(value, str):
        raise errors.content_invalid("Error converting value to type 'System.String'. Path 'location'.")
    location = known_location(value)
    if location is None:
        raise errors.location_not_available(value, kind, LOCATIONS)
    return location


def merged_tags(now: Mapping[str, str], change: Mapping[str, str | None]) -> dict[str, str]:
    """Merge tags; their names compare without regard to case, and keep the spelling they came with first."""
    merged = dict(now)
    spelled = {name.lower(): name for name in now}
    for name, text in change.items():
        held = spelled.get(name.lower(), name)
        if text is None:
            merged.pop(held, None)
        else:
            merged[held] = text
    return merged
