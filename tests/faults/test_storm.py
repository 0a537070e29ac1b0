"""A storm: nearly a third of all calls are answered 429 or 503, or their connection breaks."""

from __future__ import annotations

import random
import re
from collections import Counter

import pytest

from tests.faults.harness import Harness
from tests.faults.ways import Way, edit, harness, ways

__all__ = ["harness", "ways"]
RATE, MOST = 0.3, 3
SEEDS = range(16)
_WRITES = re.compile(r"vault (POST|PUT|DELETE) (?!/v1/(auth/token|auth/[^/]+/login))|aws POST (?!Get|List|Assume)")


@pytest.mark.faults
@pytest.mark.parametrize("seed", SEEDS)
def test_a_storm_is_come_through_or_stopped_cleanly(
    harness: Harness, ways: tuple[Way, Way], seed: int, request: pytest.FixtureRequest
) -> None:
    for way in ways:
        edit(harness.world, way.edits)
        harness.probes.log_in(harness.hands)
        harness.gate.storm = (random.Random(f"{seed} {way.name}"), RATE)
        done = harness.run(*way.arguments)
        harness.gate.storm = None
        assert done.returncode in {0, 1}, done.stderr
        assert "Traceback" not in done.stderr
        asked = Counter(call for call in harness.gate.calls if _WRITES.match(call))
        assert max(asked.values(), default=0) <= MOST, [call for call in asked.items() if call[1] > MOST]
        request.node.user_properties.append(
            ("storm", [len(asked), sum(asked.values()), max(asked.values(), default=0)])
        )
        found = harness.judge(way.old, way.new, way.arguments)
        assert found.sound, f"{way.name}, seed {seed}: {found}"
