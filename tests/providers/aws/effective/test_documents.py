"""What is taken for a policy, and what is refused."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest

from providers.aws.effective.document import DocumentError, Kind, Policy, key_name

GOOD = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"Statement": [], "Statement": []}', "'Statement' is repeated"),
        (GOOD.replace('"Action"', '"Effect": "Deny", "Action"'), "'Effect' is repeated"),
        (GOOD.replace('"s3:*"', "NaN"), "NaN is not JSON"),
        (GOOD.replace('"s3:*"', "-Infinity"), "-Infinity is not JSON"),
        ("{", "not JSON"),
        ('{"Statement": ' * 50_000, "not JSON"),
        ("[]", "object expected"),
        ('{"Version": "2012-10-17"}', "Statement is missing"),
        (GOOD.replace("2012-10-17", "2013-01-01"), "Version '2013-01-01'"),
        (GOOD.replace("Allow", "allow"), "Effect must be"),
        (GOOD.replace('"Resource"', '"Resources"'), "'Resources' is not known"),
        (GOOD.replace(', "Resource": "*"', ""), "either Resource or NotResource"),
        (GOOD.replace('"Resource"', '"NotAction": "x:y", "Resource"'), "either Action or NotAction"),
        (GOOD.replace('"s3:*"', '"s3"'), "'s3' is not an action"),
        (GOOD.replace('"s3:*"', "7"), "is not an action"),
        (GOOD.replace('"s3:*"', '"s3:GetObject "'), "'s3:GetObject ' is not an action: it holds a blank"),
        (GOOD.replace('"s3:*"', '" s3:GetObject"'), "' s3:GetObject' is not an action: it holds a blank"),
        (GOOD.replace('"s3:*"', '"s3: *"'), "it holds a blank"),
        (GOOD.replace('"s3:*"', '"s3:Get\\tObject"'), "it holds a blank"),
        (GOOD.replace('"s3:*"', '"*\\n"'), "it holds a blank"),
        (GOOD.replace('"s3:*"', '"s3:Get:Object"'), "is not an action"),
        (GOOD.replace('"s3:*"', "{}"), "text expected"),
        (GOOD.replace('"Resource"', '"Principal": "*", "Resource"'), "Principal doesn't belong"),
        (GOOD.replace('"Resource"', '"Condition": [], "Resource"'), "object expected"),
        (GOOD.replace('"Resource"', '"Condition": {"StringEquals": {"k:a": null}}, "Resource"'), "text expected"),
        (GOOD.replace('"s3:*"', '"s3:\\udbc0\\udc00"'), "private character"),
    ],
)
def test_refused(text: str, words: str) -> None:
    with pytest.raises(DocumentError, match=words.replace("(", r"\(")):
        Policy.parse(text)


def test_a_trust_policy_has_principals_and_no_resources() -> None:
    with pytest.raises(DocumentError, match="Resource doesn't belong"):
        Policy.parse(GOOD, Kind.TRUST)
    with pytest.raises(DocumentError, match="'Robot' is not known"):
        Policy.parse('{"Statement": {"Effect": "Allow", "Action": "sts:*", "Principal": {"Robot": "x"}}}', Kind.TRUST)


def test_one_and_a_list_are_the_same() -> None:
    document = json.loads(GOOD)
    document["Statement"] = [document["Statement"] | {"Action": ["s3:*"], "Resource": ["*"]}]
    assert Policy.of(document) == Policy.parse(GOOD) == Policy.parse(quote(GOOD))


def test_values_of_conditions_are_text() -> None:
    text = GOOD.replace('"Resource"', '"Condition": {"X": {"k:a": [true, 1.50, "b"]}}, "Resource"')
    assert Policy.parse(text).statements[0].conditions[0].values == ("true", "1.50", "b")


def test_keys_do_not_differ_by_case_but_in_an_issuers_path() -> None:
    assert key_name("AWS:SourceIp") == "aws:sourceip"
    assert key_name("aws:PrincipalTag/Team") == key_name("AWS:principaltag/TEAM") == "aws:principaltag/team"
    assert key_name("S3:ExistingObjectTag/Team") == "s3:existingobjecttag/Team"
    assert key_name("oidc.eks.eu-west-1.amazonaws.com/id/AB:sub") == "oidc.eks.eu-west-1.amazonaws.com/id/AB:sub"
