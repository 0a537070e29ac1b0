"""What stands already is taken over where nothing but words differs, and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from reconciler.engine.adopting import adopted
from reconciler.engine.destroy import destroy_changes
from reconciler.engine.planner import plan_changes
from reconciler.model import Action, Applied, Desired, Live, Origin, Ownership, Snapshot, State, Value
from reconciler.provider import Attribute
from tests.memory import at, live, resource, wanted

MARKS = {
    "mem": {
        "thing": {
            "size": Attribute("How big.", allows=True),
            "tags": Attribute("Whose it is.", words=True),
        }
    }
}
NAMED = replace(wanted("a", size=1, tags="ours"), adopts=True)
NOTHING = State("test", "", 1, {}, {})


def plan(
    one: Desired, found: Live, state: State = NOTHING, wording: frozenset[str] = frozenset()
) -> tuple[str, list[str]]:
    """The row's action, and the codes of what stands in the way."""
    desired, snapshots = {one.resource.address: one}, {"mem": Snapshot({found.resource.address: found})}
    planned = plan_changes(desired, snapshots, state, MARKS)
    rows, problems = adopted(planned.changes, desired, state, {at(key) for key in wording}, MARKS)
    actions = [row.action.value for row in rows]
    return actions[0] if actions else "", [d.code for d in (*planned.diagnostics, *problems)]


def theirs(attributes: Mapping[str, Value], ownership: Ownership = Ownership.FOREIGN, *, inside: bool = False) -> Live:
    return replace(live("a", attributes, ownership=ownership), in_scope=inside)


@pytest.mark.parametrize("ownership", [Ownership.FOREIGN, Ownership.UNMARKED])
@pytest.mark.parametrize("inside", [True, False])
def test_words_alone_are_an_import(ownership: Ownership, inside: bool) -> None:
    assert plan(NAMED, theirs({"size": 1, "tags": "theirs"}, ownership, inside=inside)) == ("import", [])
    assert plan(NAMED, theirs({"size": 1, "tags": "ours"}, ownership, inside=inside)) == ("adopt", [])


def test_another_text_for_the_same_access_is_an_import_too() -> None:
    found = theirs({"size": 2, "tags": "theirs"})
    assert plan(NAMED, found, wording=frozenset({"a"})) == ("import", [])


def test_with_any_other_difference_nothing_is_taken_over() -> None:
    assert plan(NAMED, theirs({"size": 2, "tags": "theirs"})) == ("update", ["W519"])
    assert plan(NAMED, theirs({"size": 2, "tags": "ours"}, Ownership.UNMARKED)) == ("update", ["W519"])


def test_what_another_environment_marked_is_never_taken_over() -> None:
    assert plan(NAMED, theirs({"size": 1, "tags": "x"}, Ownership.OTHER)) == ("", ["W502"])


def test_a_derived_name_takes_over_nothing() -> None:
    assert plan(replace(NAMED, adopts=False), theirs({"size": 1, "tags": "x"})) == ("", ["W502"])


def test_once_recorded_it_is_mended_also_without_its_marker() -> None:
    known = Applied(resource("a", size=1, tags="ours"), Origin("a"), (), "i-1")
    state = State("test", "L", 1, {at("a"): known}, {})
    found = replace(theirs({"size": 2, "tags": "gone"}), native_id="i-1")
    assert plan(NAMED, found, state) == ("update", [])
    assert plan(NAMED, replace(found, native_id="i-2"), state) == ("", ["W502"]), "another one of the same name"


def test_after_the_state_was_lost_our_marker_tells() -> None:
    assert plan(NAMED, theirs({"size": 2, "tags": "ours"}, Ownership.OURS)) == ("update", [])


@pytest.mark.parametrize("ownership", [Ownership.FOREIGN, Ownership.UNMARKED])
def test_destroy_leaves_what_was_never_taken_over(ownership: Ownership) -> None:
    found = theirs({"size": 1, "tags": "theirs"}, ownership)
    changes, _ = destroy_changes({at("a"): NAMED}, {"mem": Snapshot({at("a"): found})}, NOTHING)
    assert [row.action for row in changes] == []
    plain = {at("a"): replace(NAMED, adopts=False)}
    inside = replace(found, ownership=Ownership.UNMARKED, in_scope=True)
    assert [r.action for r in destroy_changes(plain, {"mem": Snapshot({at("a"): inside})}, NOTHING)[0]] == [
        Action.DELETE
    ]
