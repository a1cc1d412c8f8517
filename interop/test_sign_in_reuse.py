"""What the real Azure CLI leaves in its files after a sign-in is enough for vmident to sign in without starting it."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

EMPTY_TENANT = "7e4a4747-0e5a-4d5b-8f2b-1b7a5c0ffee5"
# Names the Python that the Azure CLI is installed with; unset, the one that runs the tests.
PYTHON_VARIABLE = "INTEROP_AZURE_CLI_PYTHON"


class SignedIn:
    """A served sandbox and the Azure CLI signed in to it; vmident has nothing but the Azure CLI's files."""

    def __init__(self, folder: Path) -> None:
        self.azure = folder / "azure"
        (folder / "nothing").mkdir()
        self._vmident = [sys.executable, "-m", "vmident"]
        serve = [*self._vmident, "sandbox", "serve", "--port", "0", "-o", "json"]
        environ = {**os.environ, "VMIDENT_SANDBOX_DIR": str(folder / "sandbox")}
        self.process = subprocess.Popen(serve, env=environ, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        facts = json.loads("".join(iter(self.process.stdout.readline, "}\n")) + "}")
        quiet = {name: value for name, value in os.environ.items() if not name.startswith(("AZURE_", "ARM_"))}
        self.environ = {
            **quiet,
            "AZURE_CONFIG_DIR": str(self.azure),
            "AZURE_CORE_COLLECT_TELEMETRY": "no",
            "REQUESTS_CA_BUNDLE": facts["certificates"],
            "VMIDENT_STATE_DIR": str(folder / "state"),
        }
        self.facts: dict[str, Any] = facts
        self._empty = str(folder / "nothing")
        self._sign_in = [line.removeprefix("az ") for line in facts["azureCli"] if line.startswith("az ")]

    def sign_in(self) -> None:
        """Do what the server says connects the Azure CLI."""
        for line in self._sign_in:
            self.az(line)

    def az(self, line: str) -> None:
        """Run one command of the Azure CLI, written as after `az`."""
        command = [os.environ.get(PYTHON_VARIABLE, sys.executable), "-m", "azure.cli", *shlex.split(line)]
        ran = subprocess.run(command, env=self.environ, capture_output=True, text=True, check=False, timeout=300)
        assert ran.returncode == 0, (line, ran.stderr)

    def vmident(self, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run vmident where no `az` is to be found."""
        # A managed identity is not looked for: the network outside has no say here.
        environ = {**self.environ, "PATH": self._empty, "AZURE_TOKEN_CREDENTIALS": "dev", **variables}
        command = [*self._vmident, *words]
        return subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=60)

    def files(self) -> dict[str, bytes]:
        return {str(one): one.read_bytes() for one in self.azure.rglob("*") if one.is_file()}


@pytest.fixture
def credential_for(tmp_path: Path) -> Iterator[SignedIn]:
    made = SignedIn(tmp_path)
    try:
        made.sign_in()
        yield made
    finally:
        made.process.kill()
        made.process.communicate()


@pytest.mark.parametrize("remediation", ["logout", "account clear"])
def test_the_azure_clis_sign_in_is_used_without_a_process_until_it_ends(
    credential_for: SignedIn, remediation: str
) -> None:
    before = credential_for.files()

    who, listed = credential_for.vmident("whoami", "--debug"), credential_for.vmident("list", "-o", "json")

    assert (who.returncode, listed.returncode) == (0, 0), who.stderr + listed.stderr
    origin: Any = json.loads(who.stdout)["from"]["token"]
    assert origin == "the Azure CLI's sign-in"
    assert "token: from the Azure CLI's cache" in who.stderr
    assert {one["name"] for one in json.loads(listed.stdout)} >= {"myVM", "webVM", "dbVM", "appVM"}
    assert credential_for.files() == before

    credential_for.az(remediation)
    after = [
        credential_for.vmident(*words) for words in (["whoami"], ["list"], ["show", "myVM", "-g", "myResourceGroup"])
    ]

    assert [ran.returncode for ran in after] == [4, 4, 4], [ran.stderr for ran in after]


def test_a_tenant_without_subscriptions_signs_in_and_each_subscription_gets_a_token_of_its_own(
    credential_for: SignedIn,
) -> None:
    facts = credential_for.facts
    app = f"--service-principal --username {facts['clientId']} --password={facts['clientSecret']}"
    credential_for.az(f"login {app} --tenant {EMPTY_TENANT} --allow-no-subscriptions")
    credential_for.az(f"account set --subscription {EMPTY_TENANT}")

    who, listed = credential_for.vmident("whoami"), credential_for.vmident("account", "list")
    vms = credential_for.vmident("list", "--subscription", facts["subscriptionId"])

    assert (json.loads(who.stdout)["tenantId"], json.loads(who.stdout)["subscriptionId"]) == (EMPTY_TENANT, None)
    assert [one["id"] for one in json.loads(listed.stdout)] == [facts["subscriptionId"]]
    assert (vms.returncode, len(json.loads(vms.stdout)) > 0) == (0, True), vms.stderr


def test_an_app_in_the_environment_gets_a_token_of_the_tenant_that_azure_names(credential_for: SignedIn) -> None:
    facts = credential_for.facts
    listed = credential_for.vmident(
        "list",
        AZURE_CLIENT_ID=facts["clientId"],
        AZURE_CLIENT_SECRET=facts["clientSecret"],
        AZURE_TENANT_ID=EMPTY_TENANT,
        AZURE_TOKEN_CREDENTIALS="EnvironmentCredential",
        VMIDENT_SUBSCRIPTION=facts["subscriptionId"],
    )

    assert (listed.returncode, len(json.loads(listed.stdout)) > 0) == (0, True), listed.stderr
