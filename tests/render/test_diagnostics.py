"""A finding as a person sees it."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from reconciler.render.diagnostics import diagnostic_lines, findings_lines
from specs.diagnostic import error
from specs.source import SourceSpan


@pytest.mark.parametrize(
    ("line", "marked"),
    [
        ("metadata: {name: a, b: c}", "b"),
        ("metadata: {日本: a, あい: c}", "あい"),
        ("a: '😀😀', b: c", "b: c"),
        ("a: e\u0301e\u0301, b: c", "b"),
        ("a: \u202eb", "b"),
        ("日本語" * 60 + "x" + "日本語" * 60, "x"),
        ("x" * 90 + "日本語", "日本語"),
    ],
)
def test_the_caret_stands_under_what_it_marks(line: str, marked: str) -> None:
    column = line.rindex(marked) + 1 if marked != "あい" else line.index(marked) + 1
    span = SourceSpan("a.yaml", 1, column, column + len(marked))
    _, shown, carets = [one.plain for one in diagnostic_lines(error("W199", "x", span=span), lambda _: line)]
    before = shown[: shown.index(marked[:1], 6 if marked not in {"b", "x"} else shown.rindex(marked))]
    assert carets.index("^") == cell_len(before)
    assert carets.count("^") == cell_len(marked)


def test_an_address_is_told_once() -> None:
    told = [
        next(diagnostic_lines(error("W502", text, subject="cloud.role.x"))).plain
        for text in ("cloud.role.x is there already", "cloud.role.xy is there already", "there already")
    ]
    assert told == [
        "error[W502]: cloud.role.x is there already",
        "error[W502] cloud.role.x: cloud.role.xy is there already",
        "error[W502] cloud.role.x: there already",
    ]


def test_many_that_are_alike_are_folded_in_text() -> None:
    skipped = [
        error("W603", "skipped: the run was interrupted", subject=f"a.b[{n}]", help="again") for n in range(1197)
    ]
    other = error("W601", "failed", subject="a.b[x]", help="look")
    lines = [line.plain for line in findings_lines([other, *skipped, other])]
    assert [line for line in lines if "W601" in line] == ["error[W601] a.b[x]: failed"] * 2
    assert lines[-3:] == [
        "… and 1,194 more error[W603]: skipped: the run was interrupted",
        "error[W601] a.b[x]: failed",
        "  help: look",
    ]
    assert sum("a.b[" in line and "W603" in line for line in lines) == 3
    few = [line.plain for line in findings_lines(skipped[:5])]
    assert sum("W603" in line for line in few) == 5
