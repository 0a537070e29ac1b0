"""From declared paths to an ACL policy that grants exactly their union.

The server lets one pattern decide and ignores all others that match, so a declared union is lost where patterns
overlap: read on ``a/*`` with update on ``a/b/*`` is update alone at ``a/b/c``. The compiled policy repeats on each
pattern what the patterns around it grant, and adds the intersections.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from providers.vault.patterns import ANY, Pattern

CAPABILITIES = ("create", "read", "update", "patch", "delete", "list")
_MOST_PATHS = 2000
_MOST_COMPARED = 20_000
"""Pairs of patterns: what crosses again and again would be compared for minutes."""


@dataclass(frozen=True, slots=True)
class Grant:
    """Capabilities on the paths of one pattern."""

    pattern: Pattern
    capabilities: frozenset[str]


class Inexpressible(Exception):  # noqa: N818
    """No policy grants the union of these two patterns and nothing else."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(one, two)
        self.one, self.two = one, two


def unite(grants: Iterable[Grant]) -> list[Grant]:
    """Grants with one pattern each, sorted, whose effect on the server is the union. Raises Inexpressible.

    Worked out once for all agents that hold an intent.
    """
    declared = tuple(grants)
    if _apart(declared):
        return sorted(declared, key=lambda grant: grant.pattern.text)
    united = _united(declared)
    if isinstance(united, Inexpressible):
        raise Inexpressible(united.one, united.two)
    return list(united)


def _apart(grants: Collection[Grant]) -> bool:
    """Whether each lies under a first segment of its own, as most intents' do: then no two of them ever meet."""
    mounts = {grant.pattern.parts[0] for grant in grants if len(grant.pattern.parts) > 1}
    return len(mounts) == len(grants) <= _MOST_PATHS and ANY not in mounts


@lru_cache(maxsize=1024)
def _united(grants: tuple[Grant, ...]) -> tuple[Grant, ...] | Inexpressible:
    declared: dict[Pattern, frozenset[str]] = {}
    for grant in grants:
        declared[grant.pattern] = declared.get(grant.pattern, frozenset()) | grant.capabilities
    try:
        declared |= _folders(declared)
        effective = {pattern: _around(pattern, declared) for pattern in _closed(declared)}
        _prove(effective)
    except Inexpressible as found:
        return found
    return tuple(Grant(pattern, effective[pattern]) for pattern in sorted(effective, key=lambda p: p.text))


def _folders(declared: Mapping[Pattern, frozenset[str]]) -> dict[Pattern, frozenset[str]]:
    """LIST of a/b/ falls back on what is granted at a/b, unless something else matches a/b/ first."""
    found = {}
    for pattern, capabilities in declared.items():
        if "list" not in capabilities or pattern.open_end or pattern.text.endswith("/"):
            continue
        folder = Pattern.of(f"{pattern.text}/")
        if any(other.overlaps(folder) for other in declared if other.exact or not pattern.exact):
            found[folder] = declared.get(folder, frozenset()) | {"list"}
    return found


def _around(pattern: Pattern, declared: Mapping[Pattern, frozenset[str]]) -> frozenset[str]:
    """What is declared for every path of ``pattern``."""
    found = frozenset().union(*(caps for other, caps in declared.items() if other.contains(pattern)))
    if pattern.exact and not pattern.text.endswith("/"):
        # LIST of a/b/ is decided by an exact a/b before any pattern is looked at.
        folder = Pattern.of(f"{pattern.text}/")
        if any("list" in caps and other.contains(folder) for other, caps in declared.items()):
            found |= {"list"}
    return found


def _closed(declared: Mapping[Pattern, frozenset[str]]) -> set[Pattern]:
    """The declared patterns and the intersections of those that cross with different capabilities."""
    if len(declared) > _MOST_PATHS:
        texts = sorted(p.text for p in declared)
        raise Inexpressible(texts[0], texts[-1])
    known = {pattern for pattern in declared if not pattern.exact}
    fresh, compared = set(known), 0
    while fresh:
        found: set[Pattern] = set()
        for one in fresh:
            compared += len(known)
            for two in known:
                if one != two and _cross(one, two) and (meet := one.meet(two)) is not None:
                    found.add(meet)
            if compared > _MOST_COMPARED and found - known:
                raise Inexpressible(*_crossing(declared))
        fresh = {pattern for pattern in found - known if not pattern.exact}
        known |= found
    return known | declared.keys()


def _crossing(declared: Iterable[Pattern]) -> tuple[str, str]:
    """Two declared patterns that cross."""
    patterns = sorted(declared, key=lambda p: p.text)
    return next((one.text, two.text) for one in patterns for two in patterns if _cross(one, two) and one.overlaps(two))


def _cross(one: Pattern, two: Pattern) -> bool:
    return not one.exact and not two.exact and not one.contains(two) and not two.contains(one)


def _prove(effective: Mapping[Pattern, frozenset[str]]) -> None:
    """Wherever two patterns meet, the one that decides there grants what the other does."""
    patterns = sorted(effective, key=lambda p: p.rank)
    for index, loser in enumerate(patterns):
        for winner in patterns[index + 1 :]:
            if (loser.exact and winner.exact) or effective[loser] <= effective[winner] or not loser.overlaps(winner):
                continue
            meet = loser.meet(winner)
            if meet is None or meet not in effective or meet.rank < winner.rank or meet == winner:
                raise Inexpressible(winner.text, loser.text)


def render(header: str, grants: Iterable[Grant]) -> str:
    """The policy as HCL: a comment, then one block for each path. Paths hold no quote, brace or line break."""
    blocks = [_block(grant) for grant in grants]
    return "\n".join([f"# {header}", *blocks]) + "\n"


def _block(grant: Grant) -> str:
    capabilities = ", ".join(f'"{name}"' for name in CAPABILITIES if name in grant.capabilities)
    return f'path "{grant.pattern.text}" {{\n  capabilities = [{capabilities}]\n}}'
