"""Whether one request is allowed, and by which statement."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reconciler.model.address import Address
from reconciler.model.resource import Origin
from specs.source import SourceSpan


class Answer(StrEnum):
    """What a system would say."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"
    """It hangs on something that isn't modelled or wasn't read: never to be taken for a no."""


@dataclass(frozen=True, slots=True)
class Deciding:
    """A statement that bears on the answer."""

    text: str
    """In the system's words: ``Allow s3:GetObject on arn:aws:s3:::orders/*``."""
    address: Address | None = None
    """The object that holds it; None for one that is no object of ours."""
    place: str = ""
    """What holds it instead: a managed policy's ARN, a policy outside the scope."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer for one principal."""

    answer: Answer
    by: tuple[Deciding, ...] = ()
    """What allows it, or what denies it; empty where nothing speaks of it."""
    notes: tuple[str, ...] = ()
    """Why it is unknown; what would have to hold; what wasn't looked at."""


@dataclass(frozen=True, slots=True)
class Chain:
    """From whoever answers for an agent to the statement that decides, for one of its intents."""

    intent: str
    purpose: str
    granted: SourceSpan | None
    """Where the agent is given the intent."""
    delegators: tuple[str, ...]
    blocks: tuple[SourceSpan, ...]
    """The intent's access blocks on the system."""
    subject: Address
    """The principal as which the agent acts there."""
    through: tuple[Address, ...]
    """Objects in other systems by which it becomes that principal."""
    explanation: Explanation


@dataclass(frozen=True, slots=True)
class Explained:
    """Whether an agent may do something, by each of its intents that have access on the system."""

    agent: str
    owner: str
    owned: SourceSpan | None
    """Where the owner is named."""
    system: str
    request: str
    live: bool
    """Whether the system was asked; else it is what the specs want."""
    chains: tuple[Chain, ...]

    @property
    def answer(self) -> Answer:
        """Yes if any intent allows it; unknown if any may."""
        found = {chain.explanation.answer for chain in self.chains}
        return next((one for one in (Answer.YES, Answer.UNKNOWN) if one in found), Answer.NO)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an object exists."""

    address: Address
    origin: Origin | None
    """None for one that nobody declares."""
    owner: str
    """Of the agent that it is made for, if any."""
    note: str
    """What else is to be said: that it is no longer declared, that nobody declares it."""
    depends_on: tuple[Address, ...] = ()
    dependents: tuple[Address, ...] = ()
    """Objects that are made after it and deleted before it."""
