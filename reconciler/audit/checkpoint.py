"""A signed note of how far an audit record went: kept elsewhere, it shows what was cut off or written anew since."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from reconciler.audit.entry import canonical
from reconciler.state.errors import CheckpointError
from reconciler.state.shape import fields, number, word
from reconciler.state.signing import PublicKey, Signature, SigningKey

FORMAT = "writ-checkpoint/1"
MOST = 64 * 1024
"""Bytes of a checkpoint."""
_AGAIN = "make one with: writ audit checkpoint --sign KEY"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The record of an environment had this last entry at that time."""

    environment: str
    lineage: str
    """As the last entry says it."""
    number: int
    hash: str
    time: str
    """UTC, ISO 8601, by the signer's clock."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A checkpoint whose signature holds. Whether to trust the key is the reader's matter."""

    checkpoint: Checkpoint
    signer: PublicKey


def signed_text(checkpoint: Checkpoint, key: SigningKey) -> str:
    """One line of JSON."""
    data = _data(checkpoint)
    return json.dumps(data | {"signature": key.sign(_message(data)).encode()})


def read_checkpoint(body: bytes, where: str, required: PublicKey | None = None) -> Signed:
    """The inverse; with ``required``, only one that this key signed. Raises CheckpointError."""
    try:
        if len(body) > MOST:
            raise ValueError("too large")  # noqa: TRY301 - as every other way in which it can be wrong
        found = fields(json.loads(body), *_data(Checkpoint("", "", 0, "", "")), "signature")
        signature = Signature.decode(found.pop("signature"))
        if found.pop("format") != FORMAT:
            raise ValueError("another format")  # noqa: TRY301
        texts = {name: word(found[name]) for name in ("environment", "lineage", "hash", "time")}
        checkpoint = Checkpoint(number=number(found["number"]), **texts)
    except (ValueError, KeyError, TypeError, RecursionError):
        raise CheckpointError(f"{where} is no checkpoint, or is damaged", help=_AGAIN) from None
    if required is not None and signature.key != required:
        message = f"{where} is signed by the key {signature.key.fingerprint}, and {required.fingerprint} is required"
        raise CheckpointError(message, help=_AGAIN)
    if not signature.key.verifies(signature.value, _message(_data(checkpoint))):
        raise CheckpointError(f"{where} was changed after it was signed", help=_AGAIN)
    return Signed(checkpoint, signature.key)


def _data(checkpoint: Checkpoint) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "environment": checkpoint.environment,
        "lineage": checkpoint.lineage,
        "number": checkpoint.number,
        "hash": checkpoint.hash,
        "time": checkpoint.time,
    }


def _message(data: dict[str, Any]) -> bytes:
    """What is signed: also the format, so that no other signed text of ours can pass for this."""
    return f"{FORMAT}\n".encode() + canonical(data)
