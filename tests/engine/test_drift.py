"""Drift against what was applied, or against the specs where nothing was recorded."""

from __future__ import annotations

from reconciler.engine.drift import find_drift
from reconciler.engine.planner import left_to_others
from reconciler.model import Applied, DriftKind, Origin, Ownership, Snapshot, State
from reconciler.render.plan_json import drift_item_json
from reconciler.render.plan_text import drift_item_lines
from specs.diagnostic import Severity
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


def test_what_is_as_it_was_left_and_should_have_ended_is_expired() -> None:
    over = live("b", {"size": 1}, overdue="since yesterday")
    found = Snapshot({over.resource.address: over})
    assert kinds(found, EMPTY) == {"a": DriftKind.MISSING, "b": DriftKind.UNDECLARED}
    recorded = State("test", "L", 1, {at("b"): Applied(resource("b", size=1), Origin("b"))}, {})
    assert kinds(found, recorded) == {"b": DriftKind.EXPIRED}
    other = State("test", "L", 1, {at("b"): Applied(resource("b", size=2), Origin("b"))}, {})
    assert kinds(found, other) == {"b": DriftKind.CHANGED}
    (item,) = find_drift({}, {"mem": found}, recorded, MARKS)
    assert "  # (since yesterday)" in [line.plain for line in drift_item_lines(item)]
    change = drift_item_json(item, {"mem": "memory"})["change"]
    assert (change["actions"], change["before"], change["after"]) == (["no-op"], {"size": 1}, {"size": 1})


def test_an_item_holds_the_whole_object_on_both_sides() -> None:
    """As Terraform's resource_drift: a policy that reads `before` of a deletion, or another attribute, finds it."""
    recorded = {at(key): Applied(resource(key, size=1, kind="x"), Origin(key)) for key in ("changed", "gone")}
    objects = [live("changed", {"size": 2, "kind": "x", "id": "i-1"}), live("new", {"size": 3, "kind": "y"})]
    found = Snapshot({one.resource.address: one for one in objects})
    items = find_drift({}, {"mem": found}, State("test", "L", 1, recorded, {}), MARKS)
    changes = {item.address.key: drift_item_json(item, {"mem": "memory"})["change"] for item in items}
    applied = {"size": 1, "kind": "x"}
    unknown = {"after_unknown": {}}
    assert changes == {
        "changed": unknown
        | {
            "actions": ["update"],
            "before": applied,
            "after": {"size": 2, "kind": "x", "id": "i-1"},
            "before_sensitive": {},
            "after_sensitive": {},
        },
        "gone": unknown
        | {
            "actions": ["delete"],
            "before": applied,
            "after": None,
            "before_sensitive": {},
            "after_sensitive": False,
        },
        "new": unknown
        | {
            "actions": ["create"],
            "before": None,
            "after": {"size": 3, "kind": "y"},
            "before_sensitive": False,
            "after_sensitive": {},
        },
    }


def test_without_a_record_the_specs_are_what_an_object_was() -> None:
    (item,) = find_drift({D.resource.address: D}, {"mem": snapshot()}, EMPTY, MARKS)
    assert drift_item_json(item, {})["change"]["before"] == D.resource.attributes


def test_what_is_marked_as_another_environments_is_no_drift() -> None:
    theirs = live("theirs", {"size": 1}, ownership=Ownership.OTHER)
    forged = live("b", {"size": 2}, ownership=Ownership.OTHER)
    found = Snapshot({one.resource.address: one for one in (live("a", {"size": 1}), theirs, forged)})
    recorded = State("test", "L", 1, {at("b"): Applied(resource("b", size=1), Origin("b"))}, {})
    assert kinds(found, recorded) == {"b": DriftKind.CHANGED}, "what we recorded stays ours"
    told = left_to_others({}, {"mem": found}, recorded)
    assert [(one.code, one.subject, one.severity) for one in told] == [("W503", str(at("theirs")), Severity.WARNING)]


def test_what_hangs_on_somebody_elses_object_is_no_drift() -> None:
    objects = {
        at("a"): live("a", {"size": 1}, ownership=Ownership.FOREIGN),
        at("b"): live("b", {}, needs=("a",), ownership=Ownership.FOREIGN),
    }
    assert kinds(Snapshot(objects), EMPTY) == {"a": DriftKind.UNDECLARED}
    recorded = State("test", "L", 1, {at("a"): Applied(resource("a", size=1), Origin("a"))}, {})
    assert kinds(Snapshot(objects), recorded) == {"b": DriftKind.UNDECLARED}
