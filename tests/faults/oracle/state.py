"""What the state says."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from tests.faults.oracle.facts import Facts, text


def record(state: Path) -> Facts:
    """What the state says is there, and what it says of runs that are not over. Nothing where there is none."""
    found: dict[str, str] = {}
    if not state.exists():
        return found
    with closing(sqlite3.connect(state)) as db:
        for system, kind, key, attributes in db.execute("SELECT system, type, key, attributes FROM objects"):
            found[f"object {system} {kind} {key}"] = text(json.loads(attributes))
        for system, kind, key, phase in db.execute("SELECT system, type, key, phase FROM unfinished"):
            found[f"unfinished {system} {kind} {key}"] = phase
        for (run,) in db.execute("SELECT id FROM locks"):
            found["lock"] = run
    return found
