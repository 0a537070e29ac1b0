"""What holds of every target and every input; and the inputs that are kept."""

from __future__ import annotations

import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from specs import redaction
from tests.fuzz.targets import Target, said
from tests.specs.bad_input import AGENT, BASE

CORPUS = Path(__file__).parent / "corpus"
SECONDS = 20
"""For one input, on a machine that does much else. Hangs are meant, not slowness."""
MEGABYTES = 512


class TooSlow(BaseException):
    """Passes through every except of the product."""


@contextmanager
def bounded() -> Iterator[None]:
    """Within the time, and the memory that the process may grow by."""

    def end(_number: int, _frame: FrameType | None) -> None:
        raise TooSlow

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    old = signal.signal(signal.SIGALRM, end)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, old)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MEGABYTES * 1024


def holds(target: Target, data: bytes) -> None:
    """The contract."""
    redaction._known = redaction._Known()  # a run reads one key or place, not thousands
    with bounded():
        try:
            target.run(data)
        except target.errors as wrong:
            said(wrong)


def kept(name: str) -> list[bytes]:
    """The corpus of a target."""
    found = [path.read_bytes() for path in sorted((CORPUS / name).iterdir())]
    return found + ([BASE.encode(), f"{BASE}---\n{AGENT}".encode()] if name == "specs" else [])
