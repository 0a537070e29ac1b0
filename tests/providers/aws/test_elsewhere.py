"""From AWS into other systems, and by tokens and stores to more of AWS: each rule of the catalogue, and without it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from providers.aws.access import AwsNever
from providers.aws.naming import ROLE
from providers.aws.provider import AwsProvider
from providers.mysql.provider import MysqlProvider
from providers.postgres.provider import PostgresProvider
from providers.postgres.settings import PostgresSettings
from providers.vault.provider import VaultProvider
from reconciler.engine.escalation import Goal, Ground, Paths
from reconciler.model import Address, Kind, Meeting, Origin, Resource, Spot, Step
from reconciler.provider import Scope
from tests.providers.aws.effective.test_gains import CUSTOMER, OWN, SCOPE, Objects, allowing
from tests.providers.aws.effective.test_reach import inline, role
from tests.providers.mysql.world import scope_of
from tests.providers.vault.test_escalation import SCOPE as VAULT

ACCOUNT = "123456789012"
SECRETS = f"arn:aws:secretsmanager:eu-central-1:{ACCOUNT}:secret:"
USER = f"arn:aws:rds-db:eu-central-1:{ACCOUNT}:dbuser:*/"
CREDENTIALS = {"system": "vault", "connection": "orders"}
ORDERS = PostgresSettings.model_validate({"database": "orders", "credentials": CREDENTIALS, "minter": "vault_minter"})


def told(objects: Objects) -> set[tuple[str, str, bool]]:
    return {(one.rule, one.gives.name, one.certain) for one in AwsProvider().steps(SCOPE, objects) if one.rule}


def stored(rule: str, what: Meeting) -> set[tuple[str, str, bool]]:
    return {(rule, str(what), True)}


@pytest.mark.parametrize(
    ("actions", "resource", "expected"),
    [
        (["secretsmanager:GetSecretValue"], "*", stored("X3", Meeting.STORED)),
        (["secretsmanager:GetSecretValue"], f"{SECRETS}*", stored("X3", Meeting.STORED)),
        (["secretsmanager:GetSecretValue"], f"{SECRETS}orders-*", set()),
        (["secretsmanager:ListSecrets"], "*", set()),
        (["ssm:GetParametersByPath"], f"arn:aws:ssm:*:{ACCOUNT}:parameter/*", stored("X3", Meeting.STORED)),
        (["ssm:GetParameter"], f"arn:aws:ssm:*:{ACCOUNT}:parameter/orders/*", set()),
        (["s3:GetObject"], "arn:aws:s3:::*", stored("X3", Meeting.STORED)),
        (["s3:GetObject"], "arn:aws:s3:::orders-archive/*", set()),
        (["rds:ModifyDBInstance"], f"arn:aws:rds:*:{ACCOUNT}:db:orders", stored("X4", Meeting.MASTER)),
        (["rds:DescribeDBInstances"], "*", set()),
        (["rds-db:connect"], f"{USER}*", stored("X4", Meeting.MASTER)),
        (["rds-db:connect"], f"{USER.replace('*', 'db-A1')}*", stored("X4", Meeting.MASTER)),
        (
            ["secretsmanager:GetSecretValue"],
            SECRETS.replace("eu-central-1", "eu-*") + "*",
            stored("X3", Meeting.STORED),
        ),
        (["rds-db:connect"], f"{USER}vault_minter", {("X4", f"{Meeting.DATABASE_USER} vault_minter", True)}),
        (["rds-db:connect"], f"{USER}orders_*", set()),
        (["kms:Decrypt", "dynamodb:GetItem"], "*", stored("X5", Meeting.UNSEAL)),
        (["kms:Decrypt"], "*", set()),
        (["kms:Decrypt", "dynamodb:GetItem"], f"arn:aws:kms:*:{ACCOUNT}:key/a1", set()),
    ],
)
def test_what_aws_holds_for_others(actions: list[str], resource: str, expected: set[tuple[str, str, bool]]) -> None:
    assert told(allowing(*actions, resource=resource)) == expected


def test_all_but_some_actions_are_still_some() -> None:
    every = inline({"NotAction": ["s3:*", "rds:*", "rds-db:*", "kms:*", "iam:*", "ssm:*"], "Resource": "*"})
    assert ("X3", str(Meeting.STORED), True) in told({**role(), **every})
    assert ("X3", str(Meeting.STORED), True) not in told({**role(), **inline({"NotAction": "secretsmanager:*"})} | BUT)


BUT = inline({"Effect": "Deny", "Action": ["s3:*", "ssm:*"]}, name="q")


def test_a_deny_a_boundary_and_a_condition_count() -> None:
    objects = allowing("secretsmanager:GetSecretValue", "rds-db:connect")
    denied = inline({"Effect": "Deny", "Action": ["secretsmanager:*", "rds-db:*"]}, name="q")
    assert told(objects)
    assert told({**objects, **denied}) == set()
    bounded = allowing("secretsmanager:GetSecretValue", boundary=CUSTOMER)
    assert {one[2] for one in told(bounded)} == {False}


def target(system: str) -> Spot:
    return Spot(Kind.ADMINISTRATOR, system)


def world(aws: Objects, vault: Objects | None = None, *goals: Goal) -> Paths:
    grounds = {
        "payments": Ground(AwsProvider(), SCOPE, aws),
        "vault": Ground(VaultProvider(), VAULT, vault or {}),
        "orders-db": Ground(PostgresProvider(), Scope("test", "orders-db", ORDERS), {}),
        "shop": Ground(MysqlProvider(), scope_of(), {}),
    }
    origins = {one: Origin("", agent="reader", intent="x") for one in aws if one.key == "bot"}
    return Paths.of(grounds, goals, origins)


def come_to(found: Paths) -> dict[str, list[str]]:
    """Target → rules, none of them certain."""
    assert not any(found.keys("reader").values())
    return {found.name(spot): [step.rule for step in steps if step.rule] for spot, steps in found.found("reader")}


def test_what_is_spelled_and_denied_is_none() -> None:
    named = {"Action": ["rds-db:connect", "sts:AssumeRole"], "Resource": [f"{USER}minter", OWN, f"{OWN}-2"]}
    objects = {**role(), **inline(named)}

    def gives(objects: Objects) -> set[Spot]:
        return {one.gives for one in AwsProvider().steps(SCOPE, objects)}

    user = Spot.meeting(Meeting.DATABASE_USER, "minter")
    itself, other = (Spot.meeting(Meeting.AWS_ROLE, f"{ACCOUNT}:{name}") for name in ("bot", "bot-2"))
    assert {user, itself, other} <= gives(objects)
    assert len([one for one in AwsProvider().steps(SCOPE, objects) if one.gives == itself]) == 1, "it signs as itself"
    denied = inline({"Effect": "Deny", "Action": ["rds-db:*", "sts:*"]}, name="q")
    assert {user, other} & gives({**objects, **denied}) == set()


def test_each_leads_into_the_systems_that_it_may_be_of() -> None:
    shop = scope_of().system
    every = {"administrator of vault", "administrator of orders-db", f"administrator of {shop}"}
    assert come_to(world(allowing("secretsmanager:GetSecretValue"))).keys() == every
    rds = come_to(world(allowing("rds:ModifyDBInstance")))
    assert rds == {key: ["X4"] for key in every - {"administrator of vault"}}
    assert come_to(world(allowing("kms:Decrypt", "dynamodb:GetItem")))["administrator of vault"] == ["X5"]
    assert come_to(world(allowing("s3:GetObject", resource="arn:aws:s3:::orders/*"))) == {}


def test_a_user_by_iam_is_the_one_that_the_environment_names() -> None:
    minter = Spot(Kind.MINTER, "orders-db")
    for name, there in (("vault_minter", True), ("somebody", False)):
        found = world(allowing("rds-db:connect", resource=f"{USER}{name}"))
        assert (minter in found.proof("reader")) is there


def test_a_role_that_it_may_become_is_one_that_vault_may_be_bound_to() -> None:
    ci, other = f"arn:aws:iam::{ACCOUNT}:role/build/ci", f"arn:aws:iam::{ACCOUNT}:role/other"
    spot = Spot.meeting(Meeting.AWS_ROLE, f"{ACCOUNT}:ci")
    for resource, there in ((ci, True), (other, False)):
        (step,) = [
            one
            for one in AwsProvider().steps(SCOPE, allowing("sts:AssumeRole", resource=resource))
            if not one.certain and one.gives.kind is Kind.ABILITY
        ]
        assert (step.gives == spot) is there
        assert step.note == "if its trust policy lets it"


KEY = "oidc.example.com/cluster"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{KEY}"


def trust(subject: Any = None, how: str = "StringEquals", effect: str = "Allow", **more: Any) -> dict[str, Any]:
    conditions: dict[str, Any] = {"StringEquals": {f"{KEY}:aud": ["sts.amazonaws.com"]}}
    if subject is not None:
        conditions.setdefault(how, {})[f"{KEY}:sub"] = subject
    for operator, keys in more.items():
        conditions.setdefault(operator, {}).update(keys)
    return {
        "Effect": effect,
        "Principal": {"Federated": [PROVIDER]},
        "Action": ["sts:AssumeRoleWithWebIdentity"],
        "Condition": conditions,
    }


def trusting(name: str, *statements: dict[str, Any]) -> Objects:
    address = Address("payments", ROLE, name)
    text = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    return {address: Resource(address, {**role(name)[address].attributes, "assume_role_policy": text})}


MINE = trusting("bot", trust(["repo:acme/orders:ref:main"]))


@pytest.mark.parametrize(
    ("statements", "sure"),
    [
        ([trust()], True),
        ([trust(["repo:acme/*"], "StringLike")], True),
        ([trust(["repo:acme/orders:ref:main", "repo:acme/x"])], True),
        ([trust(["repo:acme/orders:ref:main"])], True),
        ([trust(["repo:acme/*"], "StringLike", Bool={"aws:MultiFactorAuthPresent": ["true"]})], False),
        ([trust(), trust(effect="Deny", IpAddress={"aws:SourceIp": ["10.0.0.0/8"]})], False),
        ([trust(["repo:other/*"], "StringLike")], None),
        ([trust(["repo:acme/x"])], None),
        ([trust(), trust(["repo:acme/*"], "StringLike", effect="Deny")], None),
        ([{**trust(), "Principal": {"Federated": [PROVIDER.replace("cluster", "other")]}}], None),
        ([{**trust(), "Principal": {"AWS": [f"arn:aws:iam::{ACCOUNT}:root"]}}], None),
    ],
    ids=[
        "any",
        "a-pattern",
        "two",
        "the-same",
        "and-more",
        "a-deny",
        "else",
        "other",
        "kept-out",
        "issuer",
        "an-account",
    ],
)
def test_a_token_that_anothers_trust_takes(statements: list[dict[str, Any]], sure: bool | None) -> None:
    objects = {**MINE, **trusting("other", *statements), **inline({"Action": "s3:DeleteBucket"}, of="other")}
    goal = Spot(Kind.CRITICAL, "payments", "0")
    found = world(objects, None, Goal(goal, "critical", "payments", NEVER_DELETED))
    assert found.keys("reader") == ({} if sure is None else {goal: sure})
    assert [step.rule for _, steps in found.found("reader") for step in steps if step.rule] == (
        [] if sure is None else ["O1"]
    )


NEVER_DELETED = AwsNever.model_validate({"actions": ["s3:DeleteBucket"]})
ARCHIVE = "arn:aws:s3:::orders-archive"


def stores(objects: Objects, action: str, resource: str) -> list[tuple[str, bool]]:
    never = AwsNever.model_validate({"actions": [action], "resources": [resource]})
    return [(one.rule, one.reach.witness.certain) for one in AwsProvider().detours(SCOPE, objects, never)]


@pytest.mark.parametrize(
    ("action", "on", "asked", "resource"),
    [
        ("s3:PutBucketPolicy", ARCHIVE, "s3:GetObject", f"{ARCHIVE}/2026/*"),
        ("s3:PutBucketPolicy", "*", "s3:Get*", "*"),
        ("kms:CreateGrant", f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/a1", "kms:Decrypt", "*"),
        ("kms:PutKeyPolicy", "*", "kms:Decrypt", f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/a1"),
        ("secretsmanager:PutResourcePolicy", f"{SECRETS}x", "secretsmanager:GetSecretValue", f"{SECRETS}*"),
        ("sqs:SetQueueAttributes", "*", "sqs:ReceiveMessage", f"arn:aws:sqs:*:{ACCOUNT}:orders"),
        ("sns:AddPermission", "*", "sns:Subscribe", f"arn:aws:sns:*:{ACCOUNT}:orders"),
        (
            "dynamodb:PutResourcePolicy",
            f"arn:aws:dynamodb:eu-central-1:{ACCOUNT}:table/orders",
            "dynamodb:Query",
            f"arn:aws:dynamodb:eu-central-1:{ACCOUNT}:table/orders/index/by-day",
        ),
        ("lambda:AddPermission", "*", "lambda:InvokeFunction", f"arn:aws:lambda:*:{ACCOUNT}:function:pay"),
        ("ecr:SetRepositoryPolicy", "*", "ecr:PutImage", f"arn:aws:ecr:*:{ACCOUNT}:repository/pay"),
    ],
)
def test_whoever_writes_a_stores_policy_comes_to_its_data(action: str, on: str, asked: str, resource: str) -> None:
    objects = allowing(action, resource=on)
    assert stores(objects, asked, resource) == [("K1", True)]
    assert stores(
        allowing(action.replace("Put", "Get").replace("Set", "Get").replace("Add", "Get")), asked, resource
    ) in (
        [],
        [("K1", True)] if "CreateGrant" in action else [],
    )
    assert stores(objects, "ec2:RunInstances", "*") == []
    data = {"Effect": "Deny", "Action": asked, "Resource": "*"}
    assert stores({**objects, **inline(data, name="q")}, asked, resource) == [("K1", False)], "it lets another in"
    write = {"Effect": "Deny", "Action": action, "Resource": "*"}
    assert stores({**objects, **inline(write, name="q")}, asked, resource) == []
    assert stores(allowing(action, resource=on, boundary=CUSTOMER), asked, resource) == [("K1", False)]


def test_of_another_store_it_is_none() -> None:
    assert stores(allowing("s3:PutBucketPolicy", resource=f"{ARCHIVE}-2"), "s3:GetObject", f"{ARCHIVE}/*") == []
    assert stores(allowing("s3:GetBucketPolicy"), "s3:GetObject", f"{ARCHIVE}/*") == []


def test_a_stores_data_that_is_critical_is_come_to_by_its_policy() -> None:
    goal = Spot(Kind.CRITICAL, "payments", "0")
    never = AwsNever.model_validate({"actions": ["s3:GetObject"], "resources": [f"{ARCHIVE}/*"]})
    found = world(allowing("s3:PutBucketPolicy", resource=ARCHIVE), None, Goal(goal, "critical", "payments", never))
    assert found.keys("reader") == {goal: True}
    (steps,) = (steps for _, steps in found.found("reader"))
    assert [step.rule for step in steps] == ["K1"]
    direct = allowing("s3:PutBucketPolicy", "s3:GetObject", resource=f"{ARCHIVE}*")
    assert world(direct, None, Goal(goal, "critical", "payments", never)).keys("reader") == {}, "it has it anyway"


def test_certain_steps_say_on_what_else_they_hang() -> None:
    def unsure(some: list[Step]) -> list[Step]:
        return [one for one in some if bool(one.note) is one.certain]

    every = allowing("secretsmanager:*", "rds-db:*", "rds:*", "kms:*", "dynamodb:*", "s3:*", "sts:AssumeRole")
    assert unsure(list(AwsProvider().steps(SCOPE, every))) == []
