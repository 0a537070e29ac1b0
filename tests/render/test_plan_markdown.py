"""The comment on a pull request: what is on top, what is folded, its size, and what nobody can make of it."""

from __future__ import annotations

import re

import pytest

from reconciler.access import Witness
from reconciler.engine.gate import gate_of
from reconciler.model import Mover, Plan
from reconciler.model.gate import Condition
from reconciler.render.markdown import code, fenced, marker
from reconciler.render.plan_markdown import LIMIT, plan_markdown
from specs.diagnostic import error
from specs.source import SourceSpan
from tests.render.plans import GAIN, HOSTILE, LOSS, created, hostile, plan, row, updated, whole


def comment(made: Plan, conditions: tuple[Condition, ...] = tuple(Condition)) -> str:
    return "\n".join(plan_markdown(made, gate_of(made, conditions))) + "\n"


def fits(text: str) -> bool:
    """In characters, in UTF-16 units as JavaScript counts, and in bytes."""
    return max(len(text), len(text.encode("utf-16-le")) // 2, len(text.encode())) < LIMIT


def test_what_is_on_top_and_what_is_folded() -> None:
    text = comment(whole())
    assert text.startswith("<!-- writ-plan: production -->\n## Writ plan: `production`\n")
    order = [
        "**Plan: 1 to add, 2 to change, 1 to destroy.**",
        "- Access: 1 wider and narrower, 1 perhaps wider, 1 narrower, 1 equal; changed outside: 1 wider\n",
        "- `By system: payments wider and narrower`",
        "- **Stopped.** `Failed on widening",
        "### Access widened outside of Writ",
        "  - **+** `s3:PutObject on arn:aws:s3:::orders/x`",
        "### Access widens by this plan",
        "<details open><summary>Findings: 1 error, 1 warning</summary>",
        "<details><summary>Access otherwise changes",
        "<details><summary>TTLs that a system lets a credential outlive: 1</summary>",
        "- `support-bot` may `orders.read` on `payments`: declared 10m, enforced 1h, so up to 50m longer",
        "<details><summary>Objects: 4</summary>",
        '  ~ payments.aws_iam_role["same"]: wording only',
    ]
    places = [text.find(one) for one in order]
    assert -1 not in places, [one for one, place in zip(order, places, strict=True) if place < 0]
    assert places == sorted(places)
    assert "Left out" not in text


def test_a_gate_that_holds_says_so() -> None:
    assert "- Passed: none of widening, drift\n" in comment(plan(), (Condition.WIDENING, Condition.DRIFT))
    assert "Passed" not in comment(plan(), ())


def test_three_thousand_objects() -> None:
    changes = [updated(f"role-{index:04}", f"a {index}\n{'b' * 300}", f"c {index}\n") for index in range(3_000)]
    rows = [row(f"role-{index:04}", loses=[LOSS], agent=f"agent-{index}") for index in range(2_990)]
    wide = [row(f"wide-{index:04}", gains=[GAIN], agent=f"z-{index}") for index in range(10)]
    text = comment(plan(changes, [*rows, *wide]))
    assert fits(text)
    assert len(text) > LIMIT * 0.8, "the room is used"
    folds = text.index("<details>")
    assert all(text.index(f"wide-{index:04}") < folds for index in range(10))
    cut = text[text.index("**Left out") : folds].splitlines()[0]
    assert re.fullmatch(
        r"\*\*Left out, to fit in a comment:\*\* [\d,]+ of 2,990 other changes of access; [\d,]+ of 3,000 objects\. .*",
        cut,
    )
    assert text.index("**Left out") < text.index("### Access widens")


@pytest.mark.parametrize("letter", ["x", "ä", "\U0001f600", "`", "\x1b", "<!--", "##[", "::"])
def test_never_over_the_limit(letter: str) -> None:
    long = letter * 2_000
    many = range(400)
    rows = [
        row(f"{long}{index}", gains=[Witness(long, note=long)] * 50, notes=[long] * 50, mover=mover, agent=long)
        for index in many
        for mover in Mover
    ]
    findings = [error("W310", long, subject=long, help=long, span=SourceSpan(long, index + 1, 1)) for index in many]
    changes = [created(f"{long}{index}", name=f"{long}\n{long}") for index in many]
    text = comment(plan(changes, rows, findings, environment=long[:200]))
    assert fits(text)
    for what in ("widenings", "findings", "objects"):
        assert re.search(rf"[\d,]+ of [\d,]+ {what}", text), what
    assert text.count("<details") == text.count("</details>")


def test_one_huge_object_does_not_hide_the_others() -> None:
    huge = created("huge", name="\n".join("line" for _ in range(50_000)))
    text = comment(plan([huge, created("small", name="small")]))
    assert fits(text)
    assert 'payments.aws_iam_role["small"] will be created' in text
    assert "lines, left out for their length)" in text


# A reader of Markdown in small: takes away code, in which nothing is markup, and shows what is left.
def outside_code(text: str) -> str:
    kept: list[str] = []
    fence = ""
    for line in text.split("\n"):
        start = re.match(r"(`{3,})", line)
        if fence:
            fence = "" if re.fullmatch(rf"{fence}`*\s*", line) else fence
        elif start and "`" not in line[len(start[1]) :]:
            fence = start[1]
        else:
            kept.append(re.sub(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", "CODE", line))
    assert not fence, "a fence stays open"
    return "\n".join(kept)


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_of_a_stranger_is_markup(text: str) -> None:
    made = comment(hostile(text))
    left = outside_code(made)
    calm = outside_code(comment(hostile("calm")))
    shape = [re.sub(r"writ-plan: \S+", "writ-plan: X", line) for line in left.splitlines()]
    assert {line for line in shape if not line.startswith("**Left out")} - {""} <= {
        re.sub(r"writ-plan: \S+", "writ-plan: X", line) for line in calm.splitlines()
    }, "what isn't code is Writ's own, whatever a stranger says"
    assert made.count("<!--") == 1
    assert made.startswith("<!-- writ-plan: ")
    assert fits(made)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]", made)
    assert not any(line.lstrip().startswith("::") for line in made.splitlines())
    assert not re.search(r"##\w*\[", made)
    assert not any(line.startswith("/") for line in made.splitlines()), "GitLab's quick actions"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a", "`a`"),
        ("a`b", "``a`b``"),
        ("`a", "`` `a ``"),
        ("a``", "``` a`` ```"),
        (" a", "`  a `"),
        ("", "`   `"),
        ("a\nb", "`a\\x0ab`"),
        ("<!-- a -->", "`\\x3c!-- a -->`"),
        ("x" * 300, f"`{'x' * 237}…`"),
    ],
)
def test_a_code_span(text: str, shown: str) -> None:
    assert code(text) == shown


def test_a_fence_is_longer_than_what_it_holds() -> None:
    assert fenced(["a"], "diff") == ["```diff", "a", "```"]
    assert fenced(["```", "x ````` y"]) == ["``````", "```", "x ````` y", "``````"]


def test_the_marker_cannot_be_ended() -> None:
    assert marker("production") == "<!-- writ-plan: production -->"
    assert len(marker("x" * 100_000)) < 200
    assert marker("x" * 100_000) != marker("x" * 100_001)
    assert marker("a --> b\n") == "<!-- writ-plan: a%20--%3e%20b%a -->"
