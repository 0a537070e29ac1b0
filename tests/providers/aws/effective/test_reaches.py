"""Whether a principal can get into a box of requests that is to stay shut."""

from __future__ import annotations

import pytest

from providers.aws.effective.compare import reaches
from providers.aws.effective.evaluator import Principal
from tests.providers.aws.effective.helpers import deny, policy, principal, statement, when

PAY = ["arn:aws:s3:::pay*"]


@pytest.mark.parametrize(
    ("one", "shows", "certain"),
    [
        (principal(statement("s3:*", "*")), "s3:DeleteBucket on arn:aws:s3:::pay", True),
        (principal(statement("s3:*", "orders/*")), None, True),
        (principal(statement("s3:Get*", "*")), None, True),
        (principal(statement("s3:*", "*"), deny("s3:Delete*", "pay*")), None, True),
        (principal(statement("s3:*", "*"), deny("s3:Delete*", "pay/*")), "s3:DeleteBucket", True),
        (principal(statement(NotAction="s3:Delete*", Resource="*")), None, True),
        (principal(statement("s3:*", NotResource="pay*")), None, True),
        (principal(statement("s3:*", "p*/a")), "on arn:aws:s3:::pay/a", True),
        (principal(statement("s3:*", "${aws:username}/a")), "on arn:aws:s3:::pay/a", False),
        (principal(when("Moon", "k:a", "x", action="s3:*", resource="*")), "s3:Delete", False),
        (principal(when("Bool", "aws:SecureTransport", "true", action="s3:*", resource="*")), "s3:Delete", True),
        (principal(statement("s3:DeleteTea", "*")), "s3:DeleteTea", True),
        (Principal((policy(statement("s3:*", "*")),), (policy(statement("ec2:*", "*")),)), None, True),
    ],
)
def test_reaches(one: Principal, shows: str | None, certain: bool) -> None:
    found = reaches(one, ["s3:Delete*"], PAY)
    if shows is None:
        assert found is None
    else:
        assert found
        assert shows in found.request
        assert found.certain is certain


def test_any_action_anywhere() -> None:
    assert reaches(principal(), ["*"], ["*"]) is None
    found = reaches(principal(statement()), ["*"], ["*"])
    assert found
    assert found.request == "s3:GetObject on arn:aws:s3:::orders/x"
