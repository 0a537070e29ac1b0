"""A role's access composed of all that hangs on it, before and after."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from providers.aws.effective.changes import access_changes
from providers.aws.naming import ATTACHMENT, MANAGED_POLICY, PROFILE_ROLE, PROVIDER, ROLE, ROLE_POLICY
from reconciler.model import AccessChange, Address, Aspect, Resource, Value, Verdict, Worlds

READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::orders/*"}
WRITE = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::orders/*"}
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
BOUND = "arn:aws:iam::123456789012:policy/bound"
MANAGED = {
    ADMIN: json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}),
    BOUND: json.dumps({"Version": "2012-10-17", "Statement": READ}),
}
Objects = dict[Address, Resource]


def document(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def trust(subject: str) -> str:
    return document(
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Principal": {"Federated": "arn:aws:iam::123456789012:oidc-provider/issuer.example"},
            "Condition": {"StringEquals": {"issuer.example:aud": "sts.amazonaws.com", "issuer.example:sub": subject}},
        }
    )


def role(**changed: Value) -> Objects:
    address = Address("aws", ROLE, "writ-a")
    attributes: dict[str, Value] = {
        "name": "writ-a",
        "assume_role_policy": trust("a"),
        "permissions_boundary": None,
        "max_session_duration": 3600,
        "tags": {},
    }
    return {address: Resource(address, attributes | changed)}


def inline(name: str, *statements: Mapping[str, Any]) -> Objects:
    address = Address("aws", ROLE_POLICY, f"writ-a:{name}")
    return {address: Resource(address, {"role": "writ-a", "name": name, "policy": document(*statements)})}


def attached(arn: str) -> Objects:
    address = Address("aws", ATTACHMENT, f"writ-a/{arn}")
    return {address: Resource(address, {"role": "writ-a", "policy_arn": arn})}


def observed(managed: Mapping[str, str]) -> Objects:
    found = {Address("aws", MANAGED_POLICY, arn): text for arn, text in managed.items()}
    return {address: Resource(address, {"policy": text}) for address, text in found.items()}


def told(before: Objects, after: Objects, managed: Mapping[str, str] = MANAGED) -> dict[Aspect, AccessChange]:
    before, after = {**observed(managed), **before}, {**observed(managed), **after}
    touched = frozenset(a for a in before.keys() | after.keys() if before.get(a) != after.get(a))
    return {one.aspect: one for one in access_changes(Worlds(before, after, touched))}


def test_another_inline_policy_widens() -> None:
    before = role() | inline("main", READ)
    found = told(before, before | inline("rogue", WRITE))
    assert found.keys() == {Aspect.REACH}
    assert found[Aspect.REACH].subject == Address("aws", ROLE, "writ-a")
    assert found[Aspect.REACH].comparison.verdict is Verdict.WIDENS
    assert [one.request for one in found[Aspect.REACH].comparison.gains] == ["s3:PutObject on arn:aws:s3:::orders/x"]


def test_each_written_action_that_is_gained_has_a_request() -> None:
    new = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], "Resource": "*"}
    gains = told(role() | inline("main", READ), role() | inline("main", new))[Aspect.REACH].comparison.gains
    assert {one.request.split(" ")[0] for one in gains} == {"s3:GetObject", "s3:PutObject", "s3:DeleteObject"}


def test_the_same_policy_under_another_name_is_told_and_equal() -> None:
    statement = READ | {"Action": "s3:getobject"}
    found = told(role() | inline("main", READ), role() | inline("main", statement))
    assert found[Aspect.REACH].comparison.verdict is Verdict.EQUAL


def test_an_attached_policy_widens_by_its_text() -> None:
    before = role() | inline("main", READ)
    found = told(before, before | attached(ADMIN))[Aspect.REACH].comparison
    assert found.verdict is Verdict.WIDENS
    assert found.gains


def test_an_attached_policy_that_cant_be_read_is_unknown() -> None:
    before = role() | inline("main", READ)
    found = told(before, before | attached(ADMIN), managed={})[Aspect.REACH].comparison
    assert found.verdict is Verdict.UNKNOWN
    assert ADMIN in found.notes[0]


def test_a_boundary_cuts_down_what_is_compared() -> None:
    before = role(permissions_boundary=BOUND) | inline("main", READ)
    found = told(before, before | inline("rogue", WRITE))[Aspect.REACH].comparison
    assert found.verdict is Verdict.EQUAL
    lifted = told(before | inline("rogue", WRITE), role() | inline("main", READ) | inline("rogue", WRITE))
    assert lifted[Aspect.REACH].comparison.verdict is Verdict.WIDENS


def test_another_subject_is_both_gained_and_lost() -> None:
    found = told(role(), role(assume_role_policy=trust("b")))
    assert found.keys() == {Aspect.TRUST}
    assert found[Aspect.TRUST].comparison.verdict is Verdict.INCOMPARABLE


def test_a_document_that_isnt_understood_is_unknown() -> None:
    found = told(role(), role(assume_role_policy="{}"))
    assert found[Aspect.TRUST].comparison.verdict is Verdict.UNKNOWN


def test_tags_are_no_access() -> None:
    assert told(role(), role(tags={"a": "b"})) == {}


TEAM = {**READ, "Condition": {"StringEquals": {"aws:PrincipalTag/team": "admin"}}}
HOME = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::home/${aws:PrincipalTag/team}/*"}
SHARED = {**HOME, "Resource": "arn:aws:s3:::home/${aws:PrincipalTag/team, 'all'}/*"}
NOT_TEAM = {**READ, "Effect": "Deny", "Condition": {"StringNotEquals": {"aws:PrincipalTag/team": "admin"}}}


@pytest.mark.parametrize(
    ("statements", "before", "after", "verdict", "gains"),
    [
        ((TEAM,), {}, {"team": "admin"}, Verdict.WIDENS, "s3:GetObject on arn:aws:s3:::orders/x"),
        ((TEAM,), {"team": "x"}, {"team": "admin"}, Verdict.WIDENS, "s3:GetObject on arn:aws:s3:::orders/x"),
        ((TEAM,), {"team": "admin"}, {"team": "x"}, Verdict.NARROWS, ""),
        ((TEAM,), {"team": "x"}, {"team": "y"}, Verdict.EQUAL, ""),
        # IAM keeps the case of a tag's key and goes by none, in conditions and in variables alike.
        ((TEAM,), {"Team": "x"}, {"Team": "admin"}, Verdict.WIDENS, "s3:GetObject on arn:aws:s3:::orders/x"),
        ((TEAM,), {"team": "admin"}, {"TEAM": "admin"}, Verdict.EQUAL, ""),
        ((HOME,), {"Team": "a"}, {"Team": "b"}, Verdict.INCOMPARABLE, "s3:GetObject on arn:aws:s3:::home/b/"),
        ((HOME,), {}, {"team": "b"}, Verdict.WIDENS, "s3:GetObject on arn:aws:s3:::home/b/"),
        ((SHARED,), {}, {"team": "b"}, Verdict.INCOMPARABLE, "s3:GetObject on arn:aws:s3:::home/b/"),
        ((SHARED,), {"team": "all"}, {}, Verdict.EQUAL, ""),
        ((HOME,), {"team": "a"}, {"team": "*"}, Verdict.INCOMPARABLE, "s3:GetObject on arn:aws:s3:::home/*/"),
        ((READ, NOT_TEAM), {"team": "x"}, {"team": "admin"}, Verdict.WIDENS, "s3:GetObject on arn:aws:s3:::orders/x"),
    ],
)
def test_tags_that_a_policy_asks_for_are_access(
    statements: tuple[Mapping[str, Any], ...],
    before: dict[str, Value],
    after: dict[str, Value],
    verdict: Verdict,
    gains: str,
) -> None:
    hanging = inline("a", *statements)
    found = told(role(tags=before) | hanging, role(tags=after) | hanging)[Aspect.REACH].comparison
    assert (found.verdict, [one.request for one in found.gains], found.notes) == (verdict, [gains] * bool(gains), ())


def test_which_of_two_tags_that_are_one_to_iam_counts_is_not_guessed() -> None:
    """No such pair can be made at AWS; whoever imitates it may let it be."""
    hanging = inline("a", TEAM)
    found = told(role(tags={"team": "x"}) | hanging, role(tags={"team": "x", "Team": "y"}) | hanging)
    assert found[Aspect.REACH].comparison.verdict is Verdict.WIDENS


NONE: dict[str, Value] = {}
ADMINS: dict[str, Value] = {"team": "admin"}


def test_tags_say_nothing_where_sessions_can_be_tagged() -> None:
    anybody = trust("a").replace('"sts:AssumeRoleWithWebIdentity"', '["sts:AssumeRoleWithWebIdentity", "sts:Tag*"]')
    hanging = inline("a", TEAM)
    before, after = (role(assume_role_policy=anybody, tags=tags) | hanging for tags in (NONE, ADMINS))
    open_to_tags = told(before, after)
    assert open_to_tags == {}
    found = told(role(tags={}) | hanging, role(assume_role_policy=anybody) | hanging)
    assert found[Aspect.REACH].comparison.verdict is Verdict.WIDENS
    assert "aws:PrincipalTag/team is admin" in found[Aspect.REACH].comparison.gains[0].note


def test_a_boundary_that_asks_for_a_tag_keeps_out_who_lacks_it() -> None:
    managed = {BOUND: document(TEAM)}
    hanging = inline("a", READ)
    bound = told(
        role(tags={}, permissions_boundary=BOUND) | hanging,
        role(tags={"team": "admin"}, permissions_boundary=BOUND) | hanging,
        managed,
    )
    assert bound[Aspect.REACH].comparison.verdict is Verdict.WIDENS


def test_longer_sessions_are_a_widening_of_time() -> None:
    found = told(role(), role(max_session_duration=43200))
    assert found.keys() == {Aspect.LIFETIME}
    assert found[Aspect.LIFETIME].comparison.verdict is Verdict.WIDENS
    assert told(role(max_session_duration=43200), role())[Aspect.LIFETIME].comparison.verdict is Verdict.NARROWS


def test_a_new_role_is_told_with_its_trust() -> None:
    found = told({}, role() | inline("main", READ))
    assert {aspect: one.comparison.verdict for aspect, one in found.items()} == {
        Aspect.REACH: Verdict.WIDENS,
        Aspect.TRUST: Verdict.WIDENS,
    }
    gone = told(role() | inline("main", READ), {})
    assert {one.comparison.verdict for one in gone.values()} == {Verdict.NARROWS}


def test_an_instance_profile_may_widen() -> None:
    address = Address("aws", PROFILE_ROLE, "box/writ-a")
    profile = {address: Resource(address, {"instance_profile": "box", "role": "writ-a"})}
    assert told(role(), role() | profile)[Aspect.TRUST].comparison.verdict is Verdict.MAY_WIDEN


@pytest.mark.parametrize(
    ("changed", "verdict"),
    [
        ({"client_id_list": ["sts.amazonaws.com", "other"]}, Verdict.WIDENS),
        ({"client_id_list": []}, Verdict.NARROWS),
        ({"thumbprint_list": ["a", "b"]}, Verdict.MAY_WIDEN),
    ],
)
def test_an_issuer_is_told_of(changed: dict[str, Value], verdict: Verdict) -> None:
    address = Address("aws", PROVIDER, "issuer.example")
    values: dict[str, Value] = {
        "url": "https://issuer.example",
        "client_id_list": ["sts.amazonaws.com"],
        "thumbprint_list": ["a"],
        "tags": {},
    }
    before, after = {address: Resource(address, values)}, {address: Resource(address, values | changed)}
    assert told(before, after)[Aspect.TRUST].comparison.verdict is verdict


@pytest.mark.parametrize("hanging", [role(permissions_boundary=BOUND) | inline("a", WRITE), role() | attached(BOUND)])
def test_a_managed_policy_of_another_version_changes_every_role_that_names_it(hanging: Objects) -> None:
    narrow, wide = (observed({BOUND: document(one)}) for one in (READ, WRITE))
    found = told(narrow | hanging, wide | hanging)
    assert found.keys() == {Aspect.REACH}
    assert found[Aspect.REACH].comparison.verdict in {Verdict.WIDENS, Verdict.INCOMPARABLE}
    assert "s3:PutObject" in found[Aspect.REACH].comparison.gains[0].request
    unread = {address: Resource(address, {"policy": None}) for address in wide}
    assert told(narrow | hanging, unread | hanging)[Aspect.REACH].comparison.verdict is Verdict.UNKNOWN
    assert told(narrow | role(), wide | role()) == {}
