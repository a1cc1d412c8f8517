"""Faults of `vmident sandbox serve --faults`, met by a raw client on a real connection and by vmident."""

from __future__ import annotations

import json
import os
import ssl
import time
from collections.abc import Iterator
from http.client import HTTPResponse, HTTPSConnection, IncompleteRead
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from tests.sandbox.cloud import COMPUTE, VMS
from tests.served import Served

pytestmark = [
    pytest.mark.allow_hosts(["127.0.0.1"]),
    pytest.mark.skipif(os.name == "nt", reason="a process group is interrupted in another way on Windows"),
]
FAULTS = """
faults:
  - {path: "*/virtualMachines/webVM", status: 429, retryAfter: 3}
  - {path: "*/virtualMachines/appVM", method: GET, emptyIdentities: true}
  - {path: "*/virtualMachines/slowVM", delay: 0.3}
  - {path: "*/virtualMachines/cutVM", cut: true}
  - {path: "*/virtualMachines/myVM", method: PATCH, times: 1, cut: true}
  - {path: "*/virtualMachines/dbVM", method: PATCH, times: 1, status: 500, afterwards: true}
  - {path: "*/operations/*", times: 1, status: 403}
"""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    (tmp_path / "faults.yaml").write_text(FAULTS, encoding="utf-8")
    made = Served(tmp_path / "served", "--operation-seconds", "0", "--faults", str(tmp_path / "faults.yaml"))
    yield made
    made.kill()


class RawClient:
    """One connection with a token."""

    def __init__(self, served: Served) -> None:
        facts = served.facts
        context = ssl.create_default_context(cafile=facts["certificates"])
        self._connection = HTTPSConnection(urlsplit(facts["endpoint"]).netloc, context=context, timeout=30)
        form = {"grant_type": "client_credentials", "client_id": facts["clientId"]}
        form |= {"client_secret": facts["clientSecret"]}
        self._connection.request("POST", f"/{facts['tenantId']}/oauth2/v2.0/token", urlencode(form))
        self._token = json.loads(self._connection.getresponse().read())["access_token"]

    def get(self, vm: str) -> HTTPResponse:
        url = f"{VMS}/{vm}?api-version={COMPUTE}"
        self._connection.request("GET", url, headers={"Authorization": f"Bearer {self._token}"})
        return self._connection.getresponse()

    def close(self) -> None:
        self._connection.close()


def test_each_kind_of_fault_reaches_the_client(served: Served) -> None:
    client = RawClient(served)
    throttled = client.get("webVM")
    assert (throttled.status, throttled.headers["Retry-After"]) == (429, "3")
    throttled.read()

    empty = json.loads(client.get("appVM").read())
    assert list(empty["identity"]["userAssignedIdentities"].values()) == [{}]

    began = time.monotonic()
    client.get("slowVM").read()
    assert time.monotonic() - began >= 0.3

    with pytest.raises(IncompleteRead):
        client.get("cutVM").read()
    client.close()


def test_vmident_finds_out_what_became_of_a_change(served: Served) -> None:
    for vm in ("myVM", "dbVM"):
        changed = served.vmident("enable-system", vm, "-g", "myResourceGroup", "-o", "json")
        assert changed.returncode == 0, changed.stderr
        assert json.loads(changed.stdout)["after"]["principalId"]


def test_a_file_of_faults_that_is_wrong_ends_the_command_before_it_serves(tmp_path: Path, served: Served) -> None:
    (tmp_path / "wrong.yaml").write_text("faults: [{status: 200}]", encoding="utf-8")
    ran = served.vmident("sandbox", "serve", "--port", "0", "--faults", str(tmp_path / "wrong.yaml"))
    assert ran.returncode == 2
    assert "has 200 as 'status'" in ran.stderr
