"""Cases of which `make test` takes a sample, and `make test-thorough` the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest

EVERY = {
    "tests/e2e/test_rogues.py": 3,
    "tests/providers/aws/test_faults.py": 2,
    "tests/providers/aws/test_round.py": 3,
    "tests/providers/postgres/effective/test_changes.py": 3,
    "tests/providers/postgres/effective/test_compare.py": 2,
    "tests/providers/postgres/test_lease.py": 2,
    "tests/providers/postgres/test_rogue.py": 3,
    "tests/providers/vault/test_patterns_of_connections.py": 2,
    "tests/sandbox/test_lifecycle.py": 3,
    "tests/state/test_state_edits.py": 5,
    "tests/specs/test_fmt.py::test_time_grows_with_the_text_only": 3,
    "tests/state/test_keeping.py": 2,
}
"""Files, and tests, whose cases each take long: of each test's cases, every n-th is taken as it is."""


def sampled(cases: Iterable[Any], every: int) -> list[Any]:
    """The first of each ``every`` as it is; the others marked ``thorough``. A case that is a tuple stays one."""
    return [
        case
        if number % every == 0
        else pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=pytest.mark.thorough)
        for number, case in enumerate(cases)
    ]


def take_samples(items: Iterable[pytest.Item]) -> None:
    """Mark what EVERY leaves out."""
    seen: Counter[str] = Counter()
    for item in items:
        path, _, name = item.nodeid.partition("::")
        test = f"{path}::{name.partition('[')[0]}"
        if "[" in name and (every := EVERY.get(test, EVERY.get(path, 1))) > 1:
            if seen[test] % every:
                item.add_marker(pytest.mark.thorough)
            seen[test] += 1
