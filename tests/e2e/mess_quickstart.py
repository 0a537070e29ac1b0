"""What is planted by hand in the quickstart's AWS account, PostgreSQL and OpenBao."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from psycopg import sql

from tests.e2e.hands import ACCOUNT, Hands
from tests.e2e.mess import Habit, Mess

ISSUER = "token.actions.githubusercontent.com"
HOSTILE = '=HYPERLINK("http://evil")\x1b[2J\u202e'
"""A role's name: a formula to a spreadsheet, a command to a terminal."""
_ORDERS = "SELECT ON public.orders, public.order_items"


@contextmanager
def planted(hands: Hands) -> Iterator[Mess]:
    """Planted, with live sessions; taken away at the end but for what a slate wipes."""
    mess = Mess()
    with ExitStack() as undo:
        _aws(hands, mess, undo)
        _postgres(hands, mess, undo)
        _vault(hands, mess, undo)
        yield mess


def _policy(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def _allow(action: str, resource: str) -> Mapping[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def _trust(principal: Any, action: str = "sts:AssumeRole", **condition: Any) -> str:
    return _policy({"Effect": "Allow", "Principal": principal, "Action": action} | condition)


def _aws(hands: Hands, mess: Mess, undo: ExitStack) -> None:
    iam = hands.iam
    keys = {"ci-deploy": 2, "legacy-reader": 1, "ops-shared": 1, "old-job": 1, "nobody": 0}
    for user, number in keys.items():
        iam.create_user(UserName=user)
        for _ in range(number):
            made = iam.create_access_key(UserName=user)["AccessKey"]
            mess.secrets += [made["SecretAccessKey"], made["AccessKeyId"]]
            off = user == "old-job"
            habit = Habit.SWITCHED_OFF if off else Habit.ENDLESS
            classes = ("stale",) if off else ("static", "never-expires")
            mess.expect(f'payments.aws_iam_access_key["{user}/…{made["AccessKeyId"][-4:]}"]', habit, *classes)
            if user == "old-job":
                iam.update_access_key(UserName=user, AccessKeyId=made["AccessKeyId"], Status="Inactive")
    iam.put_user_policy(UserName="ci-deploy", PolicyName="all", PolicyDocument=_policy(_allow("*", "*")))
    mess.expect('payments.aws_iam_user["ci-deploy"]', Habit.ADMINISTRATOR, "over-wide", "shared")
    read = _policy(_allow("s3:GetObject", "arn:aws:s3:::orders-archive/*"))
    iam.put_user_policy(UserName="legacy-reader", PolicyName="read", PolicyDocument=read)
    secret = "Sommer-im-Wald-1984!"
    iam.create_login_profile(UserName="ops-shared", Password=secret)
    undo.callback(iam.delete_login_profile, UserName="ops-shared")
    mess.secrets.append(secret)
    mess.expect('payments.aws_iam_user["ops-shared"]', Habit.PERSON, "human-use")
    federated = {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"}
    like = {"StringLike": {f"{ISSUER}:sub": "repo:acme/*"}}
    other = "arn:aws:iam::222222222222"
    roles = {
        "partner-access": (_trust({"AWS": "*"}), "over-wide"),
        "whole-account": (_trust({"AWS": f"{other}:root"}), "over-wide"),
        "github-deploy": (_trust(federated, "sts:AssumeRoleWithWebIdentity", Condition=like), "over-wide"),
        "any-subject": (_trust(federated, "sts:AssumeRoleWithWebIdentity"), "over-wide"),
        "two-runners": (_trust({"AWS": [f"{other}:role/a", f"{other}:role/b"]}), "shared"),
        "whole-bucket": (_trust({"Service": "ec2.amazonaws.com"}), "over-wide"),
    }
    for name, (trust, found) in roles.items():
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
        habit = {"two-runners": Habit.SHARED, "whole-bucket": Habit.EVERYTHING}.get(name, Habit.ANYBODY)
        mess.expect(f'payments.aws_iam_role["{name}"]', habit, found)
    iam.put_role_policy(RoleName="whole-bucket", PolicyName="all", PolicyDocument=_policy(_allow("s3:*", "*")))
    iam.create_group(GroupName="admins")
    undo.callback(iam.delete_group, GroupName="admins")
    iam.put_group_policy(GroupName="admins", PolicyName="all", PolicyDocument=_policy(_allow("iam:*", "*")))
    undo.callback(iam.delete_group_policy, GroupName="admins", PolicyName="all")
    iam.create_user(UserName="by-group")
    iam.add_user_to_group(GroupName="admins", UserName="by-group")
    undo.callback(iam.remove_user_from_group, GroupName="admins", UserName="by-group")
    mess.expect('payments.aws_iam_user["by-group"]', Habit.HIDDEN, "over-wide")
    iam.create_role(RoleName="forgotten", AssumeRolePolicyDocument=_trust({"Service": "ec2.amazonaws.com"}))
    mess.expect_later('payments.aws_iam_role["forgotten"]', Habit.FORGOTTEN, "stale")


def _postgres(hands: Hands, mess: Mess, undo: ExitStack) -> None:
    static = ("static", "never-expires")
    wide = (*static, "over-wide")
    hands.sql("CREATE ROLE legacy_hosts IN ROLE pg_read_server_files", "CREATE ROLE legacy_team")
    logins: dict[str, tuple[str, Habit, tuple[str, ...]]] = {
        "svc_orders": ("", Habit.ENDLESS, static),
        "svc_root": ("SUPERUSER", Habit.ADMINISTRATOR, wide),
        "svc_creator": ("CREATEROLE", Habit.ADMINISTRATOR, wide),
        "svc_etl": ("IN ROLE pg_read_server_files", Habit.EVERYTHING, wide),
        "svc_rows": ("BYPASSRLS", Habit.EVERYTHING, wide),
        "svc_lead": ("ADMIN legacy_team", Habit.PASSES_ON, wide),
        "svc_by_team": ("IN ROLE legacy_hosts", Habit.HIDDEN, wide),
        "svc_expired": ("VALID UNTIL '2020-01-01'", Habit.SWITCHED_OFF, ("stale",)),
        "svc_year": ("VALID UNTIL '2099-01-01'", Habit.MONTHS, ("static",)),
        "svc_shared": ("", Habit.SHARED, (*static, "shared", "human-use")),
        "svc_static": ("", Habit.ENDLESS, static),
        "rotator": ("SUPERUSER", Habit.ADMINISTRATOR, wide),
        HOSTILE: ("", Habit.ENDLESS, static),
    }
    for name, (options, habit, classes) in logins.items():
        password = f"geheim-{len(mess.secrets)}-Zk3xQ9vB"
        mess.secrets.append(password)
        made = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {} ").format(sql.Identifier(name), sql.Literal(password))
        hands.sql(made + sql.SQL(options.replace("ADMIN legacy_team", "")))
        plain = name if name.replace("_", "").isalnum() else name.replace('"', '\\"')
        mess.expect(f'orders-db.postgresql_role["{plain}"]', habit, *classes)
        if name == "svc_shared":
            for program in ("billing", "psql"):
                login = {"user": name, "password": password, "host": "127.0.0.1", "application_name": program}
                undo.enter_context(hands.session(**login))
        if name == "rotator":
            hands.write(
                "database/config/legacy",
                plugin_name="postgresql-database-plugin",
                connection_url=_url(hands),
                username=name,
                password=password,
                allowed_roles="*",
            )
            undo.callback(hands.delete, "database/config/legacy")
    hands.sql(f"GRANT {_ORDERS} TO svc_orders", "GRANT legacy_team TO svc_lead WITH ADMIN OPTION")


def _url(hands: Hands) -> str:
    ((port,),) = hands.sql("SELECT current_setting('port')")
    return f"postgresql://{{{{username}}}}:{{{{password}}}}@127.0.0.1:{port}/orders?sslmode=disable"


def _vault(hands: Hands, mess: Mess, undo: ExitStack) -> None:
    hands.write("sys/policies/acl/legacy-orders", policy='path "kv/data/orders/*" { capabilities = ["read"] }')
    hands.write("sys/policies/acl/legacy-admin", policy='path "sys/policies/acl/*" { capabilities = ["update"] }')
    hands.write("sys/auth/legacy-app", type="approle")
    approle = "auth/legacy-app/role"
    hands.write(f"{approle}/billing", token_policies="legacy-orders", secret_id_ttl=0)
    hands.write(f"{approle}/admin", token_policies="legacy-admin", secret_id_ttl="2h", token_bound_cidrs="10.0.0.0/8")
    hands.write(f"{approle}/open", token_policies="legacy-orders", bind_secret_id=False, token_bound_cidrs="10.0.0.0/8")
    for name in ("billing", "billing", "admin"):
        mess.secrets.append(hands.write(f"{approle}/{name}/secret-id")["data"]["secret_id"])
    role = "vault.vault_approle_auth_backend_role"
    mess.expect(f'{role}["legacy-app/billing"]', Habit.SHARED, "static", "never-expires", "over-wide", "shared")
    mess.expect(f'{role}["legacy-app/admin"]', Habit.ADMINISTRATOR, "over-wide")
    mess.expect(f'{role}["legacy-app/open"]', Habit.OPEN, "over-wide")
    hands.write("sys/auth/legacy-people", type="userpass")
    hands.write("auth/legacy-people/users/jenkins", password="Bauarbeiter-77-Kran", token_policies="legacy-orders")
    mess.secrets.append("Bauarbeiter-77-Kran")
    mess.expect('vault.vault_userpass_user["legacy-people/jenkins"]', Habit.ENDLESS, "static", "never-expires")
    hands.write("sys/policies/acl/legacy-whole", policy='path "kv/data/*" { capabilities = ["read"] }')
    hands.write("auth/legacy-people/users/backup", password=mess.secret("Kalte-Ecke-3"), token_policies="legacy-whole")
    mess.expect(
        'vault.vault_userpass_user["legacy-people/backup"]', Habit.EVERYTHING, "static", "never-expires", "over-wide"
    )
    hands.write("sys/auth/legacy-jwt", type="jwt")
    hands.write("auth/legacy-jwt/config", jwks_url=hands.read("auth/jwt-agents/config")["jwks_url"])
    anybody = {
        "role_type": "jwt",
        "user_claim": "sub",
        "bound_audiences": ["vault"],
        "token_policies": ["legacy-orders"],
    }
    hands.write("auth/legacy-jwt/role/anybody", **anybody)
    mess.expect('vault.vault_jwt_auth_backend_role["legacy-jwt/anybody"]', Habit.ANYBODY, "over-wide")
    hands.write("auth/token/roles/nightly", orphan=True, token_period="24h", allowed_policies="legacy-orders")
    undo.callback(hands.delete, "auth/token/roles/nightly")
    mess.expect('vault.vault_token_auth_backend_role["nightly"]', Habit.PASSES_ON, "never-expires", "over-wide")
    token = hands.write("auth/token/create/nightly")["auth"]
    undo.callback(hands.vault.auth.token.revoke, token["client_token"])
    mess.secrets.append(token["client_token"])
    key = "auth/token/create/nightly token default,legacy-orders orphan without end"
    mess.expect(f'vault.vault_token["{key}"]', Habit.ENDLESS, "static", "never-expires")
    _engines(hands, mess)


def _engines(hands: Hands, mess: Mess) -> None:
    hands.write("database/static-roles/legacy", db_name="legacy", username="svc_static", rotation_period="24h")
    path = "database/static-roles/legacy"
    mess.expect(f'vault.vault_database_secret_backend_static_role["{path}"]', Habit.MONTHS, "static")
    create = "CREATE ROLE \"{{name}}\" LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'"
    hands.write(
        "database/roles/month", db_name="legacy", creation_statements=create, default_ttl="720h", max_ttl="720h"
    )
    login = hands.read("database/creds/month")
    mess.secrets.append(login["password"])
    mess.expect('vault.vault_lease["database/creds/month 720h"]', Habit.MONTHS, "static")
    mess.expect(f'orders-db.postgresql_role["{login["username"]}"]', Habit.MONTHS, "static")
    hands.write("sys/mounts/legacy-kv", type="kv", options={"version": "2"})
    for _ in range(50):
        try:
            hands.write("legacy-kv/data/app/mail", data={"password": "Regenschirm-Nr-8"})
            break
        except Exception as upgrading:
            if "pgrading" not in str(upgrading):
                raise
    mess.secrets.append("Regenschirm-Nr-8")
    mess.expect_later('vault.vault_kv_secret_v2["legacy-kv/data/app/mail"]', Habit.MONTHS, "static")
