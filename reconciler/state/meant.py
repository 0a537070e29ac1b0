"""Whether a file that is named to `apply` is to be read as a saved plan or as specs."""

from __future__ import annotations

from pathlib import Path

from reconciler.state.planfile import is_plan
from specs.files import SUFFIXES

_SPECS, _ENOUGH = b"apiVersion", 1 << 20
"""What every document of specs says, and how far down one is looked for."""


def is_meant_as_plan(path: Path) -> bool:
    """Whether it begins as a plan, or is neither named nor written as specs.

    So whatever befell a plan, it is refused as one, and by no chance read as something else.
    """
    if is_plan(path) or path.name.endswith(SUFFIXES):
        return is_plan(path)
    try:
        # A pipe or a device is never a plan, and reading one may never end.
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return _SPECS not in file.read(_ENOUGH)
    except OSError:
        return False
