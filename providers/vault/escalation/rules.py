"""The catalogue: which rights together give more than they say."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from reconciler.model import Rule

_ENGINE = "the database secrets engine's documentation: creation_statements are run as the connection's user"
_ALL = (
    Rule(
        "V1",
        "update sys/policies/acl/<a policy that it holds>",
        "administrator of the server: the token has the new text at once",
        "observed on OpenBao",
    ),
    Rule(
        "V2",
        "write <mount>/roles/<r> and read <mount>/creds/<r>, for a role that a connection serves, or write its config",
        "any SQL as the connection's user",
        _ENGINE,
    ),
    Rule(
        "V3",
        "write <mount>/roles/<r> of an aws engine and read <mount>/creds/<r> or <mount>/sts/<r>, or mount one",
        "AWS, as far as the server's own identity there goes",
        "Vault's documentation of the AWS secrets engine: policy_document, role_arns; root credentials",
    ),
    Rule("V4", "write a role or a user of an auth method", "any policy that is there", "observed on OpenBao"),
    Rule("V5", "write its own identity entity, or a group", "any policy that is there", "observed on OpenBao"),
    Rule(
        "V6",
        "auth/token/create with sudo, create-orphan, or a token role",
        "any policy that is there",
        "observed on OpenBao",
    ),
    Rule(
        "V7",
        "sudo on sys/auth/* and writing what is mounted there; or sys/remount; or sys/raw/*",
        "any policy that is there; of what is moved, all that is in it",
        "Vault's HTTP API documentation: /sys/auth, /sys/remount, /sys/raw",
    ),
    Rule(
        "X1",
        "membership in a directory's group, or an account there, to which auth/<ldap>/groups or users gives policies",
        "what these policies give",
        "Vault's documentation of the LDAP auth method: groups and users",
    ),
    Rule(
        "X2",
        "an AWS role that a role of auth/<aws> is bound to",
        "what that role's policies give",
        "Vault's documentation of the AWS auth method: bound_iam_principal_arn",
    ),
    Rule(
        "D2",
        "a login of one identity is taken by another's role: the same subject, or none",
        "that role's policies",
        "Vault's documentation of JWT roles: bound_subject, bound_audiences",
    ),
)
RULES: Mapping[str, Rule] = MappingProxyType({rule.id: rule for rule in _ALL})
