"""The verbs over a dictionary: what is recorded, what is refused, and what a lost lock stops."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler import registry
from reconciler.model import Action, Address, Applied, DriftKind, Origin, Outcome, Ownership, Plan, Resource
from reconciler.state.opening import open_store
from reconciler.state.planfile import load_plan, save_plan
from reconciler.workflow.applying import Execution, apply_specs
from reconciler.workflow.leaving import or_recorded
from reconciler.workflow.planning import Options
from specs.diagnostic import Diagnostic, Severity, error
from specs.source import SourceSpan
from tests.memory import at, live, resource, wanted
from tests.workflow.desk import NOWHERE, Desk


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    made = Desk(tmp_path / "state.db")
    monkeypatch.setattr(registry, "load", lambda name: made.provider)
    return made


def codes(diagnostics: tuple[Diagnostic, ...]) -> list[str]:
    return [one.code for one in diagnostics]


def actions(plan: Plan) -> dict[str, Action]:
    return {change.address.key: change.action for change in plan.changes}


def test_what_was_applied_is_recorded_and_the_next_plan_is_empty(desk: Desk) -> None:
    wishes = (wanted("a", size=1), wanted("b", "a", size=2))
    application = desk.apply(*wishes)
    assert application.result is not None
    assert application.result.ok
    assert {address.key for address in desk.recorded.objects} == {"a", "b"}
    assert desk.recorded.systems.keys() == {"mem"}
    assert desk.plan(*wishes).is_empty
    assert desk.provider.closed == 2


def test_what_is_there_as_wanted_is_recorded_without_a_call(desk: Desk) -> None:
    desk.memory.objects["a"] = {"size": 1}
    assert actions(desk.plan(wanted("a", size=1))) == {"a": Action.ADOPT}
    assert not desk.state.exists()
    desk.apply(wanted("a", size=1))
    assert desk.memory.calls == []
    assert desk.recorded.objects[at("a")].resource == resource("a", size=1)
    assert actions(desk.plan(wanted("a", size=1))) == {"a": Action.NO_OP}
    serial = desk.recorded.serial
    desk.apply(wanted("a", size=1))
    assert desk.recorded.serial == serial, "nothing new was to be recorded"


def test_the_systems_own_ids_are_recorded(desk: Desk) -> None:
    def recorded() -> dict[str, str]:
        return {address.key: one.native_id for address, one in desk.recorded.objects.items()}

    desk.memory.objects["found"], desk.memory.ids["found"] = {"size": 1}, "i-9"
    wishes = (wanted("found", size=1), wanted("made", size=1, kind="x"), wanted("updated", size=1))
    desk.apply(*wishes)
    assert recorded() == {"found": "i-9"} | {key: desk.memory.ids[key] for key in ("made", "updated")}
    was = recorded()
    desk.apply(wishes[0], wanted("made", size=1, kind="y"), wanted("updated", size=2))
    assert recorded() == desk.memory.ids
    assert {key for key in was if was[key] != recorded()[key]} == {"made"}, "a replacement has another"


def test_another_place_is_told_of_until_it_is_applied(desk: Desk) -> None:
    desk.memory.place = "cluster 1"
    desk.apply(wanted("a", size=1))
    assert desk.recorded.systems["mem"].place == "cluster 1"
    assert codes(desk.plan(wanted("a", size=1)).diagnostics) == []
    desk.memory.place = "cluster 1 team3/"
    for told in (desk.plan(wanted("a", size=1)).diagnostics, desk.drift(wanted("a", size=1)).diagnostics):
        assert [(one.code, one.severity) for one in told] == [("W512", Severity.WARNING)]
        assert "cluster 1 when its objects were applied, and is now cluster 1 team3/" in told[0].message
    desk.apply(wanted("a", size=1))
    assert codes(desk.plan(wanted("a", size=1)).diagnostics) == []


def test_what_is_gone_and_no_longer_wanted_is_forgotten(desk: Desk) -> None:
    desk.apply(wanted("a", size=1))
    del desk.memory.objects["a"]
    desk.memory.calls.clear()
    assert actions(desk.plan()) == {"a": Action.FORGET}
    desk.apply()
    assert desk.memory.calls == []
    assert desk.recorded.objects == {}


def test_an_environment_that_left_the_specs_is_told_of_until_it_is_gone(desk: Desk) -> None:
    desk.apply(wanted("a", size=1))
    assert codes(desk.plan(wanted("a", size=1)).diagnostics) == []
    with sqlite3.connect(desk.state) as file:
        file.execute("UPDATE objects SET environment = 'old', digest = ''")
    told = [one for one in desk.plan(wanted("a", size=1)).diagnostics if one.code == "W511"]
    assert [(one.subject, one.severity) for one in told] == [("environments.old", Severity.WARNING)]
    assert "1 of its objects" in told[0].message
    assert told[0].help == "remove them with: writ destroy --environment old"


def test_what_is_not_approved_is_not_done(desk: Desk) -> None:
    desk.approve = lambda plan: False
    application = desk.apply(wanted("a", size=1))
    assert (application.approved, application.result) == (False, None)
    assert desk.memory.calls == []
    assert desk.recorded.serial == 0


def test_a_target_that_names_nothing_is_an_error(desk: Desk) -> None:
    plan = desk.plan(wanted("a", size=1), targets=("nobody",))
    assert codes(plan.diagnostics) == ["W504"]
    assert plan.errored
    narrowed = desk.plan(wanted("a", size=1), wanted("b", size=1), targets=(str(at("b")),))
    assert actions(narrowed) == {"b": Action.CREATE}
    assert not narrowed.errored


def test_drift_without_a_state_says_what_it_compares_with(desk: Desk) -> None:
    def drift() -> list[str]:
        return codes(desk.drift(wanted("a", size=1)).diagnostics)

    assert drift() == ["W505"]
    desk.apply(wanted("a", size=1))
    assert drift() == []


def test_drift_and_plan_say_the_same_of_another_environments_objects(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.apply(wanted("a", size=1))
    mine = desk.provider.read

    def read(*arguments: object) -> object:
        found = mine(*arguments)  # type: ignore[arg-type]
        theirs = live("theirs", {"size": 1}, ownership=Ownership.OTHER, note="it belongs to environment other")
        return replace(found, objects={**found.objects, at("theirs"): theirs})

    monkeypatch.setattr(desk.provider, "read", read)
    plan = desk.plan(wanted("a", size=1))
    drift = desk.drift(wanted("a", size=1))
    assert codes(plan.diagnostics) == codes(drift.diagnostics) == ["W503"]
    assert plan.is_empty
    assert not drift.items


def test_what_a_system_says_of_what_is_missing_is_no_reason_to_know_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.apply(wanted("a", size=1))
    desk.memory.objects.clear()
    mine = desk.provider.read

    def read(*arguments: object) -> object:
        said = tuple(error("W450", "no table", subject=str(at(key)), help="") for key in "ab")
        return replace(mine(*arguments), diagnostics=said)  # type: ignore[arg-type]

    monkeypatch.setattr(desk.provider, "read", read)
    drift = desk.drift(wanted("a", size=1), wanted("b", size=1))
    assert [(item.address, item.kind) for item in drift.items] == [(at("a"), DriftKind.MISSING)]
    assert [one.severity for one in drift.diagnostics] == [Severity.WARNING, Severity.ERROR]
    assert desk.plan(wanted("a", size=1)).errored


def test_a_finding_points_at_the_part_of_its_object_that_it_is_about(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, part = SourceSpan("intents.yaml", 3, 1), SourceSpan("intents.yaml", 4, 5)
    one = replace(wanted("a", size=1), places=(("W457", part),))
    one = replace(one, origin=replace(one.origin, span=whole))
    mine = desk.provider.read

    def read(*arguments: object) -> object:
        said = tuple(error(code, "not there", subject=str(at("a")), help="") for code in ("W450", "W457"))
        return replace(mine(*arguments), diagnostics=said)  # type: ignore[arg-type]

    monkeypatch.setattr(desk.provider, "read", read)
    assert [(found.code, found.span) for found in desk.plan(one).diagnostics] == [("W450", whole), ("W457", part)]


def test_what_a_system_says_comes_in_the_order_of_the_files(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = {"a": 9, "b": 1, "c": 5}
    all_wanted = [
        replace(one, origin=replace(one.origin, span=SourceSpan("intents.yaml", line, 1)))
        for key, line in lines.items()
        for one in (wanted(key, size=1),)
    ]
    mine = desk.provider.read

    def read(*arguments: object) -> object:
        said = tuple(error("W450", "no table", subject=str(at(key)), help="") for key in lines)
        return replace(mine(*arguments), diagnostics=said)  # type: ignore[arg-type]

    monkeypatch.setattr(desk.provider, "read", read)
    told = desk.plan(*all_wanted).diagnostics
    assert [found.span.line for found in told if found.span] == [1, 5, 9]


def test_destroy_leaves_alone_what_is_not_ours_and_says_so(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.apply(wanted("a", size=1))
    desk.memory.objects["theirs"] = {"size": 1}
    mine = desk.provider.read

    def read(*arguments: object) -> object:
        found = mine(*arguments)  # type: ignore[arg-type]
        theirs = live("theirs", {"size": 1}, ownership=Ownership.FOREIGN)
        return replace(found, objects={**found.objects, at("theirs"): theirs})

    monkeypatch.setattr(desk.provider, "read", read)
    plan = desk.plan(destroy=True)
    assert [(one.code, one.subject) for one in plan.diagnostics] == [("W506", str(at("theirs")))]
    assert not plan.errored
    desk.apply(destroy=True)
    assert desk.memory.objects.keys() == {"theirs"}


@pytest.mark.parametrize("destroy", [False, True])
def test_a_saved_plan_is_applied_beside_what_it_left_alone(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, destroy: bool
) -> None:
    desk.apply(wanted("b", size=1))
    mine = desk.provider.read

    def read(*arguments: object) -> object:
        found = mine(*arguments)  # type: ignore[arg-type]
        theirs = live("theirs", {"size": 1}, ownership=Ownership.OTHER, note="it is theirs")
        return replace(found, objects={**found.objects, at("theirs"): theirs})

    monkeypatch.setattr(desk.provider, "read", read)
    save_plan(desk.plan(wanted("a", size=1, kind="x"), destroy=destroy), tmp_path / "p")
    plan = load_plan(tmp_path / "p")
    assert plan.left == (at("theirs"),)
    desk.memory.objects["rogue"] = {"size": 1}
    assert [one.subject for one in desk.apply_saved(plan).diagnostics] == [str(at("rogue"))]
    del desk.memory.objects["rogue"]
    result = desk.apply_saved(plan).result
    assert result is not None
    assert result.ok


def test_objects_that_wait_for_each_other_are_an_error_and_nothing_is_done(desk: Desk) -> None:
    wishes = (wanted("a", "b", size=1), wanted("b", "a", size=1))
    plan = desk.plan(*wishes)
    assert codes(plan.diagnostics) == ["W507"]
    assert str(at("a")) in plan.diagnostics[0].message
    assert desk.apply(*wishes).result is None
    assert desk.memory.calls == []


def test_a_lock_taken_away_while_a_person_thought_stops_the_run(desk: Desk) -> None:
    def approve(plan: Plan) -> bool:
        desk.take_the_lock_away()
        return True

    desk.approve = approve
    application = desk.apply(wanted("a", size=1))
    assert codes(application.diagnostics) == ["W613"]
    assert application.result is None
    assert desk.memory.calls == []
    assert desk.recorded.serial == 0


def test_a_lock_taken_away_while_a_saved_plan_is_read_stops_the_run(desk: Desk) -> None:
    plan = desk.plan(wanted("a", size=1, kind="x"))
    desk.provider.logged_in = desk.take_the_lock_away
    application = desk.apply_saved(plan)
    assert codes(application.diagnostics) == ["W613"]
    assert application.result is None
    assert desk.memory.calls == []
    desk.provider.logged_in = lambda: None
    again = desk.apply_saved(plan)
    assert again.result is not None
    assert again.result.ok


def test_a_lock_taken_away_in_the_very_moment_records_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """After it was looked at, and before what was found is recorded."""
    desk.memory.objects["a"] = {"size": 1}

    monkeypatch.setattr("reconciler.workflow.applying.Hold.renew", lambda _: desk.take_the_lock_away())
    application = desk.apply(wanted("a", size=1), wanted("b", size=1))
    assert codes(application.diagnostics) == ["W613"]
    assert application.result is None
    assert desk.memory.calls == []
    assert desk.recorded.serial == 0


def test_a_lock_taken_away_in_the_middle_ends_the_run_and_all_writing_of_the_state(desk: Desk) -> None:
    desk.apply(wanted("z", size=1))
    before = desk.recorded

    def after(verb: str, key: str) -> None:
        if key == "a":
            desk.take_the_lock_away()

    desk.memory.after = after
    wishes = [wanted("z", size=1), wanted("a", size=1), wanted("b", "a", size=1), wanted("c", "b", size=1)]
    result = desk.apply(*wishes).result
    assert result is not None
    assert not result.ok
    assert codes(result.diagnostics) == ["W613"]
    assert "was done, but not recorded" in result.diagnostics[0].message
    assert {step.address.key for step in result.of(Outcome.SKIPPED)} == {"b", "c"}
    assert desk.memory.objects.keys() == {"z", "a"}
    assert desk.recorded.objects == before.objects
    (open_yet,) = desk.recorded.unfinished
    assert open_yet.address.key == "a"


def test_a_saved_plan_is_refused_for_another_state_and_for_a_world_that_moved(desk: Desk) -> None:
    plan = desk.plan(wanted("a", size=1, kind="x"))
    desk.memory.objects["a"] = {"size": 2}
    assert codes(desk.apply_saved(plan).diagnostics) == ["W606"]
    desk.memory.objects.clear()
    with open_store(desk.state) as store:
        store.put_all("test", (), [], "me")
    assert codes(desk.apply_saved(plan).diagnostics) == ["W605"]
    assert desk.memory.calls == []


def test_an_interrupt_at_the_question_logs_out_and_releases_the_lock(desk: Desk) -> None:
    def interrupted(plan: Plan) -> bool:
        raise KeyboardInterrupt

    desk.approve = interrupted
    with pytest.raises(KeyboardInterrupt):
        desk.apply(wanted("a", size=1))
    assert desk.provider.closed == 1
    with open_store(desk.state) as store:
        assert store.locks() == {}
    assert desk.memory.calls == []


def test_what_is_recorded_in_a_system_that_nobody_knows_is_told(desk: Desk) -> None:
    lost = Applied(Resource(Address("lost", "thing", "x"), {"size": 1}), Origin("why"))
    with open_store(desk.state) as store:
        store.put_all("test", (), [lost], "me")
    for found in (desk.plan().diagnostics, desk.plan(destroy=True).diagnostics, desk.drift().diagnostics):
        (told,) = found
        assert (told.code, told.severity, told.subject) == ("W515", Severity.WARNING, "lost")
        assert told.message.startswith("1 object is recorded in lost")
        assert "declare a system lost again" in told.help


def test_an_environment_that_left_the_specs_is_destroyed_from_its_state(desk: Desk) -> None:
    desk.apply(wanted("a", size=1), wanted("b", "a", size=1))
    gone = error("W222", "environment 'test' is not declared")
    prepared = replace(desk.prepared(), compiled=None, diagnostics=(gone,))
    unsound = replace(prepared, diagnostics=(gone, error("W101", "a field is missing")))
    for kept, name in ((unsound, "test"), (prepared, "another"), (prepared, None), (desk.prepared(), "test")):
        assert or_recorded(kept, name, desk.state) is kept
    application = apply_specs(
        or_recorded(prepared, "test", desk.state),
        NOWHERE,
        Options(destroy=True),
        Execution(desk.state),
        desk.console(),
    )
    assert application.result is not None
    assert application.result.ok
    assert desk.memory.objects == {}
    assert desk.recorded.objects == {}
