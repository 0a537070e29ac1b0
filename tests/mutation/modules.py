"""What is mutated, and the quick tests that should see it."""

from __future__ import annotations

_PLANNING = ("test_planner", "test_others", "test_guard", "test_observed", "test_byhand", "test_drift")
_ORDER = ("test_graph", "test_cascade", "test_stages", "test_closing", "test_apply")
_HOLDING = ("test_heartbeat", "test_lock", "test_holder")
_RETIRING = (
    "test_retirement",
    "test_retirement_rows",
    "test_undoing",
    "test_succession",
    "test_meter",
)
_CODEC = ("test_codec", "test_consistent", "test_store", "test_planfile")


def _of(folder: str, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"tests/{folder}/{name}.py" for name in names)


GROUPS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "guards": (
        tuple(f"reconciler.engine.{name}" for name in ("guard", "observed", "others", "planner", "gate")),
        (*_of("engine", (*_PLANNING, "test_gate")),),
    ),
    "order": (
        tuple(f"reconciler.engine.{name}" for name in ("graph", "stages", "closing", "cascade")),
        _of("engine", _ORDER),
    ),
    "lock": (
        ("reconciler.state.lock", "reconciler.state.lockinfo", "reconciler.state.heartbeat", "reconciler.state.holder"),
        (*_of("state", _HOLDING), "tests/provider/test_fence.py"),
    ),
    "codec": (
        tuple(f"reconciler.state.{name}" for name in ("codec", "shape", "document", "consistent", "rows")),
        _of("state", _CODEC),
    ),
    "schema": (("reconciler.state.schema",), _of("state", ("test_schema",))),
    "retirement": (
        (
            *(f"reconciler.engine.{name}" for name in ("retirement", "succession", "quarantine", "meter")),
            "reconciler.state.retirement",
        ),
        (*_of("engine", _RETIRING), *_of("state", ("test_codec", "test_retirement"))),
    ),
    "audit": (
        tuple(f"reconciler.audit.{name}" for name in ("chain", "journal", "checkpoint", "entry")),
        (
            *_of("audit", ("test_entry", "test_journal", "test_chain")),
            *_of("state", ("test_ledger", "test_ledger_end")),
        ),
    ),
}
"""Modules and tests, by what they are about."""
