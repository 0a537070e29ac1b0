"""An estate as hands made it, under names that Writ would never give: of it, some can be agents, the rest can't."""

from __future__ import annotations

import json
from typing import Any

from psycopg import sql

from providers.vault.values import JWT_ROLE, fields
from tests.e2e.hands import ACCOUNT, Hands

ISSUER = "https://oidc.prod.example.com/k8s"
KEY = ISSUER.removeprefix("https://")
API = "system:serviceaccount:orders:api"
WORKER = "system:serviceaccount:orders:worker"
SECRET = "n0t-for-a-spec"
HOSTILE = 'O\'Brien "yaml": [x] # é ✓ ' + "n" * 40
"""A database login's name: quotes, what YAML would read, letters of other scripts, and as long as the server keeps."""
POLICY = """
# By hand, in nobody's layout.
path "kv/data/orders/*" { capabilities = ["list",
   "read"] }
"""
LAYERED = """
path "kv/data/orders/*" { capabilities = ["read"] }
path "kv/data/orders/vip/*" { capabilities = ["update"] }
"""
"""Not the union: below vip/ nothing may be read."""
LOGIN = {"role_type": "jwt", "user_claim": "sub", "bound_audiences": "vault", "token_policies": "orders-read"}
ARCHIVE = "arn:aws:s3:::orders-archive/*"


def statement(action: str, resource: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, indent=2)


def trust(subject: Any, operator: str = "StringEquals", **more: Any) -> str:
    conditions = {"StringEquals": {f"{KEY}:aud": "sts.amazonaws.com"}}
    conditions.setdefault(operator, {})[f"{KEY}:sub"] = subject
    principal = {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{KEY}"}
    action = "sts:AssumeRoleWithWebIdentity"
    return document({"Effect": "Allow", "Principal": principal, "Action": action, "Condition": conditions | more})


def made_by_hand(hands: Hands, jwks_url: str) -> None:
    """All of it, at OpenBao, at AWS and at PostgreSQL."""
    _vault(hands, jwks_url)
    _aws(hands)
    _postgres(hands)


def _vault(hands: Hands, jwks_url: str) -> None:
    hands.write("sys/auth/kube", type="jwt", description="the platform team's")
    hands.write("auth/kube/config", bound_issuer=ISSUER, jwks_url=jwks_url)
    hands.write("sys/policies/acl/orders-read", policy=POLICY)
    ends = {"token_ttl": 900, "token_max_ttl": 900}
    hands.write("auth/kube/role/orders-api", bound_subject=API, **LOGIN, **ends)
    hands.write("auth/kube/role/orders-worker", bound_subject=WORKER, **LOGIN, **ends)
    hands.write("auth/kube/role/anybody", bound_claims={"ns": "orders"}, **LOGIN, **ends)
    hands.write("auth/kube/role/renewing", bound_subject="system:serviceaccount:orders:old", **LOGIN, token_ttl=900)
    hands.write("auth/kube/role/bound", bound_subject="bound", **LOGIN, **ends, token_bound_cidrs="10.0.0.0/8")
    hands.write("sys/policies/acl/layered", policy=LAYERED)
    layered = LOGIN | {"token_policies": "layered"}
    hands.write("auth/kube/role/layered", bound_subject="layered", **layered, **ends)
    hands.write("auth/kube/role/more", bound_subject="more", **LOGIN, **ends)
    accessor = hands.vault.sys.list_auth_methods()["kube/"]["accessor"]
    entity = hands.write("identity/entity", name="by-hand", policies=["layered"])["data"]["id"]
    hands.write("identity/entity-alias", name="more", canonical_id=entity, mount_accessor=accessor)
    hands.write("identity/group", name="platform", policies=["orders-read"], member_entity_ids=[entity])
    hands.write("sys/auth/odd", type="jwt")
    secret = jwks_url.replace("://", f"://olga:{SECRET}@")
    hands.write("auth/odd/config", bound_issuer="https://odd.example.com", jwks_url=secret)
    hands.write("auth/odd/role/odd", bound_subject="odd", **LOGIN, **ends)
    hands.write("sys/auth/machines", type="approle")
    hands.write("auth/machines/role/ci", token_policies="orders-read")
    hands.write("auth/machines/role/layered", token_policies="layered")


def _aws(hands: Hands) -> None:
    iam = hands.iam
    prints = ["a" * 40]
    iam.create_open_id_connect_provider(Url=ISSUER, ClientIDList=["sts.amazonaws.com"], ThumbprintList=prints)
    read = document(statement("s3:GetObject", ARCHIVE))
    tags = [{"Key": "team", "Value": "orders"}]
    iam.create_role(RoleName="orders-api", Path="/apps/", AssumeRolePolicyDocument=trust(API), Tags=tags)
    iam.put_role_policy(RoleName="orders-api", PolicyName="archive", PolicyDocument=read)
    several = {"several": [API, WORKER], "alike": "system:serviceaccount:orders:*"}
    for name, subject in several.items():
        how = "StringLike" if name == "alike" else "StringEquals"
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(subject, how))
        iam.put_role_policy(RoleName=name, PolicyName="archive", PolicyDocument=read)
    iam.create_user(UserName="archivist")
    iam.put_user_policy(UserName="archivist", PolicyName="archive", PolicyDocument=read)


def _postgres(hands: Hands) -> None:
    hands.sql(
        "CREATE ROLE orders_readers",
        "GRANT SELECT ON public.orders TO orders_readers",
        "CREATE ROLE svc_orders LOGIN PASSWORD 'x' IN ROLE orders_readers",
        "CREATE TABLE public.svc_notes ()",
        "ALTER TABLE public.svc_notes OWNER TO svc_orders",
        sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(HOSTILE)),
        sql.SQL("GRANT INSERT ON public.refunds TO {}").format(sql.Identifier(HOSTILE)),
    )


def held(hands: Hands) -> dict[str, Any]:
    """What bears on access, as the servers hold it: to be compared before and after."""
    roles = {
        name: fields(JWT_ROLE, hands.read(f"auth/kube/role/{name}"))
        for name in ("orders-api", "orders-worker", "anybody", "renewing")
    }
    iam = hands.iam
    grants = "SELECT grantee, table_name, privilege_type FROM information_schema.role_table_grants ORDER BY 1, 2, 3"
    return {
        "vault": roles,
        "mount": hands.read("auth/kube/config"),
        "aws": [
            {key: role[key] for key in ("RoleName", "Path", "RoleId", "AssumeRolePolicyDocument")}
            for role in iam.list_roles()["Roles"]
        ],
        "inline": iam.get_role_policy(RoleName="orders-api", PolicyName="archive")["PolicyDocument"],
        "provider": iam.get_open_id_connect_provider(
            OpenIDConnectProviderArn=f"arn:aws:iam::{ACCOUNT}:oidc-provider/{KEY}"
        )["ClientIDList"],
        "postgres": hands.sql(grants),
    }
