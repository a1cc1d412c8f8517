"""Nothing heavy is loaded before it is needed: which modules each kind of command may load."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.azure_cli_home import AzureCliHome, account, entry
from tests.loopback import Loopback
from tests.program import GROUP
from vmident.sandbox.http_messages import json_answer
from vmident.sandbox.sandbox import SUBSCRIPTION, TOKEN, Sandbox

pytestmark = pytest.mark.uncovered

HEAVY = {"azure", "msal", "requests", "urllib3", "cryptography", "rich", "yaml"}
# The options of commands are msgspec structs. What names no command loads none: docs/design/0017.
WITHOUT_COMMAND = [("--help",), ("--version",)]


# The big clients, and what signs in: only the commands that need them load them.
CLIENTS = {"azure.mgmt.compute", "azure.mgmt.msi", "azure.mgmt.resource", "azure.mgmt.authorization"}
SIGNING_IN = {"azure.identity", "msal", "cryptography"}
DRAWING = {"rich", "yaml", "jmespath"}
# What a command on VMs reaches Azure through: azure-core's pipeline, and urllib3 below it.
REACHING = {"azure.core", "urllib3"}


def run_of(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run the program, with the interpreter's own record of imports on standard error."""
    command = [sys.executable, "-X", "importtime", "-m", "vmident", *words]
    return subprocess.run(command, env={**os.environ, **environ}, capture_output=True, text=True, check=False)


def names_loaded(record: str) -> set[str]:
    """Full names of all modules that an interpreter's record of imports tells of."""
    lines = [line for line in record.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip() for line in lines}


def names_loaded_by(*words: str, **environ: str) -> set[str]:
    """Full names of all modules that a run of the program imports."""
    return names_loaded(run_of(*words, **environ).stderr)


def modules_loaded_by(*words: str) -> set[str]:
    """Top-level names of all modules that a run of the program imports."""
    return {name.partition(".")[0] for name in names_loaded_by(*words)}


def among(packages: set[str], loaded: set[str]) -> set[str]:
    """Return the packages of which anything was loaded."""
    return {package for package in packages if any(f"{name}.".startswith(f"{package}.") for name in loaded)}


@pytest.mark.parametrize(
    "words",
    [
        *WITHOUT_COMMAND,
        ("nosuch",),
        ("add-user", "--help"),
        ("add-user", "myVM"),
        ("show", "--nosuch"),
        ("plan",),
        ("apply",),
        ("login", "--identity", "--use-device-code"),
        ("login", "--service-principal"),
        ("whoami", "--sandbox", "--cloud", "AzureCloud"),
    ],
    ids=" ".join,
)
def test_help_version_and_wrong_usage_load_nothing_heavy(words: tuple[str, ...]) -> None:
    loaded = modules_loaded_by(*words)
    assert "vmident" in loaded
    assert loaded & (HEAVY | {"msgspec"} if words in WITHOUT_COMMAND else HEAVY) == set()


@pytest.fixture
def azure(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A small Azure at an address, and the environment that leads there with a token at hand."""
    sandbox = Sandbox(tmp_path / "azure", now=time.time, new_uuid=lambda: str(uuid.uuid4()), operation_seconds=0.0)
    with Loopback(sandbox.answer) as server:
        sandbox.endpoint = server.endpoint
        yield {
            "VMIDENT_ARM_ENDPOINT": server.endpoint,
            "VMIDENT_ACCESS_TOKEN": TOKEN,
            "VMIDENT_SUBSCRIPTION": SUBSCRIPTION,
        }
    sandbox.close()


@pytest.mark.allow_hosts(["127.0.0.1"])
@pytest.mark.parametrize(
    ("words", "clients"),
    [
        (("show", "webVM", "-g", GROUP), set()),
        (("list",), set()),
        (("enable-system", "myVM", "-g", GROUP), set()),
        (("add-user", "myVM", "-g", GROUP, "--identity", "otherIdentity"), set()),
        (("remove-user", "dbVM", "-g", GROUP, "--all-identities", "--yes"), set()),
        (("enable-system", "myVM", "-g", GROUP, "--role", "Reader", "--scope", "group"), set()),
        (("history", "webVM", "-g", GROUP), set()),
        (("group", "create", "newGroup", "-l", "westus"), {"azure.mgmt.resource"}),
        (("identity", "create", "newId", "-g", GROUP), {"azure.mgmt.msi"}),
        (("verify", "webVM", "-g", GROUP, "--yes"), {"azure.mgmt.compute"}),
    ],
    ids=" ".join,
)
def test_a_command_with_its_token_at_hand_loads_the_clients_that_it_needs_and_nothing_to_sign_in_or_draw_with(
    azure: dict[str, str], words: tuple[str, ...], clients: set[str]
) -> None:
    loaded = names_loaded_by(*words, **azure)
    assert among(REACHING, loaded) == REACHING
    assert among(CLIENTS, loaded) == clients
    assert among(SIGNING_IN | DRAWING | {"pydantic", "requests", "vmident.sandbox"}, loaded) == set()


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_show_loads_of_vmident_what_a_look_at_a_vm_needs(azure: dict[str, str]) -> None:
    loaded = {name for name in names_loaded_by("show", "webVM", "-g", GROUP, **azure) if name.startswith("vmident.")}
    needless = {
        "transition",
        "patch",
        "consequences",
        "rbac.roles",
        "rbac.permissions",
        "resources",
        "vm_creation",
        "plan",
    }
    assert loaded & {f"vmident.core.{name}" for name in needless} == set()
    assert {name for name in loaded if name.startswith("vmident.usecases.")} == {
        "vmident.usecases.resolve",
        "vmident.usecases.resolve.vms",
        "vmident.usecases.resolve.vm_batch",
        "vmident.usecases.show_vms",
    }


@pytest.mark.parametrize("output", ["json", "tsv", "none", "human"])
def test_rich_is_loaded_where_something_is_drawn_with_it(output: str) -> None:
    loaded = modules_loaded_by("show", "webVM", "--sandbox", "-o", output)
    assert "rich" not in loaded


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_the_azure_clis_kept_token_is_used_without_what_gets_tokens(tmp_path: Path) -> None:
    vm = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/myVM"
    home = AzureCliHome(tmp_path / "azure")
    home.sign_in(account())
    with Loopback(lambda _request: json_answer(200, {"id": vm, "name": "myVM", "location": "westus"})) as arm:
        home.keep(entry("a.kept.token", arm.endpoint, expires_on=int(time.time()) + 3600))
        ran = run_of(
            "show",
            "myVM",
            "--resource-group=rg",
            PATH=str(tmp_path),
            AZURE_CONFIG_DIR=str(home.folder),
            AZURE_CORE_ENCRYPT_TOKEN_CACHE="no",
            AZURE_AUTHORITY_HOST="https://127.0.0.1",
            AZURE_CLIENT_ID="",
            AZURE_TOKEN_CREDENTIALS="",
            VMIDENT_ARM_ENDPOINT=arm.endpoint,
            VMIDENT_STATE_DIR=str(tmp_path / "state"),
        )
        signed = [request.headers["authorization"] for request in arm.received]

    assert (ran.returncode, signed) == (0, ["Bearer a.kept.token"]), ran.stderr[-2000:]
    loaded = names_loaded(ran.stderr)
    assert "azure.core.pipeline" in loaded
    assert [name for name in loaded if name.startswith(("azure.identity", "msal", "azure.mgmt.compute"))] == []


@pytest.mark.parametrize("line", ["vmident ", "vmident show ", "vmident show --", "vmident add-user myVM --role "])
@pytest.mark.parametrize("shell", ["zsh", "fish", "pwsh"])
def test_completion_loads_nothing_heavy(line: str, shell: str, tmp_path: Path) -> None:
    (tmp_path / "names.json").write_text(
        '{"version": 1, "names": [["sandbox", "vm", "s", "g", "myVM"], ["sandbox", "role", "", "", "Reader"]]}'
    )
    environ = {
        "_VMIDENT_COMPLETE": f"complete_{shell}",
        "_TYPER_COMPLETE_ARGS": line,
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
        "VMIDENT_STATE_DIR": str(tmp_path),
        "VMIDENT_SANDBOX": "1",
    }
    loaded = names_loaded_by(**environ)
    assert "vmident.cli.completion.typer_completion" in loaded
    assert among(HEAVY | {"vmident.usecases", "vmident.arm", "vmident.sandbox"}, loaded) == set()
    assert {name for name in loaded if name.startswith("vmident.render.")} <= {
        "vmident.render.line",
        "vmident.render.text",
    }
