"""A fresh state in each kind of place."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.state.opening import Place

KINDS = ("local",)


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Where nothing was ever recorded."""
    return tmp_path / ".writ" / "state.db"
