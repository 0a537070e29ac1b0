"""Principals put together: one agent to an identity, one pair to what it does under one name, over all systems."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from reconciler.engine.importing.ground import Ground, Issuers
from reconciler.engine.importing.naming import agent_name, slug, unique
from reconciler.model import Address, Importable, Lacking, Vouched
from reconciler.model.importing import LONGEST

_UNSAID_TTL = 3600
"""Seconds: of a pair whose systems leave its TTL open."""


@dataclass(slots=True)
class Pair:
    """What one agent does under one name."""

    label: str
    doors: list[Importable]

    @property
    def bounds(self) -> tuple[int, int]:
        """Between which seconds its TTL lies."""
        return max(one.ttl[0] for one in self.doors), min(one.ttl[1] for one in self.doors)

    @property
    def ttl(self) -> int:
        """Seconds: as it was said, else the longest."""
        low, high = self.bounds
        said = next((one.said.ttl for one in self.doors if one.said.ttl), 0)
        return said if low <= said <= high else high if high < LONGEST else max(low, _UNSAID_TTL)

    @property
    def said_intent(self) -> str:
        """What its objects say of the intent; empty where they say nothing."""
        return next((one.said.intent for one in self.doors if one.said.intent), "")

    def takes(self, door: Importable) -> bool:
        """Whether this may be its principal on one more system."""
        if any(one.address.system == door.address.system for one in self.doors):
            return False
        low, high = self.bounds
        return max(low, door.ttl[0]) <= min(high, door.ttl[1])


@dataclass(slots=True)
class Workload:
    """One identity, with all that it does."""

    name: str
    issuer: str
    subject: str
    pairs: list[Pair] = field(default_factory=list)

    def add(self, door: Importable) -> None:
        """To the pair of its name, where that takes it."""
        label = door.said.intent or slug(door.name, "access")
        for pair in self.pairs:
            if pair.label == label and pair.takes(door):
                pair.doors.append(door)
                return
        self.pairs.append(Pair(label, [door]))

    @property
    def doors(self) -> list[Importable]:
        """All of its principals."""
        return [door for pair in self.pairs for door in pair.doors]


@dataclass(slots=True)
class Workloads:
    """All agents of an import."""

    ground: Ground
    issuers: Issuers
    found: dict[tuple[str, str], Workload] = field(default_factory=dict)
    refused: dict[Address, Lacking] = field(default_factory=dict)
    _called: dict[str, Workload] = field(default_factory=dict)
    """By the agent's name, and by what its objects call it."""

    @classmethod
    def of(cls, principals: Iterable[Importable], ground: Ground) -> Workloads:
        """Those that a workload proves itself for, then what only says whose it is."""
        made = cls(ground, Issuers(ground))
        every = list(principals)
        made._settle(every)
        for one in every:
            if one.vouched is not None:
                made._vouched(one)
        for one in every:
            if one.vouched is None:
                made._told(one)
        return made

    def _settle(self, every: Iterable[Importable]) -> None:
        """An issuer has one audience and one place on a system: those that most principals have."""
        alike: dict[tuple[str, str, str, str], list[Vouched]] = {}
        for one in every:
            vouched = one.vouched
            if vouched is not None and (vouched.issuer, vouched.subject) not in self.ground.identities:
                where = (one.address.system, vouched.issuer, vouched.audience, vouched.place)
                alike.setdefault(where, []).append(vouched)
        for (system, *_), those in sorted(alike.items(), key=lambda item: -len(item[1])):
            self.issuers.of(system, those[0])

    def _vouched(self, one: Importable) -> None:
        vouched = one.vouched
        if vouched is None:
            return
        key = (vouched.issuer, vouched.subject)
        known = self.ground.identities.get(key)
        if known is not None:
            way_out = f"add it to the intents of agent {known} by hand, with its `names`"
            self._refuse(one, Lacking(f"agent {known} of the specs has this identity", way_out))
            return
        issuer = self.issuers.of(one.address.system, vouched)
        if isinstance(issuer, Lacking):
            self._refuse(one, issuer)
            return
        if key not in self.found:
            taken = self._called.keys() | self.ground.catalog.agents.keys()
            name = unique(one.said.agent or agent_name(vouched.subject), taken)
            self.found[key] = Workload(name, issuer, vouched.subject)
        mine = self.found[key]
        mine.add(one)
        for name in (mine.name, one.said.agent):
            self._called.setdefault(name, mine)

    def _told(self, one: Importable) -> None:
        """An object of ours that names its agent, whose identity another system has."""
        mine = self._called.get(one.said.agent)
        if mine is None:
            why = f"it says that agent {one.said.agent} has it, and no system says who that is"
            self._refuse(one, Lacking(why, "import the system where that agent logs in, with it"))
        else:
            mine.add(one)

    def _refuse(self, one: Importable, why: Lacking) -> None:
        self.refused[one.address] = why
