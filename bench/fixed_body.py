"""An HTTPS server that answers every request with the same body: what uvicorn alone can do, with no sandbox behind it.

`python bench/fixed_body.py FILE` answers with the bytes of the file, on a free port of loopback, and prints one JSON
document with its `endpoint` and the file of its `certificates`.
"""

from __future__ import annotations

import json
import socket
import ssl
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import trustme
import uvicorn

Send = Callable[[dict[str, Any]], Awaitable[None]]


def main() -> None:
    """Serve until a signal to stop."""
    body = Path(sys.argv[1]).read_bytes()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]

    async def application(_scope: Any, _receive: Any, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    ca = trustme.CA()
    config = uvicorn.Config(application, http="httptools", log_level="error", lifespan="off", access_log=False)
    config.load()
    config.ssl = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("127.0.0.1").configure_cert(config.ssl)
    with tempfile.TemporaryDirectory() as folder:
        certificates = Path(folder, "ca.pem")
        ca.cert_pem.write_to_path(str(certificates))
        facts = {"endpoint": f"https://127.0.0.1:{listening.getsockname()[1]}", "certificates": str(certificates)}
        print(json.dumps(facts), flush=True)
        uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
