"""What somebody might do by hand to the quickstart's systems, and what ``writ drift`` and ``writ plan`` say of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.e2e.hands import ACCOUNT, ADMINISTRATOR, ENTITY, MOUNT, READER, REFUNDER, SUBJECT, Hands


@dataclass(frozen=True, slots=True)
class Found:
    """One object in the drift, and its row in the plan."""

    address: str
    kind: str
    attributes: tuple[str, ...]
    action: str
    cause: str


def changed(address: str, *attributes: str) -> Found:
    return Found(address, "changed", attributes, "update", "outside")


def missing(address: str) -> Found:
    return Found(address, "missing", (), "create", "outside")


def undeclared(address: str) -> Found:
    return Found(address, "undeclared", (), "delete", "undeclared")


@dataclass(frozen=True, slots=True)
class Vandalism:
    """What is done, what is found, and what must be tidied up that isn't Writ's to heal."""

    name: str
    do: Callable[[Hands], object]
    found: tuple[Found, ...]
    tidy: Callable[[Hands], object] = lambda hands: None


POLICY = f'vault.vault_policy["writ-{READER}"]'
ROLE = f'vault.vault_jwt_auth_backend_role["{MOUNT}/{READER}"]'
ALIAS = f'vault.vault_identity_entity_alias["{MOUNT}/{SUBJECT}"]'
ENTITY_ADDRESS = f'vault.vault_identity_entity["{ENTITY}"]'
DATABASE_PATH = f"database/roles/writ-{READER}_orders-db"
DATABASE_ROLE = f'vault.vault_database_secret_backend_role["{DATABASE_PATH}"]'
ALLOWED = 'vault.vault_database_connection_allowed_roles["database/orders"]'
IAM_NAME = f"writ-{READER}"
IAM_ROLE = f'payments.aws_iam_role["{IAM_NAME}"]'
IAM_POLICY = f'payments.aws_iam_role_policy["{IAM_NAME}:orders.read"]'
PROVIDER_KEY = "oidc.example.com/cluster"
PROVIDER_ARN = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{PROVIDER_KEY}"
PROVIDER = f'payments.aws_iam_openid_connect_provider["{PROVIDER_KEY}"]'
GROUP = f"writ_{READER}"
GROUP_ADDRESS = f'orders-db.postgresql_role["{GROUP}"]'
REFUNDS_GROUP = f"writ_{REFUNDER}"
ANYTHING = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
WIDER = 'path "kv/data/*" {\n  capabilities = ["read", "list"]\n}\n'


def grant(key: str, group: str = GROUP) -> str:
    return f'orders-db.postgresql_grant["{group}:{key}"]'


def membership(member: str, group: str) -> str:
    return f'orders-db.postgresql_grant_role["{member}->{group}"]'


def widen_policy(hands: Hands) -> None:
    path = f"sys/policies/acl/writ-{READER}"
    hands.write(path, policy=hands.read(path)["policy"] + WIDER)


def add_jwt_role(hands: Hands) -> None:
    hands.write(
        f"auth/{MOUNT}/role/load-generator",
        role_type="jwt",
        user_claim="sub",
        bound_audiences=["vault"],
        bound_subject="system:serviceaccount:tests:load-generator",
        token_policies=[f"writ-{READER}"],
    )


def add_to_group(hands: Hands) -> None:
    hands.write("sys/policies/acl/everything", policy=WIDER)
    entity = hands.read(f"identity/entity/name/{ENTITY}")["id"]
    hands.write("identity/group", name="rogues", policies=["everything"], member_entity_ids=[entity])


def drop_group(hands: Hands) -> None:
    assert not hands.read("identity/group/name/rogues")["member_entity_ids"]
    hands.delete("identity/group/name/rogues")
    hands.delete("sys/policies/acl/everything")


def alias(hands: Hands) -> str:
    """The id of the agent's alias: a mount that was disabled leaves its aliases behind."""
    accessor = hands.accessor()
    aliases = hands.read(f"identity/entity/name/{ENTITY}")["aliases"]
    return next(str(one["id"]) for one in aliases if one["mount_accessor"] == accessor)


def move_alias(hands: Hands) -> None:
    hands.write(f"identity/entity-alias/id/{alias(hands)}", canonical_id=hands.entity("outsider"))


def add_alias(hands: Hands) -> None:
    hands.write(
        "identity/entity-alias", name="outsider", mount_accessor=hands.accessor(), canonical_id=hands.entity("outsider")
    )


def drop_outsider(hands: Hands) -> None:
    hands.delete("identity/entity/name/outsider")


def change_creation(hands: Hands) -> None:
    statements = hands.read(DATABASE_PATH)["creation_statements"]
    hands.rewrite(DATABASE_PATH, creation_statements=[*statements, 'GRANT pg_read_all_data TO "{{name}}"'])


def add_database_role(hands: Hands) -> None:
    hands.write("database/roles/writ-rogue", db_name="orders", creation_statements=['CREATE ROLE "{{name}}" SUPERUSER'])


def allow_role(hands: Hands) -> None:
    roles = hands.read("database/config/orders")["allowed_roles"]
    hands.write("database/config/orders", allowed_roles=[*roles, "writ-rogue"])


def disallow_role(hands: Hands) -> None:
    roles = hands.read("database/config/orders")["allowed_roles"]
    hands.write("database/config/orders", allowed_roles=roles[1:])


def delete_alias(hands: Hands) -> None:
    hands.delete(f"identity/entity-alias/id/{alias(hands)}")


VAULT = (
    Vandalism("policy-widened", widen_policy, (changed(POLICY, "policy"),)),
    Vandalism(
        "policy-added",
        lambda h: h.write("sys/policies/acl/writ-rogue", policy=WIDER),
        (undeclared('vault.vault_policy["writ-rogue"]'),),
    ),
    Vandalism(
        "jwt-role-added", add_jwt_role, (undeclared(f'vault.vault_jwt_auth_backend_role["{MOUNT}/load-generator"]'),)
    ),
    Vandalism(
        "jwt-role-for-another-subject",
        lambda h: h.rewrite(f"auth/{MOUNT}/role/{READER}", bound_subject="system:serviceaccount:evil:bot"),
        (changed(ROLE, "bound_subject"),),
    ),
    Vandalism(
        "jwt-role-with-the-default-policy",
        lambda h: h.rewrite(f"auth/{MOUNT}/role/{READER}", token_no_default_policy=False),
        (changed(ROLE, "token_no_default_policy"),),
    ),
    Vandalism(
        "jwt-role-with-another-policy",
        lambda h: h.rewrite(f"auth/{MOUNT}/role/{READER}", token_policies=[f"writ-{READER}", f"writ-{REFUNDER}"]),
        (changed(ROLE, "token_policies"),),
    ),
    Vandalism(
        "jwt-role-for-longer",
        lambda h: h.rewrite(f"auth/{MOUNT}/role/{READER}", token_ttl=0, token_max_ttl=0, token_explicit_max_ttl=0),
        (changed(ROLE, "token_explicit_max_ttl", "token_max_ttl", "token_ttl"),),
    ),
    Vandalism(
        "mount-of-another-issuer",
        lambda h: h.rewrite(f"auth/{MOUNT}/config", bound_issuer="https://evil.example.com"),
        (changed(f'vault.vault_jwt_auth_backend["{MOUNT}"]', "bound_issuer"),),
    ),
    Vandalism(
        "entity-with-a-policy",
        lambda h: h.write(f"identity/entity/name/{ENTITY}", policies=["default"]),
        (changed(ENTITY_ADDRESS, "policies"),),
    ),
    Vandalism(
        "entity-disabled",
        lambda h: h.write(f"identity/entity/name/{ENTITY}", disabled=True),
        (changed(ENTITY_ADDRESS, "disabled"),),
    ),
    Vandalism(
        "entity-in-a-group",
        add_to_group,
        (undeclared(f'vault.vault_identity_group_member["rogues/{ENTITY}"]'),),
        drop_group,
    ),
    Vandalism(
        "entity-added",
        lambda h: h.entity("writ-rogue"),
        (undeclared('vault.vault_identity_entity["writ-rogue"]'),),
    ),
    Vandalism("alias-moved", move_alias, (changed(ALIAS, "entity"),), drop_outsider),
    Vandalism(
        "alias-added",
        add_alias,
        (undeclared(f'vault.vault_identity_entity_alias["{MOUNT}/outsider"]'),),
        drop_outsider,
    ),
    Vandalism("database-role-widened", change_creation, (changed(DATABASE_ROLE, "creation_statements"),)),
    Vandalism(
        "database-role-for-longer",
        lambda h: h.rewrite(DATABASE_PATH, default_ttl=86400, max_ttl=86400),
        (changed(DATABASE_ROLE, "default_ttl", "max_ttl"),),
    ),
    Vandalism(
        "database-role-added",
        add_database_role,
        (undeclared('vault.vault_database_secret_backend_role["database/roles/writ-rogue"]'),),
    ),
    Vandalism("role-allowed", allow_role, (changed(ALLOWED, "allowed_roles"),)),
    Vandalism("role-no-longer-allowed", disallow_role, (changed(ALLOWED, "allowed_roles"),)),
    Vandalism("policy-deleted", lambda h: h.delete(f"sys/policies/acl/writ-{READER}"), (missing(POLICY),)),
    Vandalism("jwt-role-deleted", lambda h: h.delete(f"auth/{MOUNT}/role/{READER}"), (missing(ROLE),)),
    Vandalism("alias-deleted", delete_alias, (missing(ALIAS),)),
    Vandalism(
        "entity-deleted",
        lambda h: h.delete(f"identity/entity/name/{ENTITY}"),
        (missing(ENTITY_ADDRESS), missing(ALIAS)),  # its aliases go with it
    ),
    Vandalism("database-role-deleted", lambda h: h.delete(DATABASE_PATH), (missing(DATABASE_ROLE),)),
    Vandalism(
        "mount-disabled",
        lambda h: h.delete(f"sys/auth/{MOUNT}"),
        (
            missing(f'vault.vault_jwt_auth_backend["{MOUNT}"]'),
            missing(ROLE),
            missing(f'vault.vault_jwt_auth_backend_role["{MOUNT}/{REFUNDER}"]'),
            missing(ALIAS),
        ),
    ),
)


def widen_trust(hands: Hands) -> None:
    document: Any = hands.iam.get_role(RoleName=IAM_NAME)["Role"]["AssumeRolePolicyDocument"]
    condition = document["Statement"][0]["Condition"]["StringEquals"]
    condition[f"{PROVIDER_KEY}:sub"] = [SUBJECT, "system:serviceaccount:evil:bot"]
    hands.iam.update_assume_role_policy(RoleName=IAM_NAME, PolicyDocument=json.dumps(document))


def add_iam_role(hands: Hands) -> None:
    hands.iam.create_role(
        RoleName="rogue", Path="/writ/", AssumeRolePolicyDocument=ANYTHING.replace('"Resource"', '"Sid"')
    )
    hands.iam.attach_role_policy(RoleName="rogue", PolicyArn=ADMINISTRATOR)


def lengthen_sessions(hands: Hands) -> None:
    # moto empties a description that isn't given; AWS keeps it.
    description = hands.iam.get_role(RoleName=IAM_NAME)["Role"]["Description"]
    hands.iam.update_role(RoleName=IAM_NAME, MaxSessionDuration=43200, Description=description)


def add_to_profile(hands: Hands) -> None:
    hands.iam.create_instance_profile(InstanceProfileName="machines")
    hands.iam.add_role_to_instance_profile(InstanceProfileName="machines", RoleName=IAM_NAME)


def delete_iam_role(hands: Hands) -> None:
    hands.iam.delete_role_policy(RoleName=IAM_NAME, PolicyName="orders.read")
    hands.iam.delete_role(RoleName=IAM_NAME)


AWS = (
    Vandalism(
        "policy-attached",
        lambda h: h.iam.attach_role_policy(RoleName=IAM_NAME, PolicyArn=ADMINISTRATOR),
        (undeclared(f'payments.aws_iam_role_policy_attachment["{IAM_NAME}/{ADMINISTRATOR}"]'),),
    ),
    Vandalism(
        "inline-policy-added",
        lambda h: h.iam.put_role_policy(RoleName=IAM_NAME, PolicyName="rogue", PolicyDocument=ANYTHING),
        (undeclared(f'payments.aws_iam_role_policy["{IAM_NAME}:rogue"]'),),
    ),
    Vandalism(
        "inline-policy-widened",
        lambda h: h.iam.put_role_policy(RoleName=IAM_NAME, PolicyName="orders.read", PolicyDocument=ANYTHING),
        (changed(IAM_POLICY, "policy"),),
    ),
    Vandalism("trust-widened", widen_trust, (changed(IAM_ROLE, "assume_role_policy"),)),
    Vandalism(
        "role-added",
        add_iam_role,
        (
            undeclared('payments.aws_iam_role["rogue"]'),
            undeclared(f'payments.aws_iam_role_policy_attachment["rogue/{ADMINISTRATOR}"]'),
        ),
    ),
    Vandalism(
        "boundary-set",
        lambda h: h.iam.put_role_permissions_boundary(RoleName=IAM_NAME, PermissionsBoundary=ADMINISTRATOR),
        (changed(IAM_ROLE, "permissions_boundary"),),
    ),
    Vandalism(
        "owner-changed",
        lambda h: h.iam.tag_role(RoleName=IAM_NAME, Tags=[{"Key": "writ:owner", "Value": "evil@example.com"}]),
        (changed(IAM_ROLE, "tags"),),
    ),
    Vandalism(
        "marker-removed",
        lambda h: h.iam.untag_role(RoleName=IAM_NAME, TagKeys=["managed-by"]),
        (changed(IAM_ROLE, "tags"),),
    ),
    Vandalism(
        "sessions-for-longer",
        lengthen_sessions,
        (changed(IAM_ROLE, "max_session_duration"),),
    ),
    Vandalism(
        "role-in-an-instance-profile",
        add_to_profile,
        (undeclared(f'payments.aws_iam_instance_profile_role["machines/{IAM_NAME}"]'),),
        lambda h: h.iam.delete_instance_profile(InstanceProfileName="machines"),
    ),
    Vandalism(
        "inline-policy-deleted",
        lambda h: h.iam.delete_role_policy(RoleName=IAM_NAME, PolicyName="orders.read"),
        (missing(IAM_POLICY),),
    ),
    Vandalism("role-deleted", delete_iam_role, (missing(IAM_ROLE), missing(IAM_POLICY))),
    Vandalism(
        "issuer-deleted",
        lambda h: h.iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=PROVIDER_ARN),
        (missing(PROVIDER),),
    ),
    Vandalism(
        "issuer-for-another-audience",
        lambda h: h.iam.add_client_id_to_open_id_connect_provider(
            OpenIDConnectProviderArn=PROVIDER_ARN, ClientID="evil"
        ),
        (changed(PROVIDER, "client_id_list"),),
    ),
)


def sql(*statements: str) -> Callable[[Hands], object]:
    return lambda hands: hands.sql(*statements)


ORDERS = grant("table:public.orders")
POSTGRES = (
    Vandalism("more-on-a-table", sql(f'GRANT DELETE ON public.orders TO "{GROUP}"'), (changed(ORDERS, "privileges"),)),
    Vandalism(
        "another-table",
        sql(f'GRANT SELECT ON public.refunds TO "{GROUP}"'),
        (undeclared(grant("table:public.refunds")),),
    ),
    Vandalism(
        "a-column",
        sql(f'GRANT UPDATE (total) ON public.orders TO "{GROUP}"'),
        (undeclared(grant("column:public.orders.total")),),
    ),
    Vandalism(
        "more-on-a-column",
        sql(f'GRANT UPDATE (total) ON public.orders TO "{REFUNDS_GROUP}"'),
        (changed(grant("column:public.orders.total", REFUNDS_GROUP), "privileges"),),
    ),
    Vandalism(
        "grant-option",
        sql(f'GRANT SELECT ON public.orders TO "{GROUP}" WITH GRANT OPTION'),
        (changed(ORDERS, "with_grant_option"),),
    ),
    Vandalism(
        "schema",
        sql(f'GRANT CREATE ON SCHEMA public TO "{GROUP}"'),
        (changed(grant("schema:public"), "privileges"),),
    ),
    Vandalism(
        "function",
        sql(f'GRANT EXECUTE ON FUNCTION pg_catalog.pg_read_file(text) TO "{GROUP}"'),
        (undeclared(grant("function:pg_catalog.pg_read_file(text)")),),
    ),
    Vandalism(
        "member-of-a-predefined-role",
        sql(f'GRANT pg_read_all_data TO "{GROUP}"'),
        (undeclared(membership(GROUP, "pg_read_all_data")),),
    ),
    Vandalism(
        "another-member",
        sql("CREATE ROLE outsider", f'GRANT "{GROUP}" TO outsider'),
        (undeclared(membership("outsider", GROUP)),),
        sql("DROP ROLE outsider"),
    ),
    Vandalism(
        "minter-with-its-access",
        sql(f'GRANT "{GROUP}" TO vault_minter WITH INHERIT TRUE'),
        (changed(membership("vault_minter", GROUP), "with_inherit_option"),),
    ),
    Vandalism(
        "may-create-databases", sql(f'ALTER ROLE "{GROUP}" CREATEDB'), (changed(GROUP_ADDRESS, "create_database"),)
    ),
    Vandalism("may-log-in", sql(f"""ALTER ROLE "{GROUP}" LOGIN PASSWORD 'x'"""), (changed(GROUP_ADDRESS, "login"),)),
    Vandalism("setting", sql(f'ALTER ROLE "{GROUP}" SET search_path = evil'), (changed(GROUP_ADDRESS, "config"),)),
    Vandalism(
        "role-added",
        sql("CREATE ROLE writ_rogue LOGIN", "GRANT SELECT ON public.refunds TO writ_rogue"),
        (
            undeclared('orders-db.postgresql_role["writ_rogue"]'),
            undeclared(grant("table:public.refunds", "writ_rogue")),
        ),
    ),
    Vandalism(
        "default-privileges",
        sql(f'ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO "{GROUP}"'),
        (undeclared(f'orders-db.postgresql_default_privileges["{GROUP}:postgres:public:table"]'),),
    ),
    Vandalism("comment-removed", sql(f'COMMENT ON ROLE "{GROUP}" IS NULL'), (changed(GROUP_ADDRESS, "comment"),)),
    Vandalism("grant-revoked", sql(f'REVOKE ALL ON public.orders FROM "{GROUP}"'), (missing(ORDERS),)),
    Vandalism("schema-revoked", sql(f'REVOKE ALL ON SCHEMA public FROM "{GROUP}"'), (missing(grant("schema:public")),)),
    Vandalism(
        "column-revoked",
        sql(f'REVOKE SELECT (total) ON public.orders FROM "{REFUNDS_GROUP}"'),
        (missing(grant("column:public.orders.total", REFUNDS_GROUP)),),
    ),
    Vandalism(
        "minter-removed", sql(f'REVOKE "{GROUP}" FROM vault_minter'), (missing(membership("vault_minter", GROUP)),)
    ),
    Vandalism(
        "role-dropped",
        sql(f'DROP OWNED BY "{GROUP}"', f'DROP ROLE "{GROUP}"'),
        (
            missing(GROUP_ADDRESS),
            missing(membership("vault_minter", GROUP)),
            missing(grant("database:orders")),
            missing(grant("schema:public")),
            missing(ORDERS),
            missing(grant("table:public.order_items")),
        ),
    ),
)

ALL = {
    **{f"vault-{one.name}": one for one in VAULT},
    **{f"aws-{one.name}": one for one in AWS},
    **{f"postgres-{one.name}": one for one in POSTGRES},
}
