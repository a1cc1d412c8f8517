"""The least that a job costs: the same requests with `http.client` alone, no SDK, no argument parser.

`python bench/floor.py show VM`, or `change VM BODY`: GET, PATCH, poll once a second, GET. Reads the endpoint, the
token and the certificate from `VMIDENT_ARM_ENDPOINT`, `VMIDENT_ACCESS_TOKEN` and `REQUESTS_CA_BUNDLE`.
"""

from __future__ import annotations

import http.client
import json
import os
import ssl
import sys
import time
from urllib.parse import urlsplit


class Arm:
    """One connection to the Resource Manager."""

    def __init__(self) -> None:
        netloc = urlsplit(os.environ["VMIDENT_ARM_ENDPOINT"]).netloc
        context = ssl.create_default_context(cafile=os.environ["REQUESTS_CA_BUNDLE"])
        self._connection = http.client.HTTPSConnection(netloc, context=context)
        self._headers = {"Authorization": f"Bearer {os.environ['VMIDENT_ACCESS_TOKEN']}"}

    def send(self, method: str, path: str, body: str | None = None) -> tuple[dict[str, str], dict[str, object]]:
        """Send one request; give the answer's headers and document."""
        self._connection.request(method, path, body, self._headers | {"Content-Type": "application/json"})
        answer = self._connection.getresponse()
        return dict(answer.getheaders()), json.loads(answer.read())


def main() -> None:
    """Do the job that the command line names, and print the identities that the VM then has."""
    job, vm, *more = sys.argv[1:]
    arm, path = Arm(), f"{vm}?api-version=2024-07-01"
    _, shown = arm.send("GET", path)
    if job == "change":
        headers, _ = arm.send("PATCH", path, more[0])
        operation = urlsplit(headers["azure-asyncoperation"])
        time.sleep(0.5)
        while arm.send("GET", f"{operation.path}?{operation.query}")[1]["status"] == "InProgress":
            time.sleep(1)
        _, shown = arm.send("GET", path)
    print(json.dumps(shown.get("identity")))


if __name__ == "__main__":
    main()
