"""Lines of output that no terminal and no CI system obeys."""

from __future__ import annotations

import json
import re

import pytest

from reconciler.render.plan_text import plan_lines
from reconciler.render.safe import json_obeys_nothing, obeys_nothing
from tests.render.plans import HOSTILE, hostile


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("::set-output name=x::y", "\\x3a:set-output name=x::y"),
        ("   ::error::x", "   \\x3a:error::x"),
        ("\u3000::error::x", "\u3000\\x3a:error::x"),
        ("arn:aws:s3:::orders ::x::", "arn:aws:s3:::orders ::x::"),
        ("a ##[add-mask]b", "a \\x23#[add-mask]b"),
        ("##vso[task.setvariable]##[x]", "\\x23#vso[task.setvariable]\\x23#[x]"),
        ("###[x]", "#\\x23#[x]"),
        ("## A heading [x]", "## A heading [x]"),
    ],
)
def test_a_line(line: str, shown: str) -> None:
    assert obeys_nothing(line) == shown
    assert obeys_nothing(shown) == shown


@pytest.mark.parametrize("text", ["##[a]", "\\##[a]", "##vso[a] ##x", "a"])
def test_json_says_what_it_said(text: str) -> None:
    made = json_obeys_nothing(json.dumps({text: [text]}))
    assert json.loads(made) == {text: [text]}
    assert not re.search(r"##\w*\[", made)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_plan_for_people(text: str) -> None:
    for full in (True, False):
        for line in plan_lines(hostile(text), full=full):
            shown = obeys_nothing(line.plain)
            assert "\n" not in shown
            assert not re.search(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]", shown)
            assert not shown.lstrip().startswith("::")
            assert not re.search(r"##\w*\[", shown)
