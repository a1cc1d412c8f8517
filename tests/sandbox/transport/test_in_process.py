from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
import requests
from azure.core.credentials import AccessToken
from azure.core.pipeline.policies import RetryPolicy
from azure.core.pipeline.transport import RequestsTransport
from azure.core.rest import HttpRequest
from azure.mgmt.core import ARMPipelineClient
from azure.mgmt.core.policies import ARMChallengeAuthenticationPolicy

from tests.requests_adapter import SenderAdapter
from tests.sandbox.cloud import COMPUTE, IN_SUBSCRIPTION, VMS, Cloud
from vmident.sandbox.sandbox import ENDPOINT, TOKEN
from vmident.sandbox.transport.in_process import SandboxNetwork

if TYPE_CHECKING:
    from collections.abc import Iterator

HEADERS = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
MY_VM = f"{ENDPOINT}{VMS}/myVM?api-version={COMPUTE}"


class Credential:
    def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        return AccessToken(TOKEN, 2**33)


@pytest.fixture
def session(cloud: Cloud) -> Iterator[requests.Session]:
    with requests.Session() as made:
        made.mount("https://", SenderAdapter(SandboxNetwork(cloud.sandbox)))
        made.mount("http://", SenderAdapter(SandboxNetwork(cloud.sandbox)))
        yield made


def test_azures_own_pipeline_runs_through_it(cloud: Cloud, session: requests.Session) -> None:
    policies = [RetryPolicy(), ARMChallengeAuthenticationPolicy(Credential(), f"{ENDPOINT}/.default")]
    transport = RequestsTransport(session=session, session_owner=False)
    with ARMPipelineClient[Any, Any](ENDPOINT, policies=policies, transport=transport) as client:
        answer = client.send_request(HttpRequest("PATCH", MY_VM, json={"identity": {"type": "SystemAssigned"}}))
        operation = client.send_request(HttpRequest("GET", answer.headers["azure-asyncoperation"]), stream=True)
        assert answer.json()["identity"]["type"] == "SystemAssigned"
        assert b"".join(operation.iter_bytes()).startswith(b'{"startTime"')


@pytest.mark.parametrize(
    "body",
    [
        b'{"tags": {"a": "b"}}',
        '{"tags": {"a": "b"}}',
        bytearray(b'{"tags": {"a": "b"}}'),
        BytesIO(b'{"tags": {"a": "b"}}'),
        iter([b'{"tags": ', b'{"a": "b"}}']),
    ],
)
def test_a_body_of_any_kind_arrives(session: requests.Session, body: Any) -> None:
    answer = session.patch(MY_VM, data=body, headers=HEADERS)
    assert (answer.status_code, answer.json()["tags"]) == (200, {"a": "b"})


def test_the_answer_is_one_of_requests_own(session: requests.Session) -> None:
    answer = session.get(f"{MY_VM}x", headers={"Authorization": HEADERS["Authorization"].encode()})
    assert (answer.status_code, answer.reason, answer.url) == (400, "Bad Request", f"{MY_VM}x")
    assert answer.encoding == "utf-8"
    assert answer.json()["error"]["code"] == "NoRegisteredProviderFound"


def test_an_answer_without_a_body_has_none(session: requests.Session) -> None:
    answer = session.head(f"{ENDPOINT}{IN_SUBSCRIPTION}/resourcegroups/no?api-version=2021-04-01", headers=HEADERS)
    assert (answer.status_code, answer.content) == (404, b"")


@pytest.mark.parametrize("elsewhere", ["https://management.azure.com/", ENDPOINT.replace("https", "http")])
def test_nothing_leaves_for_another_host(session: requests.Session, cloud: Cloud, elsewhere: str) -> None:
    with pytest.raises(requests.ConnectionError, match="The sandbox answers for"):
        session.get(elsewhere, headers=HEADERS)
    assert not cloud.sandbox.requests
