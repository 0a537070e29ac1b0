"""The local AWS: what is there, and whom it trusts with what."""

from __future__ import annotations

import json
from collections.abc import Iterator

from tests.e2e.hands import Hands
from tests.faults.oracle.facts import text
from tests.faults.oracle.probes import Door, Passed


def facts(hands: Hands) -> Iterator[tuple[str, str]]:
    """Roles, users and issuers."""
    for page in hands.iam.get_paginator("get_account_authorization_details").paginate():
        for role in page["RoleDetailList"]:
            yield f"aws role {role['Arn']}", text(role)
        for user in page["UserDetailList"]:
            yield f"aws user {user['Arn']}", text(user)
    for one in hands.iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]:
        found = hands.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=one["Arn"])
        yield f"aws issuer {one['Arn']}", text(found)


class AtAws(Door):
    """Whom each role trusts with what: the local AWS decides neither, so the documents are compared."""

    def passed(self, hands: Hands) -> Passed:
        """Each trust, with each policy."""
        for page in hands.iam.get_paginator("get_account_authorization_details").paginate(Filter=["Role"]):
            for role in page["RoleDetailList"]:
                trust = json.dumps(role["AssumeRolePolicyDocument"], sort_keys=True)
                yield f"aws {trust}", f"come in by {role['Arn']}"
                for policy in role["RolePolicyList"]:
                    yield f"aws {trust}", json.dumps(policy["PolicyDocument"], sort_keys=True)
                for policy in role["AttachedManagedPolicies"]:
                    yield f"aws {trust}", policy["PolicyArn"]

    def count(self, hands: Hands) -> int:
        """Nobody tries anything."""
        return 0
