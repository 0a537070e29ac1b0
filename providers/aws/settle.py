"""Waiting for IAM to show what was just written: it is eventually consistent (IAM User Guide: Troubleshooting)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from providers.aws.values import holds
from reconciler.model import Address, Live, Value
from reconciler.provider import ProviderError, UnknownOutcome

PATIENCE = 10.0
"""Seconds that a read waits for a write that AWS confirmed."""
PATIENCE_UNKNOWN = 3.0
"""Seconds that a read waits for a write whose reply was lost: it may never have been done."""


@dataclass(frozen=True, slots=True)
class _Expected:
    attributes: Mapping[str, Value] | None
    """None: gone."""
    until: float
    """Monotonic seconds."""


@dataclass(slots=True)
class Settling:
    """What was written in this run and not yet seen. One to a client; safe between threads on different objects."""

    patience: float = PATIENCE
    patience_unknown: float = PATIENCE_UNKNOWN
    _expected: dict[tuple[str, str], _Expected] = field(default_factory=dict)
    _made: set[tuple[str, str]] = field(default_factory=set)
    _fresh: set[tuple[str, str]] = field(default_factory=set)

    @contextmanager
    def writing(self, address: Address, attributes: Mapping[str, Value] | None) -> Iterator[None]:
        """Around a write: the next read of the object waits until it looks like ``attributes``, None for gone."""
        key = (address.type, address.key)
        try:
            yield
        except UnknownOutcome:
            self._expected[key] = _Expected(attributes, time.monotonic() + self.patience_unknown)
            raise
        except ProviderError:
            self._expected.pop(key, None)
            raise
        self._expected[key] = _Expected(attributes, time.monotonic() + self.patience)
        self._made.add(key)

    def made(self, address: Address) -> bool:
        """Whether this run wrote the object, so that others may not see it yet."""
        return (address.type, address.key) in self._made

    def born(self, address: Address) -> None:
        """This run made the object, and saw that nothing was there before."""
        self._fresh.add((address.type, address.key))

    def fresh(self, address: Address) -> bool:
        """Whether this run made the object, so that nobody can have put anything on it before."""
        return (address.type, address.key) in self._fresh

    def wait(self, once: Callable[[], Live | None]) -> Live | None:
        """Read, again and again until it is there, with a bound."""
        until = time.monotonic() + self.patience
        while (found := once()) is None and time.monotonic() < until:
            time.sleep(min(0.2, self.patience))
        return found

    def read(self, type: str, key: str, once: Callable[[], Live | None]) -> Live | None:
        """Read, again and again while a write is expected to show, with a bound."""
        expected = self._expected.get((type, key))
        delay = 0.05
        while True:
            found = once()
            if expected is None or _shows(found, expected) or time.monotonic() > expected.until:
                self._expected.pop((type, key), None)
                return found
            time.sleep(delay)
            delay = min(delay * 2, 1.0)


def _shows(found: Live | None, expected: _Expected) -> bool:
    if found is None or expected.attributes is None:
        return found is None and expected.attributes is None
    return holds(found.resource.attributes, expected.attributes)
