"""The actions that exist today, as bits of a number: what a pattern covers is one number (``data/``, loaded on use)."""

from __future__ import annotations

import gzip
import json
import re
from bisect import bisect_left
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from reconciler.access.globs import Glob, glob, matches

_DATA = Path(__file__).parent / "data" / "catalogue.json.gz"
GLOBAL_SEVERAL = (
    "aws:calledvia",
    "aws:principalorgpaths",
    "aws:principalservicenameslist",
    "aws:resourceorgpaths",
    "aws:sourceorgpaths",
    "aws:tagkeys",
    "aws:vpceorgpaths",
)
"""In lower case. Source: IAM's "AWS global condition context keys", value type multivalued."""
_GLOBAL_ONE = (
    "aws:currenttime",
    "aws:multifactorauthage",
    "aws:multifactorauthpresent",
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:principaltag/",
    "aws:principaltype",
    "aws:requestedregion",
    "aws:requesttag/",
    "aws:resourceaccount",
    "aws:resourceorgid",
    "aws:resourcetag/",
    "aws:securetransport",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceip",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:tokenissuetime",
    "aws:userid",
    "aws:username",
    "aws:viaawsservice",
)
"""Source: the same, value type single-valued: whatever a policy asks of them."""
_WILD = re.compile(r"[*?]")
_AFTER = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All actions, in order of their lower-case names ``service:action``. An action's bit is its place."""

    source: str
    """What it was made from, with its version."""
    names: tuple[str, ...]
    """As AWS writes them."""
    lower: tuple[str, ...]
    formats: tuple[tuple[str, ...], ...]
    """By action: the ARN formats of its resources (``arn:${Partition}:s3:::${BucketName}``); () where it has none."""
    several: tuple[str, ...]
    """Condition keys with several values, in lower case; those that end in ``/`` are beginnings."""
    _index: dict[str, int] = field(default_factory=dict)
    _bits: dict[str, int] = field(default_factory=dict)

    def __contains__(self, action: str) -> bool:
        return action.lower() in self._index

    @property
    def every(self) -> int:
        """The bits of all actions."""
        return (1 << len(self.lower)) - 1

    def bits(self, pattern: str) -> int:
        """The actions that a pattern covers, without regard to case."""
        lowered = pattern.lower()
        if lowered not in self._bits:
            self._bits[lowered] = self._find(lowered)
        return self._bits[lowered]

    def spelled(self, pattern: str) -> str:
        """As AWS writes it, which is how the first action is written that it covers; in lower case where there is none.

        Between two wildcards it stays in lower case.
        """
        lowered = pattern.lower()
        covered = self.bits(lowered)
        if not covered:
            return lowered
        first = self.names[(covered & -covered).bit_length() - 1]
        parts = _WILD.split(lowered)
        if len(parts) == 1:
            return first
        start, end = len(parts[0]), len(parts[-1])
        return first[:start] + lowered[start : len(lowered) - end] + first[len(first) - end :]

    def _find(self, pattern: str) -> int:
        wild = min((at for at in (pattern.find("*"), pattern.find("?")) if at >= 0), default=-1)
        if wild < 0:
            found = self._index.get(pattern)
            return 0 if found is None else 1 << found
        low, high = self._range(pattern[:wild])
        if wild == len(pattern) - 1 and pattern[wild] == "*":
            return (1 << high) - (1 << low)
        compiled = glob(pattern)
        return sum(1 << at for at in range(low, high) if matches(compiled, self.lower[at]))

    def _range(self, beginning: str) -> tuple[int, int]:
        return bisect_left(self.lower, beginning), bisect_left(self.lower, beginning + _AFTER)

    def known(self, service: str) -> tuple[Glob, ...]:
        """The actions of a service, or of all (""), as patterns of themselves."""
        low, high = self._range(f"{service}:" if service else "")
        return tuple(Glob(name, fold=True) for name in self.lower[low:high])

    def holds_several(self, key: str) -> bool:
        """Whether a condition key can have several values."""
        return _is_among(key, self.several)

    @staticmethod
    def holds_one(key: str) -> bool:
        """Whether a condition key is known to have one value at most."""
        return _is_among(key, _GLOBAL_ONE)


def _is_among(key: str, known: tuple[str, ...]) -> bool:
    lowered = key.lower()
    return any(lowered == one or (one.endswith("/") and lowered.startswith(one)) for one in known)


@cache
def catalogue() -> Catalogue:
    """The catalogue that comes with this package."""
    raw = json.loads(gzip.decompress(_DATA.read_bytes()))
    rows = [
        (f"{service}:{action[0]}", tuple(formats[at] for at in action[1:]))
        for service, (formats, actions) in raw["services"].items()
        for action in actions
    ]
    rows.sort(key=lambda row: row[0].lower())
    lower = tuple(name.lower() for name, _ in rows)
    return Catalogue(
        source=raw["source"],
        names=tuple(name for name, _ in rows),
        lower=lower,
        formats=tuple(formats for _, formats in rows),
        several=(*GLOBAL_SEVERAL, *raw["several"]),
        _index={name: at for at, name in enumerate(lower)},
    )
