"""Cases of which `make test` takes a sample, and `make test-thorough` the rest."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from zlib import crc32

import pytest

EVERY = {
    "tests/cli/test_all_at_once.py": 3,
    "tests/cli/test_formats.py": 3,
    "tests/cli/test_main.py::test_what_asks_no_system_loads_no_sdk": 3,
    "tests/e2e/test_escalation.py": 2,
    "tests/e2e/test_observed.py": 2,
    "tests/e2e/test_rogues.py": 6,
    "tests/e2e/test_signals.py": 3,
    "tests/providers/aws/test_faults.py": 4,
    "tests/providers/aws/test_neighbours.py": 2,
    "tests/providers/aws/test_round.py": 5,
    "tests/providers/postgres/effective/test_changes.py": 5,
    "tests/providers/postgres/effective/test_compare.py": 4,
    "tests/providers/postgres/test_lease.py": 2,
    "tests/providers/postgres/test_rogue.py": 6,
    "tests/providers/postgres/test_round.py": 3,
    "tests/providers/vault/test_holders.py": 2,
    "tests/providers/vault/test_patterns_of_connections.py": 2,
    "tests/sandbox/test_lifecycle.py": 5,
    "tests/specs/test_fmt.py::test_time_grows_with_the_text_only": 3,
    "tests/state/test_keeping.py": 2,
    "tests/state/test_lease.py": 3,
    "tests/state/test_ledger_end.py": 3,
    "tests/state/test_state_edits.py": 5,
}
"""Files, and tests, whose cases each take long: of each test's cases, every n-th is taken."""


def sampled(cases: Iterable[Any], every: int) -> list[Any]:
    """The first of each ``every`` as it is; the others marked ``thorough``. A case that is a tuple stays one."""
    return [
        case
        if number % every == 0
        else pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=pytest.mark.thorough)
        for number, case in enumerate(cases)
    ]


def take_samples(items: Iterable[pytest.Item]) -> None:
    """Mark what EVERY leaves out: of each test one case at least is taken."""
    of_tests: dict[str, list[pytest.Item]] = {}
    for item in items:
        test, case, _ = item.nodeid.partition("[")
        if case:
            of_tests.setdefault(test, []).append(item)
    for test, cases in of_tests.items():
        every = min(EVERY.get(test, EVERY.get(test.partition("::")[0], 1)), len(cases))
        # Not the first of each test: where the cases are kinds of state, all of them would be the same kind.
        first = crc32(test.encode()) % every
        for number, item in enumerate(cases):
            if number % every != first:
                item.add_marker(pytest.mark.thorough)
