"""The same with a directory: every boundary of every call of LDAP's protocol.

tests/e2e/test_directory.py has a sample.
"""

from __future__ import annotations

import pytest

from tests.faults.directory import EDITS, harness
from tests.faults.harness import Harness
from tests.faults.test_points import examine
from tests.faults.ways import DESTROY, Way, edit, walk

__all__ = ["harness"]
CHUNKS = 10


@pytest.fixture(scope="module", params=["create and destroy", "change and change back"])
def ways(harness: Harness, request: pytest.FixtureRequest) -> tuple[Way, Way]:
    edit(harness.world)
    harness.world.ok("apply", "-auto-approve")
    if request.param == "create and destroy":
        harness.world.ok(*DESTROY)
        return walk(harness, "create"), walk(harness, "destroy", arguments=DESTROY)
    return walk(harness, "change", edits=EDITS), walk(harness, "change back")


@pytest.mark.faults
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_all_points(harness: Harness, ways: tuple[Way, Way], chunk: int, request: pytest.FixtureRequest) -> None:
    examine(harness, ways, slice(chunk, None, CHUNKS), request)
