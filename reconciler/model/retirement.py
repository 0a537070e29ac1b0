"""Standing principals that are to go: what providers find of them, what is recorded, and what a plan does with them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from reconciler.model.address import Address
from reconciler.model.resource import Live, Resource
from specs.source import SourceSpan


@dataclass(frozen=True, slots=True)
class Use:
    """Somebody who works with a principal."""

    who: str
    """For people: ``session 4711 of psql``, ``access key AKIA…``."""
    origin: str = ""
    """Where from: an address, a region; empty where the system doesn't say."""
    since: datetime | None = None
    """UTC. Since when, or when it was; None: the system doesn't say."""
    now: bool = True
    """Whether it goes on at this moment; else ``since`` is when it was last."""


@dataclass(frozen=True, slots=True)
class Retirable:
    """A principal that is to go, as its provider found it: facts, no judgement."""

    live: Live
    """Its address is of the provider's ``retires``; a quarantine changes its attributes, and undoing restores them."""
    what: str
    """For people: ``login role``, ``IAM user``."""
    quarantined: bool
    """Whether nobody can work with it: its attributes are as in ``locked``."""
    locked: Resource
    """The same once it is in quarantine."""
    ends: tuple[str, ...] = ()
    """What a quarantine ends, for people."""
    uses: tuple[Use, ...] = ()
    """Who works with it. Of what a system remembers of earlier use only the last."""
    holding: tuple[str, ...] = ()
    """Why it can't be deleted as it is, whoever tries, for people: what it owns and nobody is to take."""
    losing: tuple[str, ...] = ()
    """What deleting it does beside, for people: what it owns goes to whom."""
    unseen: tuple[str, ...] = ()
    """Why it can't be told whether somebody works with it, for people: nothing is done until that can be."""
    restored: Resource | None = None
    """What undoing can make of it (Retiring.before); None: what is recorded, of what is there still."""
    lost: tuple[str, ...] = ()
    """With ``restored``: what was recorded and can't be brought back, for people."""
    stays: bool = False
    """Whether deleting leaves it there, as it is locked: what was taken from it is given up for good."""
    never: tuple[str, ...] = ()
    """Why it must not be retired at all: it is the login of this run, the last administrator, Writ's own."""


class Stage(StrEnum):
    """How far a retirement has come, by the record and by what was found."""

    STANDING = "standing"
    """It can be worked with."""
    QUARANTINED = "quarantined"
    """Nobody can; what it had is kept."""
    DELETED = "deleted"
    """It was deleted by us."""
    GONE = "gone"
    """It isn't there, and not because of us."""


class Deed(StrEnum):
    """What a plan does for a retirement. The words are shown."""

    NOTHING = "nothing"
    QUARANTINE = "quarantine"
    DELETE = "delete"
    RESTORE = "restore"


class Waits(StrEnum):
    """What the next step waits for."""

    NOTHING = "nothing"
    """The plan does it, or there is none."""
    PATH = "path"
    """What replaces it isn't there yet as declared."""
    PROOF = "proof"
    """Nobody has logged in through what replaces it, or it has changed since."""
    USE = "use"
    """Somebody works with it."""
    TIME = "time"
    """The quarantine isn't over."""
    SOMEBODY = "somebody"
    """Only somebody can clear what is in the way."""
    NEVER = "never"
    """It must not be retired."""


@dataclass(frozen=True, slots=True)
class Proof:
    """That somebody logged in through what replaces a principal."""

    agent: str
    intent: str
    at: datetime
    """UTC."""
    who: str
    """Who asked for it."""
    digest: str
    """Of the pair's objects as they were then: another digest is another path."""
    how: str
    """What was done, for people. Holds no secret."""


class Marked(StrEnum):
    """What is recorded of a retirement. The first of each pair is written before the calls are made."""

    NONE = ""
    """Nothing was done; at most there are proofs."""
    LOCKING = "locking"
    LOCKED = "locked"
    RESTORING = "restoring"
    RESTORED = "restored"
    DELETING = "deleting"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Retired:
    """What is recorded of one retirement: enough to undo it, and to go on after a crash. Holds no secret."""

    name: str
    address: Address
    marked: Marked = Marked.NONE
    since: datetime | None = None
    """UTC. When the quarantine began, and later when it was restored or deleted."""
    who: str = ""
    """Who did that."""
    before: Resource | None = None
    """The principal as it was before the quarantine: what undoing restores."""
    native_id: str = ""
    """Live.native_id of it: another one under the same name is another principal."""
    proofs: tuple[Proof, ...] = ()

    def proof_of(self, agent: str, intent: str) -> Proof | None:
        """The last one of a pair."""
        found = [one for one in self.proofs if (one.agent, one.intent) == (agent, intent)]
        return found[-1] if found else None


@dataclass(frozen=True, slots=True)
class Successor:
    """An agent with an intent that takes a principal's place."""

    agent: str
    intent: str
    ready: bool
    """Its objects are as declared."""
    proof: Proof | None
    """A login through these very objects."""


@dataclass(frozen=True, slots=True)
class RetirementRow:
    """One retirement in a plan."""

    name: str
    address: Address
    what: str
    """``login role``; empty where it wasn't found."""
    stage: Stage
    """Where it stands now."""
    deed: Deed
    """What this plan does."""
    waits: Waits
    successors: tuple[Successor, ...] = ()
    since: datetime | None = None
    """UTC: since when it is in quarantine, or deleted."""
    due: datetime | None = None
    """UTC: from when on the next step is done; None where that hangs on something else."""
    ends: tuple[str, ...] = ()
    """What ends with this plan's step, for people."""
    uses: tuple[Use, ...] = ()
    in_the_way: tuple[str, ...] = ()
    """What only somebody can clear."""
    before: Resource | None = None
    """What undoing the step would restore: recorded before it is done."""
    span: SourceSpan | None = None

    @property
    def principal(self) -> str:
        """Its name in its system."""
        return self.address.key

    @property
    def stopped(self) -> bool:
        """A step would be due, and something is in the way of it."""
        return self.waits in {Waits.USE, Waits.SOMEBODY, Waits.NEVER}

    def is_refused(self, now: datetime) -> bool:
        """The next step is due, and isn't done: somebody works with it at this moment, or something is in the way.

        What isn't proved yet, was used a short while ago, or is still in its quarantine, isn't due.
        """
        if self.waits not in {Waits.USE, Waits.SOMEBODY}:
            return False
        if self.stage is Stage.QUARANTINED:
            return self.due is None or self.due <= now
        proved = all(one.ready and one.proof is not None for one in self.successors)
        return proved and (self.waits is Waits.SOMEBODY or any(use.now for use in self.uses))


@dataclass(frozen=True, slots=True)
class Due:
    """Something that ends, or is done, from a moment on."""

    at: datetime | None
    """UTC; None: when something else has happened."""
    what: str
    """For people."""


@dataclass(frozen=True, slots=True)
class Meter:
    """How much of what the specs name stands, and how much is obtained when needed and dies by itself.

    What the specs name: the systems that each agent reaches for an intent, access that is declared with an end, and
    principals that are to be retired.
    """

    standing: tuple[int, int] = (0, 0)
    """Now, and once the plan is applied."""
    dynamic: tuple[int, int] = (0, 0)
    next: Due | None = None

    def share(self, side: int) -> int | None:
        """Percent that is dynamic: now (0) or once applied (1); None where there is nothing at all."""
        whole = self.standing[side] + self.dynamic[side]
        return self.dynamic[side] * 100 // whole if whole else None
