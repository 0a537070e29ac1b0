"""What counts as a change of wording only, and all that doesn't."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.engine.wording import wording_only
from reconciler.model import AccessRow, Address, Change, Mover
from reconciler.provider import Attribute
from tests.render.plans import GAIN, LOSS, at, created, removed, row, updated

MARKS = {
    "payments": {
        "aws_iam_role": {
            "policy": Attribute("What it allows.", allows=True),
            "trust": Attribute("Who gets in.", admits=True),
            "ttl": Attribute("How long."),
        }
    }
}
OLD, NEW = '{"a": ["orders/", "orders/?*"]}', '{"a": "orders/*"}'
EQUAL = row("role")


def found(change: Change, *rows: AccessRow) -> frozenset[Address]:
    return wording_only([change], rows, MARKS)


@pytest.mark.parametrize("name", ["policy", "trust"])
def test_another_text_for_the_same_access(name: str) -> None:
    assert found(updated("p", OLD, NEW, name), EQUAL) == {at("p")}
    assert found(updated("p", "a {\n}", "a { }\n", name), EQUAL) == {at("p")}
    assert found(updated("p", "a { }", "a {\n}\n", name), EQUAL) == {at("p")}, "written in one line, as hands do"


@pytest.mark.parametrize("stranger", [created("mount"), removed("mount")])
def test_a_stranger_that_the_plan_makes_or_removes_moves_by_that(stranger: Change) -> None:
    moved = row("mount", gains=[GAIN], agent="", intent="")
    mine = updated("p", OLD, NEW)
    assert wording_only([mine, stranger], [EQUAL, moved], MARKS) == {at("p")}
    assert wording_only([mine], [EQUAL, moved], MARKS) == frozenset()


@pytest.mark.parametrize(
    "rows",
    [
        (),
        (row("role", gains=[GAIN]),),
        (row("role", loses=[LOSS]),),
        (row("role", undecided=True),),
        (EQUAL, row("another", gains=[GAIN])),
        (EQUAL, row("rogue", gains=[GAIN], agent="", intent="")),
        (row("role", mover=Mover.OUTSIDE),),
        (row("role", agent="other"),),
        (row("role", system="vault"),),
    ],
)
def test_only_what_was_compared_and_found_equal(rows: tuple[AccessRow, ...]) -> None:
    assert found(updated("p", OLD, NEW), *rows) == frozenset()


@pytest.mark.parametrize(
    "change",
    [
        updated("p", 600, 900, "ttl"),
        updated("p", OLD, NEW, "ttl"),
        updated("p", OLD, NEW, "unknown"),
        updated("p", "arn:a", "arn:b", "policy"),
        updated("p", ["a\n"], ["b\n"], "policy"),
        replace(
            updated("p", OLD, NEW),
            attributes=(*updated("p", OLD, NEW).attributes, *updated("p", 1, 2, "ttl").attributes),
        ),
        replace(updated("p", OLD, NEW), origin=None),
        created("p", policy=NEW),
    ],
)
def test_anything_but_a_document_of_access_is_no_wording(change: Change) -> None:
    assert found(change, EQUAL) == frozenset()
