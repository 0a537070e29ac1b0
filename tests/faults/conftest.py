"""The sums of what was injected and probed, printed at the end."""

from __future__ import annotations

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Over all workers: a report carries what its test noted."""
    reports = [one for found in terminalreporter.stats.values() for one in found if isinstance(one, pytest.TestReport)]
    noted = [value for one in reports if one.when == "call" for name, value in one.user_properties if name == "fault"]
    if noted:
        hit, probes = sum(1 for was, _ in noted if was), sum(count for _, count in noted)
        terminalreporter.write_line(f"faults: {hit} points met of {len(noted)} tried; {probes} probes (who x what)")
