"""How much of a plan with changes the access diff takes: `python benchmarks/share.py [AGENTS] [CHANGED]`.

The plan runs in this process, several times. What is timed apart is the engine's comparison of access; the rest is
everything from reading the specs to the plan.
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from world import world

from reconciler.connections import read_connections
from reconciler.model import Plan
from reconciler.workflow import planning
from reconciler.workflow.situation import situation
from reconciler.workflow.specs import Request, prepare

ROUNDS = 5


def main(agents: int, changed: int) -> None:
    """Print one row for each round, and the median share."""
    with world(agents) as made:
        os.environ.update(made.env)
        _change(made.folder / "specs", changed)
        shares = []
        for _ in range(ROUNDS):
            plan, whole, apart = _timed(made.folder)
            shares.append(apart / (whole - apart))
            rows, told = len(plan.rows), len(plan.access)
            print(f"{rows} objects changed, {told} rows of access: {whole:.2f} s, of it access {apart:.3f} s")
    print(f"the access diff adds {median(shares):.1%} to the plan ({min(shares):.1%} to {max(shares):.1%})")


def _change(specs: Path, count: int) -> None:
    """Widen what so many intents may: at each system."""
    left = count
    for file in sorted(specs.iterdir()):
        documents = file.read_text().split("---\n")
        for index, document in enumerate(documents):
            if left and "kind: Intent" in document:
                wider = document.replace("[SELECT]", "[SELECT, INSERT]").replace("[read]", "[read, list]")
                documents[index] = re.sub(r"\[s3:GetObject\]", "[s3:GetObject, s3:PutObject]", wider)
                left -= 1
        file.write_text("---\n".join(documents))


def _timed(folder: Path) -> tuple[Plan, float, float]:
    apart: list[float] = []
    kept = planning.planned_access, planning.outside_access
    planning.planned_access, planning.outside_access = (_clocked(one, apart) for one in kept)
    try:
        started = time.perf_counter()
        operator, _ = read_connections(str(folder / "connections.json"))
        prepared = prepare(Request((str(folder / "specs"),)), operator)
        with situation(prepared, operator, folder / ".writ" / "state.db") as now:
            plan = planning.plan_of(now, planning.Options())
        return plan, time.perf_counter() - started, sum(apart)
    finally:
        planning.planned_access, planning.outside_access = kept


def _clocked(compare: Callable[..., Any], into: list[float]) -> Callable[..., Any]:
    def timed(*arguments: Any) -> Any:
        started = time.perf_counter()
        found = compare(*arguments)
        into.append(time.perf_counter() - started)
        return found

    return timed


if __name__ == "__main__":
    main(*(int(text) for text in (sys.argv[1:] + ["1000", "50"][len(sys.argv) - 1 :])))
