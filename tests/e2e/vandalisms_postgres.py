"""What somebody might do by hand at PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable

from tests.e2e.hands import READER, REFUNDER, Hands
from tests.e2e.vandalism import Vandalism, changed, missing, undeclared

GROUP = f"writ_{READER}"
GROUP_ADDRESS = f'orders-db.postgresql_role["{GROUP}"]'
REFUNDS_GROUP = f"writ_{REFUNDER}"
LEASE = "managed by writ; environment=quickstart; system=orders-db; database=orders; lease="


def grant(key: str, group: str = GROUP) -> str:
    return f'orders-db.postgresql_grant["{group}:{key}"]'


def membership(member: str, group: str) -> str:
    return f'orders-db.postgresql_grant_role["{member}->{group}"]'


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
        "column-passed-on",
        sql(
            "CREATE ROLE outsider",
            f'GRANT SELECT ON public.orders TO "{GROUP}" WITH GRANT OPTION',
            f'SET ROLE "{GROUP}"',
            "GRANT SELECT (total) ON public.orders TO outsider",
            "RESET ROLE",
        ),
        (changed(ORDERS, "with_grant_option", "regranted_to"),),
        sql("DROP ROLE outsider"),
    ),
    Vandalism(
        "posed-as-a-lease",
        sql(
            "CREATE ROLE posed LOGIN PASSWORD 'x' VALID UNTIL '2099-01-01'",
            f"COMMENT ON ROLE posed IS '{LEASE}{GROUP}'",
            f'GRANT "{GROUP}" TO posed WITH INHERIT TRUE, SET FALSE',
        ),
        (undeclared('orders-db.postgresql_role["posed"]'), undeclared(membership("posed", GROUP))),
    ),
    Vandalism(
        "lost-lease",
        sql(
            "CREATE ROLE lost LOGIN PASSWORD 'x' VALID UNTIL '2020-01-01'",
            f"COMMENT ON ROLE lost IS '{LEASE}{GROUP}'",
        ),
        (undeclared('orders-db.postgresql_role["lost"]'),),
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
    Vandalism(
        "may-log-in",
        sql(f"""ALTER ROLE "{GROUP}" LOGIN PASSWORD 'x'"""),
        (changed(GROUP_ADDRESS, "has_password", "login"),),
    ),
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
