"""MariaDB: every row of its own tables that access hangs on, and what minted logins, and others, may really do."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import hvac
import hvac.exceptions
import pymysql

from tests.e2e.hands import Hands
from tests.faults.oracle import vault
from tests.faults.oracle.facts import text
from tests.faults.oracle.probes import SESSION, Door, Passed

_DENIED = frozenset({1044, 1045, 1142, 1143, 1227, 1370, 1698, 1959})
"""By the server's own numbers: a login, a database, a table, a column, a privilege, a routine, a role."""
_GONE = frozenset({0, 2006, 2013})
"""The session was ended."""
_LISTS = {
    "table": ("tables_priv", ("Db", "Table_name"), ("Table_priv", "Column_priv")),
    "column": ("columns_priv", ("Db", "Table_name", "Column_name"), ("Column_priv",)),
    "routine": ("procs_priv", ("Routine_type", "Db", "Routine_name"), ("Proc_priv",)),
}
"""Tables in which privileges are lists, by what names a row's object and where the lists are."""


def facts(hands: Hands) -> Iterator[tuple[str, str]]:
    """Each privilege by itself: one that is too many is an orphan."""
    for row in hands.maria("SELECT User, Host, Priv FROM mysql.global_priv"):
        yield f"mysql account {_who(row)}", text(json.loads(row["Priv"]))
    for row in hands.maria("SELECT * FROM mysql.db"):
        for name in (name for name, value in row.items() if name.endswith("_priv") and value == "Y"):
            yield f"mysql database {row['Db']} {_who(row)} {name}", ""
    for kind, (table, names, lists) in _LISTS.items():
        for row in hands.maria(f"SELECT * FROM mysql.{table}"):
            for privilege in (one for column in lists for one in f"{row[column]}".split(",") if one):
                yield f"mysql {kind} {'.'.join(row[name] for name in names)} {_who(row)} {privilege}", ""
    for row in hands.maria("SELECT * FROM mysql.roles_mapping"):
        yield f"mysql membership of {_who(row)} in {row['Role']}", row["Admin_option"]
    for row in hands.maria("SELECT * FROM mysql.proxies_priv"):
        yield f"mysql proxy {row['Proxied_user']}@{row['Proxied_host']} {_who(row)}", f"{row['With_grant']}"


def _who(row: Mapping[str, Any]) -> str:
    return f"{row['User']}@{row['Host']}"


@dataclass
class _Login:
    """One that Vault minted, or that is there anyway, and its session; None where the server doesn't let it in."""

    who: str
    session: Any
    user: str = ""
    lease: str = ""
    token: str = ""
    """Vault's, by which it was minted."""


class AtMysql(Door):
    """``tokens``: at Vault, which mints. ``accounts``: user and password of others, by the principal's name.

    ``statements``: what each login tries, as itself and by each role. They change nothing.
    """

    def __init__(
        self, tokens: Mapping[str, str], accounts: Mapping[str, tuple[str, str]], statements: tuple[str, ...]
    ) -> None:
        super().__init__()
        self._tokens, self._accounts, self._statements = tokens, accounts, statements
        self._kept: list[tuple[str, str, _Login]] = []
        """Principal, role that is set, login."""

    def log_in(self, hands: Hands) -> None:
        """Each login takes the first role that it may, and keeps its session."""
        self.close(hands)
        for login in self._logins(hands):
            role = next((one for one in _roles(hands) if _may(login.session, f"SET ROLE `{one}`")), "")
            self._kept.append((f"{SESSION}{login.who}", role, login))

    def passed(self, hands: Hands) -> Passed:
        """By new logins and by old ones."""
        roles = _roles(hands)
        for login in self._logins(hands):
            if login.session:
                yield login.who, "log in"
            for role in ("NONE", *(f"`{one}`" for one in roles)):
                if _may(login.session, f"SET ROLE {role}"):
                    yield login.who, f"set role {role}"
                    yield from ((login.who, f"{one} by {role}") for one in self._done(login))
            self._end(hands, login)
        for who, role, login in self._kept:
            yield from ((who, f"{one} by {role}") for one in self._done(login))

    def count(self, hands: Hands) -> int:
        """How many are tried: a login that isn't minted is one that was tried, too."""
        principals = len(self._accounts) + len(self._tokens) * len(vault.roles(hands))
        return principals * (1 + (len(_roles(hands)) + 1) * (len(self._statements) + 1)) + len(self._kept) * len(
            self._statements
        )

    def close(self, hands: Hands) -> None:
        """End the sessions."""
        while self._kept:
            self._end(hands, self._kept.pop()[2])

    def _done(self, login: _Login) -> Iterator[str]:
        return (one for one in self._statements if _may(login.session, one))

    def _logins(self, hands: Hands) -> Iterator[_Login]:
        for who, (user, password) in self._accounts.items():
            if session := _session(hands, user, password):
                yield _Login(who, session)
        for who, role, agent in vault.logins(hands, self._tokens):
            minted = next(filter(None, (_minted(agent, name) for name in vault.keys(hands, "database/roles"))), None)
            if minted is None:
                hands.vault.auth.token.revoke(agent.token)
            else:
                found = minted["data"]
                self.made |= {minted["lease_id"].rpartition("/")[2], found["username"]}
                session = _session(hands, found["username"], found["password"])
                yield _Login(f"{who} by {role}", session, found["username"], minted["lease_id"], str(agent.token))
            agent.adapter.close()

    @staticmethod
    def _end(hands: Hands, login: _Login) -> None:
        with suppress(pymysql.Error, AttributeError):
            login.session.close()
        if login.user:
            with suppress(hvac.exceptions.InvalidRequest):  # it is over
                hands.write("sys/leases/revoke", lease_id=login.lease, sync=True)
            with suppress(hvac.exceptions.InvalidRequest, hvac.exceptions.Forbidden):
                hands.vault.auth.token.revoke(login.token)
            hands.maria(f"DROP USER IF EXISTS `{login.user}`@`%`")


def _roles(hands: Hands) -> list[str]:
    rows = hands.maria("SELECT User FROM mysql.user WHERE is_role = 'Y' ORDER BY User")
    return [row["User"] for row in rows if row["User"].startswith(hands.ground.prefixes)]


def _minted(agent: hvac.Client, role: str) -> Any:
    """None where Vault refuses, or can't: the role may be half made."""
    try:
        return agent.read(f"database/creds/{role}")
    except (hvac.exceptions.Forbidden, hvac.exceptions.InvalidRequest, hvac.exceptions.InternalServerError):
        return None


def _session(hands: Hands, user: str, password: str) -> Any:
    """None where the server lets nobody in."""
    try:
        return pymysql.connect(
            host="127.0.0.1", port=hands.maria_port, user=user, password=password, ssl_disabled=True, autocommit=True
        )
    except pymysql.err.OperationalError as refused:
        if refused.args[0] not in _DENIED:
            raise
        return None


def _may(session: Any, statement: str) -> bool:
    """Whether the server does it."""
    if session is None:
        return False
    try:
        with session.cursor() as cursor:
            cursor.execute(statement)
    except pymysql.err.InterfaceError:
        return False
    except pymysql.Error as refused:
        if refused.args[0] not in _DENIED | _GONE:
            raise
        return False
    return True
