"""Microsoft's article from top to bottom, with vmident's commands alone, and what Azure holds after each step.

The commands run over a socket, each with `--debug`, so that whatever a run leaves can be searched for secrets.
"""

from __future__ import annotations

import shlex
import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.cli.changes.test_roles import CONTRIBUTOR, READER, assignments_of
from tests.loopback import Loopback
from tests.program import Outcome, Program, identity_id
from vmident.cli.main import main
from vmident.sandbox.sandbox import SUBSCRIPTION, TOKEN, Sandbox

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

GROUP = "articleGroup"
IN_GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}"
PASSWORD = "Correct-horse-7"


class Administrator:
    """Somebody at a shell; keeps everything that was printed."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.printed: list[str] = []

    def __call__(self, words: str, *, code: int = 0, typed: str = "") -> Outcome:
        self.program.standard_input = typed
        self.program.capture.readouterr()
        runtime = replace(self.program.runtime(), through=lambda sender: sender)
        ended = main([*shlex.split(words), "--debug"], runtime)
        out, err = self.program.capture.readouterr()
        self.printed += [out, err]
        assert ended == code, (words, out, err)
        return Outcome(ended, out, err)


@pytest.fixture
def administrator(program: Program) -> Iterator[Administrator]:
    with Loopback() as server:
        program.sandbox = Sandbox(
            program.folder / "azure",
            now=program.time.read,
            new_uuid=lambda: str(uuid.uuid4()),
            endpoint=server.endpoint,
        )
        server.answer = program.sandbox.answer
        program.environ = {
            "VMIDENT_ARM_ENDPOINT": server.endpoint,
            "VMIDENT_ACCESS_TOKEN": TOKEN,
            "VMIDENT_SUBSCRIPTION": SUBSCRIPTION,
        }
        yield Administrator(program)


def users_of(identity: Any) -> list[str]:
    return [one.rsplit("/", 1)[-1] for one in identity.get("userAssignedIdentities", {})]


def test_the_article_from_an_empty_subscription_to_nothing_left(administrator: Administrator) -> None:
    program, run = administrator.program, administrator

    # Create a VM with the system-assigned identity enabled, and a role.
    run(f"group create {GROUP} --location westus")
    run(
        f"vm create articleVM -g {GROUP} --image Win2019Datacenter --admin-username azureuser --admin-password-stdin "
        "--system --role Contributor --scope group",
        typed=PASSWORD,
    )
    first = program.identity_of("articleVM", GROUP)["principalId"]
    assert assignments_of(program, first) == [(CONTRIBUTOR, IN_GROUP)]

    # Enable it on a VM that is there; disable it.
    run(f"vm create otherVM -g {GROUP} --image Ubuntu2204 --generate-ssh-keys")
    assert program.identity_of("otherVM", GROUP) is None
    run(f"enable-system otherVM -g {GROUP} --role Reader --scope group")
    second = program.identity_of("otherVM", GROUP)["principalId"]
    assert assignments_of(program, second) == [(READER, IN_GROUP)]
    run(f"disable-system otherVM -g {GROUP} --yes --remove-roles")
    assert (program.identity_of("otherVM", GROUP), assignments_of(program, second)) == (None, [])

    # User-assigned identities: create, attach on creation, attach to a VM that is there, detach.
    run(f"identity create articleId -g {GROUP}")
    run(f"vm create thirdVM -g {GROUP} --image Ubuntu2204 --identity articleId --role Reader --scope group")
    principal = program.colleague("GET", identity_id("articleId", GROUP)).json()["properties"]["principalId"]
    assert users_of(program.identity_of("thirdVM", GROUP)) == ["articleId"]
    assert assignments_of(program, principal) == [(READER, IN_GROUP)]
    run("add-user articleVM --identity articleId")
    assert program.identity_of("articleVM", GROUP)["type"] == "SystemAssigned, UserAssigned"
    run("remove-user articleVM --identity articleId --yes")
    assert program.identity_of("articleVM", GROUP)["principalId"] == first

    # Keep the system-assigned identity alone; keep none.
    run("add-user articleVM --identity articleId")
    run("remove-user articleVM --all-identities --yes")
    assert program.identity_of("articleVM", GROUP)["type"] == "SystemAssigned"
    run("set articleVM --type none --yes --remove-roles")
    assert (program.identity_of("articleVM", GROUP), assignments_of(program, first)) == (None, [])

    # Delete the identity: not while a VM has it, and its roles with it.
    run("identity delete articleId --yes", code=1)
    run("identity delete articleId --detach --remove-roles --yes")
    assert program.identity_of("thirdVM", GROUP) is None
    assert assignments_of(program, principal) == []
    assert program.colleague("GET", identity_id("articleId", GROUP)).status == 404
    _check_that_nothing_is_left(administrator)


def _check_that_nothing_is_left(administrator: Administrator) -> None:
    """Search everything printed and every file that was written for the token, the password and the private key."""
    administrator.program.sandbox.close()
    home = administrator.program.folder / "home" / ".ssh" / "id_rsa"
    private_key = home.read_text(encoding="utf-8").splitlines()[1]
    secrets = (TOKEN, PASSWORD, private_key)
    printed = "".join(administrator.printed)
    assert "debug: PUT" in printed
    assert [secret for secret in secrets if secret in printed] == []
    written = [path for path in administrator.program.folder.rglob("*") if path.is_file() and path != home]
    assert written
    for path in written:
        content = path.read_bytes()
        assert [secret for secret in secrets if secret.encode() in content] == [], path
    assert home.stat().st_mode & 0o077 == 0
