"""Two projects, or two systems, in one account: neither touches what is the other's; nobody hides behind a tag."""

from __future__ import annotations

import json
from collections.abc import Callable
from threading import Timer

import pytest

from providers.aws.lowering import lower
from reconciler.model import Address, Ownership
from reconciler.provider import Conflict, Rejected
from tests.providers.aws.conftest import Account
from tests.providers.aws.estate import Estate, of_system
from tests.providers.aws.helpers import by_type, demand, issuer, new_account, pair

ROLE = "writ-support-bot_orders.read"
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
PROVIDER = "aws_iam_openid_connect_provider"
ANYTHING = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})


def test_two_projects_with_the_same_names(open_account: Callable[..., Account]) -> None:
    number = new_account()
    first = Estate(open_account(number, role_path="/first/"))
    second = Estate(open_account(number, role_path="/second/", role_prefix="s-"))
    assert first.account.scope.system == second.account.scope.system
    first.want(lower(first.account.scope, demand(pair())))
    other = issuer("elsewhere", url="https://elsewhere.example.com")
    second.want(lower(second.account.scope, demand(pair(issuer="elsewhere"), issuers=(other,))))
    for one in (first, second):
        one.converge()
    theirs = Address("payments", PROVIDER, "elsewhere.example.com")
    seen = first.account.read(*first.desired).objects[theirs]
    assert (seen.ownership, seen.in_scope) == (Ownership.OURS, False)
    assert (first.changes(), second.changes()) == ({}, {})
    first.desired = {}
    first.converge()
    assert second.changes() == {}


@pytest.mark.parametrize("key", ["writ:environment", "writ:system"])
def test_nothing_hides_behind_anothers_tag_on_a_managed_role(account: Account, key: str) -> None:
    estate = Estate(account)
    estate.want(lower(account.scope, demand(pair())))
    estate.converge()
    account.iam.tag_role(RoleName=ROLE, Tags=[{"Key": key, "Value": "zzz"}])
    account.iam.attach_role_policy(RoleName=ROLE, PolicyArn=ADMIN)
    account.iam.put_role_policy(RoleName=ROLE, PolicyName="rogue", PolicyDocument=ANYTHING)
    account.iam.put_role_policy(RoleName=ROLE, PolicyName="orders.read", PolicyDocument=ANYTHING)
    assert estate.changes() == {
        f"aws_iam_role {ROLE}": "update",
        f"aws_iam_role_policy {ROLE}:orders.read": "update",
        f"aws_iam_role_policy {ROLE}:rogue": "delete",
        f"aws_iam_role_policy_attachment {ROLE}/{ADMIN}": "delete",
    }
    estate.converge()


def test_a_wanted_role_that_another_environment_made_at_our_path_is_an_error(account: Account) -> None:
    estate = Estate(account)
    made = lower(account.scope, demand(pair()))
    estate.want(made)
    estate.converge()
    account.iam.tag_role(RoleName=ROLE, Tags=[{"Key": "writ:environment", "Value": "staging"}])
    estate.objects.clear()
    (told,) = estate.planned().diagnostics
    assert (told.code, told.severity) == ("W502", "error")
    assert "environment staging" in told.message


def test_a_second_system_with_the_same_issuer_fails_with_whose_it_is(account: Account) -> None:
    provider = by_type(lower(account.scope, demand()), PROVIDER).resource
    account.create(provider)
    second = of_system(account, "audit")
    with pytest.raises(Conflict, match=r"belongs to environment production, system payments.*existing_oidc_providers"):
        second.create(by_type(lower(second.scope, demand()), PROVIDER).resource)


def test_a_use_waits_for_the_provider_that_the_same_run_makes(open_account: Callable[..., Account]) -> None:
    account = open_account(existing_oidc_providers=["cluster"])
    use = by_type(lower(account.scope, demand(pair())), f"{PROVIDER}_use").resource
    (told,) = account.read(use.address).diagnostics
    assert "isn't there yet" in told.message
    assert "apply waits for another system of the same plan" in told.help
    with pytest.raises(Rejected, match="isn't there"):
        account.create(use)
    account.client.settling.patience = 20
    make = account.iam.create_open_id_connect_provider
    later = Timer(0.5, lambda: make(Url="https://oidc.example.com/Cluster", ClientIDList=["sts.amazonaws.com"]))
    later.start()
    account.create(use)
    later.join()
    assert account.look(use.address) is not None


def test_an_issuer_that_another_projects_role_trusts_stays(open_account: Callable[..., Account]) -> None:
    number = new_account()
    first = Estate(open_account(number, role_path="/first/"))
    second = Estate(open_account(number, role_path="/second/", role_prefix="s-"))
    for one in (first, second):
        one.want(lower(one.account.scope, demand(pair())))
        one.converge()
    (provider,) = (address for address in second.desired if address.type == PROVIDER)
    live = second.account.read(provider).objects[provider]
    kind = second.account.provider.types[PROVIDER]
    with pytest.raises(Rejected, match=f"role {ROLE} .*outside of payments's scope trusts it"):
        kind.delete(second.account.client, live)
    assert first.changes() == {}
    first.desired = {}
    with pytest.raises(Rejected, match="role s-support"):
        kind.delete(first.account.client, live)


def test_a_wanted_role_of_our_marker_at_another_path_is_taken(open_account: Callable[..., Account]) -> None:
    number = new_account()
    first = Estate(open_account(number, role_path="/first/"))
    first.want(lower(first.account.scope, demand(pair())))
    first.converge()
    second = Estate(open_account(number, role_path="/second/"))
    second.want(lower(second.account.scope, demand(pair())))
    told = [one for one in second.planned().diagnostics if one.code == "W502"]
    assert told
    assert "carries this system's marker and is at path /first/" in told[0].message
    assert "role_prefix" in told[0].message
