"""The same with MariaDB: every boundary of every statement, and of every call to the OpenBao that mints its logins.

tests/e2e/test_shop.py has a sample.
"""

from __future__ import annotations

import pytest

from tests.faults.harness import Harness
from tests.faults.shop import EDITS, harness
from tests.faults.test_points import examine
from tests.faults.ways import DESTROY, Way, edit, walk

__all__ = ["harness"]
CHUNKS = 10
CALLS = {
    "statements that write": "^mysql (CREATE|GRANT|REVOKE|DROP) ",
    "other statements": "^mysql (?!CREATE|GRANT|REVOKE|DROP)",
    "calls to OpenBao": "^vault ",
}
"""Those of each kind in parts of their own, the most telling first."""


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
@pytest.mark.parametrize("at", CALLS)
def test_all_points(
    harness: Harness, ways: tuple[Way, Way], at: str, chunk: int, request: pytest.FixtureRequest
) -> None:
    examine(harness, ways, slice(chunk, None, CHUNKS), request, CALLS[at])
