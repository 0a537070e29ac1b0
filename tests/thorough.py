"""Cases of which `make test` takes a sample, and `make test-thorough` the rest."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def sampled(cases: Iterable[Any], every: int) -> list[Any]:
    """The first of each ``every`` as it is; the others marked ``thorough``. A case that is a tuple stays one."""
    return [
        case
        if number % every == 0
        else pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=pytest.mark.thorough)
        for number, case in enumerate(cases)
    ]
