"""What pairs and issuers become."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from providers.aws.lowering import lower
from reconciler.model import Address
from reconciler.provider import PairDemand
from tests.providers.aws.helpers import READ_ORDERS, access, addresses, by_type, demand, issuer, pair, scope

NAME = "writ-support-bot_orders.read"
ARN = "arn:aws:iam::123456789012:oidc-provider/oidc.example.com/Cluster"


def test_one_pair() -> None:
    found = lower(scope(), demand(pair()))
    assert found.diagnostics == found.logins == ()
    provider, role, policy = found.resources
    assert provider.resource.address == Address(
        "payments", "aws_iam_openid_connect_provider", "oidc.example.com/Cluster"
    )
    assert provider.resource.attributes == {
        "url": "https://oidc.example.com/Cluster",
        "client_id_list": ["sts.amazonaws.com"],
        "thumbprint_list": ["f" * 40],
        "tags": {"managed-by": "writ", "writ:environment": "production", "writ:system": "payments"},
    }
    assert role.resource.address == Address("payments", "aws_iam_role", NAME)
    assert role.depends_on == (provider.resource.address,)
    attributes = dict(role.resource.attributes)
    assert json.loads(str(attributes.pop("assume_role_policy"))) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Federated": [ARN]},
                "Action": ["sts:AssumeRoleWithWebIdentity"],
                "Condition": {
                    "StringEquals": {
                        "oidc.example.com/Cluster:aud": ["sts.amazonaws.com"],
                        "oidc.example.com/Cluster:sub": ["system:serviceaccount:support:support-bot"],
                    }
                },
            }
        ],
    }
    assert attributes == {
        "name": NAME,
        "path": "/writ/",
        "description": "Declared TTL 15m, AWS enforces 1h. support-bot for orders.read: Look up an order",
        "max_session_duration": 3600,
        "permissions_boundary": None,
        "tags": {
            "managed-by": "writ",
            "writ:environment": "production",
            "writ:system": "payments",
            "writ:agent": "support-bot",
            "writ:intent": "orders.read",
            "writ:owner": "team@example.com",
        },
    }
    assert policy.resource.address == Address("payments", "aws_iam_role_policy", f"{NAME}:orders.read")
    assert policy.depends_on == (role.resource.address,)
    assert policy.resource.attributes["role"] == NAME
    assert json.loads(str(policy.resource.attributes["policy"])) == {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::orders/*"]}],
    }
    assert (role.origin.agent, role.origin.intent, role.origin.span) == ("support-bot", "orders.read", pair().span)


def test_settings_reach_the_role() -> None:
    place = scope(role_path="/x/y/", role_prefix="", permissions_boundary="arn:aws:iam::123456789012:policy/b")
    role = by_type(lower(place, demand(pair(ttl=7200))), "aws_iam_role").resource
    assert role.address.key == "support-bot_orders.read"
    assert role.attributes["path"] == "/x/y/"
    assert role.attributes["permissions_boundary"] == "arn:aws:iam::123456789012:policy/b"
    assert role.attributes["max_session_duration"] == 7200
    assert str(role.attributes["description"]).startswith("TTL 2h. ")


def test_blocks_of_one_intent_are_one_policy() -> None:
    wanted = PairDemand(pair(), (access(READ_ORDERS), access({**READ_ORDERS, "actions": ["s3:PutObject"]})))
    policy = by_type(lower(scope(), demand(wanted)), "aws_iam_role_policy").resource.attributes["policy"]
    assert len(json.loads(str(policy))["Statement"]) == 2


def test_spelling_makes_no_difference() -> None:
    same = {"actions": ["s3:getobject", "S3:GetObject"], "resources": ["arn:aws:s3:::orders/*"] * 2}
    found = [
        by_type(lower(scope(), demand(PairDemand(pair(), (access(s),)))), "aws_iam_role_policy").resource
        for s in (READ_ORDERS, same)
    ]
    assert found[0] == found[1]


def test_issuers_that_share_a_url_share_a_provider() -> None:
    both = (issuer("a"), issuer("b", audience="other"))
    found = lower(scope(), demand(pair(issuer="b"), issuers=both))
    provider = by_type(found, "aws_iam_openid_connect_provider").resource
    assert provider.attributes["client_id_list"] == ["other", "sts.amazonaws.com"]
    assert '"other"' in str(by_type(found, "aws_iam_role").resource.attributes["assume_role_policy"])


def test_stated_thumbprints_are_those_of_all_issuers_of_a_url() -> None:
    stated = {"cluster": ["AB:" * 19 + "AB"], "b": ["0" * 40, "ab" * 20]}
    found = lower(scope(oidc_thumbprints=stated), demand(issuers=(issuer(), issuer("b", audience="other"))))
    assert found.diagnostics == ()
    provider = by_type(found, "aws_iam_openid_connect_provider").resource
    assert provider.attributes["thumbprint_list"] == ["0" * 40, "ab" * 20]


def test_an_existing_provider_is_used_and_not_made() -> None:
    found = lower(scope(existing_oidc_providers=["cluster"]), demand(pair()))
    use = by_type(found, "aws_iam_openid_connect_provider_use")
    assert use.resource.address.key == "oidc.example.com/Cluster sts.amazonaws.com"
    assert by_type(found, "aws_iam_role").depends_on == (use.resource.address,)
    assert "aws_iam_openid_connect_provider" not in {a.type for a in addresses(found)}


def test_a_subject_is_never_a_policy_variable() -> None:
    trust = by_type(lower(scope(), demand(pair(subject="a${aws:username}*"))), "aws_iam_role")
    text = str(trust.resource.attributes["assume_role_policy"])
    assert '["a${$}{aws:username}*"]' in text
    assert '"StringEquals"' in text


def test_owner_and_purpose_fit() -> None:
    wanted = pair(owner="Ann & Bob's, Zoë <a@b.c>", purpose="Ω≥s orders\x7f " + "x" * 2000)
    role = by_type(lower(scope(), demand(wanted)), "aws_iam_role").resource
    assert role.attributes["tags"]["writ:owner"] == "Ann _ Bob_s_ Zoë _a@b.c_"  # type: ignore[index,call-overload]
    description = str(role.attributes["description"])
    assert "??s orders? x" in description
    assert len(description) == 1000
    assert description.endswith("...")


@pytest.mark.parametrize(
    ("found", "code", "words", "place"),
    [
        (lower(scope(), demand(pair(issuer="elsewhere"))), "W437", "no audience for payments", "pair.yaml"),
        (lower(scope(), demand(pair(intent="i" * 60))), "W436", "77 characters, IAM allows 64", "pair.yaml"),
        (lower(scope(), demand(pair(ttl=43201))), "W436", "TTL 12h1s is over", "pair.yaml"),
        (lower(scope(), demand(pair(subject="s" * 4096))), "W436", "trust policy", "agent.yaml"),
        (lower(scope(), demand(pair(owner="o" * 257))), "W436", "257 characters", "agent.yaml"),
        (lower(scope(), demand(issuers=(issuer(url="http://a.b"),))), "W437", "only https", ""),
        (lower(scope(), demand(issuers=(issuer(url="https://a.b?c=d"),))), "W437", "only https", ""),
        (lower(scope(), demand(issuers=(issuer(audience="a" * 256),))), "W437", "1 to 255", ""),
        (lower(scope(), demand(issuers=(issuer(audience="a b"),))), "W437", "space", ""),
        (lower(scope(oidc_thumbprints={"cluter": ["a" * 40]}), demand(pair())), "W437", "oidc_thumbprints", "env.yaml"),
        (lower(scope(existing_oidc_providers=["cluter"]), demand(pair())), "W437", "cluter", "env.yaml"),
        (
            lower(scope(partition="aws-cn"), demand(pair())),
            "W433",
            "not in partition aws-cn",
            "spec.access.0.statements.0.resources.0",
        ),
    ],
)
def test_what_iam_would_refuse(found: Any, code: str, words: str, place: str) -> None:
    (problem,) = found.diagnostics
    assert problem.severity == "error"
    assert problem.code == code
    assert words in problem.message
    assert (problem.span.file if problem.span else "") == place


def test_policy_over_the_limit() -> None:
    resources = [f"arn:aws:s3:::bucket-{number:05}/*" for number in range(400)]
    found = lower(scope(), demand(PairDemand(pair(), (access({**READ_ORDERS, "resources": resources}),))))
    (problem,) = found.diagnostics
    assert (problem.code, problem.span and problem.span.file) == ("W436", "intent.yaml")


def test_more_thumbprints_at_one_url_than_aws_takes() -> None:
    stated = {name: [f"{name}{digit}" * 20 for digit in "123"] for name in "ab"}
    found = lower(scope(oidc_thumbprints=stated), demand(issuers=(issuer("a"), issuer("b"))))
    assert [(d.code, "6 thumbprints" in d.message) for d in found.diagnostics] == [("W437", True)] * 2


def test_trust_over_the_default_quota_is_a_warning() -> None:
    (problem,) = lower(scope(), demand(pair(subject="s" * 2000))).diagnostics
    assert (problem.severity, problem.code) == ("warning", "W436")


def test_a_sid_used_twice() -> None:
    named = {**READ_ORDERS, "sid": "Read"}
    (problem,) = lower(scope(), demand(PairDemand(pair(), (access(named), access(named))))).diagnostics
    assert (problem.code, str(problem.span)) == ("W435", "spec.access.0.statements.0.sid:1:1")


def test_importing_the_provider_imports_no_sdk() -> None:
    code = "import sys, providers.aws.provider; print([m for m in ('boto3','botocore','moto') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
