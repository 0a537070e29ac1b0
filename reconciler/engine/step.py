"""One step at one system: call, retry what may be retried, read back and compare."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from reconciler.engine.diff import differing
from reconciler.engine.graph import Phase
from reconciler.engine.session import System
from reconciler.model import Change, Live
from reconciler.provider import ProviderError, ResourceType, Throttled, UnknownOutcome

ATTEMPTS = 3
"""Calls for one operation, the first included."""
_LONGEST_DELAY = 30.0
"""Seconds that a system may ask to wait."""
_FIRST_DELAY = 0.5
"""Seconds; doubled each time, with full jitter (AWS Architecture Blog, exponential backoff and jitter)."""


class Unconfirmed(ProviderError):  # noqa: N818
    """The system took the write, and can't be read, or reads back something else."""


@dataclass(frozen=True, slots=True)
class StepRunner:
    """Performs steps. ``pause`` waits (seconds); ``retrying`` is told of each further attempt."""

    retrying: Callable[[Change, Phase, ProviderError], None]
    pause: Callable[[float], None] = time.sleep

    def run(self, system: System, change: Change, phase: Phase) -> Live | None:
        """Do it and prove it. Returns what is there then. Raises ProviderError."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                _call(system, change, phase)
            except UnknownOutcome as unknown:
                found, wrong = self._after_unknown(system, change, phase, unknown)
                if not wrong:
                    return found
                failed: ProviderError = unknown
            except ProviderError as refused:
                if not refused.transient:
                    raise
                failed = refused
            else:
                return self._confirm(system, change, phase)
            if attempt == ATTEMPTS:
                raise failed
            self.retrying(change, phase, failed)
            self.pause(_delay(attempt, failed))
        raise AssertionError("the last attempt returns or raises")

    def _after_unknown(self, system: System, change: Change, phase: Phase, unknown: UnknownOutcome) -> _ReadBack:
        """After a lost reply: whether the system has done it. While that can't be read, nothing is written again."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return _read_back(system, change, phase)
            except ProviderError as unread:
                if attempt == ATTEMPTS or not _may_be_read_again(unread):
                    raise UnknownOutcome(
                        f"{unknown.message}; whether it was done is unknown, for it can't be read: {unread.message}",
                        help=unread.help or "plan again once it can be read: the plan shows what is there",
                    ) from unread
                failed = unread
            self.pause(_delay(attempt, failed))
        raise unknown

    def _confirm(self, system: System, change: Change, phase: Phase) -> Live | None:
        """Read back and compare. Only the reading is tried again: the write was taken."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                found, wrong = _read_back(system, change, phase)
            except ProviderError as unread:
                failed = Unconfirmed(f"done, but it can't be read back: {unread.message}", help=unread.help)
                if attempt == ATTEMPTS or not _may_be_read_again(unread):
                    raise failed from unread
                pause = _delay(attempt, unread)
            else:
                if not wrong:
                    return found
                failed = Unconfirmed(
                    f"written, but the system reads back otherwise: {', '.join(wrong)}",
                    help="look who else writes this object, then plan again",
                )
                if attempt == ATTEMPTS:
                    raise failed
                pause = _delay(attempt, failed)
            self.pause(pause)
        raise AssertionError("the last attempt returns or raises")


def _call(system: System, change: Change, phase: Phase) -> None:
    kind = system.type_of(change.address)
    if phase is Phase.DELETE:
        _delete(kind, system.client, change)
    else:
        _write(kind, system.client, change, phase)


def _delete(kind: ResourceType[Any], client: Any, change: Change) -> None:
    if change.before is not None:
        kind.delete(client, change.before)


def _write(kind: ResourceType[Any], client: Any, change: Change, phase: Phase) -> None:
    if change.after is None:
        return
    if phase is Phase.UPDATE and change.before is not None:
        kind.update(client, change.before, change.after)
    else:
        kind.create(client, change.after)


_ReadBack: TypeAlias = tuple[Live | None, tuple[str, ...]]
"""What is there, and what of it reads back otherwise than the step wants it; nothing once it is done."""


def _read_back(system: System, change: Change, phase: Phase) -> _ReadBack:
    kind = system.type_of(change.address)
    found: Live | None = kind.read(system.client, change.address.key)
    return found, _wrong(found, change, phase, kind)


def _wrong(found: Live | None, change: Change, phase: Phase, kind: ResourceType[Any]) -> tuple[str, ...]:
    if phase is Phase.DELETE:
        return () if found is None or kind.borrowed else ("it is still there",)
    if found is None:
        return ("it isn't there",)
    if change.after is None:
        return ()
    return differing(found.resource.attributes, change.after.attributes, kind.attributes)


def _may_be_read_again(unread: ProviderError) -> bool:
    # Of a reading, a lost reply leaves nothing unknown.
    return unread.transient or isinstance(unread, UnknownOutcome)


def _delay(attempt: int, failed: ProviderError) -> float:
    asked = failed.retry_after if isinstance(failed, Throttled) else 0.0
    jitter = random.uniform(0, _FIRST_DELAY * 2 ** (attempt - 1))  # noqa: S311 - jitter, no secret
    return min(asked, _LONGEST_DELAY) + jitter
