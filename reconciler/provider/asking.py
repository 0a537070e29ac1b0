"""One request put to a provider, and the world in which it is answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.model import Address, Resource


class RequestError(ValueError):
    """Words that are no request of this system. ``help`` shows one that is."""

    def __init__(self, message: str, help: str) -> None:
        super().__init__(message)
        self.message, self.help = message, help


@dataclass(frozen=True, slots=True)
class Asking:
    """May this principal do this, with these objects?"""

    subject: Address
    """The principal, of one of Provider.principals."""
    request: tuple[str, ...]
    """In the system's own words: ``s3:GetObject``, ``arn:aws:s3:::orders/x``."""
    objects: Mapping[Address, Resource]
    """All of the system's that are known."""
    surroundings: object = None
    """Snapshot.surroundings."""
    live: bool = False
    """Whether objects and surroundings were read; else they are what the specs want, and no more is known."""
