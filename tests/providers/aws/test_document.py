"""The normal form of policies."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.aws.document import canonical, normalise


def policy(*statements: dict[str, Any], **top: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements), **top})


ALLOW = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*"}
PUT = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::a/*"}


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (policy(ALLOW), policy({**ALLOW, "Action": ["S3:GetObject"], "Resource": ["arn:aws:s3:::a/*"]})),
        (policy(ALLOW), json.dumps({"Statement": ALLOW, "Version": "2012-10-17"}, indent=3)),
        (policy(ALLOW, PUT), policy(PUT, ALLOW)),
        (policy(ALLOW), policy({**ALLOW, "Action": "s3:gETOBJECT"})),
        (policy({**ALLOW, "Action": "s3:Get*Tagging"}), policy({**ALLOW, "Action": "S3:get*TAGGING"})),
        (policy({**ALLOW, "Action": "new:Thing"}), policy({**ALLOW, "Action": "New:tHING"})),
        (policy(ALLOW), policy(ALLOW, ALLOW)),
        (policy(ALLOW), policy({**ALLOW, "Condition": {}})),
        (policy({**ALLOW, "Action": ["a:B", "a:A", "a:b"]}), policy({**ALLOW, "Action": ["A:B", "a:A"]})),
        (policy({**ALLOW, "Resource": "**"}), policy({**ALLOW, "Resource": "*"})),
        (
            policy({**ALLOW, "Condition": {"Bool": {"aws:SecureTransport": True}}}),
            policy({**ALLOW, "Condition": {"Bool": {"AWS:securetransport": ["true"]}}}),
        ),
        (
            policy({**ALLOW, "Condition": {"NumericLessThan": {"s3:max-keys": 10}}}),
            policy({**ALLOW, "Condition": {"NumericLessThan": {"s3:max-keys": "10"}}}),
        ),
        (
            policy({**ALLOW, "Principal": {"AWS": ["2", "1"]}}),
            policy({**ALLOW, "Principal": {"AWS": ["1", "2"]}}),
        ),
    ],
)
def test_equal_access_is_equal_text(left: str, right: str) -> None:
    assert normalise(left) == normalise(right)
    assert normalise(quote(left)) == normalise(right)


@pytest.mark.parametrize(
    "other",
    [
        policy({**ALLOW, "Resource": "arn:aws:s3:::A/*"}),
        policy({**ALLOW, "Effect": "Deny"}),
        policy({**ALLOW, "Sid": "x"}),
        policy({**ALLOW, "Condition": {"Bool": {"aws:SecureTransport": "true"}}}),
        policy({"Effect": "Allow", "NotAction": "s3:GetObject", "Resource": "arn:aws:s3:::a/*"}),
        policy({"Effect": "Allow", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::a/*"}),
        policy({**ALLOW, "Action": []}),
        policy(ALLOW, Id="x"),
        policy(ALLOW, Version="2008-10-17"),
        json.dumps({"Statement": [ALLOW]}),
        policy(),
        policy({**ALLOW, "Extra": 1}),
        policy({**ALLOW, "effect": "Allow"}),
        policy({**ALLOW, "Action": None}),
        policy({**ALLOW, "Condition": {"StringEquals": {"aws:a": "1", "AWS:a": "2"}}}),
        policy(ALLOW)[:-2] + ', {"Effect": "Deny", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "x"}]}',
        policy(ALLOW).replace('"Action"', '"Action": "iam:*", "Action"'),
        policy(ALLOW).replace('"2012-10-17"', "NaN"),
        "[]",
        "null",
        "not json",
        "",
        '{"a":' * 20000,
        '{"Statement": [], "Version": ' + "9" * 5000 + "}",
    ],
)
def test_a_difference_stays_visible(other: str) -> None:
    assert normalise(other) != normalise(policy(ALLOW))


def test_what_is_not_a_plain_policy_is_kept_as_it_is() -> None:
    for odd in (policy({**ALLOW, "Extra": 1}), policy(ALLOW).replace('"Action"', '"Action": "iam:*", "Action"'), "x y"):
        assert normalise(odd) == odd
        assert normalise(quote(odd)) == odd


def test_a_plain_document_with_percent_signs_is_not_decoded() -> None:
    text = policy({**ALLOW, "Resource": "arn:aws:s3:::a/100%25+b"})
    assert "100%25+b" in normalise(text)
    assert normalise(quote(text)) == normalise(text)


def test_text_is_ascii() -> None:
    assert normalise(policy({**ALLOW, "Resource": "é"})).isascii()


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("STS:tagsession", "sts:TagSession"),
        ("s3:list*", "s3:List*"),
        ("s3:*", "s3:*"),
        ("S3:get*tagging", "s3:Get*Tagging"),
        ("s3:?etobject", "s3:?etObject"),
        ("s3:get*OBJECT*tagging", "s3:Get*object*Tagging"),
        ("Unknown:DoThing", "unknown:dothing"),
        ("*", "*"),
        ("**", "*"),
        ("", ""),
    ],
)
def test_actions_are_spelled_as_aws_spells_them(written: str, normal: str) -> None:
    (statement,) = json.loads(normalise(policy({**ALLOW, "Action": written})))["Statement"]
    assert statement["Action"] == [normal]
    assert len(normal) == len(written.replace("**", "*"))


def test_actions_that_differ_only_by_case_are_one() -> None:
    once = normalise(policy({**ALLOW, "Action": ["s3:GetObject", "S3:getobject", "s3:List*"]}))
    assert '"Action":["s3:GetObject","s3:List*"]' in once
    assert normalise(once) == once


@pytest.mark.parametrize(
    ("key", "normal"),
    [
        ("AWS:SourceIp", "aws:sourceip"),
        ("aws:ResourceTag/Team", "aws:resourcetag/Team"),
        ("oidc.example.com/id/ABC:sub", "oidc.example.com/id/ABC:sub"),
    ],
)
def test_condition_keys(key: str, normal: str) -> None:
    assert normal in normalise(policy({**ALLOW, "Condition": {"StringEquals": {key: "x"}}}))


_names = st.sampled_from(
    [
        "s3:GetObject",
        "S3:getobject",
        "s3:get*Tagging",
        "s3:List*",
        "S3:Put*",
        "s3:?etobject",
        "iam:PassRole",
        "*",
        "a:?",
    ]
)
_many = st.one_of(_names, st.lists(_names, max_size=3))
_conditions = st.dictionaries(
    st.sampled_from(["StringEquals", "Bool"]),
    st.dictionaries(
        st.sampled_from(["aws:A", "s3:B", "aws:ResourceTag/x"]), st.one_of(_many, st.booleans()), max_size=2
    ),
    max_size=2,
)
_statements = st.fixed_dictionaries(
    {"Effect": st.sampled_from(["Allow", "Deny"]), "Action": _many, "Resource": _many},
    optional={"Condition": _conditions, "Sid": st.sampled_from(["a", "b"])},
)
_documents = st.fixed_dictionaries({"Version": st.just("2012-10-17"), "Statement": st.lists(_statements, max_size=4)})


@given(_documents)
def test_normal_form_is_a_fixed_point(document: dict[str, Any]) -> None:
    once = normalise(json.dumps(document))
    assert normalise(once) == once == canonical(document)
    assert normalise(quote(once)) == once


@given(_documents, st.randoms())
def test_order_does_not_matter(document: dict[str, Any], random: Any) -> None:
    def stir(value: Any) -> Any:
        if isinstance(value, dict):
            items = [(key, stir(item)) for key, item in value.items()]
            random.shuffle(items)
            return dict(items)
        if isinstance(value, list):
            items = [stir(item) for item in value]
            random.shuffle(items)
            return items[0] if len(items) == 1 and random.random() < 0.5 else items
        return value

    assert normalise(json.dumps(stir(document))) == normalise(json.dumps(document))


@settings(max_examples=40)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda c: st.lists(c) | st.dictionaries(st.text(), c)
    )
)
def test_anything_is_survived(value: Any) -> None:
    text = json.dumps(value)
    assert normalise(quote(text)) in {text, normalise(text)}


@given(st.text())
def test_any_text_is_survived(text: str) -> None:
    normalise(text)
