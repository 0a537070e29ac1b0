"""A standing login at the quickstart's database, a Retirement of it, and somebody who uses what replaces it."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import hvac
import psycopg
from hvac.exceptions import InvalidRequest

from tests.e2e.hands import MOUNT, READER, Hands
from tests.servers import World

LOGIN = "svc_orders"
HEIR = "orders_owner"
PASSWORD = "kept-since-2019"
MADE = (
    f"CREATE ROLE {HEIR}",
    f"CREATE ROLE {LOGIN} LOGIN PASSWORD '{PASSWORD}' CONNECTION LIMIT 7",
    f"GRANT USAGE, CREATE ON SCHEMA public TO {LOGIN}",
    f"GRANT SELECT, INSERT ON public.orders TO {LOGIN}",
    f"ALTER ROLE {LOGIN} SET work_mem = '8MB'",
    f"COMMENT ON ROLE {LOGIN} IS 'the nightly export; ask Olga'",
    f"CREATE TABLE public.exports (id int); ALTER TABLE public.exports OWNER TO {LOGIN}",
    f"GRANT SELECT ON public.exports TO {HEIR}",
    f"ALTER DEFAULT PRIVILEGES FOR ROLE {LOGIN} IN SCHEMA public GRANT SELECT ON TABLES TO {HEIR}",
)
RETIREMENT = f"""\
apiVersion: writ/v1
kind: Retirement
metadata: {{name: svc-orders}}
spec:
  system: orders-db
  principal: {LOGIN}
  replaced_by: [support-bot/orders.read]
  quarantine: 14d
  reassign_owned_to: {HEIR}
"""
_CATALOGUES = (
    *("pg_authid", "pg_auth_members", "pg_shdepend", "pg_db_role_setting", "pg_shdescription", "pg_default_acl"),
    *("pg_namespace", "pg_database", "pg_proc"),
)
_LEASED = """
WITH leased AS (SELECT oid FROM pg_roles WHERE rolname LIKE 'v-%')
SELECT oid FROM leased UNION SELECT a.oid FROM pg_auth_members a JOIN leased l ON l.oid IN (a.member, a.roleid)
"""
"""Logins that come and go, and their memberships."""


def catalogue(hands: Hands) -> list[str]:
    """All that the server says of roles and rights, as text; without the logins of leases, which come and go."""
    with hands.session() as session, session.transaction():
        session.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        rows = [row for name in _CATALOGUES for (row,) in session.execute(f"SELECT t::text FROM {name} t")]
        rows += [row for (row,) in session.execute("SELECT (relname, relowner, relacl)::text FROM pg_class")]
        leased = [str(oid) for (oid,) in session.execute(_LEASED)]
    of_lease = re.compile(rf"\b(?:{'|'.join(leased) or '(?!)'})\b")
    return sorted(row for row in rows if not of_lease.search(row))


def token_file(world: World, folder: Path, agent: str = "support-bot", system: str = "vault") -> str:
    """A workload token as the operator has it."""
    file = folder / f"{agent}.{system}.jwt"
    file.write_text(world.token(agent, system))
    file.chmod(0o600)
    return str(file)


@contextmanager
def standing(world: World, retirement: str = RETIREMENT) -> Iterator[Hands]:
    """The login is made, and is to go."""
    (world.specs / "retirements.yaml").write_text(retirement)
    with Hands(world) as hands:
        hands.sql(*MADE)
        try:
            yield hands
        finally:
            hands.sql("DROP TABLE public.exports")


def end_logins(hands: Hands) -> None:
    """A run that was killed handed back no token: an inventory by another test would find it."""
    for accessor in hands.vault.list("auth/token/accessors")["data"]["keys"]:
        try:
            found = hands.vault.write_data("auth/token/lookup-accessor", data={"accessor": accessor})["data"]
        except InvalidRequest:
            continue  # it ended by itself since it was listed
        if found["path"] == "auth/operator/login":
            hands.write("auth/token/revoke-accessor", accessor=accessor)


def lets_in(hands: Hands) -> bool:
    """Whether the standing login works."""
    try:
        with hands.session(user=LOGIN, password=PASSWORD) as session:
            session.execute("SELECT id FROM public.orders")
    except psycopg.OperationalError:
        return False
    return True


class Probe:
    """An agent that takes the dynamic way again and again: token, login, a query, and back."""

    def __init__(self, world: World) -> None:
        server: Any = world.sandbox.server("vault")
        self._address, self._world = server.address, world
        self._database = world.connection("orders-db")
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._go)
        self.worked, self.failed = 0, list[str]()

    def once(self) -> None:
        """One use."""
        vault = hvac.Client(url=self._address)
        try:
            vault.auth.jwt.jwt_login(role=READER, jwt=self._world.token("support-bot", "vault"), path=MOUNT)
            found = vault.read(f"database/creds/writ-{READER}_orders-db")["data"]
            login = {"user": found["username"], "password": found["password"]}
            with psycopg.connect(**(self._database | login), dbname="orders") as session:
                session.execute("SELECT id FROM public.orders")
            vault.auth.token.revoke_self()
        finally:
            vault.adapter.close()

    def _go(self) -> None:
        while not self._stop.wait(0.3):
            try:
                self.once()
            except (hvac.exceptions.VaultError, psycopg.Error, OSError) as failed:
                self.failed.append(repr(failed))
            else:
                self.worked += 1

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(30)
