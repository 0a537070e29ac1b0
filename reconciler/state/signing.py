"""Signatures of saved plans: Ed25519 (RFC 8032), keys in PEM as ``openssl genpkey -algorithm ed25519`` writes them."""

from __future__ import annotations

import base64
import os
import stat
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.state.errors import KeyFileError
from specs.diagnostic import Diagnostic, warning
from specs.redaction import keep

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_MAX_BYTES = 64 * 1024
_PREFIX = bytes.fromhex("302a300506032b6570032100")
"""What stands before the 32 bytes of a key in its DER form (RFC 8410)."""
MAKE = "make one with: openssl genpkey -algorithm ed25519 -out KEY"
_MAKE_PUBLIC = "make it from the private one with: openssl pkey -in KEY -pubout -out KEY.pub"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """Who signed: the 32 bytes of an Ed25519 key."""

    raw: bytes

    @property
    def fingerprint(self) -> str:
        """As ``openssl pkey -pubin -in KEY.pub -outform DER | sha256sum`` prints it."""
        return sha256(_PREFIX + self.raw).hexdigest()

    def verifies(self, signature: bytes, message: bytes) -> bool:
        """Whether the key's holder signed exactly this message."""
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - only where something is signed
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415

        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature, and the key that it claims to be of."""

    key: PublicKey
    value: bytes

    def encode(self) -> dict[str, str]:
        """As JSON data."""
        return {"key": _text(self.key.raw), "value": _text(self.value)}

    @classmethod
    def decode(cls, data: dict[str, str]) -> Signature:
        """The inverse of encode. Raises ValueError, KeyError or TypeError."""
        return cls(PublicKey(base64.b64decode(data["key"])), base64.b64decode(data["value"]))


class SigningKey:
    """A private key. Its bytes stay in here."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public = PublicKey(key.public_key().public_bytes_raw())

    def sign(self, message: bytes) -> Signature:
        """Sign."""
        return Signature(self.public, self._key.sign(message))


def read_signing_key(path: Path) -> tuple[SigningKey, tuple[Diagnostic, ...]]:
    """A private key (PEM, PKCS 8, not encrypted), and a warning if others could have read it. Raises KeyFileError."""
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - only where something is signed
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

    data, mode = _read(path, MAKE)
    keep(data.decode("utf-8", "replace"))
    try:
        key = load_pem_private_key(data, password=None)
    except TypeError as encrypted:
        raise KeyFileError(f"the key {path} is encrypted", help="decrypt it for this run: openssl pkey") from encrypted
    except (ValueError, UnsupportedAlgorithm) as wrong:
        raise KeyFileError(f"{path} is no private key in PEM (PKCS 8)", help=MAKE) from wrong
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFileError(f"{path} is no Ed25519 key", help=MAKE)
    return SigningKey(key), _open_to(path, mode, stat.S_IRWXG | stat.S_IRWXO, "read", f"chmod 600 {path}")


def read_public_key(path: Path) -> tuple[PublicKey, tuple[Diagnostic, ...]]:
    """A public key (PEM), and a warning if others could replace it. Raises KeyFileError."""
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - only where something is signed
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_public_key  # noqa: PLC0415

    data, mode = _read(path, _MAKE_PUBLIC)
    try:
        key = load_pem_public_key(data)
    except (ValueError, UnsupportedAlgorithm) as wrong:
        raise KeyFileError(f"{path} is no public key in PEM", help=_MAKE_PUBLIC) from wrong
    if not isinstance(key, Ed25519PublicKey):
        raise KeyFileError(f"{path} is no Ed25519 key", help=_MAKE_PUBLIC)
    found = _open_to(path, mode, stat.S_IWGRP | stat.S_IWOTH, "write", f"chmod go-w {path}")
    return PublicKey(key.public_bytes_raw()), found


def _read(path: Path, help: str) -> tuple[bytes, int]:
    try:
        # Not blocking: opening a pipe would wait for its writer.
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except (OSError, ValueError) as failed:
        what = failed.strerror if isinstance(failed, OSError) else "its name can't be a file's"
        raise KeyFileError(f"the key {path} can't be read: {what}", help=help) from failed
    mode = os.fstat(handle).st_mode
    if not stat.S_ISREG(mode):
        os.close(handle)
        raise KeyFileError(f"the key {path} is not a regular file", help=help)
    with os.fdopen(handle, "rb") as file:
        try:
            return file.read(_MAX_BYTES), mode
        except OSError as failed:
            raise KeyFileError(f"the key {path} can't be read: {failed.strerror}", help=help) from failed


def _open_to(path: Path, mode: int, bits: int, what: str, help: str) -> tuple[Diagnostic, ...]:
    if not mode & bits:
        return ()
    return (warning("W625", f"others may {what} the key {path}", subject=str(path), help=help),)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
