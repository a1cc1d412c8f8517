from __future__ import annotations

from vmident.arm.auth.credential import StaticTokenCredential
from vmident.arm.cloud import known_cloud
from vmident.arm.connection import AT_ONCE, Connection
from vmident.cli.runtime import CommandClock


def test_as_many_connections_are_kept_as_requests_are_under_way_at_once() -> None:
    """urllib3 drops what does not fit, and warns of it on standard error."""
    cloud = known_cloud("AzureCloud", {})
    clock = CommandClock(lambda: 0.0, lambda _seconds: None, None)
    connection = Connection(
        cloud,
        StaticTokenCredential({cloud.scope: "token"}, 0.0),
        clock,
        version="0",
        trace=lambda _text: None,
        progress=lambda _text: None,
    )
    adapter = connection._transport.session.get_adapter(cloud.endpoint)
    assert adapter.poolmanager.connection_from_url(cloud.endpoint).pool.maxsize == AT_ONCE
    connection.close()
