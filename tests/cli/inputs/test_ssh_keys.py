"""Which public keys a VM is created with: real ones, as cryptography reads them."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from tests.cli.vm_create.scenario import CREATE
from tests.program import Program
from vmident.cli.inputs.ssh_keys import checked_public_key
from vmident.errors import UsageError


def public(pair: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> str:
    openssh = (serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return pair.public_key().public_bytes(*openssh).decode()


def rsa_key(bits: int) -> str:
    return public(rsa.generate_private_key(65537, bits))


ED25519 = public(ed25519.Ed25519PrivateKey.generate())
CURVES = (ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1())


@pytest.mark.parametrize(
    "key",
    [ED25519, rsa_key(2048), *(public(ec.generate_private_key(one)) for one in CURVES)],
    ids=str.split("ed25519 rsa nistp256 nistp384 nistp521"),
)
def test_a_key_is_returned_with_its_comment_and_without_the_end_of_its_line(key: str) -> None:
    assert checked_public_key(f"{key} me@some where\r\n", "the file") == f"{key} me@some where"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "does not begin with ssh-rsa"),
        ("hello", "does not begin with ssh-rsa"),
        ("ssh-rsa", "not a complete key"),
        ("ssh-rsa AAAA", "not a complete key"),
        (ED25519[:-8], "not a complete key"),
        (ED25519.replace("ssh-ed25519", "ssh-rsa"), "not a complete key"),
        (f"sk-{ED25519}", "does not begin with"),
        ("ssh-dss AAAA", "does not begin with"),
        (f"{ED25519}\n{ED25519}", "more than one line"),
        (rsa_key(1024), "need 2048 bits, this one has 1024"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0", "private key"),
    ],
    ids=str.split("empty word type-alone too-short truncated another-type sk dss two-lines rsa-1024 private"),
)
def test_anything_else_is_refused_and_not_quoted(text: str, reason: str) -> None:
    with pytest.raises(UsageError, match=reason) as refused:
        checked_public_key(text, "The file 'k'")
    said = f"{refused.value.message} {refused.value.hint}"
    assert not [word for word in text.split() if len(word) > 8 and word in said and word != "PRIVATE"]


def test_a_key_that_only_looks_like_one_is_wrong_usage_and_nothing_is_sent(program: Program) -> None:
    outcome = program(f"{CREATE} --ssh-key 'ssh-rsa AAAA'")
    assert (outcome.code, program.sent) == (2, [])
    assert "not a complete key" in outcome.error["message"]
