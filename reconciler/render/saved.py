"""What is to be known of a saved plan besides what it does: who signed it, until when it may be applied."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from rich.text import Text


def saved_lines(expires: datetime | None, signer: str, *, verified: bool) -> Iterator[Text]:
    """``signer``: a key's fingerprint, or empty. ``verified``: whoever reads named this very key."""
    if signer and verified:
        yield Text.assemble("Signed by the key ", (signer, "bold"), ", as required.")
    elif signer:
        yield Text(f"Signed by the key {signer}; whether it may sign, --require-signature KEY.pub decides.")
    else:
        yield Text("Not signed.")
    yield from expiry_lines(expires)


def expiry_lines(expires: datetime | None) -> Iterator[Text]:
    """Until when it may be applied, where that has an end."""
    if expires is not None:
        yield Text(f"To be applied until {expires.astimezone(UTC).isoformat(timespec='seconds')}.")
