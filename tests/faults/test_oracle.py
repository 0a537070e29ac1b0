"""The oracle is proved: each planted bug is seen at some point of some way."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.faults.bugs import BUGS
from tests.faults.gate import Deed, Fault, Phase
from tests.faults.harness import APPLY, Harness
from tests.faults.ways import DESTROY, EDITS, IN_PLACE, Way, edit, harness, walk
from tests.servers import Worlds

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
def planted(harness: Harness, worlds: Worlds) -> Iterator[Harness]:
    """Whatever a bug left is thrown away: also what it let somebody make."""
    harness.world.ok(*DESTROY)
    yield harness
    harness.bug = ""
    edit(harness.world)
    harness.world.writ(*DESTROY)
    worlds.clean(harness.world)
    harness.world.ok(*DESTROY)


@pytest.mark.faults
@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_seen(planted: Harness, circle: tuple[Way, ...], bug: str) -> None:
    planted.bug = bug
    assert planted.direct("version").returncode == 0, "it can't be planted"
    said = next(seen(planted, circle), "")
    print(f"{bug}: {said}"[:300])
    assert said, f"nobody sees it if {bug}"


def seen(harness: Harness, circle: tuple[Way, ...]) -> Iterator[str]:
    """What the oracle says: on each way without a fault, then killed around each of the calls where the bug shows."""
    at, deed, most = BUGS[harness.bug].at, BUGS[harness.bug].deed, 0
    for way in circle:
        yield from gone(harness, way, None)
        most = max(most, sum(re.search(at, call) is not None for call in harness.gate.calls) if at else 0)
    if deed is Deed.REFUSED:
        for way in circle:
            yield from gone(harness, way, Fault(0, Phase.BEFORE, deed, at))
        return
    for number in range(1, most + 1):
        for way in circle:
            yield from gone(harness, way, Fault(number, Phase.AFTER, deed, at))


def gone(harness: Harness, way: Way, fault: Fault | None) -> Iterator[str]:
    """What the oracle says of one way."""
    edit(harness.world, way.edits)
    found = harness.examine(fault, way.old, way.new, way.arguments)
    if BUGS[harness.bug].by in found.words:
        yield f"{way.name}, {fault}: {found}"
