"""Systems that moved, that left the specs, or that can't be read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reconciler import registry
from reconciler.compile import Compiled, SystemBinding
from reconciler.model import Action, SystemRecord
from reconciler.provider import Attribute, Scope, Unreachable
from reconciler.workflow.drifting import drift_of
from reconciler.workflow.planning import Options, plan_of
from reconciler.workflow.situation import situation
from reconciler.workflow.specs import Prepared
from specs.base import SpecModel
from specs.diagnostic import has_errors
from tests.memory import Thing, at, wanted
from tests.workflow.desk import NOWHERE, Desk


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    made = Desk(tmp_path / "state.db")
    monkeypatch.setattr(registry, "load", lambda name: made.provider)
    return made


def without_systems(desk: Desk) -> Prepared:
    prepared = desk.prepared()
    return Prepared(prepared.specs, Compiled("test", {}, {}, ()), ())


def test_a_system_that_means_another_place_than_its_records_is_an_error(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk.provider, "place", lambda settings: settings.where)
    monkeypatch.setattr(desk.provider, "settings_model", Somewhere)

    specs = desk.prepared().specs

    def prepared(where: str) -> Prepared:
        record = SystemRecord("mem", "memory", {"where": where})
        binding = SystemBinding(desk.provider, Scope("test", "mem", Somewhere(where=where)), record)
        desired = {at("a"): wanted("a", size=1)}
        return Prepared(specs, Compiled("test", {"mem": binding}, desired, ()), ())

    monkeypatch.setattr(desk, "prepared", lambda *_: prepared("here"))
    desk.apply()
    assert not desk.plan().errored
    monkeypatch.setattr(desk, "prepared", lambda *_: prepared("there"))
    [found] = desk.plan().diagnostics
    assert (found.code, found.subject) == ("W508", "mem")
    assert "memory here and is now memory there, but 1 objects" in found.message
    assert desk.apply().result is None


class Somewhere(SpecModel):
    where: str


def test_a_system_that_left_the_specs_is_cleaned_as_it_was_recorded(desk: Desk) -> None:
    desk.apply(wanted("a", size=1))
    with situation(without_systems(desk), NOWHERE, desk.state) as now:
        plan = plan_of(now, Options())
    assert {change.address: change.action for change in plan.changes} == {at("a"): Action.DELETE}
    result = desk.apply_saved(plan).result
    assert result is not None
    assert result.ok
    assert desk.memory.objects == {}
    assert desk.recorded.objects == {}, "what was deleted is recorded no more"


def test_a_system_that_can_not_be_read_has_no_rows_and_no_drift(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.apply(wanted("a", size=1))

    def read(*_: Any) -> Any:
        raise Unreachable("down")

    monkeypatch.setattr(desk.provider, "read", read)
    for wishes in ((), (wanted("a", size=2),)):
        with situation(desk.prepared(*wishes), NOWHERE, desk.state) as now:
            assert now.refreshed.snapshots == {}
            plan, drift = plan_of(now, Options()), drift_of(now)
        assert [one.code for one in plan.diagnostics] == [one.code for one in drift.diagnostics] == ["W501"]
        assert (plan.changes, drift.items) == ((), ())
        assert has_errors(drift.diagnostics)


def test_a_door_and_its_rule_that_change_together_are_closed_first(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    marks = {"who": Attribute("", admits=True), "what": Attribute("", allows=True)}
    monkeypatch.setattr(Thing, "attributes", {**Thing.attributes, **marks})
    desk.apply(wanted("rule", what=1), wanted("door", "rule", who=1))
    wishes = (wanted("rule", what=2), wanted("door", "rule", who=2))
    plan = desk.plan(*wishes)
    assert {change.address.key: change.action for change in plan.changes} == {
        "rule": Action.UPDATE,
        "door": Action.REPLACE,
    }
    desk.memory.calls.clear()
    desk.apply(*wishes)
    assert desk.memory.calls == [("delete", "door"), ("update", "rule"), ("create", "door")]


def test_what_is_replaced_takes_what_stands_on_it_along(desk: Desk) -> None:
    desk.memory.parents = {"b": ("a",)}
    desk.apply(wanted("a", kind="x"), wanted("b", "a", size=1))
    plan = desk.plan(wanted("a", kind="y"), wanted("b", "a", size=1))
    assert {change.address.key: change.action for change in plan.changes} == {"a": Action.REPLACE, "b": Action.REPLACE}
