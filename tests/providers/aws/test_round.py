"""Make, read back, vandalise each attribute, heal, remove: on the local AWS."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from providers.aws.lowering import lower
from reconciler.model import Address, Ownership, Resource
from reconciler.provider import Conflict, Lowering, marker_fields
from tests.providers.aws.conftest import Account
from tests.providers.aws.helpers import by_type, changed, compared, demand, pair
from tests.providers.aws.proxy import replies
from tests.thorough import sampled

ROLE = "writ-support-bot_orders.read"
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
Vandal = Callable[[Any, str], object]


def wanted(account: Account) -> Lowering:
    return lower(account.scope, demand(pair(), pair("other"), pair(intent="orders.write", ttl=7200)))


def test_what_is_made_reads_back_equal_in_bulk_and_one_by_one(account: Account) -> None:
    made = account.build(wanted(account))
    found = account.read(*(d.resource.address for d in made)).objects
    assert set(found) == {d.resource.address for d in made}
    for desired in made:
        live = found[desired.resource.address]
        assert compared(live, desired.resource) == dict(desired.resource.attributes)
        assert live.ownership is Ownership.OURS
        assert live.in_scope
        single = account.look(desired.resource.address)
        assert single is not None
        assert dict(single.resource.attributes) == dict(live.resource.attributes)
        marks = account.provider.types[desired.resource.address.type].attributes
        assert live.resource.attributes.keys() == marks.keys()


def test_making_again_changes_nothing(account: Account) -> None:
    made = account.build(wanted(account))
    before = account.read().objects
    for desired in made:
        account.create(desired.resource)
    assert account.read().objects == before


def test_a_name_that_is_taken_is_not_overwritten(account: Account) -> None:
    made = account.build(wanted(account))
    for desired in made:
        name = {"aws_iam_role": "description", "aws_iam_role_policy": "policy"}.get(desired.resource.address.type)
        other: Any = {name: POLICY if name == "policy" else "other"} if name else {"client_id_list": ["other"]}
        with pytest.raises(Conflict, match="exists already"):
            account.create(changed(desired.resource, **other))
    assert set(account.read().objects) == {d.resource.address for d in made}


TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
    }
)
VANDALISMS: list[tuple[str, str, Vandal]] = [
    (
        "aws_iam_role",
        "assume_role_policy",
        lambda i, _: i.update_assume_role_policy(RoleName=ROLE, PolicyDocument=TRUST),
    ),
    ("aws_iam_role", "description", lambda i, _: i.update_role(RoleName=ROLE, Description="", MaxSessionDuration=3600)),
    (
        "aws_iam_role",
        "max_session_duration",
        lambda i, _: i.update_role(
            RoleName=ROLE, MaxSessionDuration=43200, Description=i.get_role(RoleName=ROLE)["Role"]["Description"]
        ),
    ),
    (
        "aws_iam_role",
        "permissions_boundary",
        lambda i, _: i.put_role_permissions_boundary(RoleName=ROLE, PermissionsBoundary=ADMIN),
    ),
    ("aws_iam_role", "tags", lambda i, _: i.tag_role(RoleName=ROLE, Tags=[{"Key": "Extra", "Value": "1"}])),
    ("aws_iam_role", "tags", lambda i, _: i.tag_role(RoleName=ROLE, Tags=[{"Key": "writ:owner", "Value": "me"}])),
    ("aws_iam_role", "tags", lambda i, _: i.untag_role(RoleName=ROLE, TagKeys=["managed-by", "writ:intent"])),
    (
        "aws_iam_role_policy",
        "policy",
        lambda i, _: i.put_role_policy(RoleName=ROLE, PolicyName="orders.read", PolicyDocument=POLICY),
    ),
    (
        "aws_iam_openid_connect_provider",
        "client_id_list",
        lambda i, a: i.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=a, ClientID="rogue"),
    ),
    (
        "aws_iam_openid_connect_provider",
        "client_id_list",
        lambda i, a: i.remove_client_id_from_open_id_connect_provider(
            OpenIDConnectProviderArn=a, ClientID="sts.amazonaws.com"
        ),
    ),
    (
        "aws_iam_openid_connect_provider",
        "tags",
        lambda i, a: i.tag_open_id_connect_provider(
            OpenIDConnectProviderArn=a, Tags=[{"Key": "Extra", "Value": "x"}, {"Key": "b", "Value": "c"}]
        ),
    ),
    (
        "aws_iam_openid_connect_provider",
        "thumbprint_list",
        lambda i, a: i.update_open_id_connect_provider_thumbprint(
            OpenIDConnectProviderArn=a, ThumbprintList=["a" * 40]
        ),
    ),
]


@pytest.mark.parametrize(("type", "attribute", "vandal"), sampled(VANDALISMS, 5))
def test_each_attribute_is_seen_and_healed(account: Account, type: str, attribute: str, vandal: Vandal) -> None:
    made = lower(account.scope, demand(pair()))
    account.build(made)
    desired = by_type(made, type).resource
    vandal(account.iam, f"arn:aws:iam::{account.scope.settings.account}:oidc-provider/oidc.example.com/Cluster")
    found = account.read(desired.address).objects[desired.address]
    different = [n for n, v in compared(found, desired).items() if v != desired.attributes[n]]
    assert different == [attribute]
    account.update(found, desired)
    healed = account.read(desired.address).objects[desired.address]
    assert compared(healed, desired) == dict(desired.attributes)
    assert healed.ownership is Ownership.OURS


def test_a_boundary_is_put_and_taken_away(open_account: Callable[..., Account]) -> None:
    account = open_account(permissions_boundary=ADMIN)
    made = lower(account.scope, demand(pair()))
    account.build(made)
    role = by_type(made, "aws_iam_role").resource
    found = account.read(role.address).objects[role.address]
    assert found.resource.attributes["permissions_boundary"] == ADMIN
    account.update(found, changed(role, permissions_boundary=None))
    assert account.read().objects[role.address].resource.attributes["permissions_boundary"] is None


TRUSTING = ["UpdateAssumeRolePolicy", "UpdateRole", "TagRole"]


@pytest.mark.parametrize(
    ("before", "after", "calls"),
    [
        (None, ADMIN, ["PutRolePermissionsBoundary", *TRUSTING]),
        (ADMIN, None, [*TRUSTING, "DeleteRolePermissionsBoundary"]),
    ],
)
def test_a_boundary_comes_first_and_goes_last(
    open_account: Callable[..., Account], before: str | None, after: str | None, calls: list[str]
) -> None:
    account = open_account(permissions_boundary=before)
    role = by_type(lower(account.scope, demand(pair())), "aws_iam_role").resource
    account.create(by_type(lower(account.scope, demand(pair())), "aws_iam_openid_connect_provider").resource)
    account.create(role)
    found = account.read(role.address).objects[role.address]
    account.proxy.order.clear()
    tags = {**marker_fields(account.scope, pair()), "writ:owner": "other"}
    wanted = changed(role, permissions_boundary=after, description="other", assume_role_policy=TRUST, tags=tags)
    account.update(found, wanted)
    assert [call for call in account.proxy.order if not call.startswith("Get")] == calls
    assert account.read(role.address).objects[role.address].resource.attributes["permissions_boundary"] == after


def test_a_tag_respelled_by_case_is_healed(account: Account) -> None:
    made = lower(account.scope, demand(pair()))
    account.build(made)
    account.iam.untag_role(RoleName=ROLE, TagKeys=["writ:owner"])
    account.iam.tag_role(RoleName=ROLE, Tags=[{"Key": "Writ:Owner", "Value": "team@example.com"}])
    role = by_type(made, "aws_iam_role").resource
    account.update(account.read().objects[role.address], role)
    assert account.read().objects[role.address].resource.attributes["tags"] == role.attributes["tags"]


ROGUES: list[tuple[str, str, Vandal]] = [
    (
        "aws_iam_role_policy_attachment",
        f"{ROLE}/{ADMIN}",
        lambda i, _: i.attach_role_policy(RoleName=ROLE, PolicyArn=ADMIN),
    ),
    (
        "aws_iam_role_policy",
        f"{ROLE}:rogue",
        lambda i, _: i.put_role_policy(RoleName=ROLE, PolicyName="rogue", PolicyDocument=POLICY),
    ),
    (
        "aws_iam_instance_profile_role",
        f"rogue/{ROLE}",
        lambda i, _: (
            i.create_instance_profile(InstanceProfileName="rogue"),
            i.add_role_to_instance_profile(InstanceProfileName="rogue", RoleName=ROLE),
        ),
    ),
    (
        "aws_iam_role",
        "rogue",
        lambda i, _: i.create_role(RoleName="rogue", Path="/writ/deep/", AssumeRolePolicyDocument=TRUST),
    ),
]


@pytest.mark.parametrize(("type", "key", "vandal"), ROGUES)
def test_each_rogue_is_seen_and_removed(account: Account, type: str, key: str, vandal: Vandal) -> None:
    made = wanted(account)
    account.build(made)
    vandal(account.iam, "")
    rogues = account.rogues(made)
    assert list(rogues) == [type]
    rogue = rogues[type]
    assert rogue.resource.address.key == key
    if type != "aws_iam_role":
        assert rogue.depends_on == (Address("payments", "aws_iam_role", ROLE),)
        single = account.look(rogue.resource.address)
        assert single is not None
        assert single.resource == rogue.resource
    account.delete(rogue)
    assert account.look(rogue.resource.address) is None
    assert account.rogues(made) == {}
    if type != "aws_iam_role":
        account.create(rogue.resource)
        assert account.look(rogue.resource.address) is not None
    for _ in range(2):
        account.delete(rogue)
        # What IAM answers for a role that isn't in the profile; moto fails instead.
        account.proxy.faults["RemoveRoleFromInstanceProfile"] = replies(404, "NoSuchEntity")
    assert account.rogues(made) == {}


def test_what_lies_elsewhere_is_not_ours(account: Account) -> None:
    made = wanted(account)
    account.build(made)
    account.iam.create_role(RoleName="theirs", Path="/writing/", AssumeRolePolicyDocument=TRUST)
    account.iam.attach_role_policy(RoleName="theirs", PolicyArn=ADMIN)
    account.iam.create_open_id_connect_provider(Url="https://theirs.example.com", ClientIDList=["x"])
    assert account.rogues(made) == {}


def test_removal_in_order_leaves_nothing(account: Account) -> None:
    account.build(wanted(account))
    before = account.read().objects
    assert before
    with pytest.raises(Conflict, match="DeleteConflict") as caught:
        account.delete(before[Address("payments", "aws_iam_role", ROLE)])
    assert "plan again" in caught.value.help
    order = ["aws_iam_role_policy", "aws_iam_role", "aws_iam_openid_connect_provider"]
    for address in sorted(before, key=lambda a: order.index(a.type)):
        account.delete(before[address])
        account.delete(before[address])
    assert account.read().objects == {}
    assert [r["RoleName"] for r in account.iam.list_roles()["Roles"]] == ["writ-sandbox-operator"]
    assert account.iam.list_open_id_connect_providers()["OpenIDConnectProviderList"] == []


def test_updating_what_is_gone_is_a_conflict(account: Account) -> None:
    made = wanted(account)
    account.build(made)
    role = next(d.resource for d in made.resources if d.resource.address.key == ROLE)
    live = account.read().objects[role.address]
    account.iam.delete_role_policy(RoleName=ROLE, PolicyName="orders.read")
    account.iam.delete_role(RoleName=ROLE)
    with pytest.raises(Conflict, match="is gone"):
        account.update(live, changed(role, description="x"))


def test_a_policy_with_a_repeated_key_is_seen(account: Account) -> None:
    made = lower(account.scope, demand(pair()))
    account.build(made)
    policy = by_type(made, "aws_iam_role_policy").resource
    text = str(policy.attributes["policy"]).replace('"Resource"', '"Resource":["*"],"Resource"')
    account.iam.put_role_policy(RoleName=ROLE, PolicyName="orders.read", PolicyDocument=text)
    found = account.read().objects[policy.address].resource
    assert found.attributes["policy"] == text != policy.attributes["policy"]


def test_saved_plans_bring_tuples(account: Account) -> None:
    made = account.build(wanted(account))
    for desired in made:
        frozen = {k: tuple(v) if isinstance(v, list) else v for k, v in desired.resource.attributes.items()}
        account.create(Resource(desired.resource.address, frozen))
