"""Every rule of AWS's catalogue: its actions together, one of them missing, and on the role itself."""

from __future__ import annotations

import pytest

from providers.aws.gains.rules import CATALOGUE, Actions
from providers.aws.gains.steps import steps
from providers.aws.naming import MANAGED_POLICY
from providers.aws.settings import AwsSettings
from reconciler.model import Address, Resource, Step
from reconciler.provider import Scope
from tests.providers.aws.effective.test_reach import Objects, attached, inline, role, text

SCOPE = Scope("test", "payments", AwsSettings.model_validate({"account": "123456789012", "role_path": "/writ/"}))
OWN = "arn:aws:iam::123456789012:role/bot"
OTHER = "arn:aws:iam::123456789012:role/other"
CUSTOMER = "arn:aws:iam::123456789012:policy/mine"


_WITHIN = {"X5": {"X3"}}
"""Rules that hold wherever another does."""


def found(objects: Objects) -> list[Step]:
    return [one for one in steps(SCOPE, objects) if one.rule]


def allowing(*actions: str, resource: str = "*", boundary: str = "") -> Objects:
    return {**role(boundary=boundary), **inline({"Action": list(actions), "Resource": resource})}


@pytest.mark.parametrize("entry", CATALOGUE.values(), ids=list(CATALOGUE))
def test_each_way_alone(entry: Actions) -> None:
    for way in entry.ways:
        told = found(allowing(*(part[0] for part in way)))
        assert {one.rule for one in told} - _WITHIN.get(entry.rule.id, set()) == {entry.rule.id}
        for action in {action for part in way for action in part}:
            whole = [part for part in way if action in part]
            others = [part[0] for part in way if part not in whole]
            assert entry.rule.id in [one.rule for one in found(allowing(action, *others))]


@pytest.mark.parametrize("entry", CATALOGUE.values(), ids=list(CATALOGUE))
def test_without_one_part_it_is_none(entry: Actions) -> None:
    for way in entry.ways:
        for missing in range(len(way)):
            rest = [part[0] for number, part in enumerate(way) if number != missing]
            told = [one.rule for one in found(allowing("sqs:SendMessage", *rest))]
            assert entry.rule.id not in told


@pytest.mark.parametrize("entry", CATALOGUE.values(), ids=list(CATALOGUE))
def test_a_deny_closes_it(entry: Actions) -> None:
    every = [action for way in entry.ways for part in way for action in part]
    objects = allowing(*every)
    denied = {**objects, **inline({"Effect": "Deny", "Action": every}, name="q")}
    assert found(objects)
    assert found(denied) == []


@pytest.mark.parametrize(
    ("rule", "action"), [("A2", "iam:AttachRolePolicy"), ("A3", "iam:PutRolePolicy")], ids=["A2", "A3"]
)
def test_on_itself_it_is_certain_without_a_boundary(rule: str, action: str) -> None:
    for resource, boundary, certain in ((OWN, "", True), (OTHER, "", False), (OWN, CUSTOMER, False)):
        (step,) = found(allowing(action, resource=resource, boundary=boundary))
        assert (step.rule, step.certain) == (rule, certain), (resource, boundary)
        assert bool(step.note) is not certain


def test_a_boundary_that_lets_it_through_holds_what_it_gains() -> None:
    address = Address("payments", MANAGED_POLICY, CUSTOMER)
    boundary = {address: Resource(address, {"policy": text({"Action": ["iam:*", "s3:*"]})})}
    (step,) = found({**allowing("iam:PutRolePolicy", resource=OWN, boundary=CUSTOMER), **boundary})
    assert (step.rule, step.certain) == ("A3", False)


def test_a_policy_of_its_own_that_it_can_write_is_certain() -> None:
    address = Address("payments", MANAGED_POLICY, CUSTOMER)
    known = {address: Resource(address, {"policy": text({"Action": "s3:ListBucket"})})}
    for resource, certain in ((CUSTOMER, True), (f"{CUSTOMER}-not", False)):
        objects = allowing("iam:CreatePolicyVersion", resource=resource)
        (step,) = found({**objects, **attached(CUSTOMER), **known})
        assert (step.rule, step.certain) == ("A1", certain)


CONDITIONS = (
    {"ArnEquals": {"iam:PolicyARN": "arn:aws:iam::aws:policy/ReadOnlyAccess"}},
    {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
    {"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}},
)


@pytest.mark.parametrize("condition", CONDITIONS)
def test_what_hangs_on_a_condition_is_never_certain(condition: dict[str, dict[str, str]]) -> None:
    """It may attach a single policy, or be no request that a role can make."""
    change = {"Action": ["iam:AttachRolePolicy", "iam:PutRolePolicy"], "Resource": OWN}
    told = found({**role(), **inline({**change, "Condition": condition})})
    assert [(one.rule, one.certain) for one in told] == [("A2", False), ("A3", False)]
    kept_out = inline({"Effect": "Deny", "Action": "iam:*", "Resource": "*", "Condition": condition}, name="q")
    told = found({**role(), **inline(change), **kept_out})
    assert [(one.rule, one.certain) for one in told] == [("A2", False), ("A3", False)]
    whole = inline(change, name="q")
    told = found({**role(), **inline({**change, "Condition": condition}), **whole})
    assert [(one.rule, one.certain) for one in told] == [("A2", True), ("A3", True)]


def test_on_a_resource_that_a_variable_names_it_is_never_certain() -> None:
    own = "arn:aws:iam::123456789012:role/${aws:PrincipalTag/x}"
    (step,) = found(allowing("iam:PutRolePolicy", resource=own))
    assert not step.certain
    denied = inline({"Effect": "Deny", "Action": "iam:*", "Resource": own}, name="q")
    assert not any(one.certain for one in found({**allowing("iam:PutRolePolicy", resource=OWN), **denied}))


def test_to_choose_among_versions_that_are_there_is_never_certain() -> None:
    address = Address("payments", MANAGED_POLICY, CUSTOMER)
    known = {address: Resource(address, {"policy": text({"Action": "s3:ListBucket"})})}
    (step,) = found({**allowing("iam:SetDefaultPolicyVersion", resource=CUSTOMER), **attached(CUSTOMER), **known})
    assert (step.rule, step.certain) == ("A1", False)


def test_what_has_nothing_of_it_is_not_looked_into() -> None:
    assert found(allowing("s3:ListBucket", "sqs:SendMessage")) == []
