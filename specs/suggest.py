"""``did you mean``: the name nearest to one that isn't known."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from difflib import SequenceMatcher, get_close_matches

_LONGEST = 64
_MOST = 500
_BUDGET = 100
_FEW = 8
_LEAST = 0.5
"""How alike what tells two names apart must be: ``reed`` and ``read`` are, ``part1`` and ``v1`` aren't."""
_SEPARATOR = re.compile(r"[./:]")


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word most like ``word``. Bounded: far-off lengths aren't compared, nor more than 500 words."""
    if not word or len(word) > _LONGEST:
        return None
    near = [name for name in known if abs(len(name) - len(word)) <= 4]
    if len(near) > _MOST:
        near = [name for name in near if name[:2] == word[:2] or name[-2:] == word[-2:]][:_MOST]
    lowered = {name.lower(): name for name in near}
    # Two letters swapped in a word of three are as far apart as long words that have nothing in common.
    found = get_close_matches(word.lower(), lowered, 3, cutoff=0.6 if len(word) <= 4 else 0.7)
    return next((lowered[one] for one in found if _alike(word.lower(), one)), None)


def _alike(word: str, other: str) -> bool:
    """Whether they are near in what tells them apart too: not only the schema or the suffix that all names share."""
    ours, theirs = _SEPARATOR.split(word), _SEPARATOR.split(other)
    while len(ours) > 1 and len(theirs) > 1 and ours[0] == theirs[0]:
        del ours[0], theirs[0]
    while len(ours) > 1 and len(theirs) > 1 and ours[-1] == theirs[-1]:
        del ours[-1], theirs[-1]
    return SequenceMatcher(None, ".".join(ours), ".".join(theirs)).ratio() >= _LEAST


def hint(word: str, known: Collection[str], label: str = "known") -> str:
    """One line of help: the nearest name, else the names if they are few."""
    found = closest(word, known)
    if found is not None:
        return f"did you mean {found}?"
    if not known:
        return f"none is {label}"
    return _some(known, label)


def _some(known: Collection[str], label: str) -> str:
    first = ", ".join(sorted(known)[:_FEW])
    return f"{label}: {first}" if len(known) <= _FEW else f"{label}: {first} and {len(known) - _FEW} more"


class Hints:
    """Hints among many names, computed once a word and only for the first hundred words."""

    def __init__(self, known: Collection[str], label: str = "declared") -> None:
        self._known = known
        self._label = label
        self._rest = _some(known, label)
        self._made: dict[str, str] = {}

    def of(self, word: str) -> str:
        """The hint for a word; once the budget is spent, the same for all."""
        if word not in self._made:
            if len(self._made) >= _BUDGET:
                return self._rest
            self._made[word] = hint(word, self._known, self._label)
        return self._made[word]
