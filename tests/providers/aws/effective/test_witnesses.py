"""Witnesses are requests that can be made, and say of whom they are an example."""

from __future__ import annotations

from typing import Any

import pytest

from providers.aws.effective.compare import compare_trust
from reconciler.access import Witness
from tests.providers.aws.effective.helpers import both_ways, principal, short, statement, when
from tests.providers.aws.effective.test_trust import AUD, EXACT, ISSUER, ROLE, ROOT, SUB, trust, web

TLS, VIA, MFA = "aws:SecureTransport", "aws:ViaAWSService", "aws:MultiFactorAuthAge"
TAG = "aws:PrincipalTag/team"
O = statement()  # noqa: E741


def first(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> Witness:
    return both_ways(principal(*old), principal(*new)).gains[0]


@pytest.mark.parametrize(
    ("old", "new", "note"),
    [
        (when("Bool", TLS, "true"), O, f"when {TLS} is false"),
        (when("Bool", TLS, "true"), when("StringLike", TLS, "*"), f"when {TLS} is false"),
        (when("Null", TLS, "true"), when("Null", TLS, "false"), f"when {TLS} is true"),
        (when("StringEquals", VIA, "false"), when("StringLike", VIA, "*"), f"when {VIA} is true"),
        (when("StringNotEquals", TLS, "true"), O, f"when {TLS} is true"),
        (when("Null", MFA, "true"), when("Null", MFA, "false"), f"when {MFA} is 0"),
        (when("Null", "aws:SourceIp", "true"), when("Null", "aws:SourceIp", "false"), "when aws:SourceIp is 0.0.0.0"),
        (
            when("StringEquals", "aws:RequestedRegion", "us-east-1"),
            O,
            "when aws:RequestedRegion is eu-west-1",
        ),
        (
            when("StringEquals", "aws:PrincipalOrgID", "o-1"),
            when("StringLike", "aws:PrincipalOrgID", "o-*"),
            "when aws:PrincipalOrgID is o-y",
        ),
        (when("StringEquals", "aws:PrincipalTag/t", "a"), when("StringLike", "aws:PrincipalTag/t", "*"), "t is y"),
        (when("StringLike", "k:a", "?*"), when("StringLike", "k:a", "*"), "when k:a is ''"),
        (
            when("Bool", TLS, "false"),
            when("StringNotEquals", TLS, "true"),
            f"only for a value that {TLS} is not known to have",
        ),
        (
            when("Bool", TLS, "true"),
            when("BoolIfExists", TLS, "true"),
            f"only without {TLS}, which requests are known to carry",
        ),
    ],
)
def test_keys_hold_what_requests_hold(old: dict[str, Any], new: dict[str, Any], note: str) -> None:
    found = first([old], [new])
    assert found.certain
    assert note in found.note


@pytest.mark.parametrize(
    ("new", "note"),
    [
        (web(), f"when {AUD} is y and {SUB} is y"),
        (web(StringEquals={AUD: "aws"}), f"when {AUD} is aws and {SUB} is y"),
        (web(StringEquals={SUB: "agent-1"}), f"when {AUD} is y and {SUB} is agent-1"),
        (web(StringEquals={SUB: "agent-1"}, StringLike={AUD: "*"}), f"when {AUD} is y and {SUB} is agent-1"),
        (web(StringEquals={SUB: "agent-1"}, StringNotEquals={AUD: "b"}), f"when {AUD} is y and {SUB} is agent-1"),
        (web(StringEquals={AUD: "aws"}, StringLike={SUB: "repo:*"}), f"when {AUD} is aws and {SUB} is repo:y"),
        (
            web(StringEqualsIfExists={AUD: "aws", SUB: "agent-1"}),
            f"only without {SUB}, which requests are known to carry",
        ),
    ],
)
def test_a_token_has_an_audience_and_a_subject(new: Any, note: str) -> None:
    (found,) = compare_trust(EXACT, new).gains
    assert note in found.note


def test_a_claim_that_nobody_asks_for_may_be_anything() -> None:
    (found,) = compare_trust(None, web(StringEquals={AUD: "aws"})).gains
    assert found.note == f"when {AUD} is aws and {SUB} is anything"


@pytest.mark.parametrize(
    ("named", "request_", "note"),
    [
        ("*", "sts:AssumeRole by arn:aws:iam::999999999999:role/x", "any principal of any account"),
        ({"AWS": "*"}, "sts:AssumeRole by arn:aws:iam::999999999999:role/x", "any principal of any account"),
        (
            {"AWS": ROOT},
            "sts:AssumeRole by arn:aws:iam::123456789012:role/x",
            "any principal of the account 123456789012",
        ),
        (
            {"AWS": ["*", "999999999999"]},
            "sts:AssumeRole by arn:aws:iam::888888888888:role/x",
            "any principal of any account",
        ),
        ({"AWS": ROLE}, f"sts:AssumeRole by {ROLE}", ""),
        ({"Service": "*"}, "sts:AssumeRole by x.amazonaws.com", "any service"),
    ],
)
def test_everybody_and_everybody_of_an_account_are_told_apart(named: Any, request_: str, note: str) -> None:
    (found,) = compare_trust(None, trust(named)).gains
    assert (found.request, found.note) == (request_, note)


def test_who_is_left_out_is_no_example_of_everybody() -> None:
    """From the account to everybody: the witness is from elsewhere. A denial of the account: from there, and of all."""
    assert "999999999999" in compare_trust(trust({"AWS": ROOT}), trust("*")).gains[0].request
    allow, denial = trust("*"), trust({"AWS": ROOT}, Effect="Deny")
    both = type(allow)((*allow.statements, *denial.statements))
    (lost,) = compare_trust(allow, both).loses
    assert (lost.request, lost.note) == (
        "sts:AssumeRole by arn:aws:iam::123456789012:role/x",
        "any principal of the account 123456789012",
    )


def test_any_identity_provider() -> None:
    (found,) = compare_trust(None, trust({"Federated": "*"}, None, "sts:AssumeRoleWithWebIdentity")).gains
    assert found.note == "any identity provider"
    assert compare_trust(None, trust({"Federated": ISSUER}, None, "sts:AssumeRoleWithWebIdentity")).gains[0].note == (
        f"when {AUD} is anything and {SUB} is anything"
    )


def test_a_variable_is_told_with_the_text_that_it_has() -> None:
    home = "home/${aws:username}/*"
    bob = {"StringEquals": {"aws:username": "bob"}}
    found = first([statement(resource=home, Condition=bob)], [statement(resource=home)])
    assert (short(found.request), found.note) == ("s3:GetObject on home/alice/", "when aws:username is alice")
    found = first(
        [], [statement(resource="a/${aws:PrincipalTag/team}", Condition={"StringLike": {TAG: "${aws:userid}"}})]
    )
    assert (short(found.request), found.note) == (
        "s3:GetObject on a/y",
        "when aws:PrincipalTag/team is y and aws:userid is y",
    )
