"""A run that died between a call and its record: the next one looks, says what it found, and settles it."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.model import Desired
from reconciler.provider import Denied
from specs.diagnostic import Diagnostic, Severity
from tests.memory import at, wanted
from tests.workflow.desk import Desk

THERE, GONE = "it is there, and apply removes it", "it is gone, and apply records that"
HALF, WHOLE = "it is there and not as wanted, and apply mends it", "it is there as wanted"


class Killed(BaseException):
    """As by a signal that can't be caught: nothing is recorded any more."""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "state.db")


def killed(desk: Desk, *wishes: Desired, before: bool = False, destroy: bool = False) -> None:
    """A run that dies at its call about ``a``: before the system did it, or after."""

    def dies(verb: str, key: str) -> None:
        if key == "a":
            raise Killed

    desk.memory.before, desk.memory.after = (dies, nothing) if before else (nothing, dies)
    with pytest.raises(Killed):
        desk.apply(*wishes, destroy=destroy)
    desk.memory.before = desk.memory.after = nothing


def nothing(verb: str, key: str) -> None:
    pass


def said(found: tuple[Diagnostic, ...]) -> str:
    (told,) = found
    assert (told.code, told.severity, told.subject) == ("W516", Severity.WARNING, str(at("a")))
    return told.message.rpartition("; ")[2]


def begun(desk: Desk) -> list[tuple[str, str]]:
    return [(one.address.key, one.phase) for one in desk.recorded.unfinished]


def test_what_was_made_and_not_recorded_is_adopted(desk: Desk) -> None:
    killed(desk, wanted("a", size=1))
    assert begun(desk) == [("a", "create")]
    assert said(desk.plan(wanted("a", size=1)).diagnostics) == "it is there as wanted, and apply records it"
    assert desk.apply(wanted("a", size=1)).result is not None
    assert (begun(desk), list(desk.recorded.objects)) == ([], [at("a")])
    assert desk.memory.calls == [("create", "a")], "it was not made twice"
    assert desk.plan(wanted("a", size=1)).diagnostics == ()


def test_what_was_made_and_is_not_wanted_any_more_is_removed(desk: Desk) -> None:
    killed(desk, wanted("a", size=1))
    assert said(desk.plan().diagnostics) == "it is there, and apply removes it"
    desk.apply()
    assert (desk.memory.objects, begun(desk)) == ({}, [])


def test_what_was_not_made_is_made(desk: Desk) -> None:
    killed(desk, wanted("a", size=1), before=True)
    assert said(desk.plan(wanted("a", size=1)).diagnostics) == "it is not there, and apply makes it"
    desk.apply(wanted("a", size=1))
    assert (desk.memory.objects.keys(), begun(desk)) == ({"a"}, [])


def test_what_was_not_made_and_is_not_wanted_any_more_is_settled(desk: Desk) -> None:
    killed(desk, wanted("a", size=1), before=True)
    assert said(desk.plan().diagnostics) == "it is not there"
    desk.apply()
    assert begun(desk) == []


@pytest.mark.parametrize(
    ("before", "says"), [(True, "it is there, and apply removes it"), (False, "it is gone, and apply records that")]
)
def test_a_removal_that_was_cut_off(desk: Desk, before: bool, says: str) -> None:
    desk.apply(wanted("a", size=1))
    killed(desk, destroy=True, before=before)
    assert begun(desk) == [("a", "delete")]
    assert said(desk.plan(destroy=True).diagnostics) == says
    desk.apply(destroy=True)
    assert (desk.memory.objects, begun(desk), desk.recorded.objects) == ({}, [], {})


@pytest.mark.parametrize(
    ("before", "says"), [(True, "it is there and not as wanted, and apply mends it"), (False, "it is there as wanted")]
)
def test_an_update_that_was_cut_off(desk: Desk, before: bool, says: str) -> None:
    desk.apply(wanted("a", size=1))
    killed(desk, wanted("a", size=2), before=before)
    assert said(desk.plan(wanted("a", size=2)).diagnostics) == says
    desk.apply(wanted("a", size=2))
    assert begun(desk) == []
    assert desk.recorded.objects[at("a")].resource.attributes == {"size": 2}


def test_drift_says_it_too(desk: Desk) -> None:
    killed(desk, wanted("a", size=1))
    assert said(desk.drift(wanted("a", size=1)).diagnostics[-1:]) == "it is there"


def test_a_plan_that_looks_elsewhere_settles_nothing(desk: Desk) -> None:
    killed(desk, wanted("a", size=1), wanted("b", size=1))
    desk.apply(wanted("a", size=1), wanted("b", size=1), targets=(str(at("b")),))
    assert begun(desk) == [("a", "create")]


def test_a_call_of_unknown_outcome_is_open_until_somebody_can_look(desk: Desk) -> None:
    def unread(key: str) -> None:
        raise Denied("not for you")

    desk.memory.reading = unread
    desk.apply(wanted("a", size=1))
    assert begun(desk) == [("a", "create")]
    desk.memory.reading = lambda key: None
    desk.apply(wanted("a", size=1))
    assert begun(desk) == []
