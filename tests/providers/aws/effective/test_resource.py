"""Policies of buckets, queues, topics and keys: who may do what, before and after."""

from __future__ import annotations

from typing import Any

import pytest

from providers.aws.effective.compare import compare_resource
from providers.aws.effective.document import Kind, Policy

BUCKET, OBJECTS = "arn:aws:s3:::orders", "arn:aws:s3:::orders/*"
ROLE, ROOT = "arn:aws:iam::123456789012:role/team/app", "arn:aws:iam::123456789012:root"
OUT = "arn:aws:iam::999999999999:role/x"
QUEUE = "arn:aws:sqs:eu-west-1:123456789012:orders"
ORG = {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}
TLS = {"Bool": {"aws:SecureTransport": "false"}}
CLOUDFRONT = {"Service": "cloudfront.amazonaws.com"}


def row(who: Any = "*", action: Any = "s3:GetObject", resource: Any = OBJECTS, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": who, "Action": action, "Resource": resource, **more}


def key(who: Any, action: Any, **more: Any) -> dict[str, Any]:
    return row(who, action, "*", **more)


def of(rows: list[dict[str, Any]]) -> Policy:
    return Policy.of({"Version": "2012-10-17", "Statement": rows}, Kind.RESOURCE)


IS_ROLE = {"ArnEquals": {"aws:PrincipalArn": ROLE}}
MINE = row({"AWS": ROLE})
QUEUED = row({"Service": "sns.amazonaws.com"}, "sqs:SendMessage", QUEUE)
FROM = {"ArnEquals": {"aws:SourceArn": "arn:aws:sns:eu-west-1:123456789012:orders"}}


@pytest.mark.parametrize(
    ("old", "new", "verdict", "request_", "note"),
    [
        ([], [MINE], "widens", f"s3:GetObject on arn:aws:s3:::orders/x by {ROLE}", ""),
        ([MINE], [row({"AWS": [ROLE]}, "S3:getobject")], "equal", "", ""),
        ([MINE], [row()], "widens", f"s3:GetObject on arn:aws:s3:::orders/x by {OUT}", "anybody, even without cred"),
        ([MINE], [row({"AWS": ROOT})], "incomparable", "by arn:aws:iam::123456789012:", "of the account 123456789012"),
        ([MINE], [row({"AWS": ROLE}, "s3:PutObject")], "incomparable", "s3:PutObject on arn:aws:s3:::orders/x by", ""),
        ([MINE], [row({"AWS": ROLE}, resource="arn:aws:s3:::orders/a*")], "narrows", "arn:aws:s3:::orders/", ""),
        ([row(Condition=ORG)], [row()], "widens", f"on arn:aws:s3:::orders/x by {OUT}", "PrincipalOrgID is absent"),
        ([row(), row(Effect="Deny", Action="s3:*", Condition=TLS)], [row()], "widens", "", "SecureTransport is false"),
        (
            [row(), row(Effect="Deny", Action="s3:*", Resource=BUCKET)],
            [row(), row(Effect="Deny", Action="s3:*", Resource=[BUCKET, OBJECTS])],
            "narrows",
            f"by {OUT}",
            "",
        ),
        ([MINE], [MINE, row(CLOUDFRONT)], "widens", "by cloudfront.amazonaws.com", ""),
        ([MINE], [MINE, row({"CanonicalUser": "79a59d"})], "widens", "by 79a59d", ""),
        ([QUEUED], [{**QUEUED, "Condition": FROM}], "narrows", f"sqs:SendMessage on {QUEUE} by sns", "absent"),
        ([QUEUED], [row("*", "sqs:SendMessage", QUEUE)], "incomparable", f"sqs:SendMessage on {QUEUE} by {OUT}", ""),
        ([key({"AWS": ROOT}, "kms:*")], [key({"AWS": ROOT}, "kms:*")] * 2, "equal", "", ""),
        (
            [key({"AWS": ROOT}, "kms:*")],
            [key({"AWS": ROOT}, "kms:*"), key({"AWS": OUT}, "kms:Decrypt")],
            "widens",
            f"kms:Decrypt on arn:aws:kms:us-east-1:123456789012:key/x by {OUT}",
            "",
        ),
        (
            [key({"AWS": ROOT}, "kms:*")],
            [key({"AWS": "arn:aws:iam::111122223333:root"}, "kms:*"), key({"AWS": ROOT}, "kms:*")],
            "widens",
            "by arn:aws:iam::111122223333:",
            "any principal of the account 111122223333",
        ),
        # A repository of ECR's names no resource: the policy is about its own.
        (
            [{"Effect": "Allow", "Principal": {"AWS": ROLE}, "Action": "ecr:BatchGetImage"}],
            [{"Effect": "Allow", "Principal": "*", "Action": "ecr:BatchGetImage"}],
            "widens",
            f"ecr:BatchGetImage on arn:aws:ecr:us-east-1:123456789012:repository/x by {OUT}",
            "",
        ),
        (
            [row(), row("*", "s3:*", [BUCKET, OBJECTS], Effect="Deny", NotPrincipal={"AWS": [ROLE, ROOT]})],
            [row()],
            "widens",
            f"by {OUT}",
            "but whom NotPrincipal names",
        ),
        ([MINE], [row(NotPrincipal={"AWS": [ROLE, ROOT]})], "incomparable", f"by {OUT}", "even without credentials"),
        # Who it is can be said by a key as well. Whether such a request can be is told, and a sure one comes first.
        ([MINE], [row(Condition=IS_ROLE)], "may-widen", "", "only if such a principal can have these keys"),
        ([row(Condition=IS_ROLE)], [MINE], "may-widen", "", "only if such a principal can have these keys"),
        (
            [MINE],
            [row(Condition={"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/team/*"}})],
            "incomparable",
            "by arn:aws:iam::123456789012:role/team/",
            "",
        ),
        (
            [MINE],
            [MINE, row(Condition={"StringEquals": {"aws:PrincipalAccount": "111122223333"}})],
            "widens",
            "by arn:aws:iam::111122223333:role/x",
            "PrincipalAccount is 111122223333",
        ),
        (
            [row(resource="arn:aws:s3:::home/${aws:username}/*")],
            [row(resource="arn:aws:s3:::home/*")],
            "widens",
            "s3:GetObject on arn:aws:s3:::home/",
            "",
        ),
    ],
)
def test_resource_policies(
    old: list[dict[str, Any]], new: list[dict[str, Any]], verdict: str, request_: str, note: str
) -> None:
    for one in (*old, *new):
        one.pop("Principal" if "NotPrincipal" in one else "", None)
    found, back = compare_resource(of(old), of(new)), compare_resource(of(new), of(old))
    assert found.verdict == verdict, found
    assert (back.gains, back.loses) == (found.loses, found.gains)
    witnesses = [*found.gains, *found.loses]
    assert bool(witnesses) is (verdict != "equal")
    if witnesses:
        assert request_ in witnesses[0].request
        assert note in witnesses[0].note
        assert "format" not in witnesses[0].note
