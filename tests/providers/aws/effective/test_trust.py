"""Who may assume a role, before and after."""

from __future__ import annotations

from typing import Any

import pytest

from providers.aws.effective.compare import compare_trust
from providers.aws.effective.document import Policy
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
    return Policy.of({"Version": "2012-10-17", "Statement": found}, trust=True)


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
    old, new = (Policy.of({"Statement": list(one)}, trust=True) for one in ((allow,), (allow, denial)))
    found = compare_trust(old, new)
    assert (found.verdict, found.loses[0].request) == ("narrows", f"sts:AssumeRole by {ROLE}")


def test_all_but_some_is_not_modelled() -> None:
    but = {"Effect": "Deny", "NotPrincipal": {"AWS": [ROLE]}, "Action": "*"}
    allow = {"Effect": "Allow", "Principal": {"AWS": [ROLE, USER]}, "Action": "sts:AssumeRole"}
    plain, barred = (Policy.of({"Statement": list(one)}, trust=True) for one in ((allow,), (allow, but)))
    assert compare_trust(barred, plain).verdict == "may-widen"
    assert compare_trust(plain, barred).verdict == "narrows"
    assert compare_trust(barred, barred).verdict == "equal"


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
