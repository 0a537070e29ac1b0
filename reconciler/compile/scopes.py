"""What a system's settings make Writ's alone: no other system may claim it too, nor a part of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from reconciler.compile.places import groups
from reconciler.compile.systems import SystemBinding, bind_systems
from reconciler.provider import Claim
from specs import Catalog
from specs.diagnostic import Diagnostic, error
from specs.nodes import dotted


def check_scopes(systems: Mapping[str, SystemBinding]) -> tuple[Diagnostic, ...]:
    """One error for each system of an environment whose scope overlaps an earlier one's, where both may be one place.

    Whether they are is more than the specs may know: two servers can have databases of one name.
    """
    return tuple(found for group in groups(systems.values()) for found in _overlaps(group, lambda one: one.name))


def check_one_place(systems: Iterable[SystemBinding]) -> tuple[Diagnostic, ...]:
    """The same between environments, for systems of which one server serves all of a kind."""
    return tuple(found for group in groups(systems) for found in _overlaps(group, lambda one: one.scope.environment))


def check_environments(catalog: Catalog, chosen: str | None = None) -> tuple[Diagnostic, ...]:
    """The same between environments, where the settings prove that both mean one place: an account.

    With ``chosen`` only what that environment has to do with.
    """
    if len(catalog.environments) < 2:
        return ()
    every = [one for environment in catalog.environments.values() for one in bind_systems(environment)[0].values()]
    sure = [one for one in every if one.provider.unique_places]

    def owner(binding: SystemBinding) -> str:
        name = binding.scope.environment
        return name if chosen is None or name == chosen else ""

    return tuple(found for group in groups(sure) for found in _overlaps(group, owner))


@dataclass(frozen=True, slots=True)
class _Claimed:
    order: int
    owner: str
    claim: Claim
    binding: SystemBinding


@dataclass(slots=True)
class _Start:
    """What claims one text, or all that start with it: of each owner the first, and no more than two owners."""

    claimed: list[_Claimed] = field(default_factory=list)

    def add(self, one: _Claimed) -> None:
        if len(self.claimed) < 2 and all(other.owner != one.owner for other in self.claimed):
            self.claimed.append(one)

    def of_another(self, owner: str) -> _Claimed | None:
        return next((one for one in self.claimed if one.owner != owner), None)


def _overlaps(group: Iterable[SystemBinding], owner: Callable[[SystemBinding], str]) -> Iterator[Diagnostic]:
    by_setting: dict[str, list[_Claimed]] = {}
    for order, binding in enumerate(group):
        for claim in binding.provider.claims(binding.scope.settings):
            by_setting.setdefault(claim.setting, []).append(_Claimed(order, owner(binding), claim, binding))
    told: set[int] = set()
    for claimed in by_setting.values():
        for one, other in _pairs(claimed):
            later, earlier = (one, other) if one.order > other.order else (other, one)
            if later.order not in told:
                told.add(later.order)
                yield _overlap(earlier, later)


def _pairs(claimed: Iterable[_Claimed]) -> Iterator[tuple[_Claimed, _Claimed]]:
    """Each with another owner's that it equals or lies within, if any. In time that grows with their number."""
    around: list[tuple[str, _Start]] = []
    for one in sorted(claimed, key=lambda each: (each.claim.start, each.order)):
        text = one.claim.start
        while around and not text.startswith(around[-1][0]):
            around.pop()
        found = (start.of_another(one.owner) for begin, start in reversed(around) if begin == text or not _exact(start))
        other = next((each for each in found if each is not None), None)
        if other is not None:
            yield one, other
        if not around or around[-1][0] != text:
            around.append((text, _Start()))
        around[-1][1].add(one)


def _exact(start: _Start) -> bool:
    return all(one.claim.exact for one in start.claimed)


def _overlap(earlier: _Claimed, later: _Claimed) -> Diagnostic:
    setting, first, second = later.claim.setting, earlier.binding, later.binding
    mine, theirs = later.claim.start, earlier.claim.start
    elsewhere = first.scope.environment != second.scope.environment
    whose = f"{first.name}{f' of environment {first.scope.environment}' if elsewhere else ''}"
    both = f"both have {setting} {mine}" if mine == theirs else f"{setting} is {mine} here and {theirs} there"
    place = second.provider.place(second.scope.settings)
    where = f" (both are {place})" if place else ""
    path = ("spec", "systems", second.name)
    return error(
        "W216",
        f"{second.name} claims what {whose} does: {both}{where}",
        subject=dotted(path, f"environments.{second.scope.environment}"),
        help=f"give each its own {setting}, neither the beginning of the other: a scope is one system's alone",
        span=second.scope.span,
    )
