"""Bulk reading: calls, pages, the fallback, and whose things are."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, quote

import pytest
from botocore.stub import Stubber

from providers.aws.live import RoleFacts
from providers.aws.lowering import lower
from providers.aws.naming import ROLE as ROLE_TYPE
from providers.aws.roles import read_roles
from reconciler.model import Address, Ownership, Verdict, Worlds
from reconciler.provider import Denied, Unreachable
from tests.providers.aws.conftest import Account
from tests.providers.aws.helpers import demand, issuer, pair
from tests.providers.aws.proxy import Handler, cuts, replies

ROLE = "writ-support-bot_orders.read"
TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})
GAAD = "GetAccountAuthorizationDetails"
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"


def role(name: str, path: str = "/writ/", **fields: Any) -> dict[str, Any]:
    return {
        "RoleName": name,
        "Path": path,
        "Arn": f"arn:aws:iam::123456789012:role{path}{name}",
        "RoleId": "AROAEXAMPLEEXAMPLE",
        "CreateDate": "2024-01-01T00:00:00Z",
        "AssumeRolePolicyDocument": TRUST,
        **fields,
    }


def test_every_page_is_read(account: Account) -> None:
    client = account.client
    pages = [["a", "b"], ["c"], ["d", "elsewhere"]]
    with Stubber(client._reader) as stub:
        for number, names in enumerate(pages):
            more = {"IsTruncated": True, "Marker": f"m{number}"} if number < 2 else {"IsTruncated": False}
            details = [role(n, "/" if n == "elsewhere" else "/writ/") for n in names]
            asked = {"MaxItems": 1000, "Filter": ["Role"], **({"Marker": f"m{number - 1}"} if number else {})}
            stub.add_response("get_account_authorization_details", {"RoleDetailList": details, **more}, asked)
        found = list(client.pages("get_account_authorization_details", "RoleDetailList", Filter=["Role"]))
        stub.assert_no_pending_responses()
    assert [r["RoleName"] for r in found] == ["a", "b", "c", "d", "elsewhere"]


def test_2000_roles_are_a_handful_of_calls(account: Account) -> None:
    """As AWS pages: 1,000 items at most, fewer where it likes."""
    roles = [role(f"r{n:04}") for n in range(2000)]
    serve_pages(account, roles, sizes={GAAD: 700, "ListRoles": 1000})
    account.proxy.calls.clear()
    found = account.read(*(Address("payments", ROLE_TYPE, r["RoleName"]) for r in roles))
    assert len(found.objects) == 2000
    assert account.proxy.calls == {GAAD: 3, "ListRoles": 2, "ListOpenIDConnectProviders": 1}
    assert account.client.calls["get_caller_identity"] == 1


def serve_pages(account: Account, roles: list[dict[str, Any]], sizes: dict[str, int]) -> None:
    def member(found: dict[str, Any]) -> str:
        document = quote(found["AssumeRolePolicyDocument"])
        fields = {**found, "AssumeRolePolicyDocument": document}
        return "<member>" + "".join(f"<{k}>{v}</{k}>" for k, v in fields.items()) + "</member>"

    def pages(action: str, items: str) -> Callable[[Handler, bytes], bool]:
        def fault(handler: Handler, body: bytes) -> bool:
            query = parse_qs(body.decode())
            assert query["MaxItems"] == ["1000"]
            start = int(query.get("Marker", ["0"])[0])
            end = start + sizes[action]
            more = (
                f"<IsTruncated>true</IsTruncated><Marker>{end}</Marker>"
                if end < len(roles)
                else "<IsTruncated>false</IsTruncated>"
            )
            listed = "".join(member(r) for r in roles[start:end])
            handler.answer(
                200,
                f"<{action}Response><{action}Result><{items}>{listed}</{items}>{more}</{action}Result></{action}Response>".encode(),
            )
            return True

        return fault

    account.proxy.faults |= {GAAD: pages(GAAD, "RoleDetailList"), "ListRoles": pages("ListRoles", "Roles")}


def test_without_the_bulk_call_roles_are_read_one_by_one_and_it_is_said(account: Account) -> None:
    account.build(lower(account.scope, demand(pair(), pair("other"))))
    account.iam.attach_role_policy(RoleName=ROLE, PolicyArn=ADMIN)
    account.iam.create_instance_profile(InstanceProfileName="p")
    account.iam.add_role_to_instance_profile(InstanceProfileName="p", RoleName=ROLE)
    account.iam.create_role(RoleName="WRIT-taken", AssumeRolePolicyDocument=TRUST)
    taken = Address("payments", ROLE_TYPE, "WRIT-taken")
    bulk = account.read(taken)
    account.proxy.faults[GAAD] = replies(403, "AccessDenied", "not authorized to perform iam:GetAccount…")
    slow = account.read(taken)
    assert slow.objects == bulk.objects
    assert taken in slow.objects
    assert (bulk.diagnostics, "roles" in bulk.facts) == ((), False)
    (said,) = slow.diagnostics
    assert (said.severity, said.code) == ("warning", "W438")
    assert "iam:GetAccountAuthorizationDetails" in said.help
    assert slow.facts["roles"] == "read one by one"
    assert slow.facts["account"] == account.scope.settings.account


def test_a_role_that_goes_while_it_is_read_is_not_there(account: Account) -> None:
    account.build(lower(account.scope, demand(pair())))
    account.proxy.faults[GAAD] = replies(403, "AccessDenied")
    account.proxy.faults["ListRolePolicies"] = replies(404, "NoSuchEntity", times=1)
    assert len(account.read().objects) == 3
    account.proxy.faults["GetRole"] = replies(404, "NoSuchEntity")
    assert [a.type for a in account.read().objects] == ["aws_iam_openid_connect_provider"]


def test_a_role_that_keeps_changing_is_an_error_not_a_deletion(account: Account) -> None:
    account.build(lower(account.scope, demand(pair())))
    account.proxy.faults |= {GAAD: replies(403, "AccessDenied"), "GetRolePolicy": replies(404, "NoSuchEntity")}
    with pytest.raises(Unreachable, match="keeps changing"):
        account.read()


@pytest.mark.parametrize("action", ["ListRoles", "ListOpenIDConnectProviders", "GetOpenIDConnectProvider", GAAD])
def test_what_cannot_be_read_raises(account: Account, action: str) -> None:
    account.build(lower(account.scope, demand(pair())))
    if action != GAAD:
        account.proxy.faults[action] = replies(403, "AccessDenied")
        with pytest.raises(Denied, match=f"iam:{action}"):
            account.read()
    account.proxy.faults[action] = cuts(after_commit=False)
    with pytest.raises(Unreachable):
        account.read()


def test_a_role_made_between_the_two_lists_is_looked_at_again(account: Account) -> None:
    account.build(lower(account.scope, demand(pair())))

    def late(handler: Handler, body: bytes) -> bool:
        account.proxy.faults.pop("ListRoles")
        status, content = handler.forward(body)
        account.iam.update_role(RoleName=ROLE, Description="later", MaxSessionDuration=3600)
        handler.answer(status, content.replace(b"<RoleName>" + ROLE.encode(), b"<RoleName>was-there"))
        return True

    account.proxy.faults["ListRoles"] = late
    found: tuple[RoleFacts, ...] = read_roles(account.client, ()).roles
    assert [(r.name, r.description) for r in found] == [(ROLE, "later")]


def test_a_wanted_name_at_another_path_is_found(account: Account) -> None:
    account.iam.create_role(RoleName=ROLE, Path="/apps/", AssumeRolePolicyDocument=TRUST, Description="theirs")
    account.iam.attach_role_policy(RoleName=ROLE, PolicyArn=ADMIN)
    made = lower(account.scope, demand(pair()))
    found = account.read(*(d.resource.address for d in made.resources)).objects
    live, hanging = found.values()
    assert live.resource.address == Address("payments", ROLE_TYPE, ROLE)
    assert hanging.in_scope, "shown, for the specs may take the role over; else it is its owner's business"
    assert (live.ownership, live.in_scope) == (Ownership.FOREIGN, False)
    assert "at path /apps/" in live.note
    assert live.resource.attributes["description"] == "theirs"


def test_a_name_that_differs_only_by_case_is_taken(account: Account) -> None:
    account.iam.create_role(RoleName=ROLE.upper(), AssumeRolePolicyDocument=TRUST)
    address = Address("payments", ROLE_TYPE, ROLE)
    live = account.read(address).objects[address]
    assert live.ownership is Ownership.FOREIGN
    assert ROLE.upper() in live.note


def test_our_own_role_at_the_former_path_is_recognised(account: Account, open_account: Callable[..., Account]) -> None:
    account.build(lower(account.scope, demand(pair())))
    moved = open_account(account.scope.settings.account, role_path="/moved/")
    made = lower(moved.scope, demand(pair()))
    found = moved.read(*(d.resource.address for d in made.resources)).objects
    role = found[Address("payments", ROLE_TYPE, ROLE)]
    assert (role.ownership, role.in_scope) == (Ownership.OURS, False)
    assert role.resource.attributes["path"] == "/writ/"
    assert role.resource.attributes["max_session_duration"] == 3600
    assert Address("payments", "aws_iam_role_policy", f"{ROLE}:orders.read") in found


def test_a_rogue_on_our_own_role_at_the_former_path_is_seen(
    account: Account, open_account: Callable[..., Account]
) -> None:
    """Or the role could never be moved: IAM deletes no role that has anything on it."""
    account.build(lower(account.scope, demand(pair())))
    account.iam.attach_role_policy(RoleName=ROLE, PolicyArn=ADMIN)
    moved = open_account(account.scope.settings.account, role_path="/moved/")
    rogues = moved.rogues(lower(moved.scope, demand(pair())))
    assert list(rogues) == ["aws_iam_role_policy_attachment"]


def test_anothers_role_in_our_path_is_told_apart_from_a_rogue(account: Account) -> None:
    tags = [{"Key": "managed-by", "Value": "writ"}, {"Key": "writ:environment", "Value": "staging"}]
    account.iam.create_role(RoleName="x", Path="/writ/", AssumeRolePolicyDocument=TRUST, Tags=tags)
    account.iam.attach_role_policy(RoleName="x", PolicyArn=ADMIN)
    account.iam.create_role(RoleName="y", Path="/writ/", AssumeRolePolicyDocument=TRUST)
    account.iam.attach_role_policy(RoleName="y", PolicyArn=ADMIN)
    found = account.read().objects
    assert {a.key: live.ownership for a, live in found.items()} == {
        "x": Ownership.OTHER,
        "y": Ownership.FOREIGN,
        f"y/{ADMIN}": Ownership.FOREIGN,
    }
    assert "environment staging" in found[Address("payments", ROLE_TYPE, "x")].note


def test_a_provider_that_somebody_else_made_is_foreign_with_the_way_out(account: Account) -> None:
    account.iam.create_open_id_connect_provider(Url="https://oidc.example.com/Cluster", ClientIDList=["x"])
    wanted = [d.resource.address for d in lower(account.scope, demand()).resources]
    (live,) = account.read(*wanted).objects.values()
    assert live.ownership is Ownership.FOREIGN
    assert "existing_oidc_providers" in live.note
    assert account.read().objects == {}
    use = Address("payments", "aws_iam_openid_connect_provider_use", "oidc.example.com/Cluster x")
    handed_over = account.read(*wanted, use).objects[wanted[0]]
    assert handed_over.is_anothers(recorded=False)


def test_anothers_provider_at_a_wanted_address_stays_anothers(account: Account) -> None:
    tags = [{"Key": "managed-by", "Value": "writ"}, {"Key": "writ:environment", "Value": "staging"}]
    account.iam.create_open_id_connect_provider(Url="https://oidc.example.com/Cluster", ClientIDList=["x"], Tags=tags)
    wanted = [d.resource.address for d in lower(account.scope, demand()).resources]
    (live,) = account.read(*wanted).objects.values()
    assert (live.ownership, live.is_anothers(recorded=False)) == (Ownership.OTHER, True)


def test_a_provider_of_ours_is_in_scope_where_it_is_wanted_or_recorded(account: Account) -> None:
    account.build(lower(account.scope, demand(issuers=(issuer(), issuer("b", url="https://b.example.com")))))
    wanted = Address("payments", "aws_iam_openid_connect_provider", "b.example.com")
    found = account.read(wanted).objects
    assert {a.key: live.in_scope for a, live in found.items()} == {
        "oidc.example.com/Cluster": False,
        "b.example.com": True,
    }
    assert all(live.ownership is Ownership.OURS for live in found.values())


def test_existing_providers(open_account: Callable[..., Account]) -> None:
    account = open_account(existing_oidc_providers=["cluster"])
    made = lower(account.scope, demand(pair()))
    (use,) = [d.resource for d in made.resources if d.resource.address.type.endswith("_use")]
    absent = account.read(use.address)
    assert absent.objects == {}
    assert [(d.severity, d.code) for d in absent.diagnostics] == [("warning", "W437")]
    assert "client id sts.amazonaws.com" in absent.diagnostics[0].message
    assert (absent.diagnostics[0].subject, absent.diagnostics[0].span) == (str(use.address), account.scope.span)
    iam, url = account.iam, "https://oidc.example.com/Cluster"
    arn = iam.create_open_id_connect_provider(Url=url, ClientIDList=["theirs"])["OpenIDConnectProviderArn"]
    assert account.read(use.address).objects == {}
    assert account.look(use.address) is None
    iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="sts.amazonaws.com")
    before = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)["ClientIDList"]
    account.build(made)
    found = account.read(*(d.resource.address for d in made.resources))
    assert found.diagnostics == ()
    live = found.objects[use.address]
    assert live.resource == use
    assert live.ownership is Ownership.UNMARKED
    account.delete(live)
    assert iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)["ClientIDList"] == before
    assert use.address not in account.read().objects


@pytest.mark.parametrize(("fault", "known"), [(None, True), ("AccessDenied", False)])
def test_what_an_attached_policy_allows_is_read_or_unknown(account: Account, fault: str | None, known: bool) -> None:
    """Two calls for each policy that somebody attached, and none where nobody did."""
    made = account.build(lower(account.scope, demand(pair())))
    before = account.read(*(one.resource.address for one in made))
    assert (before.observed, account.proxy.calls["GetPolicy"]) == ({}, 0)
    account.iam.attach_role_policy(RoleName=ROLE, PolicyArn=ADMIN)
    if fault:
        account.proxy.faults["GetPolicy"] = replies(403, fault)
    after = account.read(*(one.resource.address for one in made))
    touched = after.objects.keys() - before.objects.keys()
    worlds = Worlds(before.everything, after.everything, frozenset(touched))
    [told] = account.provider.access_changes(account.scope, worlds)
    assert told.comparison.verdict is (Verdict.WIDENS if known else Verdict.UNKNOWN)
    assert known or ADMIN in told.comparison.notes[0]
