"""A standing principal that goes once what replaces it works: make before break."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BeforeValidator, Field, WithJsonSchema

from specs.base import spec_error
from specs.duration import PATTERN, parse_span
from specs.fields import Name, Text
from specs.parts import Metadata, NonEmpty, Strict
from specs.text import shown, text_of

_HELP = "write agent/intent, such as support-bot/orders.read"
_ONE = r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?"
_DAY = 86400
_LONGEST = 366 * _DAY
"""Who waits for longer doesn't retire anybody."""


class Replacement(NamedTuple):
    """An agent with one of its intents, as ``agent/intent``."""

    agent: str
    intent: str

    def __str__(self) -> str:
        return f"{self.agent}/{self.intent}"


def _replacement(value: Any) -> Replacement:
    if isinstance(value, Replacement):
        return value
    text = text_of(value, "an agent and its intent")
    agent, slash, intent = text.partition("/")
    if not slash or not agent or not intent or "/" in intent:
        raise spec_error("W107", f"{shown(text)} is no agent/intent", _HELP)
    return Replacement(agent, intent)


def _span(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _LONGEST:
        return value
    text = text_of(value, "a time such as 14d")
    try:
        seconds = parse_span(text)
    except ValueError:
        seconds = 0
    if not 0 < seconds <= _LONGEST:
        raise spec_error("W110", f"{shown(text)} is not a time from 1s to 366d", "units: s m h d, such as 14d")
    return seconds


Span = Annotated[int, BeforeValidator(_span), WithJsonSchema({"type": "string", "pattern": PATTERN})]
Pair = Annotated[
    Replacement,
    BeforeValidator(_replacement),
    WithJsonSchema({"type": "string", "pattern": f"^{_ONE}/{_ONE}$"}),
]


class RetirementSpec(Strict):
    """Who goes, what takes its place, and how long it stays locked before it is deleted."""

    system: Name
    """The system where it stands, which each Environment declares."""
    principal: Text
    """Its name there, as the system writes it: a login role, an IAM user."""
    replaced_by: NonEmpty[Pair]
    """The agents and intents, as agent/intent, that do its work from now on. Each is proved by a real login first."""
    quarantine: Span = 14 * _DAY
    """For how long it stays locked, and unused, before it is deleted; 14d where nothing is said."""
    unused_for: Span = _DAY
    """For how long nobody must have used it before it is locked, where its system remembers that; by default 1d."""
    reassign_owned_to: Text | None = None
    """Who gets what it owns, before it is deleted (PostgreSQL's REASSIGN OWNED BY … TO)."""


class Retirement(Strict):
    """A standing principal that is locked, and later deleted, once what replaces it was seen to work."""

    api_version: Literal["writ/v1"] = Field(alias="apiVersion")
    kind: Literal["Retirement"]
    metadata: Metadata
    """What it is called."""
    spec: RetirementSpec
    """Who goes, and what replaces it."""
