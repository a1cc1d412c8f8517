"""An organisation of its own: who signs its people in, and the Resource Manager that they then reach, on loopback."""

from __future__ import annotations

import shlex
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.certificates import Certificates
from tests.loopback import Loopback
from tests.program import Outcome, Program
from tests.token_service import APP, TENANT, TokenService
from vmident.cli.main import main
from vmident.sandbox.http_messages import Request, Response
from vmident.sandbox.sandbox import SUBSCRIPTION, TOKEN, Sandbox

MARKS = [
    # Nothing but this machine itself can be reached from here.
    pytest.mark.allow_hosts(["127.0.0.1"]),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="would write to the user's own keychain"),
]
CODE = "login --use-device-code --allow-unencrypted"
AS_AN_APP = f"login --service-principal --client-id {APP} --tenant {TENANT} --allow-unencrypted"


@dataclass
class Contoso:
    """Who signs people in, and what they then reach: a sandbox that takes the newest token alone."""

    program: Program
    service: TokenService
    authority: Loopback
    arm: Loopback

    def __call__(self, words: str, secret: str | None = None) -> Outcome:
        """Type words into the program, with the network itself; `secret` is what a person types where asked.

        `arm.received` is what this command sent.
        """

        def read_secret(_question: str) -> str:
            if secret is None:
                raise EOFError
            return secret

        self.program.capture.readouterr()
        self.arm.received.clear()
        runtime = replace(self.program.runtime(), through=lambda sender: sender, read_secret=read_secret)
        code = main(shlex.split(words), runtime)
        return Outcome(code, *self.program.capture.readouterr())

    def reached(self, request: Request) -> Response:
        newest = f"Bearer {self.service.given[-1]}" if self.service.given else ""
        is_newest = request.headers.get("authorization") == newest
        headers = {**request.headers, "authorization": f"Bearer {TOKEN}"} if is_newest else request.headers
        return self.program.sandbox.answer(replace(request, headers=headers))

    @property
    def kept(self) -> Path:
        """Who is signed in, as the program keeps it."""
        return self.program.folder / "sign-in.json"

    @property
    def cache(self) -> Path:
        """Where tokens are kept in the plain."""
        return self.program.folder / "home" / ".IdentityService" / "vmident.nocae"


@contextmanager
def contoso_of(program: Program, trusted: Certificates) -> Iterator[Contoso]:
    """Serve, and have the program's environment lead there."""
    service = TokenService()
    with Loopback(service.answer, trusted.server) as authority, Loopback() as arm:
        service.endpoint = authority.endpoint
        program.sandbox = Sandbox(
            program.folder / "azure",
            now=program.time.read,
            new_uuid=lambda: str(uuid.uuid4()),
            operation_seconds=0.0,
            with_examples=False,
            endpoint=arm.endpoint,
        )
        program.environ = {
            "AZURE_AUTHORITY_HOST": authority.endpoint,
            "VMIDENT_ARM_ENDPOINT": arm.endpoint,
            "VMIDENT_SUBSCRIPTION": SUBSCRIPTION,
        }
        made = Contoso(program, service, authority, arm)
        arm.answer = made.reached
        yield made
