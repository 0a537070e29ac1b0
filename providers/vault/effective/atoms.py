"""Every kind of path that rules can tell apart, with the shortest path of each kind.

A search over the product of all paths, segment by segment. At each place only these segments differ for the rules
that are still in play: each that one of them names, each prefix with and without something more, the empty one, and
any other. Exact: two paths of one kind match the same rules, with and without their trailing slash, and both have one
or neither has: the server gives every LIST one.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from providers.vault.effective.paths import Spec

_LETTERS = "xyzabcdefghijklmnopqrstuvw0123456789"
BUDGET = 60_000
"""Most kinds; thousands of paths stay far below."""


class TooManyKinds(Exception):  # noqa: N818
    """More kinds of paths than can be looked at."""


@dataclass(frozen=True, slots=True)
class Atom:
    """A kind of path: bit i of ``matched`` is set where the i-th spec matches."""

    path: str
    matched: int
    short: int
    """The same for the path without its trailing slash; ``matched`` where it has none."""
    odd: bool = False
    """With an empty segment, or empty. Servers make it another path, unless its slash is written ``%2F``: so it may
    come to the rules of one server and not of another."""


@dataclass(frozen=True, slots=True, order=True)
class _Node:
    odd: int
    """Empty segments within the path, or an empty path."""
    length: int
    path: str
    depth: int = field(compare=False)
    alive: tuple[int, ...] = field(compare=False)
    absorbed: int = field(compare=False)
    matched: int = field(compare=False)
    short: int = field(compare=False)

    @property
    def key(self) -> tuple[object, ...]:
        place = self.depth if self.alive else -1
        # The empty path is a kind of its own: nothing may follow it.
        return (place, self.alive, self.absorbed, self.matched, self.short, self.path[-1:] == "/", self.path == "")


def atoms(specs: Sequence[Spec], budget: int = BUDGET) -> Iterator[Atom]:
    """The kinds of paths, shortest first; those with empty segments inside last. Raises TooManyKinds."""
    root = _Node(0, 0, "", 0, tuple(range(len(specs))), 0, 0, 0)
    queue = list(_children(specs, root))
    heapq.heapify(queue)
    seen: set[tuple[object, ...]] = set()
    told: set[tuple[int, int, bool]] = set()
    while queue:
        node = heapq.heappop(queue)
        if node.key in seen:
            continue
        seen.add(node.key)
        if len(seen) > budget:
            raise TooManyKinds
        kind = node.matched, node.short, node.path.endswith("/")
        if kind not in told:
            told.add(kind)
            yield Atom(node.path, node.matched, node.short, odd=node.odd > 0)
        if node.path:  # a request's path has no leading slash
            for child in _children(specs, node):
                heapq.heappush(queue, child)


@dataclass(slots=True)
class _Place:
    """What the rules in play say of the next segment."""

    literals: dict[str, list[int]] = field(default_factory=dict)
    prefixes: dict[str, int] = field(default_factory=dict)
    """Prefix → the open-ended specs that it completes."""
    wild: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, specs: Sequence[Spec], node: _Node) -> _Place:
        place = cls()
        for index in node.alive:
            one = specs[index]
            part = one.parts[node.depth]
            if one.open_end and node.depth == len(one.parts) - 1:
                place.prefixes[part] = place.prefixes.get(part, 0) | 1 << index
            elif part == "+":
                place.wild.append(index)
            else:
                place.literals.setdefault(part, []).append(index)
        return place

    def segments(self) -> set[str]:
        found = {"", self.more(""), *self.literals}
        for prefix in self.prefixes:
            found |= {prefix, self.more(prefix)}
        return found

    def more(self, prefix: str) -> str:
        """The prefix with a character that makes it nothing else that is named."""
        taken = {*self.literals, *self.prefixes}
        number, end = 0, "x"
        while prefix + end in taken:
            number += 1
            end = _LETTERS[number] if number < len(_LETTERS) else chr(0x100 + number)
        return prefix + end

    def completed(self, segment: str) -> int:
        found = 0
        for size in range(len(segment) + 1):
            found |= self.prefixes.get(segment[:size], 0)
        return found


def _children(specs: Sequence[Spec], node: _Node) -> Iterator[_Node]:
    place = _Place.of(specs, node)
    start = f"{node.path}/" if node.depth else ""
    odd = node.odd + (1 if node.path.endswith("/") else 0)
    for segment in place.segments():
        hits = [*place.literals.get(segment, ()), *place.wild]
        complete = {i for i in hits if len(specs[i].parts) == node.depth + 1}
        alive = tuple(sorted(i for i in hits if i not in complete))
        absorbed = node.absorbed | place.completed(segment)
        matched = absorbed | sum(1 << i for i in complete)
        path = start + segment
        short = node.matched if segment == "" and node.depth else matched
        yield _Node(odd if path else 1, len(path), path, node.depth + 1, alive, absorbed, matched, short)
