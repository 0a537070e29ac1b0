"""What stands in the systems, judged: into which classes it falls, and what in the specs could take its place."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from reconciler.engine.leaving import Leavings
from reconciler.engine.session import System
from reconciler.model import (
    Address,
    Class,
    Covering,
    Desired,
    Holds,
    Item,
    Leaving,
    Seen,
    Standing,
    Thresholds,
    Unseen,
    Whose,
)
from reconciler.provider import ProviderError
from specs.diagnostic import Diagnostic, error, warning

_EVERY = 100
"""Found ones between two looks at the progress."""


@dataclass(frozen=True, slots=True)
class Judge:
    """Decides on classes: the only place that does."""

    now: datetime
    thresholds: Thresholds

    def classes(self, one: Standing) -> tuple[Class, ...]:
        """In the order of Class."""
        ended = not one.enabled or (one.expires is not None and one.expires <= self.now)
        told = {
            Class.STALE: ended or self._is_unused(one),
            Class.SHARED: len(one.users) > 1,
            Class.STATIC: not ended and self._is_static(one),
            Class.OVER_WIDE: bool(one.widths),
            Class.NEVER_EXPIRES: not ended and one.endless,
            Class.HUMAN_USE: bool(one.people),
        }
        return tuple(name for name, holds in told.items() if holds)

    def is_dynamic(self, one: Standing, classes: tuple[Class, ...]) -> bool:
        """Said so by its provider, or a credential that ends by itself soon, and has nothing else to it."""
        soon = one.holds is Holds.CREDENTIAL and one.whose is Whose.STANDING and self._ends_soon(one)
        return one.whose is Whose.DYNAMIC or (soon and not classes)

    def _is_unused(self, one: Standing) -> bool:
        if one.last_used is not None:
            return self._is_long_ago(one.last_used)
        return one.use_is_known and one.created is not None and self._is_long_ago(one.created)

    def _is_static(self, one: Standing) -> bool:
        if one.holds is Holds.STORED:
            return one.created is not None and self._is_long_ago(one.created)
        return one.holds is not Holds.NOTHING and not self._ends_soon(one)

    def _ends_soon(self, one: Standing) -> bool:
        if one.endless or (one.expires is not None and one.expires <= self.now):
            return False
        if one.life is not None:
            return one.life <= self.thresholds.short_lived
        begun = one.created or self.now
        return one.expires is not None and one.expires - begun <= timedelta(seconds=self.thresholds.short_lived)

    def _is_long_ago(self, moment: datetime) -> bool:
        return self.now - moment > timedelta(seconds=self.thresholds.unused)


@dataclass(slots=True)
class Replacements:
    """What in the specs allows all that somebody may do, in one system."""

    system: System
    wanted: Mapping[Address, Desired]
    """Of this system."""
    _covering: Callable[[object], Iterable[Address]] | None = None
    """Made when it is first needed."""
    _known: dict[Hashable, Covering | None] = field(default_factory=dict)
    """By access: thousands may have the same."""

    def of(self, access: object) -> Covering | None:
        """The first in order of names."""
        if access is None or not isinstance(access, Hashable):
            return None
        if access not in self._known:
            self._known[access] = self._look(access)
        return self._known[access]

    def _look(self, access: object) -> Covering | None:
        if self._covering is None:
            objects = {address: wanted.resource for address, wanted in self.wanted.items()}
            self._covering = self.system.provider.covering(self.system.scope, objects)
        found = (self.wanted[address].origin for address in self._covering(access))
        pairs = sorted((origin.agent, origin.intent) for origin in found)
        return Covering(*pairs[0]) if pairs else None


def look_over(
    system: System,
    provider: str,
    judge: Judge,
    wanted: Mapping[Address, Desired],
    leaving: Leavings,
    progress: Callable[[str, int], None],
) -> tuple[Seen, tuple[Diagnostic, ...]]:
    """One system. What was found before it could be read no further is kept."""
    name = system.scope.system
    gathered = _Gathered(judge, Replacements(system, wanted), leaving)
    problems: tuple[Diagnostic, ...] = ()
    identity = ""
    try:
        identity = system.provider.identity(system.client)
        found = system.provider.inventory(system.client, system.scope)
        if found is None:
            message = f"the provider {provider} tells of nothing that stands there"
            way_out = "look there by hand; --system NAME asks one system alone"
            problems = (warning("W655", message, subject=name, help=way_out, span=system.scope.span),)
        for number, one in enumerate(found or (), 1):
            gathered.take(one)
            if number % _EVERY == 0:
                progress(name, gathered.count)
    except ProviderError as failed:
        message = f"{name} could not be read: {failed.message}"
        problems = (error("W501", message, subject=name, help=failed.help, span=system.scope.span),)
    progress(name, gathered.count)
    if not problems and gathered.is_blind:
        first = gathered.unseen[0]
        message = f"nothing of {name} could be looked at: {first.what}: {first.why}"
        problems = (error("W501", message, subject=name, help=first.help, span=system.scope.span),)
    items = tuple(sorted(gathered.items, key=lambda item: item.standing.address))
    return Seen(name, provider, identity, items, gathered.dynamic, tuple(gathered.unseen)), problems


@dataclass(slots=True)
class _Gathered:
    judge: Judge
    replacements: Replacements
    leaving: Leavings
    items: list[Item] = field(default_factory=list)
    unseen: list[Unseen] = field(default_factory=list)
    dynamic: int = 0
    count: int = 0

    @property
    def is_blind(self) -> bool:
        """Nothing but ourselves was seen, and something couldn't be."""
        known = all(item.standing.whose is Whose.OPERATOR for item in self.items)
        return bool(self.unseen) and not self.dynamic and known

    def take(self, one: Standing | Unseen) -> None:
        if isinstance(one, Unseen):
            self.unseen.append(one)
            return
        self.count += one.count
        classes = self.judge.classes(one)
        if self.judge.is_dynamic(one, classes):
            self.dynamic += one.count
            return
        covering = self.replacements.of(one.access) if classes else None
        self.items.append(Item(replace(one, access=None), classes, covering, self._leaving(one)))

    def _leaving(self, one: Standing) -> Leaving | None:
        keys = ((one.address.system, name) for name in one.principals)
        return next((self.leaving[key] for key in keys if key in self.leaving), None)


def tripped(items: Iterable[Item], asked: Iterable[Class]) -> dict[Class, tuple[Item, ...]]:
    """Of the classes that were asked about, those with a finding."""
    wanted = set(asked)
    found: dict[Class, list[Item]] = {name: [] for name in Class if name in wanted}
    for item in items:
        for name in item.classes if item.is_finding else ():
            if name in found:
                found[name].append(item)
    return {name: tuple(rows) for name, rows in found.items() if rows}
