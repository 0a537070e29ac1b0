"""Access and never blocks: what is refused, and which requests both describe."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from providers.aws.access import AwsAccess, AwsNever, overlap

GOOD = {"actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::orders/*"]}


def parse(**changes: Any) -> AwsAccess:
    return AwsAccess.model_validate({"statements": [{**GOOD, **changes}]})


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"actions": ["s3:Get*", "S3:List?ucket"]},
        {"actions": ["ec2:DescribeInstances"], "resources": ["*"]},
        {"resources": ["arn:aws:s3:::home/${aws:username}/*", "arn:aws:s3:::a/${*}"]},
        {"resources": ["arn:aws:dynamodb:*:123456789012:table/orders"]},
        {"resources": ["arn:aws:iam::${aws:PrincipalAccount}:role/x"]},
        {"resources": ["arn:aws:lambda:eu-west-1:123456789012:function:f:1"]},
        {"resources": ["arn:aws:iam::aws:policy/x"]},
        {"conditions": {"StringEquals": {"aws:SourceVpce": "vpce-1"}}},
        {"conditions": {"ForAnyValue:StringLikeIfExists": {"aws:TagKeys": ["a", "b"]}}},
        {"conditions": {"Null": {"aws:PrincipalTag/Team": "false"}}},
        {"sid": "Read1"},
    ],
)
def test_accepted(changes: dict[str, Any]) -> None:
    parse(**changes)


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"actions": ["*"]}, "W432", "too wide"),
        ({"actions": ["*:*"]}, "W432", "too wide"),
        ({"actions": ["s?:Get"]}, "W432", "service must be named"),
        ({"actions": ["GetObject"]}, "W432", "not an action"),
        ({"actions": ["s3:Get Object"]}, "W432", "not an action"),
        ({"actions": ["s3:GetObject\n"]}, "W432", "not an action"),
        ({"actions": ["\u017f3:GetObject"]}, "W432", "not an action"),
        ({"actions": []}, "W435", "must not be empty"),
        ({"resources": []}, "W435", "must not be empty"),
        ({"actions": ["s3:*"], "resources": ["*"]}, "W432", "s3:* on resource * is too wide"),
        ({"actions": ["s3:*"], "resources": ["**"]}, "W432", "too wide"),
        ({"resources": ["orders/*"]}, "W433", "not an ARN"),
        ({"resources": ["arn:aws:s3:::"]}, "W433", "not an ARN"),
        ({"resources": ["arn:aws:*:::x"]}, "W433", "service must be named"),
        ({"resources": ["arn:azure:s3:::x"]}, "W433", "partition"),
        ({"resources": ["arn:aws:iam::12345678901:role/x"]}, "W433", "region or account"),
        ({"resources": ["arn:aws:s3:::x/${aws:username"]}, "W433", "unfinished"),
        ({"resources": ["arn:aws:s3:::x\n"]}, "W433", "printable"),
        ({"resources": [""]}, "W433", "printable"),
        ({"conditions": {"ForAllValues:StringEquals": {"aws:TagKeys": "a"}}}, "W434", "when the key is missing"),
        ({"conditions": {"StringEqual": {"aws:TagKeys": "a"}}}, "W434", "did you mean StringEquals?"),
        ({"conditions": {"stringequals": {"aws:TagKeys": "a"}}}, "W434", "did you mean StringEquals?"),
        ({"conditions": {"ForAny:StringEquals": {"aws:TagKeys": "a"}}}, "W434", "not a condition operator"),
        ({"conditions": {"NullIfExists": {"aws:TagKeys": "true"}}}, "W434", "not a condition operator"),
        ({"conditions": {"StringEquals": {}}}, "W434", "at least one key"),
        ({"conditions": {"StringEquals": {"nokey": "a"}}}, "W434", "not a condition key"),
        ({"conditions": {"StringEquals": {"aws:TagKeys": []}}}, "W434", "never true"),
        ({"conditions": {"StringEquals": {"aws:a": "1", "AWS:A": "2"}}}, "W434", "differ only by case"),
        ({"NotAction": ["iam:*"]}, "W435", "NotAction is not supported"),
        ({"not_resources": ["x"]}, "W435", "not supported"),
        ({"Principal": "*"}, "W435", "Principal is not supported"),
        ({"effect": "Deny"}, "W435", "Guardrail"),
        ({"action": "s3:GetObject"}, "W435", "write actions"),
        ({"sid": "a-b"}, "W435", "sid"),
        ({"colour": "red"}, "extra_forbidden", "Extra"),
    ],
)
def test_refused(changes: dict[str, Any], code: str, words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        parse(**changes)
    (found,) = caught.value.errors()
    assert found["type"] == code
    assert words in found["msg"] + str(found.get("ctx", {}).get("help"))


def test_no_statement_is_refused() -> None:
    with pytest.raises(ValidationError):
        AwsAccess.model_validate({"statements": []})


@pytest.mark.parametrize(
    ("statement", "never", "witness"),
    [
        (GOOD, {"actions": ["S3:GET*"]}, "s3:GetObject on arn:aws:s3:::orders/"),
        (
            GOOD,
            {"actions": ["*"], "resources": ["arn:aws:s3:::orders/secret/*"]},
            "s3:GetObject on arn:aws:s3:::orders/secret/",
        ),
        (GOOD, {"actions": ["s3:PutObject"]}, None),
        (GOOD, {"actions": ["s3:*"], "resources": ["arn:aws:s3:::Orders/*"]}, None),
        (
            {"actions": ["iam:Pass*"], "resources": ["arn:aws:iam::123456789012:role/x"]},
            {"actions": ["iam:PassRole"]},
            "iam:PassRole on arn:aws:iam::123456789012:role/x",
        ),
        (
            {"actions": ["iam:ListRoles"], "resources": ["*"]},
            {"actions": ["iam:*"], "resources": ["*"]},
            "iam:ListRoles on *",
        ),
        (
            {
                "actions": ["iam:PassRole"],
                "resources": ["arn:aws:iam::*:role/x"],
                "conditions": {"Bool": {"aws:a": "true"}},
            },
            {"actions": ["iam:*"], "resources": ["arn:aws:iam::123456789012:role/*"]},
            "iam:PassRole on arn:aws:iam::123456789012:role/x",
        ),
    ],
)
def test_overlap(statement: dict[str, Any], never: dict[str, Any], witness: str | None) -> None:
    found = overlap(AwsAccess.model_validate({"statements": [statement]}), AwsNever.model_validate(never))
    assert found == witness


def test_never_pattern_is_checked() -> None:
    with pytest.raises(ValidationError, match="action pattern"):
        AwsNever.model_validate({"actions": ["nonsense"]})


def test_schemas_are_made() -> None:
    schema = AwsAccess.model_json_schema()
    values = schema["$defs"]["Statement"]["properties"]["conditions"]
    assert "anyOf" in str(values)
