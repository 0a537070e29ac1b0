"""Two sides' decision on every kind of path, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from providers.vault.effective.atoms import Atom
from providers.vault.effective.evaluate import Acl
from providers.vault.effective.parameters import Context, beyond, some
from providers.vault.effective.paths import Spec, spec
from providers.vault.effective.permissions import Permissions, united
from providers.vault.effective.protected import needs_sudo
from providers.vault.effective.values import CAPABILITIES, LISTING, Rule, Server
from reconciler.access import Witness

_NOTHING = Permissions()
_WITH_SUDO = "with sudo"
_ODD = "where the server takes an empty segment (written %2F)"


@dataclass(frozen=True, slots=True)
class Difference:
    """A request that passes on the new side and not on the old one."""

    capability: str
    path: str
    context: Context
    by: str
    """The new side's deciding path; empty if none does."""
    instead: str
    """The old side's."""
    certain: bool = True
    note: str = ""
    odd: bool = False
    """On a path with an empty segment."""

    @property
    def witness(self) -> Witness:
        """For people."""
        note = "; ".join(part for part in (str(self.context), self.note) if part)
        return Witness(f"{self.capability} {self.path}", self.certain, note)


@dataclass(frozen=True, slots=True)
class _Side:
    """One side's permissions by the bit of their path."""

    by_bit: tuple[Permissions | None, ...]
    mask: int
    """Paths that certainly are there."""
    maybe: dict[int, tuple[Rule, Permissions]]
    maybe_mask: int

    def winner(self, matched: int) -> int | None:
        """The deciding path: bits are in the order of priority, the highest first."""
        found = matched & self.mask
        return (found & -found).bit_length() - 1 if found else None


_Decision: TypeAlias = "tuple[str, Permissions, tuple[tuple[Rule, Permissions], ...]]"


@dataclass(slots=True)
class Sides:
    """The paths of both sides in one order, and what each side holds on them."""

    specs: tuple[Spec, ...]
    exact: int
    """Mask of the single paths."""
    old: _Side
    new: _Side
    _known: dict[tuple[object, ...], list[tuple[str, Context, bool, str]]] = field(default_factory=dict)

    @classmethod
    def of(cls, old: Acl, new: Acl, more: Sequence[Spec] = ()) -> Sides:
        """Both sides; ``more``: paths to tell apart besides."""
        plain = {*(spec(text) for held in (old, new) for text in held.exact), *old.patterns, *new.patterns}
        ordered = sorted(plain, key=lambda one: one.rank, reverse=True)
        maybe = list(dict.fromkeys((*old.maybe, *new.maybe)))
        reach = [({**old.maybe, **new.maybe})[rule][0] for rule in maybe]
        specs = (*ordered, *reach, *more)
        exact = sum(1 << i for i, one in enumerate(ordered) if one.exact)
        return cls(specs, exact, _side(old, ordered, maybe), _side(new, ordered, maybe))

    def bit(self, target: object) -> int:
        """The mask of a path that was given besides."""
        return 1 << (len(self.specs) - 1 - self.specs[::-1].index(target))

    def differences(self, atom: Atom, servers: Sequence[Server]) -> Iterator[Difference]:
        """What only the new side allows on a kind of path."""
        sudo = False
        for listing in (False, True):
            capabilities = [one for one in CAPABILITIES if (one in LISTING) is listing]
            matched = atom.matched | atom.short if listing else atom.matched
            # The server adds the slash to a LIST that comes without one.
            if not matched & (self.new.mask | self.new.maybe_mask) or (listing and not atom.path.endswith("/")):
                continue
            several = servers if listing and atom.short != atom.matched else servers[:1]
            per_server = [self._on(atom, listing, server, capabilities) for server in several]
            for one in _agreed(per_server, several):
                if not (sudo and one.note == _WITH_SUDO):
                    sudo = sudo or one.capability == "sudo"
                    yield _oddly(one) if atom.odd else one

    def _on(self, atom: Atom, listing: bool, server: Server, capabilities: Sequence[str]) -> dict[str, Difference]:
        old, new = (self._decision(side, atom, listing, server) for side in (self.old, self.new))
        if old[1] == new[1] and not (old[2] or new[2]):
            return {}
        if old[2] or new[2]:
            added = self._added(atom, listing) if old[2] == new[2] else None
            same = _same_places(old[2], new[2]) if self._added(atom, listing) == [] else None
            if same is not None:
                return {one.capability: one for one in _within(same, capabilities, old, new)}
            found = (_unsure(capability, atom.path, old, new, added) for capability in capabilities)
        else:
            found = (_difference(capability, atom.path, old, new) for capability in capabilities)
        return {one.capability: one for one in found if one is not None}

    def _decision(self, side: _Side, atom: Atom, listing: bool, server: Server) -> _Decision:
        seen = atom.matched | atom.short if listing else atom.matched
        maybe = tuple(pair for bit, pair in side.maybe.items() if seen >> bit & 1)
        index = self._winner(side, atom, listing, server)
        if index is None:
            return "", _NOTHING, maybe
        return self.specs[index].text, side.by_bit[index] or _NOTHING, maybe

    def _winner(self, side: _Side, atom: Atom, listing: bool, server: Server) -> int | None:
        if not listing:
            return side.winner(atom.matched)
        first, second = (atom.matched, atom.short) if server is Server.OPENBAO else (atom.short, atom.matched)
        order = (atom.matched & self.exact, atom.short & self.exact, first, second)
        return next((found for mask in order if (found := side.winner(mask)) is not None), None)

    def _added(self, atom: Atom, listing: bool) -> list[Permissions] | None:
        """What the new side holds besides on the paths that match; None if it isn't all that the old side holds."""
        seen = atom.matched | atom.short if listing else atom.matched
        pairs = [(self.old.by_bit[i], self.new.by_bit[i]) for i in range(len(self.old.by_bit)) if seen >> i & 1]
        if any(old is not None and old != new for old, new in pairs):
            return None
        return [new for old, new in pairs if old is None and new is not None]


def _side(held: Acl, ordered: Sequence[Spec], maybe: Sequence[Rule]) -> _Side:
    by_bit = tuple(held.exact.get(one.text) if one.exact else held.patterns.get(one) for one in ordered)
    mask = sum(1 << i for i, perms in enumerate(by_bit) if perms is not None)
    unsure = {len(ordered) + i: (rule, held.maybe[rule][1]) for i, rule in enumerate(maybe) if rule in held.maybe}
    return _Side(by_bit, mask, unsure, sum(1 << bit for bit in unsure))


def _oddly(one: Difference) -> Difference:
    return replace(one, certain=False, odd=True, note="; ".join(part for part in (one.note, _ODD) if part))


def _agreed(per_server: Sequence[dict[str, Difference]], servers: Sequence[Server]) -> Iterator[Difference]:
    """Certain is what is so on every server."""
    for capability in dict.fromkeys(name for found in per_server for name in found):
        having = [
            (server, found[capability])
            for server, found in zip(servers, per_server, strict=True)
            if capability in found
        ]
        sure = all(one.certain for _, one in having) and len({one.context for _, one in having}) == 1
        first = having[0][1]
        if len(having) == len(servers) and (sure or not first.certain):
            yield first
            continue
        note = "; ".join(part for part in (first.note, f"LIST on {' and '.join(s for s, _ in having)}") if part)
        yield Difference(capability, first.path, first.context, first.by, first.instead, certain=False, note=note)


def _difference(capability: str, path: str, old: _Decision, new: _Decision) -> Difference | None:
    before, after = old[1], new[1]
    if not after.grants(capability):
        return None
    sudo = _sudo(capability, path, before, after)
    if not before.grants(capability) or (sudo and needs_sudo(path)):
        context, hangs = some(after, capability), after.hangs(capability)
    else:
        hangs = after.hangs(capability) or before.hangs(capability)
        context = beyond(before, after, capability)
        if context is None and (sudo or _hangs_more(capability, before, after)):
            context, hangs = some(after, capability), True
    if context is None:
        return None
    note = ""
    if needs_sudo(path) and not after.grants("sudo"):
        hangs, note = True, "useless without sudo where the server protects the path"
    elif hangs:
        conditions = [
            one.text for one in (*before.conditions, *after.conditions, *after.opaque) if one.concerns(capability)
        ]
        note = "; ".join(sorted(conditions)) or _WITH_SUDO
    return Difference(capability, path, context, new[0], old[0], certain=not hangs, note=note)


def _sudo(capability: str, path: str, before: Permissions, after: Permissions) -> bool:
    """Whether sudo comes to a capability that was there, where no question about sudo itself would show it."""
    gained = after.grants("sudo") and not before.grants("sudo") and capability != "sudo"
    return gained and (needs_sudo(path) or capability in LISTING)


def _hangs_more(capability: str, before: Permissions, after: Permissions) -> bool:
    """Whether something that isn't modelled may let more pass than before."""
    if before.unrestricted(capability):
        return False
    opaque = [tuple(one for one in perms.opaque if one.concerns(capability)) for perms in (before, after)]
    asked = {one for one in before.conditions if one.concerns(capability)}
    return opaque[0] != opaque[1] or not asked <= after.conditions


def _unsure(
    capability: str, path: str, old: _Decision, new: _Decision, added: Sequence[Permissions] | None
) -> Difference | None:
    """Rules that may be there or not: the new side may allow it by any of its rules, the old one must by all.

    Where they are the same rules on both sides, and the new side has paths ``added`` to those of the old one, a rule
    that decides on the new side decides on the old one too: only what was added can let more pass, by itself or
    united with a template that turns out to be the same path.
    """
    plain = not any(perms.conditions or perms.opaque for _, perms in new[2])
    if plain and added is not None and not any(_lets_more(one, capability) for one in added):
        return None
    candidates = [(new[0], new[1]), *((rule.path, perms) for rule, perms in new[2])]
    by = next((text for text, perms in candidates if perms.grants(capability)), None)
    must = all(perms.unrestricted(capability) for perms in (old[1], *(perms for _, perms in old[2])))
    if by is None or must:
        return None
    rules = dict.fromkeys(rule for side in (old, new) for rule, _ in side[2])
    said = (f"{rule.path} {'is a template' if rule.templated else f'ends: {rule.expires}'}" for rule in rules)
    note = "; ".join(dict.fromkeys(said))
    return Difference(capability, path, Context(), by, old[0], certain=False, note=note)


_Pairs: TypeAlias = "dict[str, tuple[Permissions, Permissions]]"


def _same_places(old: Sequence[tuple[Rule, Permissions]], new: Sequence[tuple[Rule, Permissions]]) -> _Pairs | None:
    """What both sides hold by each template, where these are the same templates, and differ in capabilities alone.

    Whatever a template turns out to be, it is then in the same place on both sides. A deny is more than no capability:
    it takes what another rule of that place gives.
    """
    before, after = _by_template(old), _by_template(new)
    if before.keys() != after.keys() or any(rule.expires for rule, _ in (*old, *new)):
        return None
    pairs: _Pairs = {}
    for path, rules in before.items():
        if any(rule.denies for rule in rules) is not any(rule.denies for rule in after[path]):
            return None
        one, other = pairs[path] = united(rules), united(after[path])
        if replace(one, capabilities=frozenset()) != replace(other, capabilities=frozenset()):
            return None
    return pairs


def _by_template(rules: Sequence[tuple[Rule, Permissions]]) -> dict[str, list[Rule]]:
    by_path: dict[str, list[Rule]] = {}
    for rule, _ in rules:
        by_path.setdefault(rule.path, []).append(rule)
    return by_path


def _within(pairs: _Pairs, capabilities: Sequence[str], old: _Decision, new: _Decision) -> Iterator[Difference]:
    """Capabilities that come in such a place. Another rule may give them there already."""
    for capability in capabilities:
        by = next((path for path, (one, other) in pairs.items() if _more(capability, one, other)), None)
        if by is not None:
            note = f"{by} is a template"
            yield Difference(capability, by, Context(), new[0], old[0], certain=False, note=note)


def _more(capability: str, old: Permissions, new: Permissions) -> bool:
    return new.grants(capability) and not old.grants(capability)


def _lets_more(perms: Permissions, capability: str) -> bool:
    """By itself, or by loosening the constraints of rules that it is united with."""
    return perms.grants(capability) or bool(perms.allowed or perms.min_wrapping_ttl or perms.opaque)
