"""One request to Microsoft Graph: its token, its path, its answer, and batches of requests.

Source: Microsoft Graph's REST reference, version 1.0, and 'Combine multiple HTTP requests using JSON batching'.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from vmident.sandbox.errors import Refused
from vmident.sandbox.http_messages import Request, Response, json_answer
from vmident.sandbox.microsoft_graph import errors
from vmident.sandbox.microsoft_graph.objects import DirectoryObjects
from vmident.sandbox.protocol import throttling
from vmident.sandbox.protocol.call import is_guid, strict_json
from vmident.sandbox.protocol.paging import sealed, unsealed
from vmident.sandbox.tenant import PERSON_ID, TENANT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from vmident.sandbox.protocol.call import SandboxSettings
    from vmident.sandbox.rows import Rows

_IDS_AT_MOST, _REQUESTS_AT_MOST, _PAGE, _PAGE_AT_MOST = 1_000, 20, 100, 999
_MEMBERS = re.compile(r"/groups/([^/]+)/transitiveMembers", re.IGNORECASE)
_OPTIONS = frozenset({"$select", "$top", "$count", "$skiptoken"})


@dataclass(frozen=True)
class GraphService:
    """Microsoft Graph at `endpoint`; `tenant_of_token` knows its tokens and no other service's."""

    endpoint: str
    rows: Rows
    meter: throttling.Meter
    settings: SandboxSettings
    tenant_of_token: Callable[[str], str | None]

    def answer(self, request: Request) -> Response:
        """Answer one request, a refusal in Graph's own shape."""
        request_id = self.settings.new_uuid()
        try:
            tenant = self._tenant_of(request)
            path = urlsplit(request.url).path
            if not path.startswith("/v1.0/"):
                raise errors.not_supported(f"'{path}'")
            url = request.url[len(f"{self.endpoint}/v1.0") :]
            answered = self._answered(request.method, url, request.headers, request.body, tenant)
        except Refused as refused:
            body = errors.shown(refused, request_id, self.meter.now_seconds)
            answered = json_answer(refused.status, body, refused.headers)
        return Response(answered.status, {**answered.headers, "request-id": request_id}, answered.body)

    def _tenant_of(self, request: Request) -> str:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if not token:
            raise errors.token_missing()
        tenant = self.tenant_of_token(token) if scheme.lower() == "bearer" else None
        if tenant is None:
            raise errors.token_invalid()
        return tenant

    def _answered(self, method: str, url: str, headers: Mapping[str, str], body: bytes, tenant: str) -> Response:
        parts = urlsplit(url)
        if (method, parts.path) == ("POST", "/$batch"):
            return self._batch(_object_in(body), tenant)
        objects = DirectoryObjects(self.rows if tenant == TENANT else None, self.meter.now_seconds, self.settings)
        members = _MEMBERS.fullmatch(parts.path)
        is_ids = parts.path.lower() == "/directoryobjects/getbyids"
        if not (is_ids and method == "POST") and not (members and method == "GET"):
            raise errors.not_supported(f"'{method} {parts.path}'")
        if not objects.may_be_read_by(PERSON_ID):
            raise errors.not_allowed()
        if members is None:
            self.meter.draw(throttling.microsoft_graph(3))
            return self._by_ids(objects, _object_in(body))
        return self._members(objects, members[1], parts.path, dict(parse_qsl(parts.query)), headers)

    def _by_ids(self, objects: DirectoryObjects, content: dict[str, Any]) -> Response:
        ids, types = content.get("ids"), content.get("types", ["directoryObject"])
        if not isinstance(ids, list) or not all(isinstance(one, str) and is_guid(one) for one in ids):
            raise errors.bad_request("Invalid value specified for property 'ids' of resource 'directoryObjects'.")
        if len(ids) > _IDS_AT_MOST:
            raise errors.bad_request(f"Number of included identifiers cannot exceed '{_IDS_AT_MOST}'.")
        context = f"{self.endpoint}/v1.0/$metadata#directoryObjects"
        return json_answer(200, {"@odata.context": context, "value": objects.by_ids(ids, types)})

    def _members(
        self, objects: DirectoryObjects, group: str, path: str, query: dict[str, str], headers: Mapping[str, str]
    ) -> Response:
        """Answer a page of members: service principals, and their number, only to an advanced query."""
        if query.keys() - _OPTIONS:
            raise errors.not_supported(f"the query parameter '{min(query.keys() - _OPTIONS)}' there")
        selected = query.get("$select", "")
        self.meter.draw(throttling.microsoft_graph(4 if selected else 5))
        size = query.get("$top", str(_PAGE))
        if not size.isdecimal() or not 1 <= int(size) <= _PAGE_AT_MOST:
            raise errors.bad_request(f"Invalid page size specified: '{size}'. Must be between 1 and 999 inclusive.")
        lower = {name.lower(): text for name, text in headers.items()}
        is_advanced = lower.get("consistencylevel", "").lower() == "eventual" and query.get("$count") == "true"
        found = objects.members_of(group, with_service_principals=is_advanced)
        first = int(str(unsealed(query["$skiptoken"]))) if "$skiptoken" in query else 0
        page = found[first : first + int(size)]
        answer: dict[str, Any] = {"@odata.context": f"{self.endpoint}/v1.0/$metadata#directoryObjects"}
        if is_advanced:
            answer["@odata.count"] = len(found)
        if first + len(page) < len(found):
            kept = "&".join(f"{name}={text}" for name, text in query.items() if name != "$skiptoken")
            token = sealed(first + len(page))
            answer["@odata.nextLink"] = f"{self.endpoint}/v1.0{path}?{kept}&$skiptoken={token}"
        keep = {"@odata.type", *selected.split(",")}
        answer["value"] = [{name: one[name] for name in one if not selected or name in keep} for one in page]
        return json_answer(200, answer)

    def _batch(self, content: dict[str, Any], tenant: str) -> Response:
        requests = content.get("requests")
        if not isinstance(requests, list) or not requests or not all(isinstance(one, dict) for one in requests):
            raise errors.bad_request("Invalid batch payload format.")
        if len(requests) > _REQUESTS_AT_MOST:
            raise errors.bad_request(f"Number of batch request steps exceeds the maximum value of {_REQUESTS_AT_MOST}.")
        if len({one.get("id") for one in requests}) < len(requests):
            raise errors.bad_request("The ids of the requests of a batch have to be unique.")
        return json_answer(200, {"responses": [self._step(one, tenant) for one in requests]})

    def _step(self, step: dict[str, Any], tenant: str) -> dict[str, Any]:
        """Answer one request of a batch; it is throttled by itself."""
        body = json.dumps(step.get("body")).encode()
        try:
            answer = self._answered(step["method"], step["url"], step.get("headers", {}), body, tenant)
        except Refused as refused:
            shown = errors.shown(refused, self.settings.new_uuid(), self.meter.now_seconds)
            answer = json_answer(refused.status, shown, refused.headers)
        return {
            "id": step["id"],
            "status": answer.status,
            "headers": {name.title(): text for name, text in answer.headers.items()},
            "body": answer.json(),
        }


def _object_in(body: bytes) -> dict[str, Any]:
    try:
        content = strict_json(body.decode())
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise errors.bad_request("Unable to read JSON request payload.")
    return content
