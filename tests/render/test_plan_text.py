"""The plan for people: access first, widenings before all else, bounded; wording folded."""

from __future__ import annotations

from reconciler.access import Verdict, Witness
from reconciler.model import Aspect, Limit, Mover, Plan, Ttl
from reconciler.render.access_text import ASPECTS, MOST_ROWS, MOST_WITNESSES
from reconciler.render.plan_text import plan_lines
from tests.render.plans import GAIN, LOSS, created, plan, removed, row, updated, verdict_row, whole


def shown(made: Plan, *, full: bool = False) -> list[str]:
    return [line.plain for line in plan_lines(made, full=full)]


def test_the_whole() -> None:
    """Outside first, then what the plan widens, then what it narrows; then objects."""
    text = shown(whole())
    assert text[: text.index("Writ will perform the following actions; they are marked with:")] == [
        "Access widened outside of Writ since the last apply, or may have:",
        "  no agent's own: widens",
        '    payments.aws_iam_role["outside"]: what it may do widens',
        "      + s3:PutObject on arn:aws:s3:::orders/x",
        "",
        "Access widens by this plan, or may:",
        "  support-bot may orders.read: gains and loses",
        '    payments.aws_iam_role["both"]: what it may do gains and loses',
        "      + s3:PutObject on arn:aws:s3:::orders/x",
        "      - read kv/data/orders/secret  (by its alias)",
        '    payments.aws_iam_role["perhaps"]: what it may do may widen',
        "      + x on y  (perhaps)",
        "",
        "Access otherwise changes:",
        "  other may orders.read: narrows",
        '    payments.aws_iam_role["less"]: what it may do narrows',
        "      - read kv/data/orders/secret  (by its alias)",
        "",
        "1 principal's objects change, and the access stays equal.",
        "",
        "TTLs that a system lets a credential outlive:",
        "  support-bot may orders.read on payments: declared 10m, enforced 1h, so up to 50m longer",
        "  # sessions end after an hour",
        "",
    ]
    assert text[-3:] == [
        "Plan: 1 to add, 2 to change, 1 to destroy.",
        "Access: 1 wider and narrower, 1 perhaps wider, 1 narrower, 1 equal; changed outside: 1 wider.",
        "By system: payments wider and narrower.",
    ]


def test_what_no_spec_declares_is_named_so() -> None:
    made = plan([removed("rogue")], [row("rogue", gains=[GAIN], mover=Mover.OUTSIDE, agent="", intent="")])
    assert '    payments.aws_iam_role["rogue"]: what it may do widens  (no spec declares it)' in shown(made)
    assert shown(made)[-1] == "Access: not touched by this plan; changed outside: 1 wider."


def test_colours_are_the_reviewers() -> None:
    """What is gained is red, what is lost is green."""
    lines = list(plan_lines(plan(access=[row(gains=[GAIN], loses=[LOSS])])))
    styles = {line.plain.strip()[0]: str(line.spans[0].style) for line in lines if line.plain.strip()[:1] in {"+", "-"}}
    assert styles == {"+": "bold red", "-": "bold green"}


def test_without_a_change_of_access_nothing_is_said_of_it() -> None:
    assert shown(plan()) == ["No changes. The systems are as the specs declare."]


def test_a_ttl_that_is_outlived_is_told_where_somebody_else_changed_the_access() -> None:
    longer = Ttl("support-bot", "orders.read", "payments", 600, Limit(3_600, "sessions end after an hour"))
    said = "  support-bot may orders.read on payments: declared 10m, enforced 1h, so up to 50m longer"
    assert said in shown(plan(access=[row(gains=[GAIN], mover=Mover.OUTSIDE)], ttls=[longer]))
    assert said not in shown(plan(ttls=[longer]))
    assert said in shown(plan(ttls=[longer]), full=True)


def test_wording_is_folded_and_only_that() -> None:
    made = plan([updated("same", "a {\n}", "a { }\n"), updated("ttl", 600, 900)], wording=["same"])
    folded = shown(made)
    assert '  ~ payments.aws_iam_role["same"]: wording only, no change of access (-full shows it)' in folded
    assert "      ~ policy = 600 -> 900" in folded
    assert not any("wording only" in line for line in shown(made, full=True))
    assert '  # payments.aws_iam_role["same"] will be updated in-place' in shown(made, full=True)


def test_thousands_of_rows_are_cut_with_the_widenings_first() -> None:
    narrow = [row(f"a{index:04}", loses=[LOSS]) for index in range(3_000)]
    wide = [row(f"z{index:04}", gains=[GAIN], agent="z") for index in range(MOST_ROWS + 7)]
    made = plan(access=[*narrow, *wide])
    text = shown(made)
    assert len(text) < 10 * MOST_ROWS
    assert text[0] == "Access widens by this plan, or may:"
    assert "  … and 7 more: writ plan -full or -json tells all" in text
    assert f"  … and {3_000 - MOST_ROWS} more: writ plan -full or -json tells all" in text
    everything = shown(made, full=True)
    assert sum(": what it may do" in line for line in everything) == len(narrow) + len(wide)
    assert not any("more:" in line for line in everything)


def test_a_pair_that_is_cut_shows_its_widenings() -> None:
    rows = [row(f"a{index:04}", loses=[LOSS]) for index in range(200)]
    text = shown(plan(access=[*rows, row("z", gains=[GAIN])]))
    assert text[2] == '    payments.aws_iam_role["z"]: what it may do widens'


def test_a_certain_widening_stands_before_those_that_cannot_be_told() -> None:
    unknown = [row(f"a{index}", undecided=True, agent=f"a{index:03}") for index in range(100)]
    text = shown(plan(access=[*unknown, row("z", gains=[GAIN], agent="z")]))
    assert text[1] == "  z may orders.read: widens"
    assert "  … and 51 more: writ plan -full or -json tells all" in text


def test_each_system_as_a_whole() -> None:
    rows = [
        row("a", gains=[GAIN]),
        row("b", loses=[LOSS], system="vault"),
        row("c", undecided=True, system="vault"),
        row("d", gains=[GAIN], system="db", mover=Mover.OUTSIDE),
    ]
    assert shown(plan(access=rows))[-1] == "By system: payments wider, vault unknown."
    many = shown(plan(access=[row("a", gains=[GAIN], system=f"s{index}") for index in range(100)]))[-1]
    assert many.endswith("s26 wider, and 80 more.")


def test_witnesses_are_cut() -> None:
    made = plan(access=[row(gains=[Witness(f"read kv/{index}") for index in range(MOST_WITNESSES + 2)])])
    assert "      + … and 2 more" in shown(made)
    assert "      + … and 2 more" not in shown(made, full=True)


def test_every_verdict_and_aspect_has_words() -> None:
    assert ASPECTS.keys() == set(Aspect)
    for mover in Mover:
        for verdict in Verdict:
            assert shown(plan([created("x")], [verdict_row(verdict, mover)]))[0].startswith(("Access ", "1 principal"))


def test_a_quote_in_a_key_is_escaped_as_in_hcl() -> None:
    text = shown(plan([created('table:public."Gr\u00f6\u00dfe"')]))
    assert any('resource "aws_iam_role" "table:public.\\"Gr\u00f6\u00dfe\\""' in line for line in text)
