"""Who and what stands in a system, whoever put it there: what providers tell, and what the engine makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from reconciler.model.access import Witness
from reconciler.model.address import Address
from reconciler.model.resource import Value
from specs.diagnostic import Diagnostic, has_errors


class Whose(StrEnum):
    """Whether it is anybody's to look at, or known."""

    STANDING = "standing"
    """Somebody's: it is judged, and a finding where it falls into a class."""
    DYNAMIC = "dynamic"
    """Writ's own, or it ends by itself within a day: only counted."""
    OPERATOR = "operator"
    """What this run logs in with, or a login that the specs name: judged and told, and no finding."""
    SYSTEM = "system"
    """The system's own, which its operator can't remove: judged and told, and no finding."""


class Holds(StrEnum):
    """What secret there is."""

    NOTHING = "nothing"
    """A principal as such: its credentials are told apart, or it has none."""
    CREDENTIAL = "credential"
    """Whoever knows it is the principal, until it ends or somebody changes it."""
    ROTATED = "rotated"
    """The same, changed by the system itself; the principal behind it stays."""
    STORED = "stored"
    """Kept for whoever may read it: a change of its content is a rotation."""


class Side(StrEnum):
    """Which side of a principal is wide."""

    REACH = "reach"
    """What it may do."""
    TRUST = "trust"
    """Who may become it."""


class Class(StrEnum):
    """Bad habits. The words are what people type after ``--fail-on``."""

    STALE = "stale"
    """Not used for longer than asked about, or switched off or expired, and still there."""
    SHARED = "shared"
    """More than one user, as far as can be seen."""
    STATIC = "static"
    """A secret that nobody renews by itself, and that lives for more than a day."""
    OVER_WIDE = "over-wide"
    """It may do, or may be used by, more than anybody's purpose needs."""
    NEVER_EXPIRES = "never-expires"
    """It has no end."""
    HUMAN_USE = "human-use"
    """A person works with a machine's identity."""


@dataclass(frozen=True, slots=True)
class Width:
    """Why it is wide: a request that shows it, or the attribute in words."""

    side: Side
    witness: Witness


@dataclass(frozen=True, slots=True)
class Standing:
    """An identity, a credential or a privilege, as a provider found it: facts, no judgement, never a secret."""

    address: Address
    what: str
    """For people: ``IAM user``, ``access key``, ``AppRole``."""
    native_id: str = ""
    """The system's own name for it, where the address isn't that: an ARN."""
    whose: Whose = Whose.STANDING
    count: int = 1
    """How many alike are told of as one."""
    holds: Holds = Holds.NOTHING
    enabled: bool = True
    created: datetime | None = None
    """Of a secret: when it was made or last changed. None: the system doesn't say."""
    last_used: datetime | None = None
    use_is_known: bool = False
    """Whether the system tells when it was last used: without ``last_used`` it wasn't, as far back as it remembers."""
    expires: datetime | None = None
    life: int | None = None
    """Seconds from its beginning to its end, of each where several are told of as one; None: by the two above."""
    endless: bool = False
    """It is known to have no end. Neither this nor an end: not known, or nothing that could end."""
    widths: tuple[Width, ...] = ()
    users: tuple[str, ...] = ()
    """Those that seem to use it; several show that it is shared."""
    people: tuple[str, ...] = ()
    """What shows that a person uses it."""
    facts: Mapping[str, Value] = field(default_factory=dict)
    """What else is seen, for people."""
    principals: tuple[str, ...] = ()
    """How a Retirement may spell the principal that it is, or that it is a credential of."""
    access: object = None
    """What it may do, in the provider's own form, for Provider.covering; hashable. None: not known, or out of reach."""


@dataclass(frozen=True, slots=True)
class Unseen:
    """Something that couldn't be looked at, and why."""

    system: str
    what: str
    """``token accessors``."""
    why: str
    help: str = ""


@dataclass(frozen=True, slots=True)
class Covering:
    """Access of the specs that allows all that an identity may do."""

    agent: str
    intent: str


class Coming(StrEnum):
    """What a retirement does next, by the record alone: whether somebody works with it isn't looked at."""

    PROVE = "prove"
    """Somebody proves what replaces it."""
    LOCK = "lock"
    DELETE = "delete"
    UNDO = "undo"
    """Undoing was begun, and is to be ended."""
    UNKNOWN = "unknown"
    """The state couldn't be read."""


@dataclass(frozen=True, slots=True)
class Leaving:
    """A retirement that a standing principal is named by already."""

    name: str
    declared: bool
    """Whether the specs have it still: else only the state does."""
    coming: Coming
    since: datetime | None = None
    """UTC: since when it is locked by the record; None: it isn't."""
    due: datetime | None = None
    """UTC: from when on it is deleted, if nobody uses it until then."""


@dataclass(frozen=True, slots=True)
class Item:
    """Something that stands, judged."""

    standing: Standing
    """Without its access."""
    classes: tuple[Class, ...]
    replaced_by: Covering | None = None
    leaving: Leaving | None = None
    """That somebody is at it already."""

    @property
    def is_finding(self) -> bool:
        """Whether somebody has to look."""
        return bool(self.classes) and self.standing.whose is Whose.STANDING


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Where a class begins. Seconds."""

    unused: int = 90 * 86400
    """Not used, or not changed, for so long."""
    short_lived: int = 86400
    """What ends by itself within so long is no static secret."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One system's part."""

    system: str
    provider: str
    identity: str = ""
    """Who we were there; empty where it couldn't be logged in to."""
    items: tuple[Item, ...] = ()
    """Sorted by address. What is dynamic is only counted."""
    dynamic: int = 0
    unseen: tuple[Unseen, ...] = ()


@dataclass(frozen=True, slots=True)
class Inventory:
    """All that stands in an environment's systems."""

    environment: str
    created: datetime
    thresholds: Thresholds
    systems: tuple[Seen, ...]
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def items(self) -> tuple[Item, ...]:
        """Of all systems."""
        return tuple(item for seen in self.systems for item in seen.items)

    @property
    def findings(self) -> tuple[Item, ...]:
        """What somebody has to look at."""
        return tuple(item for item in self.items if item.is_finding)

    @property
    def standing(self) -> int:
        """How many stand that are neither dynamic nor known."""
        return sum(item.standing.count for item in self.items if item.standing.whose is Whose.STANDING)

    @property
    def dynamic(self) -> int:
        """How many are dynamic."""
        return sum(seen.dynamic for seen in self.systems)

    @property
    def dynamic_share(self) -> float | None:
        """Dynamic among dynamic and standing; None where there is neither."""
        whole = self.dynamic + self.standing
        return self.dynamic / whole if whole else None

    @property
    def errored(self) -> bool:
        """Whether a system couldn't be read, or something stood in the way before."""
        return has_errors(self.diagnostics)
