"""``did you mean``: the name nearest to one that isn't known."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from difflib import get_close_matches

_LONGEST = 64
_MOST = 500
_BUDGET = 100


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word most like ``word``. Bounded: far-off lengths aren't compared, nor more than 500 words."""
    if not word or len(word) > _LONGEST:
        return None
    near = [name for name in known if abs(len(name) - len(word)) <= 4]
    if len(near) > _MOST:
        near = [name for name in near if name[:2] == word[:2] or name[-2:] == word[-2:]][:_MOST]
    lowered = {name.lower(): name for name in near}
    # Two letters swapped in a word of three are as far apart as long words that have nothing in common.
    found = get_close_matches(word.lower(), lowered, 1, cutoff=0.6 if len(word) <= 4 else 0.7)
    return lowered[found[0]] if found else None


def hint(word: str, known: Collection[str], label: str = "known") -> str:
    """One line of help: the nearest name, else the names if they are few."""
    found = closest(word, known)
    if found is not None:
        return f"did you mean {found}?"
    if not known:
        return f"none is {label}"
    return f"{label}: {', '.join(sorted(known))}" if len(known) <= 8 else ""


class Hints:
    """Hints among many names, computed once a word and only for the first hundred words."""

    def __init__(self, known: Collection[str], label: str = "declared") -> None:
        self._known = known
        self._label = label
        self._made: dict[str, str] = {}

    def of(self, word: str) -> str:
        """The hint for a word; empty when the budget is spent."""
        if word not in self._made:
            if len(self._made) >= _BUDGET:
                return ""
            self._made[word] = hint(word, self._known, self._label)
        return self._made[word]
