"""What stands on an object that is replaced is replaced with it, over however many others."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.engine.cascade import cascade_replacements
from reconciler.model import Action, Change
from tests.engine.test_graph import row


def actions(*rows: Change) -> dict[str, Action]:
    return {one.address.key: one.action for one in cascade_replacements(rows)}


@pytest.mark.parametrize("kept", [Action.NO_OP, Action.UPDATE, Action.ADOPT])
def test_what_stands_on_it_goes_and_comes_with_it(kept: Action) -> None:
    lower, upper = row("lower", Action.REPLACE), row("upper", kept, "lower")
    top, beside = row("top", kept, "upper"), row("beside", kept, "elsewhere")
    assert actions(lower, upper, top, beside) == {
        "lower": Action.REPLACE,
        "upper": Action.REPLACE,
        "top": Action.REPLACE,
        "beside": kept,
    }


@pytest.mark.parametrize("other", [Action.CREATE, Action.DELETE, Action.FORGET, Action.BY_HAND])
def test_what_is_made_or_goes_anyway_does_only_that(other: Action) -> None:
    lower, upper, top = row("lower", Action.REPLACE), row("upper", other, "lower"), row("top", Action.UPDATE, "upper")
    assert actions(lower, upper, top) == {"lower": Action.REPLACE, "upper": other, "top": Action.UPDATE}


@pytest.mark.parametrize("other", [Action.CREATE, Action.DELETE, Action.UPDATE, Action.NO_OP])
def test_where_nothing_is_replaced_nothing_else_is(other: Action) -> None:
    rows = (row("lower", other), row("upper", Action.UPDATE, "lower"))
    assert cascade_replacements(rows) == rows


def test_a_circle_comes_to_an_end() -> None:
    one, other = row("one", Action.UPDATE, "other", "lower"), row("other", Action.UPDATE, "one")
    assert set(actions(row("lower", Action.REPLACE), one, other).values()) == {Action.REPLACE}


def test_all_else_of_a_row_stays() -> None:
    lower, upper = row("lower", Action.REPLACE), row("upper", Action.NO_OP, "lower")
    assert cascade_replacements((lower, upper)) == (lower, replace(upper, action=Action.REPLACE))
