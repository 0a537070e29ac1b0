"""Tokens that we logged in for: one that another took the place of ends once nobody uses it any more."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Tokens:
    """Requests in flight by token. ``revoke`` ends a token; it is called once, outside the lock, and never raises."""

    def __init__(self, revoke: Callable[[str], None]) -> None:
        self._revoke = revoke
        self._lock = threading.Lock()
        self._uses: Counter[str] = Counter()
        self._retired: set[str] = set()

    @contextmanager
    def used(self, token: str) -> Iterator[None]:
        """While a request carries it."""
        with self._lock:
            self._uses[token] += 1
        try:
            yield
        finally:
            with self._lock:
                self._uses[token] -= 1
                over = not self._uses[token]
                if over:
                    del self._uses[token]
                ends = over and token in self._retired
                self._retired -= {token} if ends else set()
            if ends:
                self._revoke(token)

    def retire(self, token: str) -> None:
        """Another took its place: revoke it now, or with the last request that carries it."""
        with self._lock:
            waits = bool(self._uses[token])
            if waits:
                self._retired.add(token)
        if not waits:
            self._revoke(token)

    def revoke_retired(self) -> None:
        """At the end: those that are in use still, too."""
        with self._lock:
            left, self._retired = self._retired, set()
        for token in left:
            self._revoke(token)
