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
        {"conditions": {"ForAnyValue:StringLike": {"aws:TagKeys": ["a", "b"]}}},
        {"actions": ["iam:PassRole"], "resources": ["arn:aws:iam::123456789012:role/app/*"]},
        {"actions": ["iam:PassRole"], "resources": ["arn:aws:iam::123456789012:role/${aws:PrincipalTag/team}"]},
        {"actions": ["sts:AssumeRole"], "resources": ["arn:aws:iam::*:role/reader"]},
        {"actions": ["iam:ListRoles", "sts:GetCallerIdentity", "iam:UpdateAccountPasswordPolicy"], "resources": ["*"]},
        {"actions": ["iam:Get*"], "resources": ["arn:aws:iam::123456789012:*"]},
        {
            "actions": ["iam:PassRole", "s3:Get*"],
            "resources": ["arn:aws:s3:::orders/*", "arn:aws:iam::123456789012:role/x"],
        },
        {"actions": ["iam:PassRole", "s3:GetObject"], "resources": ["arn:aws:s3:::*", "arn:aws:iam::*:role/x"]},
        {"actions": ["sqs:*"], "resources": ["arn:aws:sqs:eu-central-1:123456789012:*"]},
        {"resources": ["arn:aws-iso-b:s3:::orders/*", "arn:aws-eusc:s3:::orders/*"]},
        {"conditions": {"StringEquals": {"oidc.example.com/a_b:sub": "x", "oidc.example.com:8443/~u%20:aud": "x"}}},
        {"conditions": {"StringEquals": {"aws:PrincipalTag/Abteilung Ä": "x", "aws:RequestTag/cost center": "x"}}},
        {"conditions": {"StringNotEquals": {"aws:ResourceTag/Env": "production"}}},
        {"conditions": {"StringEquals": {"aws:a": ["${aws:username}", "$5", "maybe"]}, "Bool": {"aws:b": "false"}}},
        {"conditions": {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "10.0.0.1", "2001:db8::/32", "10.1.2.3/24"]}}},
        {"conditions": {"NumericLessThan": {"s3:max-keys": ["10", "-1", "1.5"]}}},
        {"conditions": {"DateLessThan": {"aws:CurrentTime": ["2030-01-01", "2030-01-01T10:00:00Z", "1900000000"]}}},
        {"conditions": {"DateLessThan": {"aws:CurrentTime": ["2030-01-01T10:00+02:00", "2030-01-01T10:00:00.5Z"]}}},
        {"conditions": {"ArnLike": {"aws:SourceArn": ["arn:aws:s3:::b", "arn:*:sns:*:*:t", "${aws:PrincipalArn}"]}}},
        {"conditions": {"BinaryEquals": {"key:b": "QmluYXJ5"}}},
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
        ({"actions": ["s3:*"], "resources": ["arn:aws:s3:::*"]}, "W432", "too wide"),
        ({"actions": ["s3:Get*"], "resources": ["arn:aws:s3:::*/*"]}, "W432", "too wide"),
        ({"actions": ["sqs:*"], "resources": ["arn:aws:sqs:*:*:*"]}, "W432", "too wide"),
        ({"actions": ["iam:PassRole"], "resources": ["*"]}, "W432", "iam:PassRole on resource * is too wide"),
        ({"actions": ["IAM:passrole"], "resources": ["arn:aws:iam::*:*"]}, "W432", "give itself any access"),
        ({"actions": ["iam:PassRole"], "resources": ["arn:aws:iam::123456789012:role/*"]}, "W432", "role/app/*"),
        ({"actions": ["iam:PassRole"], "resources": ["arn:aws:iam::123456789012:r*"]}, "W432", "too wide"),
        ({"actions": ["sts:AssumeRole"], "resources": ["arn:aws:iam::*:role/?*"]}, "W432", "too wide"),
        ({"actions": ["iam:CreatePolicyVersion"], "resources": ["arn:aws:iam::*:policy/*"]}, "W432", "too wide"),
        ({"actions": ["iam:Put*"], "resources": ["arn:aws:iam::123456789012:*"]}, "W432", "too wide"),
        ({"actions": ["iam:AttachUserPolicy"], "resources": ["*"]}, "W432", "too wide"),
        ({"actions": ["sts:*"], "resources": ["arn:aws:iam::*:role/*"]}, "W432", "too wide"),
        ({"resources": ["orders/*"]}, "W433", "not an ARN"),
        ({"resources": ["arn:aws:s3:::"]}, "W433", "not an ARN"),
        ({"resources": ["arn:aws:*:::x"]}, "W433", "service must be named"),
        ({"resources": ["arn:azure:s3:::x"]}, "W433", "partition"),
        ({"resources": ["arn:aws:iam::12345678901:role/x"]}, "W433", "region or account"),
        ({"resources": ["arn:aws:s3:::x/${aws:username"]}, "W433", "unfinished"),
        ({"resources": ["arn:aws:s3:::x\n"]}, "W433", "printable"),
        ({"resources": [""]}, "W433", "printable"),
        ({"conditions": {"ForAllValues:StringEquals": {"aws:TagKeys": "a"}}}, "W434", "when the key is missing"),
        ({"conditions": {"StringEqualsIfExists": {"aws:TagKeys": "a"}}}, "W434", "passes when the key is missing"),
        ({"conditions": {"StringEquals": {"aws:CalledVia": "x"}}}, "W434", "may have several values"),
        ({"conditions": {"ForAnyValue:BoolIfExists": {"aws:TagKeys": "true"}}}, "W434", "IfExists changes nothing"),
        (
            {"conditions": {"ForAnyValue:StringNotLikeIfExists": {"aws:TagKeys": "a"}}},
            "W434",
            "IfExists changes nothing",
        ),
        ({"conditions": {"BoolIfExists": {"aws:SecureTransport": "true"}}}, "W434", "passes when the key is missing"),
        ({"conditions": {"ForAnyValue:StringNotLike": {"aws:TagKeys": "a"}}}, "W434", "one value differs"),
        ({"conditions": {"ForAnyValue:NotIpAddress": {"aws:SourceIp": "::1"}}}, "W434", "one value differs"),
        ({"conditions": {"Bool": {"aws:a": "maybe"}}}, "W434", "use true or false"),
        ({"conditions": {"Bool": {"aws:a": "yes"}}}, "W434", "use true or false"),
        ({"conditions": {"Null": {"aws:a": ["true", "yes"]}}}, "W434", "use true or false"),
        ({"conditions": {"Bool": {"aws:a": "${aws:b}"}}}, "W434", "use true or false"),
        ({"conditions": {"IpAddress": {"aws:SourceIp": "nonsense"}}}, "W434", "10.0.0.0/8"),
        ({"conditions": {"NotIpAddress": {"aws:SourceIp": "10.0.0.0/99"}}}, "W434", "10.0.0.0/8"),
        ({"conditions": {"IpAddress": {"aws:SourceIp": "10.0.0.0/255.0.0.0"}}}, "W434", "10.0.0.0/8"),
        ({"conditions": {"NumericLessThan": {"s3:max-keys": "abc"}}}, "W434", "a number"),
        ({"conditions": {"NumericLessThan": {"s3:max-keys": "\uff11"}}}, "W434", "a number"),
        ({"conditions": {"DateLessThan": {"aws:CurrentTime": "tomorrow"}}}, "W434", "2030-01-01T00:00:00Z"),
        ({"conditions": {"DateLessThan": {"aws:CurrentTime": "2030-13-01"}}}, "W434", "2030-01-01T00:00:00Z"),
        ({"conditions": {"DateLessThan": {"aws:CurrentTime": "2030-01-01T10:00:00"}}}, "W434", "2030-01-01T00:00:00Z"),
        ({"conditions": {"ArnEquals": {"aws:SourceArn": "notanarn"}}}, "W434", "arn:aws:s3:::bucket"),
        ({"conditions": {"ForAnyValue:ArnNotLike": {"aws:SourceArn": "arn:aws:s3:::b"}}}, "W434", "one value differs"),
        ({"conditions": {"BinaryEquals": {"key:b": "?"}}}, "W434", "base64"),
        ({"conditions": {"StringLike": {"aws:a": "x${aws:username"}}}, "W434", "unfinished policy variable"),
        ({"conditions": {"StringEquals": {"aws:": "x"}}}, "W434", "not a condition key"),
        ({"conditions": {"StringEquals": {"aws:Söurce": "x"}}}, "W434", "not a condition key"),
        ({"conditions": {"StringEquals": {"aws:PrincipalTag/a\n": "x"}}}, "W434", "not a condition key"),
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


@pytest.mark.parametrize("pattern", ["secret/*", "arn:aws:s3", "arn:aws:s3::secret", "s3:*"])
def test_a_never_that_could_forbid_nothing_is_refused(pattern: str) -> None:
    with pytest.raises(ValidationError, match="matches no ARN"):
        AwsNever.model_validate({"actions": ["s3:*"], "resources": [pattern]})


@pytest.mark.parametrize("pattern", ["*", "*secret/*", "arn:*", "arn:aws:s3:::secret/*", "a*t", "arn:aws:s3:::?"])
def test_a_never_that_some_arn_matches_is_accepted(pattern: str) -> None:
    AwsNever.model_validate({"actions": ["s3:*"], "resources": [pattern]})


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"NotAction": ["x"]}, ("NotAction", "[key]")),
        ({"actions": ["s3:GetObject", "s3:*"], "resources": ["*"]}, ("actions", 1)),
        ({"conditions": {"Bool": {"aws:a": ["true", "yes"]}}}, ("conditions", "Bool", "aws:a", 1)),
        ({"conditions": {"BoolIfExists": {"aws:a": "true"}}}, ("conditions", "BoolIfExists", "[key]")),
    ],
)
def test_what_is_refused_is_located(changes: dict[str, Any], place: tuple[int | str, ...]) -> None:
    with pytest.raises(ValidationError) as caught:
        parse(**changes)
    assert caught.value.errors()[0]["loc"] == ("statements", 0, *place)


def test_schemas_are_made() -> None:
    schema = AwsAccess.model_json_schema()
    values = schema["$defs"]["Statement"]["properties"]["conditions"]
    assert "anyOf" in str(values)
