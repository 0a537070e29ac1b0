"""The sums of what raced, printed at the end."""

from __future__ import annotations

from collections import defaultdict

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """By kind of place."""
    reports = [one for found in terminalreporter.stats.values() for one in found if isinstance(one, pytest.TestReport)]
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for one in reports:
        for name, value in one.user_properties if one.when == "call" else ():
            if name == "race":
                kind, *counts = value
                sums[kind] = [had + more for had, more in zip(sums[kind], counts, strict=True)]
    for kind, (rounds, refused, writes) in sums.items():
        told = f"{rounds} rounds, {rounds} winners, {refused} refused; the serial grew by {writes}, as it should"
        terminalreporter.write_line(f"races, {kind}: {told}")
