"""Which JWT roles of the specs may do all that a found login may."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from providers.vault.effective.compare import compare
from providers.vault.effective.evaluate import allowed
from providers.vault.effective.values import Policy, PolicyError, Request, Undecided
from providers.vault.effective.world import NotKnown, Surroundings, World, parsed
from providers.vault.names import JWT_ROLE
from providers.vault.standing.access import DEFAULT, Held
from reconciler.access import Verdict
from reconciler.access.beginnings import Beginnings
from reconciler.model import Address, Resource

_COVERED = frozenset({Verdict.EQUAL, Verdict.NARROWS})
_WILD = re.compile(r"[*+]|\{\{|\}\}")
_MOST = 8
"""Requests that are tried before the comparison: one that isn't allowed is enough."""


@dataclass(frozen=True, slots=True)
class Cover:
    """The JWT roles that are wanted, each with all of its policies."""

    roles: Mapping[Address, tuple[Policy, ...]]
    _by_path: Beginnings[Address] = field(default_factory=Beginnings)
    """By what the paths begin with that their rules are about."""

    @classmethod
    def of(cls, objects: Mapping[Address, Resource]) -> Cover:
        """Without roles whose policies aren't known: theirs cover nothing."""
        world = World(objects, Surroundings(complete=True))
        found = {address: _policies(world, address) for address in objects if address.type == JWT_ROLE}
        made = cls({address: policies for address, policies in found.items() if policies is not None})
        for address, policies in made.roles.items():
            for rule in (rule for policy in policies for rule in policy.rules if not rule.denies):
                made._by_path.add(_WILD.split(rule.path, maxsplit=1)[0], address)
        return made

    def covering(self, access: object) -> Iterator[Address]:
        """By the algebra, the policy ``default`` on both sides; none for a login that has nothing besides."""
        if not isinstance(access, Held):
            return
        try:
            default = parsed(DEFAULT, access.default, "")
            theirs = [default, *(parsed(*one) for one in access.texts)]
        except PolicyError:
            return
        samples = list(islice(_samples(default, theirs), _MOST))
        if not samples and compare([default], theirs).verdict in _COVERED:
            return
        for address in self._candidates(samples):
            ours = [default, *self.roles[address]]
            if all(_may(ours, one) for one in samples) and compare(ours, theirs).verdict in _COVERED:
                yield address

    def _candidates(self, samples: Iterable[Request]) -> Iterable[Address]:
        """Roles that have a rule which may be about each request: of thousands, a few."""
        found = (self._by_path.of(f"{one.path}/") for one in samples)
        return min(found, key=len, default=list(self.roles))


def _samples(default: Policy, theirs: Sequence[Policy]) -> Iterator[Request]:
    """Requests that they may make, and not by the policy ``default``: one for each rule and capability."""
    for policy in theirs[1:]:
        for rule in policy.rules:
            for capability in sorted(rule.capabilities - {"deny"}):
                request = Request(capability, _filled(rule.path))
                if not rule.templated and _may(theirs, request) and not _may([default], request, otherwise=True):
                    yield request


def _may(policies: Sequence[Policy], request: Request, *, otherwise: bool = False) -> bool:
    try:
        return allowed(policies, request)
    except Undecided:
        return otherwise


def _filled(path: str) -> str:
    """A path that a rule is about, its wildcards filled with anything."""
    return "/".join("x" if part == "+" else f"{part[:-1]}x" if part.endswith("*") else part for part in path.split("/"))


def _policies(world: World, role: Address) -> tuple[Policy, ...] | None:
    try:
        names = world.names(role)
        return None if names is None else tuple(parsed(*one) for one in world.texts(names))
    except (NotKnown, PolicyError):
        return None
