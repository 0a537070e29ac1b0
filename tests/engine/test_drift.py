"""Drift against what was applied, or against the specs where nothing was recorded."""

from __future__ import annotations

from reconciler.engine.drift import find_drift
from reconciler.model import Applied, DriftKind, Origin, Ownership, Snapshot, State
from tests.memory import MARKS, at, live, resource, wanted

EMPTY = State("test", "", 0, {}, {})
D = wanted("a", size=1)


def kinds(found: Snapshot, state: State) -> dict[str, DriftKind]:
    items = find_drift({D.resource.address: D}, {"mem": found}, state, MARKS)
    return {item.address.key: item.kind for item in items}


def snapshot(*keys: str) -> Snapshot:
    objects = [live(key, {"size": 1}) for key in keys]
    return Snapshot({one.resource.address: one for one in objects})


def test_without_a_state_what_the_specs_want_and_is_gone_is_missing() -> None:
    assert kinds(snapshot(), EMPTY) == {"a": DriftKind.MISSING}
    assert kinds(snapshot("a"), EMPTY) == {}
    assert kinds(snapshot("a", "b"), EMPTY) == {"b": DriftKind.UNDECLARED}


def test_with_a_state_what_was_not_applied_yet_is_no_drift() -> None:
    recorded = State("test", "L", 1, {at("b"): Applied(resource("b", size=1), Origin("b"))}, {})
    assert kinds(snapshot("b"), recorded) == {}
    assert kinds(snapshot(), recorded) == {"b": DriftKind.MISSING}


def test_what_hangs_on_somebody_elses_object_is_no_drift() -> None:
    objects = {
        at("a"): live("a", {"size": 1}, ownership=Ownership.FOREIGN),
        at("b"): live("b", {}, needs=("a",), ownership=Ownership.FOREIGN),
    }
    assert kinds(Snapshot(objects), EMPTY) == {"a": DriftKind.UNDECLARED}
    recorded = State("test", "L", 1, {at("a"): Applied(resource("a", size=1), Origin("a"))}, {})
    assert kinds(Snapshot(objects), recorded) == {"b": DriftKind.UNDECLARED}
