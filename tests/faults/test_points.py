"""Every boundary of every call: the program dies, or the connection breaks, and nothing is lost, stray or let in.

Runs go forth and back between two worlds, so that the end of one is the beginning of the next.
"""

from __future__ import annotations

import pytest

from tests.faults.gate import Fault
from tests.faults.harness import Harness, points
from tests.faults.ways import Way, edit, harness, ways

__all__ = ["harness", "ways"]

CHUNKS = 40


def examine(harness: Harness, ways: tuple[Way, Way], part: slice, request: pytest.FixtureRequest) -> None:
    """Some of the points of both ways, in turn."""
    chosen = [points(way.calls)[part] for way in ways]
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


def test_a_sample_of_points(harness: Harness, ways: tuple[Way, Way], request: pytest.FixtureRequest) -> None:
    examine(harness, ways, slice(317, None, 2000), request)


@pytest.mark.faults
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_all_points(harness: Harness, ways: tuple[Way, Way], chunk: int, request: pytest.FixtureRequest) -> None:
    examine(harness, ways, slice(chunk, None, CHUNKS), request)
