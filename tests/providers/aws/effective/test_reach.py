"""Which roles of a world reach what a guardrail forbids: composed, whatever way it is written."""

from __future__ import annotations

import json
from typing import Any

import pytest

from providers.aws.effective.reach import reached
from providers.aws.naming import ATTACHMENT, MANAGED_POLICY, ROLE, ROLE_POLICY
from reconciler.model import Address, Resource, Witness

ARN = "arn:aws:iam::aws:policy/Anything"
BOUNDARY = "arn:aws:iam::123456789012:policy/edge"
Objects = dict[Address, Resource]


def text(*statements: dict[str, Any]) -> str:
    everywhere = {"Resource": "*"}
    made = [{"Effect": "Allow", **({} if "NotResource" in one else everywhere), **one} for one in statements]
    return json.dumps({"Version": "2012-10-17", "Statement": made})


def role(name: str = "bot", boundary: str = "") -> Objects:
    address = Address("payments", ROLE, name)
    values = {"assume_role_policy": "{}", "permissions_boundary": boundary, "max_session_duration": 3600}
    return {address: Resource(address, values)}


def inline(*statements: dict[str, Any], of: str = "bot", name: str = "p") -> Objects:
    address = Address("payments", ROLE_POLICY, f"{of}:{name}")
    return {address: Resource(address, {"role": of, "name": name, "policy": text(*statements)})}


def attached(arn: str = ARN, of: str = "bot") -> Objects:
    address = Address("payments", ATTACHMENT, f"{of}/{arn}")
    return {address: Resource(address, {"role": of, "policy_arn": arn})}


def look(objects: Objects, managed: dict[str, str] | None = None) -> dict[str, Witness]:
    made = (
        Resource(Address("payments", MANAGED_POLICY, arn), {"policy": text}) for arn, text in (managed or {}).items()
    )
    found = reached(objects | {one.address: one for one in made}, ("iam:*",), ("*",))
    return {one.subject.key: one.witness for one in found}


@pytest.mark.parametrize(
    ("statements", "certain"),
    [
        ([{"Action": "iam:GetUser"}], True),
        ([{"Action": "IAM:getuser"}], True),
        ([{"Action": "i?m:*"}], True),
        ([{"NotAction": "s3:*"}], True),
        ([{"Action": "*", "Resource": "arn:aws:iam::*:role/${aws:username}"}], True),
        ([{"NotAction": "iam:*"}], None),
        ([{"Action": "s3:*"}], None),
        ([{"Action": "*"}, {"Effect": "Deny", "Action": "iam:*"}], None),
        ([{"Action": "*"}, {"Effect": "Deny", "Action": "iam:*", "NotResource": "arn:aws:iam::1:role/x"}], True),
        (
            [
                {
                    "Action": "iam:*",
                    "Condition": {"Null": {"aws:username": "true"}, "StringLike": {"aws:username": "a*"}},
                }
            ],
            None,
        ),
        ([{"Action": "iam:*", "Condition": {"Moon": {"aws:phase": "full"}}}], False),
    ],
)
def test_whatever_way_it_is_written(statements: list[dict[str, Any]], certain: bool | None) -> None:
    found = look(role() | inline(*statements))
    assert [one.certain for one in found.values()] == ([] if certain is None else [certain])
    assert all("iam:" in one.request.lower() for one in found.values())


def test_a_denial_in_another_policy_counts() -> None:
    objects = role() | inline({"Action": "*"}) | inline({"Effect": "Deny", "Action": "iam:*"}, name="q")
    assert look(objects) == {}


def test_each_role_is_a_principal_of_its_own() -> None:
    objects = role("a") | role("b") | inline({"Action": "s3:*"}, of="a") | inline({"Action": "iam:*"}, of="b")
    assert look(objects).keys() == {"b"}


def test_attached_policies_count_and_unknown_ones_may_allow_anything() -> None:
    objects = role() | attached()
    assert look(objects, {ARN: text({"Action": "iam:*"})})["bot"].certain
    assert look(objects, {ARN: text({"Action": "s3:*"})}) == {}
    unknown = look(objects)["bot"]
    assert not unknown.certain
    assert "can't be read" in unknown.note


def test_a_boundary_keeps_it_out_where_its_text_is_known() -> None:
    objects = role(boundary=BOUNDARY) | inline({"Action": "iam:*"})
    assert look(objects, {BOUNDARY: text({"Action": "s3:*"})}) == {}
    assert look(objects, {BOUNDARY: text({"Action": "*"})})["bot"].certain
    assert not look(objects)["bot"].certain


def test_a_document_that_is_not_understood_may_allow_anything() -> None:
    address = Address("payments", ROLE_POLICY, "bot:p")
    odd = {address: Resource(address, {"role": "bot", "name": "p", "policy": '{"Statement": 7}'})}
    assert not look(role() | odd)["bot"].certain
