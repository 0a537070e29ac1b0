"""Whether a role may do something, and by which statement: inline, attached, bounded, on conditions."""

from __future__ import annotations

import json
from typing import Any

import pytest

from providers.aws.effective.explain import explain
from providers.aws.naming import ATTACHMENT, MANAGED_POLICY, ROLE, ROLE_POLICY
from providers.aws.settings import AwsSettings
from reconciler.model import Address, Answer, Explanation, Resource, Value
from reconciler.provider import Asking, RequestError

SETTINGS = AwsSettings(account="123456789012")
AT = Address("payments", ROLE, "writ-a_b")
ADMIN, BOUND = "arn:aws:iam::aws:policy/AdministratorAccess", "arn:aws:iam::123456789012:policy/bound"
READ = {"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::orders/*"}
ALL: dict[str, Any] = {"Effect": "Allow", "Action": "*", "Resource": "*"}
IN_EU = {"StringEquals": {"aws:RequestedRegion": ["eu-central-1", "eu-west-1"]}}
GET = ("s3:GetObject", "arn:aws:s3:::orders/x")


TRUST = '{"Version": "2012-10-17", "Statement": []}'


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def ask(
    *request: str,
    inline: tuple[dict[str, Any], ...] = (),
    attached: tuple[str, ...] = (),
    boundary: str | None = None,
    managed: dict[str, str] | None = None,
    tags: dict[str, Value] | None = None,
) -> Explanation:
    objects = {AT: Resource(AT, {"permissions_boundary": boundary, "assume_role_policy": TRUST, "tags": tags or {}})}
    if inline:
        address = Address("payments", ROLE_POLICY, "writ-a_b:b")
        objects[address] = Resource(address, {"role": AT.key, "name": "b", "policy": document(*inline)})
    for arn in attached:
        address = Address("payments", ATTACHMENT, f"{AT.key}/{arn}")
        objects[address] = Resource(address, {"role": AT.key, "policy_arn": arn})
    other = Address("payments", ROLE_POLICY, "other:b")
    objects[other] = Resource(other, {"role": "other", "name": "b", "policy": document(ALL)})
    for arn, text in (managed or {}).items():
        address = Address("payments", MANAGED_POLICY, arn)
        objects[address] = Resource(address, {"policy": text})
    return explain(SETTINGS, Asking(AT, request, objects, live=managed is not None))


def test_an_inline_policy_says_yes_by_its_statement() -> None:
    found = ask(*GET, inline=({"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}, READ))
    assert found.answer is Answer.YES
    (one,) = found.by
    assert (one.text, one.address and one.address.key) == ("Allow s3:Get* on arn:aws:s3:::orders/*", "writ-a_b:b")


def test_nothing_that_speaks_of_it_is_a_no() -> None:
    for request in (("s3:PutObject", GET[1]), ("s3:GetObject", "arn:aws:s3:::other/x"), ("s3:ListAllMyBuckets",)):
        found = ask(*request, inline=(READ,))
        assert (found.answer, found.by) == (Answer.NO, ())
        assert "no statement allows it" in found.notes


def test_without_its_resource_only_what_holds_for_all_is_known() -> None:
    found = ask("s3:GetObject", inline=(READ,))
    assert found.answer is Answer.UNKNOWN
    assert [one.text for one in found.by] == ["Allow s3:Get* on arn:aws:s3:::orders/*"]
    assert found.notes == ("it hangs on the resource: name its ARN, or * where the action has none",)
    assert ask("s3:GetObject", inline=(ALL,)).answer is Answer.YES
    deny = {"Effect": "Deny", "Action": "s3:Get*", "NotResource": "arn:aws:s3:::orders/*"}
    assert ask("s3:GetObject", inline=(ALL, deny)).answer is Answer.UNKNOWN
    assert ask("s3:GetObject", "*", inline=(READ,)).answer is Answer.NO
    assert ask("s3:PutObject", inline=(READ,)).answer is Answer.NO
    bound = {"managed": {BOUND: document(READ)}, "boundary": BOUND}
    assert ask("s3:GetObject", inline=(ALL,), **bound).answer is Answer.UNKNOWN  # type: ignore[arg-type]


def test_a_deny_goes_before_all_and_is_named() -> None:
    deny = {"Effect": "Deny", "NotAction": "s3:List*", "Resource": "*"}
    found = ask(*GET, inline=(ALL, deny))
    assert found.answer is Answer.NO
    assert [one.text for one in found.by] == ["Deny all but s3:List* on *"]


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        (GET, Answer.UNKNOWN),
        ((*GET, "aws:RequestedRegion=eu-west-1"), Answer.YES),
        ((*GET, "AWS:requestedregion=eu-west-1"), Answer.YES),
        ((*GET, "aws:RequestedRegion=us-east-1"), Answer.NO),
        ((*GET, "aws:RequestedRegion="), Answer.NO),
        (("s3:PutObject", GET[1]), Answer.NO),
    ],
)
def test_a_condition_on_what_is_not_named_is_open(request_: tuple[str, ...], answer: Answer) -> None:
    found = ask(*request_, inline=(READ | {"Condition": IN_EU},))
    assert found.answer is answer
    if answer is Answer.UNKNOWN:
        assert found.notes[-1].startswith("it hangs on aws:RequestedRegion: name it as KEY=VALUE")
        assert [one.text.partition(" if ")[2] for one in found.by] == [
            "StringEquals aws:RequestedRegion eu-central-1, eu-west-1"
        ]


def test_a_deny_on_what_is_not_named_leaves_it_open() -> None:
    deny = ALL | {"Effect": "Deny", "Condition": IN_EU}
    assert ask(*GET, inline=(READ, deny)).answer is Answer.UNKNOWN
    assert ask(*GET, "aws:RequestedRegion=eu-west-1", inline=(READ, deny)).answer is Answer.NO
    assert ask(*GET, "aws:RequestedRegion=us-east-1", inline=(READ, deny)).answer is Answer.YES


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        ((*GET, "aws:CalledVia=athena.amazonaws.com"), Answer.UNKNOWN),
        ((*GET, "aws:CalledVia="), Answer.NO),
        (GET, Answer.UNKNOWN),
    ],
)
def test_an_operator_for_one_value_leaves_a_key_with_several_open(request_: tuple[str, ...], answer: Answer) -> None:
    via = {"StringEquals": {"aws:CalledVia": "athena.amazonaws.com"}}
    found = ask(*request_, inline=(READ | {"Condition": via},))
    assert found.answer is answer
    if len(request_) == len(GET) + 1 and answer is Answer.UNKNOWN:
        assert "aws:CalledVia may have several values, and IAM doesn't say when that holds" in found.notes[-1]


def test_variables_are_open_until_they_are_named() -> None:
    own = READ | {"Resource": "arn:aws:s3:::orders/${aws:PrincipalTag/team}/*"}
    request = ("s3:GetObject", "arn:aws:s3:::orders/blue/x")
    assert ask(*request, inline=(own,)).answer is Answer.UNKNOWN
    assert ask(*request, "aws:PrincipalTag/team=blue", inline=(own,)).answer is Answer.YES
    assert ask(*request, "aws:PrincipalTag/team=red", inline=(own,)).answer is Answer.NO
    assert ask("s3:GetObject", "arn:aws:s3:::other/x", inline=(own,)).answer is Answer.NO


def test_an_attached_policy_counts_and_is_unknown_where_it_was_not_read() -> None:
    found = ask(*GET, attached=(ADMIN,), managed={ADMIN: document(ALL)})
    assert found.answer is Answer.YES
    assert found.by[0].address == Address("payments", ATTACHMENT, f"{AT.key}/{ADMIN}")
    for managed, why in (({}, "can't be read"), (None, "isn't read without --live")):
        found = ask(*GET, attached=(ADMIN,), managed=managed)
        assert (found.answer, found.notes) == (Answer.UNKNOWN, (f"the policy {ADMIN} {why}",))


def test_a_boundary_has_to_allow_it_too() -> None:
    narrow = {BOUND: document({"Effect": "Allow", "Action": "sqs:*", "Resource": "*"})}
    found = ask(*GET, inline=(READ,), boundary=BOUND, managed=narrow)
    assert found.answer is Answer.NO
    assert "the boundary doesn't allow it" in found.notes
    wide = ask(*GET, inline=(READ,), boundary=BOUND, managed={BOUND: document(ALL)})
    assert wide.answer is Answer.YES
    assert [one.place for one in wide.by] == ["", BOUND]
    assert ask(*GET, inline=(READ,), boundary=BOUND).answer is Answer.UNKNOWN
    assert ask("s3:PutObject", GET[1], inline=(READ,), boundary=BOUND).answer is Answer.NO


@pytest.mark.parametrize(
    "words",
    [("s3",), ("s3:*", GET[1]), ("s3:GetObject", "arn:aws:s3:::orders/*"), (*GET, "region"), ("s3:GetObject", "x")],
)
def test_what_is_no_request_is_refused(words: tuple[str, ...]) -> None:
    with pytest.raises(RequestError) as refused:
        ask(*words, inline=(READ,))
    assert "such as: s3:GetObject" in refused.value.help


def test_an_action_that_nobody_knows_is_told() -> None:
    assert ask("s3:FrobObject", GET[1], inline=(ALL,)).notes[0] == "s3:FrobObject is no action that is known here"


def test_a_role_that_is_not_there_may_nothing() -> None:
    assert explain(SETTINGS, Asking(AT, GET, {}, {}, live=True)).answer is Answer.NO


@pytest.mark.parametrize(
    ("tags", "answer"),
    [
        ({"team": "admin"}, Answer.YES),
        ({"Team": "admin"}, Answer.YES),
        ({"team": "x"}, Answer.NO),
        ({"TEAM": "x"}, Answer.NO),
        ({}, Answer.NO),
        ({"team": "admin", "Team": "x"}, Answer.UNKNOWN),
    ],
)
def test_the_roles_own_tags_are_known(tags: dict[str, Value], answer: Answer) -> None:
    tagged = {**READ, "Condition": {"StringEquals": {"aws:PrincipalTag/team": "admin"}}}
    assert ask(*GET, inline=(tagged,), tags=tags).answer is answer
