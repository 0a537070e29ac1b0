"""The oracle is proved: each planted bug is seen at some point of some way."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.faults import directory, shop, ways
from tests.faults.bugs import BUGS
from tests.faults.directory import harness as of_directory
from tests.faults.gate import Deed, Fault, Phase
from tests.faults.harness import APPLY, Harness
from tests.faults.shop import harness as of_shop
from tests.faults.ways import DESTROY, Edits, Way, edit, walk
from tests.faults.ways import harness as of_quickstart
from tests.servers import Worlds

__all__ = ["of_directory", "of_quickstart", "of_shop"]
CHANGES: dict[str, dict[str, Edits]] = {
    "quickstart": {"in place": ways.IN_PLACE, "with another workload": ways.EDITS},
    "directory": {"in place": directory.EDITS},
    "shop": {"with another workload": shop.EDITS},
}
Circles = dict[str, tuple[Way, ...]]
"""By example: made, changed and changed back in each way, destroyed, once without any bug."""


@pytest.fixture(scope="module")
def circles() -> Circles:
    """Of those examples that a bug was tried on."""
    return {}


def walked(harness: Harness, edits: dict[str, Edits]) -> Iterator[Way]:
    """All ways, each from where the one before ends."""
    harness.world.ok(*APPLY)
    harness.world.ok(*DESTROY)
    yield walk(harness, "create")
    for name, changes in edits.items():
        yield walk(harness, f"change {name}", edits=changes)
        yield walk(harness, f"change back {name}")
    yield walk(harness, "destroy", arguments=DESTROY)


@pytest.fixture
def planted(request: pytest.FixtureRequest, bug: str, circles: Circles, worlds: Worlds) -> Iterator[Harness]:
    """Whatever a bug left is thrown away: also what it let somebody make."""
    example = BUGS[bug].example
    harness: Harness = request.getfixturevalue(f"of_{example}")
    if example not in circles:
        circles[example] = tuple(walked(harness, CHANGES[example]))
    harness.world.ok(*DESTROY)
    yield harness
    harness.bug = ""
    edit(harness.world)
    harness.world.writ(*DESTROY)
    harness.world.applied = True
    worlds.clean(harness.world)
    harness.fill()
    harness.world.ok(*DESTROY)


@pytest.mark.faults
@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_seen(planted: Harness, circles: Circles, bug: str) -> None:
    planted.bug = bug
    assert planted.direct("version").returncode == 0, "it can't be planted"
    said = next(seen(planted, circles[BUGS[bug].example]), "")
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
