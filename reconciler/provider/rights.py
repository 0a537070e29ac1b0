"""What Writ's own login needs in one system."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.model import Resource
from reconciler.provider.retiring import Retiring


@dataclass(frozen=True, slots=True)
class Rights:
    """The least privilege for a scope, in the system's own language."""

    form: str
    """For people: ``IAM policy``, ``HCL``, ``SQL``."""
    text: str
    """To be handed to the system as it is; ends with a line break."""
    notes: tuple[str, ...] = ()
    """What is to be known before it is granted: a line each."""


@dataclass(frozen=True, slots=True)
class Beyond:
    """What the specs name outside of the scope."""

    named: tuple[Resource, ...] = ()
    """Wanted objects that have the names under which they stood before Writ (Desired.adopts)."""
    retiring: tuple[Retiring, ...] = ()
    """Standing principals that are to go."""


NOTHING_BEYOND = Beyond()
