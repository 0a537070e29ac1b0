"""What stands in an account: trust and width by the documents, the specs' cover, and what may not be read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from providers.aws.effective.document import Policy
from providers.aws.effective.evaluator import Principal
from providers.aws.lowering import lower
from providers.aws.standing.access import reach
from providers.aws.standing.cover import Cover
from providers.aws.standing.trust import trust_of
from reconciler.model import Standing, Unseen
from reconciler.provider import Denied, PairDemand
from tests.providers.aws.conftest import Account
from tests.providers.aws.helpers import access, demand, pair, scope
from tests.providers.aws.proxy import replies

OIDC = {"Federated": "arn:aws:iam::123456789012:oidc-provider/oidc.example.com"}
SUB = "oidc.example.com:sub"
GAAD = "GetAccountAuthorizationDetails"


def trust(principal: Any, effect: str = "Allow", **condition: Any) -> dict[str, Any]:
    statement = {"Effect": effect, "Principal": principal, "Action": "sts:AssumeRole*"}
    return statement | ({"Condition": condition} if condition else {})


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


ROOT = "arn:aws:iam::222222222222:root"


@pytest.mark.parametrize(
    ("statements", "users", "wide"),
    [
        ([trust({"Service": "ec2.amazonaws.com"})], 1, ""),
        ([trust({"AWS": "arn:aws:iam::222222222222:role/a"})], 1, ""),
        ([trust({"AWS": "*"})], 1, "any principal of any account"),
        ([trust("*")], 1, "any principal of any account"),
        ([trust({"AWS": "*"}, StringEquals={"aws:PrincipalOrgID": "o-1"})], 1, "any principal of any account"),
        ([trust({"AWS": ROOT})], 1, "account 222222222222"),
        ([trust({"AWS": "222222222222"})], 1, "account 222222222222"),
        ([trust({"AWS": ROOT}, StringEquals={"sts:ExternalId": "x"})], 1, ""),
        ([trust({"AWS": ["arn:aws:iam::222222222222:role/a", "arn:aws:iam::222222222222:role/b"]})], 2, ""),
        ([trust(OIDC, StringEquals={SUB: "a"})], 1, ""),
        ([trust(OIDC, StringEquals={SUB: ["a", "b"]})], 2, ""),
        ([trust(OIDC, StringLike={SUB: "repo:acme/*"})], 1, "any subject like repo:acme/*"),
        ([trust(OIDC, StringLike={SUB: "repo:acme/app"})], 1, ""),
        ([trust(OIDC, StringLike={SUB: "repo:*"}, StringEquals={SUB: "repo:acme/app"})], 2, ""),
        ([trust(OIDC)], 1, "any subject of oidc.example.com"),
        ([trust(OIDC, StringEquals={"oidc.example.com:aud": "x"})], 1, "any subject of oidc.example.com"),
        ([trust(OIDC, StringEqualsIfExists={SUB: "a"})], 1, "any subject of oidc.example.com"),
        ([trust(OIDC, **{"ForAllValues:StringEquals": {SUB: "a"}})], 1, "any subject of oidc.example.com"),
        ([trust({"Federated": "arn:aws:iam::123456789012:saml-provider/people"})], 1, ""),
        ([trust({"AWS": "*"}), trust({"AWS": "*"}, "Deny"), trust("*", "Deny")], 1, ""),
        (["no statement"], 0, ""),
    ],
)
def test_whom_a_trust_policy_lets_in(statements: list[Any], users: int, wide: str) -> None:
    found = trust_of(document(*statements))
    assert len(found.users) == users
    assert [wide in one.witness.request for one in found.widths] == ([True] if wide else [])
    assert bool(found.note) is (users == 0)


def test_what_hangs_on_a_condition_is_not_certain() -> None:
    (bound,) = trust_of(document(trust({"AWS": "*"}, StringEquals={"aws:PrincipalOrgID": "o-1"}))).widths
    assert not bound.witness.certain
    assert "aws:principalorgid" in bound.witness.note.lower()


def principal(*statements: tuple[str, str, str], boundary: tuple[str, str] | None = None) -> Principal:
    written = [{"Effect": effect, "Action": action, "Resource": place} for effect, action, place in statements]
    bounds = None
    if boundary is not None:
        bounds = (Policy.parse(document({"Effect": "Allow", "Action": boundary[0], "Resource": boundary[1]})),)
    return Principal((Policy.parse(document(*written)),) if written else (), bounds)


@pytest.mark.parametrize(
    ("held", "request_"),
    [
        (principal(), ""),
        (principal(("Allow", "s3:GetObject", "arn:aws:s3:::orders/*")), ""),
        (principal(("Allow", "s3:Get*", "arn:aws:s3:::orders/*")), ""),
        (principal(("Allow", "*", "*")), "iam:CreateAccessKey"),
        (principal(("Allow", "s3:*", "*")), "s3:"),
        (principal(("Allow", "iam:PassRole", "*")), "iam:PassRole"),
        (principal(("Allow", "iam:PassRole", "arn:aws:iam::123456789012:role/app/x")), ""),
        (principal(("Allow", "*", "*"), ("Deny", "iam:*", "*")), "sts:AssumeRole"),
        (principal(("Allow", "*", "*"), ("Deny", "*", "*")), ""),
        (principal(("Allow", "*", "*"), boundary=("s3:GetObject", "arn:aws:s3:::orders/*")), "s3:GetObject"),
        (principal(("Allow", "iam:*", "*"), boundary=("s3:GetObject", "*")), ""),
        (principal(("Allow", "s3:*", "orders*")), ""),
        (principal(("Allow", "s3:*", "arn:aws:*")), "s3:"),
    ],
)
def test_what_is_too_wide_is_shown_by_a_request(held: Principal, request_: str) -> None:
    found = reach(held)
    assert bool(found) is bool(request_)
    if found:
        assert found[0].witness.request.startswith(request_)


ORDERS = "arn:aws:s3:::orders/*"


@pytest.mark.parametrize(
    ("held", "covered"),
    [
        (principal(("Allow", "s3:GetObject", ORDERS)), True),
        (principal(("Allow", "s3:GetObject", "arn:aws:s3:::orders/2024/*")), True),
        (principal(("Allow", "s3:GetObject", ORDERS), ("Deny", "s3:GetObject", "arn:aws:s3:::orders/x")), True),
        (principal(("Allow", "s3:*", "*"), boundary=("s3:GetObject", ORDERS)), True),
        (principal(("Allow", "s3:GetObject", "arn:aws:s3:::*")), False),
        (principal(("Allow", "s3:Get*", ORDERS)), False),
        (principal(("Allow", "s3:GetObject", ORDERS), ("Allow", "s3:PutObject", ORDERS)), False),
        (principal(), False),
        (principal(("Deny", "*", "*")), False),
    ],
)
def test_a_role_of_the_specs_covers_what_it_allows_and_no_more(held: Principal, covered: bool) -> None:
    wanted = PairDemand(pair(), (access({"actions": ["s3:GetObject"], "resources": [ORDERS]}),))
    objects = {one.resource.address: one.resource for one in lower(scope(), demand(wanted)).resources}
    assert [one.key for one in Cover.of(objects).covering(held)] == (
        ["writ-support-bot_orders.read"] if covered else []
    )


def stands(account: Account) -> tuple[dict[str, Standing], list[Unseen]]:
    found = list(account.provider.inventory(account.client, account.scope))
    standing = {one.address.key: one for one in found if isinstance(one, Standing)}
    return standing, [one for one in found if isinstance(one, Unseen)]


def test_what_may_not_be_read_is_told_once_and_the_rest_goes_on(account: Account) -> None:
    for name in ("a", "b"):
        account.iam.create_user(UserName=name)
        account.iam.create_access_key(UserName=name)
    for action in ("GetAccessKeyLastUsed", "GetLoginProfile", "ListMFADevices", "GetAccountSummary"):
        account.proxy.faults[action] = replies(403, "AccessDenied", f"not authorized to perform iam:{action}")
    standing, unseen = stands(account)
    assert {one.split("/")[0] for one in standing} >= {"a", "b"}
    assert len(unseen) == 4
    assert all("is denied" in one.why and "grant iam:" in one.help for one in unseen)
    assert not any(one.use_is_known for key, one in standing.items() if key[:1] in "ab")


def test_without_the_bulk_call_names_and_dates_are_left(account: Account) -> None:
    account.iam.create_user(UserName="a")
    account.iam.create_role(RoleName="open", AssumeRolePolicyDocument=document(trust({"AWS": "*"})))
    account.proxy.faults[GAAD] = replies(403, "AccessDenied")
    standing, unseen = stands(account)
    assert standing["open"].widths[0].witness.request == "assumed by any principal of any account"
    assert (standing["a"].access, standing["a"].created is None) == (None, False)
    assert [one.what for one in unseen] == ["what users and roles may do"]


def test_a_login_that_has_ended_is_no_missing_right(account: Account) -> None:
    account.iam.create_user(UserName="a")
    account.proxy.faults["ListAccessKeys"] = replies(403, "ExpiredToken", "The security token is expired")
    with pytest.raises(Denied, match="refuses the login"):
        stands(account)


def test_what_a_group_gives_counts_for_its_users(account: Account) -> None:
    account.iam.create_user(UserName="a")
    account.iam.create_group(GroupName="admins")
    everything = document({"Effect": "Allow", "Action": "*", "Resource": "*"})
    account.iam.put_group_policy(GroupName="admins", PolicyName="all", PolicyDocument=everything)
    assert stands(account)[0]["a"].widths == ()
    account.iam.add_user_to_group(UserName="a", GroupName="admins")
    assert stands(account)[0]["a"].widths[0].witness.request.startswith("iam:CreateAccessKey")


def test_when_a_role_was_last_used_is_told_by_the_server(account: Account) -> None:
    """moto notes it when a session of the role calls, as AWS does; a role without a note wasn't used."""
    account.iam.create_role(RoleName="r", AssumeRolePolicyDocument=document(trust({"Service": "ec2.amazonaws.com"})))
    found = stands(account)[0]["r"]
    assert (found.use_is_known, found.last_used) == (True, None)
