"""What each vandalism does to access, and what the plan that heals it does: as one verdict each.

What isn't listed changes nothing: a policy that nobody carries, a login that no connection serves, tags, comments.
"""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.model import Verdict

ACCESS: Mapping[str, tuple[Verdict, Verdict]] = {
    "vault-policy-widened": (Verdict.WIDENS, Verdict.NARROWS),
    "vault-jwt-role-added": (Verdict.WIDENS, Verdict.NARROWS),
    "vault-jwt-role-for-another-subject": (Verdict.INCOMPARABLE, Verdict.INCOMPARABLE),
    "vault-jwt-role-with-the-default-policy": (Verdict.WIDENS, Verdict.NARROWS),
    "vault-jwt-role-with-another-policy": (Verdict.WIDENS, Verdict.NARROWS),
    "vault-jwt-role-for-longer": (Verdict.WIDENS, Verdict.NARROWS),
    "vault-mount-of-another-issuer": (Verdict.MAY_WIDEN, Verdict.MAY_WIDEN),
    "vault-entity-with-a-policy": (Verdict.WIDENS, Verdict.NARROWS),
    "vault-entity-disabled": (Verdict.NARROWS, Verdict.WIDENS),
    "vault-entity-in-a-group": (Verdict.WIDENS, Verdict.NARROWS),
    "vault-alias-moved": (Verdict.UNKNOWN, Verdict.UNKNOWN),
    "vault-alias-added": (Verdict.MAY_WIDEN, Verdict.NARROWS),
    "vault-database-role-widened": (Verdict.MAY_WIDEN, Verdict.MAY_WIDEN),
    "vault-database-role-for-longer": (Verdict.WIDENS, Verdict.NARROWS),
    "vault-role-no-longer-allowed": (Verdict.NARROWS, Verdict.WIDENS),
    "vault-policy-deleted": (Verdict.NARROWS, Verdict.WIDENS),
    "vault-jwt-role-deleted": (Verdict.NARROWS, Verdict.WIDENS),
    "vault-alias-deleted": (Verdict.NARROWS, Verdict.MAY_WIDEN),
    "vault-entity-deleted": (Verdict.NARROWS, Verdict.MAY_WIDEN),
    "vault-database-role-deleted": (Verdict.NARROWS, Verdict.WIDENS),
    "vault-mount-disabled": (Verdict.NARROWS, Verdict.WIDENS),
    "aws-policy-attached": (Verdict.WIDENS, Verdict.NARROWS),
    "aws-inline-policy-added": (Verdict.WIDENS, Verdict.NARROWS),
    "aws-inline-policy-widened": (Verdict.WIDENS, Verdict.NARROWS),
    "aws-trust-widened": (Verdict.WIDENS, Verdict.NARROWS),
    "aws-role-added": (Verdict.WIDENS, Verdict.UNKNOWN),
    "aws-sessions-for-longer": (Verdict.WIDENS, Verdict.NARROWS),
    "aws-role-in-an-instance-profile": (Verdict.MAY_WIDEN, Verdict.NARROWS),
    "aws-inline-policy-deleted": (Verdict.NARROWS, Verdict.WIDENS),
    "aws-role-deleted": (Verdict.NARROWS, Verdict.WIDENS),
    "aws-issuer-deleted": (Verdict.NARROWS, Verdict.WIDENS),
    "aws-issuer-for-another-audience": (Verdict.WIDENS, Verdict.NARROWS),
    "aws-issuer-made-anew": (Verdict.INCOMPARABLE, Verdict.INCOMPARABLE),
    "aws-issuer-behind-another-ca": (Verdict.MAY_WIDEN, Verdict.MAY_WIDEN),
    "postgres-more-on-a-table": (Verdict.WIDENS, Verdict.NARROWS),
    "postgres-another-table": (Verdict.WIDENS, Verdict.NARROWS),
    "postgres-a-column": (Verdict.WIDENS, Verdict.NARROWS),
    "postgres-more-on-a-column": (Verdict.WIDENS, Verdict.NARROWS),
    "postgres-grant-option": (Verdict.WIDENS, Verdict.NARROWS),
    "postgres-column-passed-on": (Verdict.WIDENS, Verdict.NARROWS),
    "postgres-posed-as-a-lease": (Verdict.WIDENS, Verdict.NARROWS),
    "postgres-lost-lease": (Verdict.WIDENS, Verdict.NARROWS),
    "postgres-schema": (Verdict.WIDENS, Verdict.NARROWS),
    "postgres-function": (Verdict.WIDENS, Verdict.NARROWS),
    "postgres-member-of-a-predefined-role": (Verdict.WIDENS, Verdict.NARROWS),
    "postgres-another-member": (Verdict.WIDENS, Verdict.NARROWS),
    "postgres-minter-with-its-access": (Verdict.WIDENS, Verdict.NARROWS),
    "postgres-may-create-databases": (Verdict.WIDENS, Verdict.NARROWS),
    "postgres-may-log-in": (Verdict.WIDENS, Verdict.NARROWS),
    "postgres-setting": (Verdict.MAY_WIDEN, Verdict.MAY_WIDEN),
    "postgres-role-added": (Verdict.WIDENS, Verdict.NARROWS),
    "postgres-default-privileges": (Verdict.MAY_WIDEN, Verdict.NARROWS),
    "postgres-grant-revoked": (Verdict.NARROWS, Verdict.WIDENS),
    "postgres-column-revoked": (Verdict.NARROWS, Verdict.WIDENS),
    "postgres-minter-removed": (Verdict.NARROWS, Verdict.WIDENS),
    "postgres-role-dropped": (Verdict.NARROWS, Verdict.WIDENS),
}
