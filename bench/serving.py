"""How many requests a second `vmident sandbox serve` answers, asked by several processes on this machine.

`python bench/serving.py [REQUESTS]`, run with the Python of an environment that has vmident and its extra `serve`. Each
client reads one VM over and over, on one connection that is kept; what they take of the processor, the server lacks.
In turns with it, uvicorn alone answers the same requests with the same body, and the ratio of the two is printed.
"""

from __future__ import annotations

import http.client
import json
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from served import served

CLIENTS = 5
ROUNDS = 3
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


def asked(facts: Mapping[str, str], path: str, bearer: str, requests: int) -> bytes:
    """Read the VM so many times; return what it is."""
    opened, body = connection(facts), b""
    for _ in range(requests):
        opened.request("GET", path, headers={"Authorization": f"Bearer {bearer}"})
        answer = opened.getresponse()
        body = answer.read()
        assert answer.status == 200
    return body


def rate(clients: ProcessPoolExecutor, facts: Mapping[str, str], path: str, bearer: str, requests: int) -> float:
    """Return the requests a second that a server answers to all clients together."""
    began = time.perf_counter()
    each = [facts] * CLIENTS, [path] * CLIENTS, [bearer] * CLIENTS, [requests // CLIENTS] * CLIENTS
    list(clients.map(asked, *each))
    return requests / (time.perf_counter() - began)


@contextmanager
def fixed_body(folder: Path, body: bytes) -> Iterator[Mapping[str, str]]:
    """Serve a body with uvicorn alone."""
    file = folder / "body.json"
    file.write_bytes(body)
    script = str(Path(__file__).with_name("fixed_body.py"))
    server = subprocess.Popen([sys.executable, script, str(file)], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        yield json.loads(server.stdout.readline())
    finally:
        server.terminate()
        server.wait(timeout=60)


def main() -> None:
    """Serve, ask, and print the rates."""
    requests = int(sys.argv[1]) if len(sys.argv) > 1 else 4000
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as facts:
        bearer, path = token(facts), f"/subscriptions/{facts['subscriptionId']}/{VM}"
        body = asked(facts, path, bearer, 1)
        with fixed_body(Path(folder), body) as alone, ProcessPoolExecutor(CLIENTS) as clients:
            sides = {"sandbox": facts, "uvicorn alone": alone}
            for side in sides.values():
                rate(clients, side, path, bearer, 10 * CLIENTS)
            rounds = [
                {name: rate(clients, side, path, bearer, requests) for name, side in sides.items()}
                for _ in range(ROUNDS)
            ]
    for name in sides:
        print(f"{name}: {statistics.median(one[name] for one in rounds):.0f} requests a second")
    print(f"ratio: {statistics.median(one['sandbox'] / one['uvicorn alone'] for one in rounds):.2f}")


if __name__ == "__main__":
    main()
