"""Trust policies and policies in the words of the specs: what can be said exactly, and what is told of instead."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from providers.aws.adopting import AwsNames
from providers.aws.document import normalise
from providers.aws.importing.access import access_of
from providers.aws.importing.tagged import in_the_way
from providers.aws.importing.trust import trusted
from reconciler.model import Lacking, Vouched

KEY = "oidc.example.com/k8s"
ARN = f"arn:aws:iam::123456789012:oidc-provider/{KEY}"
WHO = {f"{KEY}:sub": "system:serviceaccount:a:b", f"{KEY}:aud": "sts.amazonaws.com"}


def trust(condition: Any = None, principal: Any = None, action: str = "sts:AssumeRoleWithWebIdentity") -> str:
    statement = {"Effect": "Allow", "Principal": principal or {"Federated": ARN}, "Action": action}
    return normalise(
        json.dumps({"Version": "2012-10-17", "Statement": statement | ({"Condition": condition} if condition else {})})
    )


def test_one_exact_workload() -> None:
    found = trusted(trust({"StringEquals": WHO}))
    assert found == Vouched(f"https://{KEY}", "system:serviceaccount:a:b", "sts.amazonaws.com", place=KEY)


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (trust(), "any subject"),
        (trust({"StringEquals": {f"{KEY}:aud": "x"}}), "any subject"),
        (trust({"StringEquals": {f"{KEY}:sub": "x"}}), "one exact aud: it names none"),
        (trust({"StringLike": WHO}), "one exact sub: it compares it with StringLike"),
        (trust({"StringEquals": WHO | {f"{KEY}:sub": ["a", "b"]}}), "2 values of sub"),
        (trust({"StringEquals": WHO, "IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}), "more conditions: aws:sourceip"),
        (trust({"StringEquals": WHO | {"aws:RequestedRegion": "x"}}), "more conditions: aws:requestedregion"),
        (trust({"StringEquals": WHO}, action="sts:*"), "more than sts:AssumeRoleWithWebIdentity"),
        (trust(principal={"AWS": "arn:aws:iam::123456789012:root"}), "it trusts AWS arn:aws:iam::123456789012:root"),
        (trust(principal="*"), "it trusts anybody"),
        (trust(principal={"Service": "ec2.amazonaws.com"}), "it trusts Service ec2.amazonaws.com"),
        ("{", "isn't understood"),
        (json.dumps({"Statement": [{}, {}]}), "has 2 statements"),
    ],
)
def test_any_other_trust_is_told_of(document: str, why: str) -> None:
    found = trusted(document)
    assert isinstance(found, Lacking)
    assert why in found.why


def said(*statements: dict[str, Any]) -> Any:
    document = normalise(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}))
    return access_of([("p", document)])


ALLOW = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::orders-archive/*"}


def test_an_allow_is_a_statement() -> None:
    found = said(ALLOW | {"Sid": "a1", "Condition": {"StringEquals": {"aws:SourceVpce": "vpce-1"}}})
    (statement,) = found.block["statements"]
    assert statement == {
        "actions": ["s3:GetObject"],
        "resources": ["arn:aws:s3:::orders-archive/*"],
        "conditions": {"StringEquals": {"aws:sourcevpce": "vpce-1"}},
        "sid": "a1",
    }
    assert (found.lacking, found.topic) == ((), "orders-archive.read")


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        (ALLOW | {"Effect": "Deny"}, "denies"),
        ({"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}, "NotAction"),
        ({"Effect": "Allow", "Action": "s3:GetObject", "NotResource": "x"}, "NotResource"),
        (ALLOW | {"Action": "*", "Resource": "*"}, "too wide"),
        (ALLOW | {"Condition": {"StringEqualsIfExists": {"aws:SourceVpce": "x"}}}, "passes when the key is missing"),
    ],
)
def test_what_no_intent_can_say_is_told_beside_what_it_can(statement: dict[str, Any], why: str) -> None:
    found = said(ALLOW, statement)
    assert len(found.block["statements"]) == 1
    assert why in found.lacking[0].why, found.lacking


def test_a_policy_that_cannot_be_read_is_told_of() -> None:
    found = access_of([("p", None)])
    assert (found.block, "can't be read" in found.lacking[0].why) == (None, True)


@pytest.mark.parametrize("key", ["managed-by", "Managed-By", "writ:agent", "Writ:Owner"])
def test_a_tag_that_ours_would_replace_is_told_of(key: str) -> None:
    """IAM takes no two keys that differ in case alone."""
    (found,) = in_the_way({"team": "orders", key: "terraform"})
    assert f"its tag {key} is terraform" in found.why
    with pytest.raises(ValidationError, match="Writ's own"):
        AwsNames(role="r", policy="p", tags={key: "x"})
