"""Paths of rules: which requests each is about, and which one the server obeys (vault/acl.go).

Three kinds. A path with a segment ``+`` (or one that only starts with ``+``) is compared segment by segment, with
``*`` as the last character for anything more; any other with ``*`` as the last character is a prefix; the rest are
single paths. An exact one decides before any pattern; of the patterns, the one with the greatest rank.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

_EXACT = 1 << 62


@dataclass(frozen=True, slots=True)
class Spec:
    """A rule's path."""

    text: str
    exact: bool
    parts: tuple[str, ...]
    """Segments; with ``open_end`` the last is a prefix, and anything may follow."""
    open_end: bool
    rank: tuple[int, bool, int, int, str]

    def matches(self, path: str) -> bool:
        """Whether a request's path is one of its paths."""
        if self.exact:
            return path == self.text
        theirs = path.split("/")
        last = len(self.parts) - 1
        if len(theirs) <= last or (not self.open_end and len(theirs) != last + 1):
            return False
        pairs = list(zip(self.parts, theirs, strict=False))
        *inner, end = pairs
        if any(mine not in ("+", other) for mine, other in inner):
            return False
        return end[0] in ("+", end[1]) or (self.open_end and end[1].startswith(end[0]))


@lru_cache(maxsize=20_000)
def spec(text: str) -> Spec:
    """The path of a rule, without leading slash. Lengths are bytes, as the server counts them."""
    segments = text == "+" or text.startswith("+/") or "/+" in text
    open_end = text.endswith("*")
    body = text.removesuffix("*")
    parts = tuple(body.split("/"))
    size = len(body.encode())
    if segments:
        first = len(text[: text.index("+")].encode())
        rank = (first, not open_end, -parts.count("+"), size, body)
        return Spec(text, False, parts, open_end, rank)
    if open_end:
        return Spec(text, False, parts, True, (size, False, 0, size, body))
    return Spec(text, True, parts, False, (_EXACT, True, 0, size, body))


def reach_of_template(text: str) -> Spec:
    """Every path that a templated rule may be about, whatever is filled in: what stands before the first brace."""
    fixed = text[: min(at for at in (text.find("{{"), text.find("}}"), len(text)) if at >= 0)]
    if "+" in fixed.rpartition("/")[2]:
        fixed = fixed[: fixed.rfind("/") + 1]
    return spec(f"{fixed}*")
