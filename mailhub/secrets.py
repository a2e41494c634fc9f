"""The server's key file, what is derived from it, and what is encrypted with it.

One random key of 32 bytes; every use has a key of its own derived by HKDF (RFC 5869), so that a token never opens a secret.
"""

import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from mailhub.errors import UserError

_KEY_ID = b"\x01"


class Keyring:
    """The key file's key, and what comes of it."""

    def __init__(self, path: Path) -> None:
        """Read the key file, or make it (readable by its owner alone) when it is not there.

        Raises `UserError` when it is damaged or cannot be made.
        """
        self._root = _read_or_make(path)
        self._aead = AESGCM(self.derive("secrets"))

    def derive(self, purpose: str) -> bytes:
        """32 bytes for one purpose, the same at every start."""
        return HKDF(SHA256(), 32, None, b"mailhub/" + purpose.encode()).derive(self._root)

    def encrypt(self, plain: bytes) -> bytes:
        """AES-256-GCM: one byte of key id, 12 of nonce, the rest."""
        nonce = os.urandom(12)
        return _KEY_ID + nonce + self._aead.encrypt(nonce, plain, _KEY_ID)

    def decrypt(self, sealed: bytes) -> bytes:
        """What `encrypt` sealed. Raises `UserError` when the key file is not the one it was sealed with."""
        sealed = bytes(sealed)
        try:
            return self._aead.decrypt(sealed[1:13], sealed[13:], sealed[:1])
        except InvalidTag:
            raise UserError(
                "A secret in the database was sealed with another key file: put back the key file that belongs to it."
            ) from None


def _read_or_make(path: Path) -> bytes:
    try:
        if not path.exists():
            _make(path)
        key = bytes.fromhex(path.read_text().strip())
    except (OSError, ValueError) as error:
        raise UserError(f"The key file {path} cannot be used ({error}): put back its backup.") from error
    if len(key) != 32:
        raise UserError(f"The key file {path} is damaged: it should hold 64 hexadecimal digits. Put back its backup.")
    return key


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_hex(32) + "\n")
    try:
        os.link(draft, path)  # whoever comes first wins; nobody's key is overwritten
    except FileExistsError:
        return
    finally:
        draft.unlink()
