"""Path patterns of ACL policies as sets of paths: containment, intersection, and which one the server obeys.

Vault's documentation ("Policies", "Policy syntax") and its acl.go: an exact path beats every pattern, and of the
patterns that match, ONE wins. ``*`` stands last and matches anything, slashes too; ``+`` is one whole segment,
which may be empty.
"""

from __future__ import annotations

from dataclasses import dataclass

ANY = "+"
"""One whole segment, whatever it is."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A path, or a pattern of paths. ``parts`` are its segments; with ``open_end`` the last is only a prefix."""

    text: str
    parts: tuple[str, ...]
    open_end: bool

    @classmethod
    def of(cls, text: str) -> Pattern:
        """The pattern written as ``text``."""
        open_end = text.endswith("*")
        return cls(text, tuple(text.removesuffix("*").split("/")), open_end)

    @property
    def exact(self) -> bool:
        """Whether it is a single path."""
        return not self.open_end and ANY not in self.parts

    def contains(self, other: Pattern) -> bool:
        """Whether every path of ``other`` is one of ours."""
        mine, theirs = self.parts, other.parts
        if not self.open_end:
            return not other.open_end and len(mine) == len(theirs) and _covers(mine, theirs)
        last = len(mine) - 1
        if len(theirs) <= last or not _covers(mine[:last], theirs[:last]):
            return False
        return mine[last] == "" or (theirs[last] != ANY and theirs[last].startswith(mine[last]))

    def overlaps(self, other: Pattern) -> bool:
        """Whether some path is in both."""
        return self.witness(other) is not None

    def meet(self, other: Pattern) -> Pattern | None:
        """The pattern of the paths in both, if there are any and one pattern can say so."""
        found = _meet(self, other)
        if found is None or found[1]:
            return None
        end = "*" if self.open_end and other.open_end else ""
        return Pattern.of("/".join(found[0]) + end)

    def witness(self, other: Pattern) -> str | None:
        """A path that is in both; None if there is none."""
        found = _meet(self, other)
        if found is None:
            return None
        parts = ["x" if part == ANY else part for part in found[0]]
        if self.open_end and other.open_end and parts[-1] == "":
            parts[-1] = "x"
        return "/".join(parts)

    @property
    def rank(self) -> tuple[int, int, int, int, str]:
        """Of two patterns that match a path, the one with the greater rank decides."""
        wild = [i for i, c in enumerate(self.text) if c in "+*"] if not self.exact else []
        first = wild[0] if wild else len(self.text) + 1_000_000
        return (first, 0 if self.open_end else 1, -self.parts.count(ANY), len(self.text), self.text)


def _covers(mine: tuple[str, ...], theirs: tuple[str, ...]) -> bool:
    return all(m in (ANY, t) for m, t in zip(mine, theirs, strict=True))


def _meet(one: Pattern, two: Pattern) -> tuple[list[str], bool] | None:
    """Segments common to both, and whether they say less than the truth (``+`` against part of a segment)."""
    if len(one.parts) > len(two.parts) or (len(one.parts) == len(two.parts) and two.open_end and not one.open_end):
        one, two = two, one
    # Now `one` has no more segments; if they have as many and only one is open, it is `one`.
    if len(one.parts) < len(two.parts) and not one.open_end:
        return None
    merged: list[str] = []
    partial = False
    for index, mine in enumerate(one.parts):
        theirs = two.parts[index]
        mine_open = one.open_end and index == len(one.parts) - 1
        both_open = mine_open and two.open_end and index == len(two.parts) - 1
        segment = _segment(mine, theirs, mine_open=mine_open, theirs_open=both_open)
        if segment is None:
            return None
        partial = partial or (mine_open and theirs == ANY and mine != "")
        merged.append(segment)
    return merged + list(two.parts[len(one.parts) :]), partial


def _segment(mine: str, theirs: str, *, mine_open: bool, theirs_open: bool) -> str | None:
    if mine_open and theirs_open:
        if mine.startswith(theirs):
            return mine
        return theirs if theirs.startswith(mine) else None
    if mine_open:
        if theirs == ANY:
            return mine or ANY
        return theirs if theirs.startswith(mine) else None
    if mine == ANY:
        return theirs
    return mine if theirs in (ANY, mine) else None
