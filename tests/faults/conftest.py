"""The sums of what was injected and probed: printed at the end, and kept as it goes for runs that take hours."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import pytest

LOG = os.environ.get("WRIT_TESTS_FIGURES", "")
"""A file for a line to each test: its outcome, points met of those tried, probes."""


def _noted(report: pytest.TestReport) -> list[tuple[bool, int]]:
    return [value for name, value in report.user_properties if name == "fault"]


def _stormed(reports: Iterable[pytest.TestReport]) -> list[tuple[int, int, int]]:
    """Operations that write, calls made for them, the most for one of them."""
    return [value for one in reports if one.when == "call" for name, value in one.user_properties if name == "storm"]


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """In the process that the workers report to, and in one that runs alone."""
    noted = _noted(report) if report.when == "call" else []
    if LOG and noted and "PYTEST_XDIST_WORKER" not in os.environ:
        met, probes = sum(1 for was, _ in noted if was), sum(count for _, count in noted)
        with Path(LOG).open("a", encoding="utf-8") as file:
            file.write(f"{report.outcome} {met} of {len(noted)} points, {probes} probes: {report.nodeid}\n")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Over all workers: a report carries what its test noted."""
    reports = [one for found in terminalreporter.stats.values() for one in found if isinstance(one, pytest.TestReport)]
    if storms := _stormed(reports):
        operations, calls = (sum(one[index] for one in storms) for index in (0, 1))
        most = max(one[2] for one in storms)
        told = f"storm: {len(storms)} runs, {operations} operations, {calls} calls, at most {most} for one"
        terminalreporter.write_line(told)
    noted = [value for one in reports if one.when == "call" for value in _noted(one)]
    if noted:
        hit, probes = sum(1 for was, _ in noted if was), sum(count for _, count in noted)
        terminalreporter.write_line(f"faults: {hit} points met of {len(noted)} tried; {probes} probes (who x what)")
