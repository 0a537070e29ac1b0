"""No agent may change what gives agents their access."""

from __future__ import annotations

import dataclasses

import pytest

from providers.aws.lowering import lower
from reconciler.provider import PairDemand
from tests.providers.aws.helpers import access, demand, pair, scope

ACCOUNT = "arn:aws:iam::123456789012"
OWN = f"{ACCOUNT}:role/writ/writ-bot_x"
ISSUER = f"{ACCOUNT}:oidc-provider/oidc.example.com/Cluster"
BOUNDARY = f"{ACCOUNT}:policy/bound"


def codes(action: str, resource: str, **settings: object) -> list[str]:
    statement = {"actions": ["s3:GetObject", action], "resources": ["arn:aws:s3:::x/*", resource]}
    wanted = demand(PairDemand(pair(), (access(statement),)))
    found = lower(scope(permissions_boundary=BOUNDARY, **settings), wanted).diagnostics
    assert all(one.span is not None and one.span.file.endswith("actions.1") and one.help for one in found)
    return [one.code for one in found]


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("iam:*", OWN),
        ("IAM:putrolepolicy", OWN),
        ("iam:Put*", f"{ACCOUNT}:role/writ/*"),
        ("iam:UpdateAssumeRolePolicy", f"{ACCOUNT}:role/w*/${{aws:username}}"),
        ("iam:AttachRolePolicy", f"{ACCOUNT}:role/writ/w?it-bot_x"),
        ("iam:DeleteRole", "*"),
        ("iam:TagRole", f"{ACCOUNT}:*/writ-bot_x"),
        ("iam:UntagRole", "arn:aws:iam::*:role/writ/*"),
        ("iam:AddClientIDToOpenIDConnectProvider", ISSUER),
        ("iam:*OpenIDConnectProvider", f"{ACCOUNT}:oidc-provider/oidc.example.com/*"),
        ("iam:DeleteOpenIDConnectProvider", "*"),
        ("iam:CreatePolicyVersion", BOUNDARY),
    ],
)
def test_what_may_change_our_own_is_refused(action: str, resource: str) -> None:
    assert codes(action, resource) == ["W439"]


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("iam:Get*", OWN),
        ("iam:ListRolePolicies", "*"),
        ("iam:PutRolePolicy", f"{ACCOUNT}:role/app/*"),
        ("iam:PutRolePolicy", "arn:aws:iam::210987654321:role/writ/*"),
        ("iam:PutRolePolicy", f"{ACCOUNT}:role/writ-bot_x"),
        ("iam:DeleteOpenIDConnectProvider", f"{ACCOUNT}:oidc-provider/other.example.com"),
        ("iam:CreatePolicyVersion", f"{ACCOUNT}:policy/app/x"),
        ("sts:GetCallerIdentity", "*"),
    ],
)
def test_what_is_somebody_elses_may_be_changed(action: str, resource: str) -> None:
    assert codes(action, resource) == []


def test_the_scope_of_another_system_of_the_account_counts_too() -> None:
    other = scope(role_path="/other/", role_prefix="other-").settings
    statement = {"actions": ["iam:PutRolePolicy"], "resources": [f"{ACCOUNT}:role/other/x"]}
    wanted = demand(PairDemand(pair(), (access(statement),)))
    assert lower(scope(), wanted).diagnostics == ()
    [found] = lower(dataclasses.replace(scope(), alike=(other,)), wanted).diagnostics
    assert found.code == "W439"
