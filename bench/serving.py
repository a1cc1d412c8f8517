"""How many requests a second `vmident sandbox serve` answers, asked by several processes on this machine.

`python bench/serving.py [REQUESTS]`, run with the Python of an environment that has vmident and its extra `serve`. Each
client reads one VM over and over, on one connection that is kept; what they take of the processor, the server lacks.
"""

from __future__ import annotations

import http.client
import json
import ssl
import sys
import tempfile
import time
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from served import served

CLIENTS = 5
VM = "resourceGroups/myResourceGroup/providers/Microsoft.Compute/virtualMachines/myVM?api-version=2024-07-01"


def connection(facts: Mapping[str, str]) -> http.client.HTTPSConnection:
    """Open a connection that trusts the server's certificate."""
    context = ssl.create_default_context(cafile=facts["certificates"])
    return http.client.HTTPSConnection(urlsplit(facts["endpoint"]).netloc, context=context)


def token(facts: Mapping[str, str]) -> str:
    """Sign in as the application that the server knows."""
    form = {"grant_type": "client_credentials", "client_id": facts["clientId"], "client_secret": facts["clientSecret"]}
    opened = connection(facts)
    opened.request("POST", f"/{facts['tenantId']}/oauth2/v2.0/token", urlencode(form))
    return str(json.loads(opened.getresponse().read())["access_token"])


def asked(facts: Mapping[str, str], bearer: str, requests: int) -> None:
    """Read the VM so many times."""
    opened = connection(facts)
    path, headers = f"/subscriptions/{facts['subscriptionId']}/{VM}", {"Authorization": f"Bearer {bearer}"}
    for _ in range(requests):
        opened.request("GET", path, headers=headers)
        answer = opened.getresponse()
        answer.read()
        assert answer.status == 200


def main() -> None:
    """Serve, ask, and print the rate."""
    requests = int(sys.argv[1]) if len(sys.argv) > 1 else 4000
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as facts:
        bearer = token(facts)
        with ProcessPoolExecutor(CLIENTS) as clients:
            list(clients.map(asked, *zip(*[(facts, bearer, 10)] * CLIENTS, strict=True)))
            began = time.perf_counter()
            list(clients.map(asked, *zip(*[(facts, bearer, requests // CLIENTS)] * CLIENTS, strict=True)))
            seconds = time.perf_counter() - began
    print(f"{requests} requests in {seconds:.2f} s: {requests / seconds:.0f} a second")


if __name__ == "__main__":
    main()
