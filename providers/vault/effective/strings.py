"""Values that parameters are compared with, and the shortest string that a condition on them holds for."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_BUDGET = 20_000


class Exhausted(Exception):  # noqa: N818
    """Not decided within the budget."""


@dataclass(frozen=True, slots=True)
class Glob:
    """A value as the server compares strings with it: ``*`` is anything, at the start and the end only.

    go-secure-stdlib's GlobbedStringsMatch; a lone ``*`` is itself.
    """

    needle: str
    open_start: bool = False
    open_end: bool = False

    @classmethod
    def of(cls, text: str) -> Glob:
        """The value that is written as ``text``."""
        if len(text.encode()) < 2:
            return cls(text)
        start, end = text.startswith("*"), text.endswith("*")
        return cls(text[1 if start else 0 : -1 if end else None], start, end)

    def matches(self, value: str) -> bool:
        """Whether a string is one of its values."""
        if self.open_start and self.open_end:
            return self.needle in value
        if self.open_start:
            return value.endswith(self.needle)
        return value.startswith(self.needle) if self.open_end else value == self.needle

    def step(self, state: frozenset[int], char: str) -> frozenset[int]:
        """Where a reader of the value stands after one more character; from {0}."""
        size = len(self.needle)
        found = {at + 1 for at in state if at < size and self.needle[at] == char}
        if self.open_start and 0 in state:
            found.add(0)
        if self.open_end and size in state:
            found.add(size)
        return frozenset(found)


def shortest(globs: Sequence[Glob], wanted: Callable[[str], bool]) -> str | None:
    """The shortest string for which ``wanted``, which may look at nothing but what the globs match, is true.

    Not the empty one if one character does as well. None if there is none. Raises Exhausted.
    """
    letters = sorted({char for glob in globs for char in glob.needle})
    fresh = next(char for char in "xyzabcdefghijklmnopqrstuvw0123456789_-\u00e4\u00f6\u00fc" if char not in letters)
    start = tuple(frozenset({0}) for _ in globs)
    seen, queue = {start}, deque([(start, "")])
    while queue:
        states, text = queue.popleft()
        if wanted(text):
            return text or next((char for char in (fresh, *letters) if wanted(char)), "")
        for char in (fresh, *letters):
            after = tuple(glob.step(state, char) for glob, state in zip(globs, states, strict=True))
            if after not in seen:
                if len(seen) >= _BUDGET:
                    raise Exhausted
                seen.add(after)
                queue.append((after, text + char))
    return None
