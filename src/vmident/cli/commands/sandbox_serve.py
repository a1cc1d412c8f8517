"""`vmident sandbox serve`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer

from vmident.cli.completion import candidates
from vmident.cli.composition.sandboxes import sandbox_server
from vmident.cli.inputs.choices import choice_of
from vmident.cli.inputs.numbers import number_between, whole_number_between
from vmident.cli.options.shared import Vms
from vmident.cli.run import Run
from vmident.core.shell import command_line
from vmident.errors import ExitCode
from vmident.render.line import Line, Tone

_CLOUD = "vmident-sandbox"


class Busy(str, Enum):
    """How the sandbox meets a write to a VM that another one is changing."""

    REJECT = "reject"
    CONFLICT = "conflict"
    PREEMPT = "preempt"
    ALLOW = "allow"


Port = Annotated[
    int,
    typer.Option(
        "--port",
        metavar="PORT",
        parser=whole_number_between(0, 65_535),
        help="Port to listen on. 0 picks a free one.",
    ),
]
OperationSeconds = Annotated[
    float,
    typer.Option(
        "--operation-seconds",
        metavar="SECONDS",
        parser=number_between(0, 86_400),
        help="Duration of VM operations, in seconds.",
    ),
]
Throttle = Annotated[bool, typer.Option("--throttle", help="Throttle requests at Azure's limits.")]


TimeScale = Annotated[
    float,
    typer.Option(
        "--time-scale",
        metavar="FACTOR",
        parser=number_between(0.01, 1000),
        help="Speed up time by this factor, to try large runs in less time.",
    ),
]
RequestLog = Annotated[
    Path | None,
    typer.Option("--log", metavar="FILE", help="Log requests to a file: method, path, status.", show_default=False),
]
BusyMode = Annotated[
    Busy,
    typer.Option(
        "--busy",
        metavar="reject|conflict|preempt|allow",
        parser=choice_of(Busy),
        help="Response to a write to a VM with a running operation.",
        autocompletion=candidates.values_of(Busy),
    ),
]
FaultsFile = Annotated[
    Path | None,
    typer.Option(
        "--faults", metavar="FILE", help="Inject the faults listed in a YAML or JSON file.", show_default=False
    ),
]


def serve(
    run: Run,
    *,
    port: Port = 10443,
    vms: Vms = 0,
    operation_seconds: OperationSeconds = 4.75,
    busy: BusyMode = Busy.REJECT,
    throttle: Throttle = False,
    time_scale: TimeScale = 1.0,
    log: RequestLog = None,
    faults: FaultsFile = None,
) -> ExitCode:
    """Serve the sandbox over HTTPS for other Azure clients.

    Prints the commands that connect the Azure CLI and vmident, then serves until you press Ctrl-C. Accepts connections
    from this machine only. The secret to sign in with changes at each start. Requires the extra 'serve'.

    Examples:

      vmident sandbox serve

      vmident sandbox serve --port 0 --vms 1000 --operation-seconds 7 --throttle
    """
    session = run.open()
    server = sandbox_server(
        session.settings,
        run.runtime,
        port,
        vms=vms,
        operation_seconds=operation_seconds,
        busy=busy.value,
        is_throttling=throttle,
        time_scale=time_scale,
        log=log,
        faults=faults,
    )
    try:
        facts = with_commands(server.facts, time_scale)
        run.answer(facts, rows=[facts], lines=lambda: _lines(facts))
        server.run(session.clock.remaining_seconds())
        session.clock.remaining_seconds()  # raises `TimedOut` where that is why it has stopped
    except KeyboardInterrupt:
        pass  # the way to stop it
    finally:
        server.close()
    return ExitCode.DONE


def with_commands(facts: Mapping[str, str], time_scale: float = 1.0) -> dict[str, Any]:
    """Add the commands that connect a client, one line each for a POSIX shell.

    The secret is joined to its option: a word of its own that begins with `-` would be taken for another option.
    """
    quoted = {name: command_line(fact) for name, fact in facts.items()}
    url, tenant, client, secret = (quoted[name] for name in ("endpoint", "tenantId", "clientId", "clientSecret"))
    trust = f"export REQUESTS_CA_BUNDLE={quoted['certificates']}"
    subscription = quoted["subscriptionId"]
    return {
        **facts,
        "azureCli": [
            trust,
            f"export AZURE_CONFIG_DIR={quoted['azureConfig']}",
            "az config set core.instance_discovery=false --only-show-errors",
            f"az cloud register --name {_CLOUD} --endpoint-resource-manager {url}",
            f"az cloud set --name {_CLOUD}",
            f"az login --service-principal --username {client} --password={secret} --tenant {tenant}",
        ],
        "vmident": [
            trust,
            f"export VMIDENT_ARM_ENDPOINT={url} AZURE_AUTHORITY_HOST={url} VMIDENT_SUBSCRIPTION={subscription}",
            f"export VMIDENT_GRAPH_ENDPOINT={quoted['graphEndpoint']}",
            f"export AZURE_TENANT_ID={tenant} AZURE_CLIENT_ID={client} AZURE_CLIENT_SECRET={secret}",
            *([f"export VMIDENT_TIME_SCALE={time_scale:g}"] if time_scale != 1.0 else []),
            "vmident list",
        ],
    }


def _lines(facts: dict[str, Any]) -> Iterator[Line]:
    yield Line(f"Serving the sandbox at {facts['endpoint']}. Press Ctrl-C to stop.", Tone.HEADING)
    yield Line("To connect the Azure CLI:")
    for command in facts["azureCli"]:
        yield Line(f"  {command}")
    yield Line("To connect vmident:")
    for command in facts["vmident"]:
        yield Line(f"  {command}")
