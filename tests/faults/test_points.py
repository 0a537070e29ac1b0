"""Every boundary of every call: the program dies, or the connection breaks, and nothing is lost, stray or let in.

Runs go forth and back between two worlds, so that the end of one is the beginning of the next.
"""

from __future__ import annotations

import pytest

from tests.faults.gate import Deed, Fault, Phase
from tests.faults.harness import Harness, points
from tests.faults.ways import DESTROY, Way, edit, harness, walk, ways

__all__ = ["harness", "ways"]

CHUNKS = 40


def examine(
    harness: Harness, ways: tuple[Way, Way], part: slice, request: pytest.FixtureRequest, among: str = ""
) -> None:
    """Some of the points of both ways, in turn. ``among``: at these calls only, by a pattern."""
    chosen = [points(way.calls, among)[part] for way in ways]
    for at in range(max(map(len, chosen))):
        for way, faults in zip(ways, chosen, strict=True):
            edit(harness.world, way.edits)
            if at < len(faults):
                examined(harness, way, faults[at], request)
            else:
                # Only for the longer way's sake.
                assert harness.run(*way.arguments).returncode == 0


def examined(harness: Harness, way: Way, fault: Fault, request: pytest.FixtureRequest) -> None:
    """One point."""
    found = harness.examine(fault, way.old, way.new, way.arguments)
    request.node.user_properties.append(("fault", [bool(found.where), found.probes]))
    assert found.sound, f"{way.name}, {fault} ({found.where}): {found}"


def killed_on_the_way_back(harness: Harness, among: str, request: pytest.FixtureRequest) -> None:
    """One point, in as few runs as can be: destroying an example is killed at the second such call."""
    nothing = walk(harness, "create").old
    harness.probes.log_in(harness.hands)
    back = Way("destroy", DESTROY, (), harness.end(), nothing)
    examined(harness, back, Fault(2, Phase.AFTER, Deed.KILL, among), request)


def test_a_sample_of_points(harness: Harness, ways: tuple[Way, Way], request: pytest.FixtureRequest) -> None:
    examine(harness, ways, slice(317, None, 2000), request)


@pytest.mark.faults
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_all_points(harness: Harness, ways: tuple[Way, Way], chunk: int, request: pytest.FixtureRequest) -> None:
    examine(harness, ways, slice(chunk, None, CHUNKS), request)
