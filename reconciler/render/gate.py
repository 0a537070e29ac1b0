"""Which conditions of ``--fail-on`` a plan meets, in one line."""

from __future__ import annotations

from rich.text import Text

from reconciler.model.gate import Gate, Tripped
from reconciler.render.safe import safe

_MOST = 3
"""Rows named for each condition."""
_WIDTH = 160
"""Characters of a row's name."""


def gate_line(gate: Gate) -> Text:
    """``Failed on widening (payments.aws_iam_role["x"]); drift (…, and 2 more).`` in one line."""
    return Text(f"Failed on {'; '.join(_told(one) for one in gate.tripped)}.", "bold red")


def _told(one: Tripped) -> str:
    named = ", ".join(_short(row) for row in one.rows[:_MOST])
    more = f" and {len(one.rows) - _MOST} more" if len(one.rows) > _MOST else ""
    return f"{one.condition.value} ({named}{more})"


def _short(row: str) -> str:
    shown = safe(row)
    return shown if len(shown) <= _WIDTH else f"{shown[:_WIDTH]}…"
