"""Public keys from files of the user, and a pair where there is none; no private key is read or shown."""

from __future__ import annotations

import os
from pathlib import Path

from vmident.core.admin import checked_public_key
from vmident.errors import UsageError

_PRIVATE, _PUBLIC = "id_rsa", "id_rsa.pub"
# In the order that they are looked for; the first is the one that `az vm create` takes.
_USUAL = (_PUBLIC, "id_ed25519.pub")
_WAYS = "Name a public key with --ssh-key, have a pair made with --generate-ssh-keys, or use --admin-password-stdin."
KEY_BITS = 4096


def key_named(word: str) -> str:
    """Give the public key in the file that `word` names, or `word` itself where it is one."""
    if word.startswith(("ssh-", "ecdsa-")) and " " in word:
        return checked_public_key(word, "--ssh-key")
    return _key_in(Path(word).expanduser())


def usual_key(home: Path) -> str:
    """Give the public key that the user has in the usual place; raises `UsageError` where there is none."""
    there = next((path for path in (home / ".ssh" / name for name in _USUAL) if path.is_file()), None)
    if there is None:
        raise UsageError(f"There is no public key in {home / '.ssh'} ({' or '.join(_USUAL)}).", hint=_WAYS)
    return _key_in(there)


def kept_or_new_key(home: Path, *, save: bool) -> tuple[str, bool]:
    """Give the public key in `~/.ssh/id_rsa.pub`; where there is none, that of a new pair, and whether it was written.

    Nothing that is there is overwritten. Without `save` the new pair is forgotten. The private key gets mode 0600, and
    a new folder 0700.
    """
    folder = home / ".ssh"
    private, public = folder / _PRIVATE, folder / _PUBLIC
    if public.is_file():
        return _key_in(public), False
    if private.exists():
        raise UsageError(
            f"There is a private key {private} without its public one.",
            hint=f"Write it out: ssh-keygen -y -f {private} > {public}",
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
        raise UsageError(f"The key file '{path}' is no text.", hint=_WAYS) from None
    return checked_public_key(text, f"The file '{path}'")


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
