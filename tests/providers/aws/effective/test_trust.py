"""Who may assume a role, before and after."""

from __future__ import annotations

from typing import Any

import pytest

from providers.aws.effective.compare import compare_trust
from providers.aws.effective.document import Kind, Policy
from providers.aws.effective.evaluator import Request, trusted

ISSUER = "arn:aws:iam::123456789012:oidc-provider/id.example.com"
SUB, AUD = "id.example.com:sub", "id.example.com:aud"
ROLE, USER = "arn:aws:iam::123456789012:role/team/app", "arn:aws:iam::123456789012:user/ann"
ROOT = "arn:aws:iam::123456789012:root"


def trust(
    principal: Any, condition: dict[str, Any] | None = None, action: Any = "sts:AssumeRole", **more: Any
) -> Policy:
    found = {"Effect": "Allow", "Principal": principal, "Action": action} | more
    if condition:
        found["Condition"] = condition
    return Policy.of({"Version": "2012-10-17", "Statement": found}, Kind.TRUST)


def web(**condition: Any) -> Policy:
    return trust({"Federated": ISSUER}, condition, "sts:AssumeRoleWithWebIdentity")


EXACT = web(StringEquals={AUD: "aws", SUB: "agent-1"})
TWO = web(StringEquals={AUD: "aws", SUB: ["agent-1", "agent-2"]})
WIDE = web(StringEquals={AUD: "aws"}, StringLike={SUB: "agent-*"})


@pytest.mark.parametrize(
    ("old", "new", "verdict", "shows", "note"),
    [
        (None, EXACT, "widens", f"sts:AssumeRoleWithWebIdentity by {ISSUER}", "sub is agent-1"),
        (EXACT, None, "narrows", "sts:AssumeRoleWithWebIdentity", ""),
        (EXACT, EXACT, "equal", "", ""),
        (EXACT, TWO, "widens", "WebIdentity", "sub is agent-2"),
        (EXACT, WIDE, "widens", "WebIdentity", "sub is agent-"),
        (EXACT, web(StringEquals={AUD: "aws"}), "widens", "WebIdentity", "aud is aws and id.example.com:sub is y"),
        (EXACT, web(StringEqualsIfExists={AUD: "aws", SUB: "agent-1"}), "widens", "", "absent"),
        (EXACT, web(StringEquals={AUD: "aws", SUB: "Agent-1"}), "incomparable", "", "Agent-1"),
        (EXACT, trust({"Federated": ISSUER}, None, "sts:*"), "widens", "sts:", ""),
        (EXACT, trust({"Federated": ISSUER}, None, "STS:assumerolewithwebidentity"), "widens", "", "sub is y"),
        (trust({"AWS": ROLE}), trust({"AWS": [ROLE, USER]}), "widens", f"sts:AssumeRole by {USER}", ""),
        (trust({"AWS": [USER, ROLE]}), trust({"AWS": [ROLE, USER]}), "equal", "", ""),
        (trust({"AWS": ROOT}), trust({"AWS": "123456789012"}), "equal", "", ""),
        (trust({"AWS": ROLE}), trust({"AWS": "arn:aws:sts::123456789012:assumed-role/app/s"}), "narrows", "", ""),
        (trust({"AWS": ROLE}), trust({"AWS": ROOT}), "incomparable", "sts:AssumeRole by arn:aws:", ""),
        # A role that is named needs no permission of its own, if it is of the same account.
        (trust({"AWS": ROOT}), trust({"AWS": ROLE}), "may-widen", ROLE, "no permission of its own"),
        (None, trust({"AWS": ROOT}), "widens", "123456789012", ""),
        (trust({"AWS": ROOT}), trust({"AWS": "*"}), "widens", "by arn:aws:iam::", ""),
        (trust("*"), trust({"AWS": "*"}), "equal", "", ""),
        # Whether * reaches beyond AWS principals isn't said: neither covered for certain, nor allowed.
        (trust("*", action="sts:*"), EXACT, "may-widen", ISSUER, "means every kind"),
        (
            trust({"Service": "ec2.amazonaws.com"}),
            trust({"Service": "lambda.amazonaws.com"}),
            "incomparable",
            "lambda",
            "",
        ),
        (
            trust({"AWS": ROLE}),
            trust({"AWS": ROLE}, {"StringEquals": {"sts:ExternalId": "x"}}),
            "narrows",
            "",
            "absent",
        ),
    ],
)
def test_trust(old: Policy | None, new: Policy | None, verdict: str, shows: str, note: str) -> None:
    found = compare_trust(old, new)
    assert found.verdict == verdict, found
    witnesses = [*found.gains, *found.loses]
    if witnesses:
        assert shows in witnesses[0].request
        assert note in witnesses[0].note
    back = compare_trust(new, old)
    assert (back.gains, back.loses) == (found.loses, found.gains)


def test_a_denial_of_an_account_covers_all_in_it() -> None:
    allow = {
        "Effect": "Allow",
        "Principal": {"AWS": [ROLE, "arn:aws:iam::999999999999:role/x"]},
        "Action": "sts:AssumeRole",
    }
    denial = {"Effect": "Deny", "Principal": {"AWS": ROOT}, "Action": "*"}
    old, new = (Policy.of({"Statement": list(one)}, Kind.TRUST) for one in ((allow,), (allow, denial)))
    found = compare_trust(old, new)
    assert (found.verdict, found.loses[0].request) == ("narrows", f"sts:AssumeRole by {ROLE}")


BOB, ANN = "arn:aws:iam::444455556666:user/Bob", "arn:aws:iam::444455556666:user/Ann"
THEIRS, OUT = "arn:aws:iam::444455556666:root", "arn:aws:iam::999999999999:role/x"
APP, SESSION = "arn:aws:iam::444455556666:role/a/app", "arn:aws:sts::444455556666:assumed-role/app/one"
OTHER = "arn:aws:sts::444455556666:assumed-role/app/two"


def but(*names: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "NotPrincipal": {"AWS": list(names)}, "Action": "sts:AssumeRole", **more}


def let(*names: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": {"AWS": list(names)}, "Action": "sts:AssumeRole"}


ALL_BUT_BOB = but(BOB, THEIRS, Effect="Allow")


@pytest.mark.parametrize(
    ("old", "new", "verdict", "who"),
    [
        # A Deny, the common form: what goes is what it kept out.
        ([let("*"), but(BOB, THEIRS)], [let("*")], "widens", OUT),
        ([let(BOB, ANN), but(BOB, THEIRS)], [let(BOB, ANN)], "widens", ANN),
        ([let(BOB), but(BOB, THEIRS)], [let(BOB)], "equal", ""),
        ([let(OUT), but(BOB, THEIRS)], [let(OUT), but(BOB, THEIRS, OUT, "999999999999")], "widens", OUT),
        ([let(APP), but(APP, THEIRS)], [let(APP)], "may-widen", "arn:aws:sts::444455556666:assumed-role/app/"),
        ([let(SESSION), but(SESSION, APP, THEIRS)], [let(SESSION)], "equal", ""),
        ([let(OTHER), but(SESSION, APP, THEIRS)], [let(OTHER)], "widens", OTHER),
        ([let(SESSION), but(SESSION, THEIRS)], [let(SESSION)], "may-widen", SESSION),
        ([let("*"), but(BOB, THEIRS)], [let(BOB)], "narrows", "444455556666:root"),
        ([let("*"), but(BOB, THEIRS)], [let(BOB, ANN)], "incomparable", ANN),
        ([let(BOB), but("*")], [let(BOB)], "equal", ""),
        # Without his account he may be hit, and so may all of an account that is named alone.
        ([let(BOB), but(BOB)], [let(BOB)], "may-widen", BOB),
        ([let(BOB)], [let(BOB), but(BOB)], "narrows", BOB),
        ([let(ANN), but(THEIRS)], [let(ANN)], "may-widen", ANN),
        ([let(OUT), but(THEIRS)], [let(OUT)], "widens", OUT),
        ([let(BOB), but(BOB)], [let(BOB), but(BOB)], "equal", ""),
        # What is named of others changes nothing for him.
        ([let(BOB), but(BOB)], [let(BOB), but(BOB, OUT)], "equal", ""),
        ([let("*"), but(APP, THEIRS)], [let("*"), but(APP, "444455556666")], "equal", ""),
        # An Allow lets everybody else in.
        ([], [ALL_BUT_BOB], "widens", OUT),
        ([let("*")], [ALL_BUT_BOB, let("*")], "may-widen", ".amazonaws.com"),
        ([let(ANN)], [let(ANN), but(BOB, THEIRS, Effect="Allow")], "widens", OUT),
        ([ALL_BUT_BOB], [ALL_BUT_BOB, let(BOB)], "widens", BOB),
        ([ALL_BUT_BOB], [ALL_BUT_BOB, let(ANN)], "equal", ""),
        ([ALL_BUT_BOB], [but(BOB, ANN, THEIRS, Effect="Allow")], "narrows", ANN),
        ([ALL_BUT_BOB, but(BOB, THEIRS)], [], "equal", ""),
    ],
)
def test_all_but_some(old: list[dict[str, Any]], new: list[dict[str, Any]], verdict: str, who: str) -> None:
    before, after = (Policy.of({"Statement": one}, Kind.TRUST) for one in (old, new))
    found, back = compare_trust(before, after), compare_trust(after, before)
    assert found.verdict == verdict, found
    assert (back.gains, back.loses) == (found.loses, found.gains)
    assert [who in one.request for one in (*found.gains, *found.loses)][:1] == [True][: bool(who)], found


def test_all_but_some_says_whom_it_is_an_example_of() -> None:
    """And what it hangs on, where it names somebody in part."""
    (found,) = compare_trust(None, Policy.of({"Statement": [ALL_BUT_BOB]}, Kind.TRUST)).gains
    assert found.note == "any principal of any account, but whom NotPrincipal names"
    old, new = (Policy.of({"Statement": one}, Kind.TRUST) for one in ([let(BOB), but(BOB)], [let(BOB)]))
    (found,) = compare_trust(old, new).gains
    assert found.note == f"if the condition NotPrincipal {BOB}, for whom it names in part, holds"


@pytest.mark.parametrize(
    ("named", "who", "expected"),
    [
        ({"AWS": ROLE}, f"AWS:{ROLE}", True),
        ({"AWS": ROLE}, "AWS:arn:aws:sts::123456789012:assumed-role/app/session", True),
        ({"AWS": ROLE}, "AWS:arn:aws:sts::123456789012:assumed-role/app2/session", False),
        ({"AWS": ROOT}, f"AWS:{USER}", True),
        ({"AWS": ROOT}, "AWS:arn:aws:iam::999999999999:user/ann", False),
        ("*", f"AWS:{USER}", True),
        ({"Service": "ec2.amazonaws.com"}, "Service:ec2.amazonaws.com", True),
        ({"Service": "ec2.amazonaws.com"}, "AWS:ec2.amazonaws.com", False),
    ],
)
def test_the_evaluator_knows_principals(named: Any, who: str, expected: bool) -> None:
    assert trusted(trust(named), Request("sts:AssumeRole", "*", principal=who)) is expected
