"""From a directory's group, or an AWS role, by an auth method to what is critical in Vault: over systems, without them.

Neither auth method is in the catalogue of the OpenBao that the tests have.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from providers.aws.naming import ROLE
from providers.aws.provider import AwsProvider
from providers.aws.settings import AwsSettings
from providers.ldap.effective.steps import steps as ldap_steps
from providers.vault.access import VaultNever
from providers.vault.provider import VaultProvider
from reconciler.engine.escalation import Goal, Ground, Paths
from reconciler.model import Address, Kind, Meeting, Origin, Resource, Spot
from reconciler.provider import Scope
from tests.providers.ldap.world import PROVIDER, account, group, is_in, scope_of
from tests.providers.vault.test_escalation import SCOPE, Objects, login, mapping

AWS = Scope("test", "payments", AwsSettings.model_validate({"account": "123456789012", "role_path": "/writ/"}))
TARGET = Spot(Kind.CRITICAL, "vault", "0")
NEVER = VaultNever.model_validate({"paths": ["kv/data/refunds/*"], "capabilities": ["update"]})
READER, ONCALL = account("reader"), group("oncall")
MEMBER = is_in(READER, ONCALL)
SIGNER = Resource(
    Address("payments", ROLE, "writ-reader_x"),
    {"path": "/writ/", "assume_role_policy": "{}", "permissions_boundary": "", "max_session_duration": 3600},
)
BOUND = "arn:aws:iam::123456789012:role/writ/writ-reader_x"


def paths(holder: Objects, directory: Mapping[Address, Resource], roles: Mapping[Address, Resource]) -> Paths:
    vault = {
        **login("reader", ("kv/data/orders/*", "read")),
        **login("refunder", ("kv/data/refunds/*", "update")),
        **holder,
    }
    grounds = {
        "vault": Ground(VaultProvider(), SCOPE, vault),
        "directory": Ground(PROVIDER, scope_of(), directory),
        "payments": Ground(AwsProvider(), AWS, roles),
    }
    mine = [one for one in vault if one.key.endswith("/reader")]
    origins = {one: Origin("", agent="reader", intent="x") for one in (*mine, *directory, *roles)}
    return Paths.of(grounds, [Goal(TARGET, "critical[0]", "vault", NEVER)], origins)


def known(*some: Resource) -> dict[Address, Resource]:
    return {one.address: one for one in some}


@pytest.mark.parametrize(
    ("holder", "directory", "roles", "rule"),
    [
        (mapping("auth/ldap/groups/oncall", "ldap group", "writ-refunder"), known(MEMBER), {}, "X1"),
        (mapping("auth/ldap/users/reader", "ldap user", "writ-refunder"), known(MEMBER), {}, "X1"),
        (mapping("auth/ldap/groups/oncall", "ldap group", "writ-refunder"), {}, {}, ""),
        (mapping("auth/ldap/groups/others", "ldap group", "writ-refunder"), known(MEMBER), {}, ""),
        (mapping("auth/ldap/groups/oncall", "ldap group", "writ-reader"), known(MEMBER), {}, ""),
        (mapping("auth/aws/role/ci", "aws role", "writ-refunder", bound=(BOUND,)), {}, known(SIGNER), "X2"),
        (mapping("auth/aws/role/ci", "aws role", "writ-refunder", bound=(f"{BOUND}-y",)), {}, known(SIGNER), ""),
    ],
    ids=["group", "user", "in-no-group", "another-group", "its-own-policy", "aws-role", "another-role"],
)
def test_a_path_over_systems(
    holder: Objects, directory: Mapping[Address, Resource], roles: Mapping[Address, Resource], rule: str
) -> None:
    found = paths(holder, directory, roles)
    told = {target: [step.rule for step in steps if step.rule] for target, steps in found.found("reader")}
    assert told == ({TARGET: [rule]} if rule else {})
    if rule:
        (holding,) = holder
        assert found.closes(holding, "reader", TARGET)
        assert found.keys("reader") == {TARGET: False}, "which directory the mount asks isn't read"


def test_a_membership_opens_its_group_its_account_and_perhaps_the_groups_above() -> None:
    outer = group("outer")
    found = list(ldap_steps(known(MEMBER, is_in(ONCALL, outer))))
    mine = [one for one in found if one.needs == (Spot.of(MEMBER.address),)]
    assert {(one.gives, one.certain) for one in mine} == {
        (Spot.meeting(Meeting.ACCOUNT, "reader"), True),
        (Spot.meeting(Meeting.GROUP, "oncall"), True),
        (Spot.meeting(Meeting.GROUP, "outer"), False),
    }
    assert all(one.by == (MEMBER.address,) and not one.rule for one in mine)
