"""Where auth methods keep what gives policies, and under which names: API documentation of Vault and OpenBao."""

from __future__ import annotations

from collections.abc import Mapping

_ROLES, _ROLE = ("roles",), ("role",)
FOLDERS: Mapping[str, tuple[str, ...]] = {
    "alicloud": _ROLE,
    "approle": _ROLE,
    "aws": _ROLES,
    "azure": _ROLE,
    "cert": ("certs",),
    "cf": _ROLES,
    "gcp": _ROLE,
    "github": ("map/teams", "map/users"),
    "jwt": _ROLE,
    "kerberos": ("groups",),
    "kubernetes": _ROLE,
    "ldap": ("groups", "users"),
    "oci": _ROLE,
    "oidc": _ROLE,
    "okta": ("groups", "users"),
    "radius": ("users",),
    "saml": _ROLE,
    "spiffe": _ROLE,
    "token": _ROLES,
    "userpass": ("users",),
}
"""By the mount's type: folders that can be listed, with an object to each name."""
FIELDS = ("token_policies", "policies", "allowed_policies", "allowed_policies_glob", "value")
"""What names policies: a list, or (GitHub's ``value``) a text. Older versions say ``policies``."""
FORBIDDEN = ("disallowed_policies", "disallowed_policies_glob")
"""Of a token role: where it names some of these and allows none by name, it gives every policy but these."""
READ: Mapping[str, tuple[str, ...]] = {**FOLDERS, "aws": _ROLE}
"""Where these objects are read: AWS's aren't where they are listed."""
BOUND = "bound_iam_principal_arn"
"""Of a role of an AWS method: a list, or a text."""
