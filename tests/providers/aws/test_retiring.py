"""An IAM user on its way out, at the local AWS: locked, unlocked exactly, deleted; and who still uses it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from providers.aws.client import raw_client
from providers.aws.naming import RETIRING
from providers.aws.retiring.look import DENY, POLICY
from reconciler.model import Live, Resource, Retirable
from reconciler.provider import Conflict, Retiring
from tests.providers.aws.conftest import Account
from tests.providers.aws.proxy import Handler

NAME = "svc-payments"
Deed = Callable[[], Any]


@pytest.fixture
def keys(account: Account) -> list[dict[str, str]]:
    """The user is made, with two keys, one of them switched off, a console password, a group and policies."""
    iam = account.iam
    iam.create_user(UserName=NAME)
    made = [iam.create_access_key(UserName=NAME)["AccessKey"] for _ in range(2)]
    iam.update_access_key(UserName=NAME, AccessKeyId=made[1]["AccessKeyId"], Status="Inactive")
    iam.create_login_profile(UserName=NAME, Password="n0t-Really-a-Password")
    iam.create_group(GroupName="exporters")
    iam.add_user_to_group(UserName=NAME, GroupName="exporters")
    iam.put_user_policy(UserName=NAME, PolicyName="own", PolicyDocument=DENY.replace("Deny", "Allow"))
    iam.attach_user_policy(UserName=NAME, PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    return made


def look(account: Account) -> Retirable:
    return account.provider.retirables(account.client, account.scope, [Retiring(NAME)])[NAME]


def again(account: Account) -> Live:
    found = account.look(account.scope.address(RETIRING, NAME))
    assert found is not None
    return found


def everything(account: Account) -> list[Any]:
    """All that IAM says of the user."""
    iam = account.iam
    listed = iam.list_access_keys(UserName=NAME)["AccessKeyMetadata"]
    return [
        iam.get_user(UserName=NAME)["User"],
        sorted(listed, key=lambda key: str(key["AccessKeyId"])),
        iam.get_login_profile(UserName=NAME)["LoginProfile"],
        iam.list_user_policies(UserName=NAME)["PolicyNames"],
        iam.list_attached_user_policies(UserName=NAME)["AttachedPolicies"],
        [group["GroupName"] for group in iam.list_groups_for_user(UserName=NAME)["Groups"]],
    ]


def test_it_is_locked_and_unlocked_exactly(account: Account, keys: list[dict[str, str]]) -> None:
    before, found = everything(account), look(account)
    assert (found.quarantined, found.never, found.what) == (False, (), "IAM user")
    account.update(found.live, found.locked)
    assert {key["Status"] for key in account.iam.list_access_keys(UserName=NAME)["AccessKeyMetadata"]} == {"Inactive"}
    denying = account.iam.get_user_policy(UserName=NAME, PolicyName=POLICY)["PolicyDocument"]
    assert denying["Statement"] == [{"Effect": "Deny", "Action": "*", "Resource": "*"}]
    locked = look(account)
    assert locked.quarantined
    assert again(account).resource == locked.locked
    account.update(locked.live, found.live.resource)
    assert everything(account) == before
    assert not any(key["AccessKeyId"] in str((found, locked)) for key in keys), "no whole id of a key is told"


def test_a_key_that_was_switched_on_again_unlocks_it(account: Account, keys: list[dict[str, str]]) -> None:
    found = look(account)
    account.update(found.live, found.locked)
    account.iam.update_access_key(UserName=NAME, AccessKeyId=keys[0]["AccessKeyId"], Status="Active")
    released = look(account)
    assert not released.quarantined
    with pytest.raises(Conflict, match="isn't locked any more"):
        account.delete(released.live)
    assert len(everything(account)[1]) == 2


@pytest.mark.usefixtures("keys")
def test_it_is_deleted_with_all_that_hangs_on_it(account: Account) -> None:
    found = look(account)
    account.update(found.live, found.locked)
    account.delete(look(account).live)
    assert account.look(found.live.resource.address) is None
    assert account.provider.retirables(account.client, account.scope, [Retiring(NAME)]) == {}
    account.delete(found.live)


def test_who_uses_it_is_named_by_key_and_place(account: Account, keys: list[dict[str, str]]) -> None:
    credentials = keys[0] | {"SessionToken": ""}
    client = raw_client("sts", account.proxy.url, "eu-central-1", credentials)
    client.get_caller_identity()
    client.close()
    (use,) = look(account).uses
    assert use.who.startswith(f"access key …{keys[0]['AccessKeyId'][-4:]}")
    assert not use.now
    assert use.since is not None
    assert datetime.now(UTC) - use.since < timedelta(minutes=5)


def test_who_uses_it_after_the_plan_stops_the_step(account: Account, keys: list[dict[str, str]]) -> None:
    found = look(account)
    client = raw_client("sts", account.proxy.url, "eu-central-1", keys[0] | {"SessionToken": ""})
    client.get_caller_identity()
    client.close()
    with pytest.raises(Conflict, match="was used since it was read"):
        account.update(found.live, found.locked)
    assert not look(account).live.resource.attributes["denied"]
    assert look(account).live.version > found.live.version
    account.update(look(account).live, found.locked)
    with pytest.raises(Conflict, match="was used since it was read"):
        account.delete(found.live)
    account.update(found.live, found.live.resource)


@pytest.mark.usefixtures("keys")
def test_a_deletion_that_cant_be_ended_isnt_begun_or_leaves_it_locked(account: Account) -> None:
    found = look(account)
    account.update(found.live, found.locked)
    key = account.iam.upload_ssh_public_key(UserName=NAME, SSHPublicKeyBody=f"ssh-rsa {'A' * 372}")["SSHPublicKey"]
    assert look(account).holding == ("it has SSH keys, with which AWS deletes no user: remove them",)
    account.iam.delete_ssh_public_key(UserName=NAME, SSHPublicKeyId=key["SSHPublicKeyId"])
    locked = look(account)
    assert locked.holding == ()
    account.proxy.faults["DeleteUser"] = _refused
    with pytest.raises(Conflict, match="service specific"):
        account.delete(locked.live)
    assert look(account).quarantined


def _refused(handler: Handler, _: bytes) -> bool:
    text = (
        "<ErrorResponse><Error><Code>DeleteConflict</Code><Message>service specific</Message></Error></ErrorResponse>"
    )
    handler.answer(409, text.encode())
    return True


@pytest.mark.usefixtures("keys")
def test_another_user_under_the_name_is_left(account: Account) -> None:
    found = look(account)
    stale = Live(found.live.resource, found.live.ownership, in_scope=False, native_id="AIDANOBODY")
    for deed in (lambda: account.update(stale, found.locked), lambda: account.delete(stale)):
        with pytest.raises(Conflict, match="another user"):
            deed()
    assert not look(account).quarantined


@pytest.mark.usefixtures("keys")
def test_a_policy_of_somebodys_under_our_name_is_left(account: Account) -> None:
    account.iam.put_user_policy(UserName=NAME, PolicyName=POLICY, PolicyDocument=DENY.replace('"*"', '"s3:*"', 1))
    (why,) = look(account).never
    assert POLICY in why


def test_a_deletion_that_was_begun_says_what_is_lost(account: Account, keys: list[dict[str, str]]) -> None:
    found = look(account)
    account.update(found.live, found.locked)
    account.iam.delete_access_key(UserName=NAME, AccessKeyId=keys[0]["AccessKeyId"])
    left = look(account)
    shown = f"…{keys[0]['AccessKeyId'][-4:]}"
    states = left.live.resource.attributes["access_keys"]
    assert isinstance(states, dict)
    assert shown not in states
    wanted = Resource(left.live.resource.address, {**left.live.resource.attributes, "denied": False})
    account.update(left.live, wanted)
    assert not look(account).live.resource.attributes["denied"]
