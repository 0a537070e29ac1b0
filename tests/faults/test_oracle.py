"""The oracle is proved: each planted bug is seen at some point of some way."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.faults.bugs import BUGS
from tests.faults.gate import Deed, Fault, Phase
from tests.faults.harness import APPLY, Harness
from tests.faults.ways import DESTROY, EDITS, IN_PLACE, Way, edit, harness, walk

__all__ = ["harness"]


@pytest.fixture(scope="module")
def circle(harness: Harness) -> tuple[Way, ...]:
    """Made, changed and changed back in both ways, destroyed: once without any bug."""
    harness.world.ok(*APPLY)
    harness.world.ok(*DESTROY)
    return (
        walk(harness, "create"),
        walk(harness, "change in place", edits=IN_PLACE),
        walk(harness, "change back in place"),
        walk(harness, "change", edits=EDITS),
        walk(harness, "change back"),
        walk(harness, "destroy", arguments=DESTROY),
    )


@pytest.fixture
def planted(harness: Harness) -> Iterator[Harness]:
    """Whatever a bug left is thrown away."""
    harness.world.ok(*DESTROY)
    yield harness
    harness.bug = ""
    edit(harness.world)
    harness.world.ok(*DESTROY)
    harness.hands.delete("identity/entity/name/writ-support-bot")


@pytest.mark.faults
@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_seen(planted: Harness, circle: tuple[Way, ...], bug: str) -> None:
    planted.bug = bug
    said = next(seen(planted, circle), "")
    print(f"{bug}: {said}"[:300])
    assert said, f"nobody sees it if {bug}"


def seen(harness: Harness, circle: tuple[Way, ...]) -> Iterator[str]:
    """What the oracle says: on each way without a fault, then killed around the calls where the bug shows."""
    at, calls = BUGS[harness.bug].at, dict[str, list[str]]()
    for way in circle:
        yield from gone(harness, way, None)
        calls[way.name] = list(harness.gate.calls)
    found = {
        name: [number for number, call in enumerate(all_, 1) if re.search(at, call)] for name, all_ in calls.items()
    }
    for place in range(max(map(len, found.values())) if at else 0):
        for way in circle:
            numbers = found[way.name]
            fault = Fault(numbers[place], Phase.AFTER, Deed.KILL) if place < len(numbers) else None
            yield from gone(harness, way, fault)


def gone(harness: Harness, way: Way, fault: Fault | None) -> Iterator[str]:
    """What the oracle says of one way."""
    edit(harness.world, way.edits)
    found = harness.examine(fault, way.old, way.new, way.arguments)
    if BUGS[harness.bug].by in found.words:
        yield f"{way.name}, {fault}: {found}"
