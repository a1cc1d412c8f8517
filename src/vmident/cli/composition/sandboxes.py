"""The sandbox of this machine: in this process, or behind a loopback HTTPS port."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from vmident.cli.config.settings import Settings
from vmident.cli.runtime import Runtime
from vmident.errors import SandboxUnusable

if TYPE_CHECKING:
    from vmident.sandbox.protocol.call import Busy
    from vmident.sandbox.sandbox import Sandbox
    from vmident.sandbox.transport.authority import Authority
    from vmident.sandbox.transport.https_server import Server


def local_sandbox(settings: Settings, runtime: Runtime) -> Sandbox:
    """Open the sandbox in its folder; raises `SandboxUnusable`."""
    from vmident.sandbox.sandbox import Sandbox

    return Sandbox(settings.sandbox_folder, now=runtime.wall, new_uuid=runtime.new_uuid)


def sandbox_server(
    settings: Settings,
    runtime: Runtime,
    port: int,
    *,
    vms: int,
    operation_seconds: float,
    busy: Busy,
    is_throttling: bool,
    time_scale: float = 1.0,
    log: Path | None = None,
    faults: Path | None = None,
) -> Server:
    """Open the sandbox, add `vms` VMs and listen on a loopback HTTPS port; 0 picks a free one.

    Its time runs `time_scale` times as fast, except for the expiry of tokens. Raises `UsageError` for a file of faults
    that cannot be read, and `SandboxUnusable` where the packages of the extra `serve` are not installed.
    """
    _check_packages()
    from vmident.sandbox.sandbox import Sandbox
    from vmident.sandbox.transport.faults import read_faults
    from vmident.sandbox.transport.https_server import Server

    injected = read_faults(faults) if faults else None
    folder, began = settings.sandbox_folder, runtime.wall()

    def make(authority: Authority, now: Callable[[], float]) -> Sandbox:
        graph = authority.graph_endpoint
        sandbox = Sandbox(
            folder,
            now=lambda: began + (runtime.wall() - began) * time_scale,
            new_uuid=runtime.new_uuid,
            operation_seconds=operation_seconds,
            busy=busy,
            endpoint=authority.endpoint,
            graph_endpoint=graph,
            is_throttling=is_throttling,
            shares_buckets=False,
            tenant_of_token=lambda token: authority.tenant_of(token, now()),
            tenant_of_graph_token=lambda token: authority.tenant_of(token, now(), graph),
        )
        sandbox.add_vms(vms)
        return sandbox

    return Server(folder, port, make, runtime.wall, log=log, faults=injected)


def _check_packages() -> None:
    from importlib import import_module

    try:
        for name in ("trustme", "uvicorn"):
            import_module(name)
    except ImportError as missing:
        from vmident.cli.config.installation import requirements_of, this_installation

        install = this_installation().command_to_add(requirements_of("serve"))
        raise SandboxUnusable(
            f"'vmident sandbox serve' requires a package that is not installed: {missing.name}.",
            hint=f"To install it: {install}",
            is_mended_by_reset=False,
        ) from missing
