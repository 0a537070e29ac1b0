"""What one login's tokens may do: concrete requests, decided as the server does, over all its policies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

from providers.vault.effective.evaluate import allowed, deciding
from providers.vault.effective.protected import needs_sudo
from providers.vault.effective.values import ROOT, Policy, PolicyError, Request, Undecided
from providers.vault.effective.world import NotKnown, World, parsed
from providers.vault.escalation.plain import may_read, plain
from providers.vault.names import GROUP_MEMBER, POLICY
from reconciler.model import Address, Resource, Spot, Step, Value

Texts = tuple[tuple[str, str, str], ...]
_NEW = "writ-new"
"""Stands for a name that nothing has yet."""


@dataclass(frozen=True, slots=True)
class May:
    """A request that passes, for certain or perhaps."""

    request: str
    certain: bool
    note: str
    policies: frozenset[str]
    """Names of those that decide on it."""
    asked: Request


@dataclass(frozen=True, slots=True)
class Token:
    """A login by one role."""

    role: Address
    names: tuple[str, ...]
    """Its policies."""
    texts: Texts
    paths: tuple[str, ...]
    """Of its rules, in order of names."""

    @classmethod
    def of(cls, role: Address, world: World) -> Token | None:
        """None where there is no login, or what it comes to isn't known."""
        try:
            names = world.names(role)
            if names is None or ROOT in names:  # the server refuses such a login
                return None
            texts = world.texts(names)
            return cls(role, names, texts, _paths(texts))
        except (NotKnown, PolicyError):
            return None

    @property
    def spot(self) -> Spot:
        """The principal."""
        return Spot.of(self.role)

    def concerns(self, folders: Iterable[str]) -> bool:
        """Whether a rule may be about what lies in one of the folders: quick, for the many that aren't."""
        return any(map(partial(_concerns, folders), self.paths))

    def wide_in(self, folders: Sequence[str]) -> Texts:
        """Policies with a rule about several things in one of the folders, a denying one too; none if all deny.

        On what no rule names by itself nothing else decides.
        """
        if not any(_start(path) != path and _concerns(folders, path) for path in self.paths):
            return ()
        return tuple(
            text for text in self.texts if any(_start(one) != one and _concerns(folders, one) for one in _every(text))
        )

    def exact_in(self, folders: tuple[str, ...]) -> set[str]:
        """What rules name by itself in the folders, what they deny too."""
        return {one for text in self.texts for one in _every(text) if _start(one) == one and one.startswith(folders)}

    def only(self, texts: Texts) -> Token:
        """As if it had no other policies."""
        return Token(self.role, tuple(text[0] for text in texts), texts, _paths(texts))

    def may(self, capability: str, path: str, parameters: Mapping[str, object] | None = None) -> May | None:
        """None where the server refuses it."""
        text = f"{capability} {path}"
        quick = may_read(self.texts, path) if capability == "read" and not needs_sudo(path) else None
        if quick is not None:
            return May(text, certain=True, note="", policies=quick, asked=Request(capability, path, {}))
        request = Request(capability, path, parameters or {})
        policies = _policies(self.texts)
        by = frozenset(name for name, _ in deciding(policies, request))
        try:
            return May(text, certain=True, note="", policies=by, asked=request) if allowed(policies, request) else None
        except Undecided as why:
            return May(text, certain=False, note=str(why), policies=by, asked=request)

    def stays(self, may: May) -> bool:
        """Whether it passes, perhaps, also without the policies that decide: a wider rule of another may do then."""
        rest = tuple(text for text in self.texts if text[0] not in may.policies)
        try:
            return bool(rest) and allowed(_policies(rest), may.asked)
        except Undecided:
            return True

    def names_in(self, folder: str) -> Iterator[str]:
        """Names in a folder that its rules are about, one for each rule, with a new one: without doubles."""
        found = {_NEW: None}
        for path in self.paths:
            name = _instance(path, folder)
            if name:
                found[name] = None
        yield from found


def distinct(found: Iterable[May | None]) -> list[May]:
    """One for each set of policies that decide, a certain one if there is: to take one back leaves the others."""
    every: dict[frozenset[str], May] = {}
    for one in found:
        if one is not None and (one.policies not in every or (one.certain and not every[one.policies].certain)):
            every[one.policies] = one
    return list(every.values())


@dataclass(frozen=True, slots=True)
class Grounds:
    """Where a login's policies come from, so that it is told what opens a step."""

    objects: Mapping[Address, Resource]
    world: World
    policies: Mapping[str, Address]
    """By name in lower case."""
    groups: Mapping[str, tuple[Address, ...]]
    """Memberships by entity."""
    entities: Mapping[str, Address]

    @classmethod
    def of(cls, objects: Mapping[Address, Resource], world: World) -> Grounds:
        """Indexes of one world."""
        groups: dict[str, tuple[Address, ...]] = {}
        for address, one in objects.items():
            if address.type == GROUP_MEMBER:
                entity = str(one.attributes["entity"])
                groups[entity] = (*groups.get(entity, ()), address)
        policies = {address.key.lower(): address for address in objects if address.type == POLICY}
        entities = {one.address.key: one.address for one in world.entities.values()}
        return cls(objects, world, policies, groups, entities)

    def of_request(self, token: Token, may: May) -> tuple[Address, ...]:
        """The policies that decide, where one alone does and without it none; and what alone gives it to the login."""
        if len(may.policies) != 1 or token.stays(may):
            return (token.role,)
        return self._of_policy(token, *may.policies)

    def of_policies(self, token: Token, texts: Texts) -> tuple[Address, ...]:
        """What alone gives a login some policies."""
        return self._of_policy(token, texts[0][0]) if len(texts) == 1 else (token.role,)

    def policy_of(self, token: Token, may: May) -> tuple[Address, ...]:
        """The policy that decides, where one alone does and without it none."""
        (name, *more) = may.policies or ("",)
        return (self.policies[name],) if not more and name in self.policies and not token.stays(may) else ()

    def _of_policy(self, token: Token, name: str) -> tuple[Address, ...]:
        found = [self.policies[name]] if name in self.policies else []
        givers = [one for one in self._holders(token) if name in _given(self.objects[one])]
        return (*found, *(givers if len(givers) == 1 else ()))

    def _holders(self, token: Token) -> Iterator[Address]:
        yield token.role
        entity = self.world.entity_of(token.role)
        if entity in self.entities:
            yield self.entities[entity]
        yield from self.groups.get(entity, ())

    def step(
        self, token: Token, may: May, gives: Spot, rule: str = "", *, how: str = "", sure: bool = True, note: str = ""
    ) -> Step:
        """A step of a login alone, by one request."""
        notes = "; ".join(one for one in (may.note, note) if one)
        by = self.of_request(token, may)
        return Step((token.spot,), gives, how or may.request, rule, may.certain and sure, notes, by)


def _given(holder: Resource) -> set[str]:
    values = holder.attributes
    return {
        name.lower() for field in ("token_policies", "policies", "inherited_policies") for name in _words(values, field)
    }


def _words(values: Mapping[str, Value], field: str) -> Iterator[str]:
    value = values.get(field)
    if isinstance(value, list | tuple):
        yield from map(str, value)


@lru_cache(maxsize=256)
def _policies(texts: Texts) -> tuple[Policy, ...]:
    return tuple(parsed(*one) for one in texts)


@lru_cache(maxsize=32_768)
def _paths(texts: Texts) -> tuple[str, ...]:
    """Raises PolicyError. Equal sets of policies are read once."""
    found: set[str] = set()
    for text in texts:
        rules = plain(text[1])
        if rules is None:
            found.update(rule.path for rule in parsed(*text).rules if not rule.denies)
        else:
            found.update(path for path, words in rules.items() if "deny" not in words)
    return tuple(sorted(found))


@lru_cache(maxsize=32_768)
def _every(text: tuple[str, str, str]) -> tuple[str, ...]:
    """The paths of one policy's rules. Raises PolicyError."""
    rules = plain(text[1])
    return tuple(rule.path for rule in parsed(*text).rules) if rules is None else tuple(rules)


def _concerns(folders: Iterable[str], path: str) -> bool:
    start = _start(path)
    return any(start.startswith(one) or one.startswith(start) for one in folders)


def _start(path: str) -> str:
    """What every path of a rule begins with."""
    return path[: min(at for sign in ("*", "+", "{{", "}}", "") if (at := path.find(sign) if sign else len(path)) >= 0)]


def _instance(path: str, folder: str) -> str:
    """A name right in a folder that a rule may be about; empty where it is about no such."""
    if _start(path) == path:
        rest = path.removeprefix(folder) if path.startswith(folder) else ""
        return rest if "/" not in rest else ""
    if not path.endswith("*") or "+" in path or not path.startswith(folder):
        return ""
    rest = path[len(folder) : -1]
    return f"{rest}{_NEW}" if "/" not in rest else ""
