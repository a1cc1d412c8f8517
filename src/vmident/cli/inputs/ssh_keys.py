"""Public keys from files of the user, and a pair where there is none; no private key is read or shown."""

from __future__ import annotations

import os
from pathlib import Path

from vmident.core.naming import enumerated
from vmident.core.shell import command_line
from vmident.errors import UsageError

_PRIVATE, _PUBLIC = "id_rsa", "id_rsa.pub"
# In the order that they are looked for; the first is the one that `az vm create` takes.
_USUAL = (_PUBLIC, "id_ed25519.pub")
_WAYS = "Use --ssh-key, --generate-ssh-keys, or --admin-password-stdin."
KEY_BITS = 4096
_LEAST_RSA_BITS = 2048
_KEY_TYPES = ("ssh-rsa", "ssh-ed25519", *(f"ecdsa-sha2-nistp{bits}" for bits in (256, 384, 521)))


def key_named(word: str) -> str:
    """Return the public key in the file that `word` names, or `word` itself where it is one."""
    if word.startswith(("ssh-", "ecdsa-")) and " " in word:
        return checked_public_key(word, "--ssh-key")
    return _key_in(Path(word).expanduser())


def usual_key(home: Path) -> str:
    """Return the public key that the user has in the usual place; raises `UsageError` where there is none."""
    there = next((path for path in (home / ".ssh" / name for name in _USUAL) if path.is_file()), None)
    if there is None:
        raise UsageError(f"No public key found in {home / '.ssh'} ({' or '.join(_USUAL)}).", hint=_WAYS)
    return _key_in(there)


def kept_or_new_key(home: Path, *, save: bool) -> tuple[str, bool]:
    """Return the public key in `~/.ssh/id_rsa.pub`, generating the pair if needed, and whether it is new.

    Nothing that is there is overwritten. Without `save` the new pair is forgotten. The private key gets mode 0600, and
    a new folder 0700.
    """
    folder = home / ".ssh"
    private, public = folder / _PRIVATE, folder / _PUBLIC
    if public.is_file():
        return _key_in(public), False
    if private.exists():
        raise UsageError(
            f"The private key {private} has no public key file.",
            hint=f"Create it: {command_line('ssh-keygen', '-y', '-f', private)} > {command_line(public)}",
        )
    secret, key = _new_pair()
    if not save:
        return key, False
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        _write_new(private, secret, 0o600)
        _write_new(public, f"{key}\n".encode(), 0o644)
    except OSError as refused:
        raise UsageError(f"The keys cannot be written to {folder}: {refused.strerror}.", hint=_WAYS) from refused
    return key, True


def _key_in(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as refused:
        raise UsageError(f"The key file '{path}' cannot be read: {refused.strerror}.", hint=_WAYS) from refused
    except UnicodeDecodeError:
        # Without what it says, which quotes the file.
        raise UsageError(f"The key file '{path}' is not a text file.", hint=_WAYS) from None
    return checked_public_key(text, f"The file '{path}'")


def checked_public_key(text: str, source: str) -> str:
    """Return one public key in OpenSSH format, without the line break at its end.

    `source` is where it came from, in words. Raises `UsageError`, which quotes nothing of the text, for anything else.
    Azure accepts RSA keys of at least 2048 bits and ed25519 keys; source: Microsoft's 'Detailed steps: Create and
    manage SSH keys for authentication to a Linux VM in Azure'. The three NIST curves are left for Azure to judge.
    """
    key = text.strip()
    if "PRIVATE KEY" in key:
        raise UsageError(f"{source} contains a private key, not a public one.", hint="Use its .pub file.")
    if len(key.splitlines()) > 1:
        raise UsageError(f"{source} contains more than one line.", hint="Use a file with one public key.")
    reason = _why_unusable(key)
    if reason:
        raise UsageError(
            f"{source} is not a public key that Azure accepts: {reason}.",
            hint="Create a key pair with ssh-keygen -t ed25519, or with --generate-ssh-keys.",
        )
    return key


def _why_unusable(key: str) -> str | None:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import load_ssh_public_key

    # Not left to cryptography, which also reads DSA keys, certificates and keys of hardware tokens.
    if key.partition(" ")[0] not in _KEY_TYPES:
        return f"it does not begin with {enumerated(_KEY_TYPES, 'or')}"
    try:
        loaded = load_ssh_public_key(key.encode())
    except (ValueError, UnsupportedAlgorithm):
        return "it is not a complete key in OpenSSH format"
    if isinstance(loaded, RSAPublicKey) and loaded.key_size < _LEAST_RSA_BITS:
        return f"RSA keys need {_LEAST_RSA_BITS} bits, this one has {loaded.key_size}"
    return None


def _new_pair() -> tuple[bytes, str]:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    pair = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    secret = pair.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )
    openssh = (serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return secret, pair.public_key().public_bytes(*openssh).decode("ascii")


def _write_new(path: Path, content: bytes, mode: int) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
