"""Whatever a plan says, nothing outside of the scope is written: a saved plan can be edited."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from providers.aws.lowering import lower
from reconciler.model import Address, Live, Ownership, Resource
from reconciler.provider import Rejected
from tests.providers.aws.conftest import Account
from tests.providers.aws.helpers import by_type, changed, demand, pair

TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
THEIRS = "writ-theirs"


def writes(account: Account) -> dict[str, int]:
    return {
        name: count for name, count in account.proxy.calls.items() if not name.startswith(("Get", "List", "Assume"))
    }


def role_of(account: Account) -> Resource:
    return by_type(lower(account.scope, demand(pair())), "aws_iam_role").resource


@pytest.mark.parametrize("path", ["/", "/writing/", "/other/writ/", "/writ/../", None])
def test_no_role_is_made_at_another_path(account: Account, path: str | None) -> None:
    with pytest.raises(Rejected, match="outside of payments's scope"):
        account.create(changed(role_of(account), path=path))
    assert writes(account) == {}


@pytest.mark.parametrize("name", ["Admin", "other-writ-x"])
def test_no_role_is_made_without_the_prefix(account: Account, name: str) -> None:
    role = role_of(account)
    with pytest.raises(Rejected, match="scope"):
        account.create(Resource(Address("payments", "aws_iam_role", name), {**role.attributes, "name": name}))
    with pytest.raises(Rejected, match="its name is another"):
        account.create(changed(role, name=name))
    assert writes(account) == {}


def test_nothing_is_made_without_the_marker(account: Account) -> None:
    for desired in lower(account.scope, demand(pair())).resources[:2]:
        with pytest.raises(Rejected, match="marker"):
            account.create(changed(desired.resource, tags={"managed-by": "writ"}))
    assert writes(account) == {}


def test_a_provider_of_another_url_is_not_made(account: Account) -> None:
    provider = by_type(lower(account.scope, demand()), "aws_iam_openid_connect_provider").resource
    with pytest.raises(Rejected, match="its URL is another"):
        account.create(changed(provider, url="https://evil.example.com"))
    assert writes(account) == {}


HANGING = [
    ("aws_iam_role_policy", f"{THEIRS}:x", {"role": THEIRS, "name": "x", "policy": TRUST}),
    ("aws_iam_role_policy_attachment", f"{THEIRS}/{ADMIN}", {"role": THEIRS, "policy_arn": ADMIN}),
    ("aws_iam_instance_profile_role", f"p/{THEIRS}", {"instance_profile": "p", "role": THEIRS}),
]


@pytest.mark.parametrize("read_before", [True, False])
@pytest.mark.parametrize(("type", "key", "attributes"), HANGING)
def test_nothing_is_hung_on_or_taken_off_a_role_outside(
    account: Account, type: str, key: str, attributes: dict[str, Any], read_before: bool
) -> None:
    account.iam.create_role(RoleName=THEIRS, Path="/", AssumeRolePolicyDocument=TRUST)
    address = Address("payments", type, key)
    if read_before:
        account.read(address)
    with pytest.raises(Rejected, match=f"role {THEIRS} is outside"):
        account.create(Resource(address, attributes))
    with pytest.raises(Rejected, match=f"role {THEIRS} is outside"):
        account.delete(Live(Resource(address, attributes), Ownership.OURS))
    assert writes(account) == {}


def test_a_role_outside_is_neither_changed_nor_deleted_whatever_the_plan_says_of_it(account: Account) -> None:
    role = changed(role_of(account), description="mine")
    account.iam.create_role(RoleName=role.address.key, Path="/", AssumeRolePolicyDocument=TRUST)
    for before in (Live(role, Ownership.OURS), Live(role, Ownership.FOREIGN, in_scope=False)):
        with pytest.raises(Rejected):
            account.update(before, changed(role, max_session_duration=7200))
        with pytest.raises(Rejected):
            account.delete(before)
    assert writes(account) == {}


def test_a_role_outside_that_the_specs_name_gets_our_words_and_nothing_else(account: Account) -> None:
    theirs = changed(role_of(account), description="theirs", tags={}, path="/apps/")
    account.iam.create_role(
        RoleName=theirs.address.key,
        Path="/apps/",
        AssumeRolePolicyDocument=theirs.attributes["assume_role_policy"],
        Description="theirs",
    )
    before = Live(theirs, Ownership.FOREIGN, in_scope=False)
    ours = changed(role_of(account), path="/apps/")
    unmarked = changed(ours, tags={"managed-by": "somebody"})
    with pytest.raises(Rejected, match="marker"):
        account.update(before, unmarked)
    account.update(before, ours)
    assert set(writes(account)) == {"UpdateRole", "TagRole"}


def test_anothers_provider_is_not_written(account: Account) -> None:
    provider = by_type(lower(account.scope, demand()), "aws_iam_openid_connect_provider").resource
    before = Live(provider, Ownership.OTHER, note="it belongs to environment staging", in_scope=False)
    with pytest.raises(Rejected, match="environment staging"):
        account.update(before, provider)
    with pytest.raises(Rejected, match="environment staging"):
        account.delete(before)
    assert writes(account) == {}


def test_our_own_role_at_the_former_path_can_go(account: Account, open_account: Callable[..., Account]) -> None:
    account.build(lower(account.scope, demand(pair())))
    moved = open_account(account.scope.settings.account, role_path="/moved/")
    made = lower(moved.scope, demand(pair()))
    found = moved.read(*(d.resource.address for d in made.resources)).objects
    for kind in ("aws_iam_role_policy", "aws_iam_role"):
        desired = by_type(made, kind).resource
        moved.delete(found[desired.address])
    for kind in ("aws_iam_role", "aws_iam_role_policy"):
        moved.create(by_type(made, kind).resource)


def test_a_run_that_has_read_asks_for_no_role_again(account: Account) -> None:
    account.build(lower(account.scope, demand(pair())))
    found = account.read().objects
    account.proxy.calls.clear()
    policy = by_type(lower(account.scope, demand(pair())), "aws_iam_role_policy").resource
    account.update(found[policy.address], policy)
    assert account.proxy.calls == {"PutRolePolicy": 1}
