"""What the catalogue says, as rows with names. One function to a query (providers.mysql.sql)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from providers.mysql import sql
from providers.mysql.keys import GrantKey, normal
from providers.mysql.names import PUBLIC, Account, database_of, of_procs_priv
from providers.mysql.privileges import GRANT_OPTION, Kind, of_bits, of_column, of_set

if TYPE_CHECKING:
    from providers.mysql.client import MysqlClient

EVERYBODY = ""
"""Grantee of what everybody may: of PUBLIC, and of the anonymous user's rows in mysql.db."""


class Member(NamedTuple):
    """mysql.roles_mapping."""

    account: Account
    role: str
    admin: bool


class Login(NamedTuple):
    """A user that has one of our roles: what shows whether it was minted."""

    account: Account
    access: int
    statement_seconds: float
    """MAX_STATEMENT_TIME; 0 for none."""
    age: float | None
    """Seconds since its password was set, by the server's clock; None where it has none."""
    default_role: str
    roles: int
    """How many it has."""
    holds: bool
    """Whether it has a privilege of its own below the server, or is a proxy, or has one."""
    by_password: bool
    """Whether it has a password, and no way in but that."""


class Holding(NamedTuple):
    """What one role holds on one object."""

    key: GrantKey
    privileges: frozenset[str]
    column: str = ""
    """As the catalogue spells it."""
    namesake: bool = False
    """Whether a user at ``%`` that is called as the role holds it: the server takes it for the role's."""


def roles(client: MysqlClient, names: Collection[str], *, prefix: str | None = None) -> dict[str, int]:
    """Named roles, with a prefix also those that start with it: name → global privileges as bits."""
    start = "\uffff" if prefix is None else prefix  # no name holds it
    rows = client.query(sql.ROLES, (start, start, some(names)))
    return {str(name): int(access or 0) for name, access in rows}


def is_bare(client: MysqlClient, role: str) -> bool:
    """Whether it is as CREATE ROLE by us leaves it: it may nothing, and nobody else has it."""
    return bool(client.query(sql.BARE, (role, *client.account)))


def role_edges(client: MysqlClient) -> list[Member]:
    """Every role that a role has."""
    return [_member(row) for row in client.query(sql.ROLE_EDGES)]


def roles_of(client: MysqlClient, role: Account) -> list[str]:
    """Roles that a role has."""
    return [one.role for one in role_edges(client) if one.account == role]


def members(client: MysqlClient, of: Collection[str]) -> list[Member]:
    """Users that have one of the roles."""
    return [_member(row) for row in client.query(sql.MEMBERS, (some(of),))]


def _member(row: Sequence[Any]) -> Member:
    return Member(Account(str(row[0]), str(row[1])), str(row[2]), bool(row[3]))


def logins(client: MysqlClient, of: Collection[str]) -> dict[Account, Login]:
    """The same users."""
    found: dict[Account, Login] = {}
    for user, host, access, seconds, age, default, count, holds, by in client.query(sql.LOGINS, (some(of),)):
        account = Account(str(user), str(host))
        known = None if age is None else float(age)
        found[account] = Login(
            account, int(access or 0), float(seconds or 0), known, str(default or ""), int(count), bool(holds), bool(by)
        )
    return found


def administrators(client: MysqlClient) -> frozenset[str]:
    """Accounts named root that may make users and pass everything on."""
    rows = (
        (Account(str(user), str(host)), of_bits(int(access or 0))) for user, host, access in client.query(sql.ROOTS)
    )
    return frozenset(str(account) for account, held in rows if {"CREATE USER", GRANT_OPTION} <= held)


def server_privileges(client: MysqlClient, account: Account | None) -> frozenset[str] | None:
    """What an account holds on the whole server; None without an account, and for one that isn't there."""
    rows = client.query(sql.ACCOUNT, (account.user, account.host)) if account is not None else []
    return of_bits(int(rows[0][0] or 0)) if rows else None


def holdings(client: MysqlClient, found: Mapping[str, int]) -> list[Holding]:
    """All that these roles hold (name → global privileges), and what everybody may."""
    found = {**roles(client, [PUBLIC]), **found}
    wanted = (some([*found, PUBLIC]),)
    rows = [*_globals(found), *_databases(client, wanted), *_tables(client, wanted)]
    rows += [*_columns(client, wanted), *_routines(client, wanted)]
    return [one._replace(key=one.key._replace(role=EVERYBODY)) if one.key.role == PUBLIC else one for one in rows]


def of_role(client: MysqlClient, role: str, kind: str) -> list[Holding]:
    """What one role itself holds on objects of one kind, and on their columns."""
    wanted = (some([role]),)
    match kind:
        case Kind.GLOBAL:
            rows = list(_globals(roles(client, [role])))
        case Kind.DATABASE | Kind.DATABASES:
            rows = list(_databases(client, wanted))
        case Kind.TABLE | Kind.COLUMN:
            rows = [*_tables(client, wanted), *_columns(client, wanted)]
        case _:
            rows = list(_routines(client, wanted))
    return [one for one in rows if one.key.role == role and not one.namesake]


def _globals(found: Mapping[str, int]) -> Iterator[Holding]:
    for role, access in found.items():
        if access:
            yield Holding(GrantKey(role, Kind.GLOBAL), of_bits(access))


def _databases(client: MysqlClient, wanted: Sequence[Any]) -> Iterator[Holding]:
    """A row for each (host, database, user); anonymous ones together are everybody's."""
    names = client.database_columns
    for row in client.query(sql.DATABASES, wanted):
        values = dict(zip(names, row, strict=True))
        pattern = str(values["Db"])
        if not pattern:
            continue  # the server takes it for nothing (tried on 10.11)
        database = database_of(pattern)
        kind = Kind.DATABASE if database is not None else Kind.DATABASES
        key = GrantKey(str(values["User"]), kind, database if database is not None else pattern)
        held = frozenset(of_column(name) for name in names if name.endswith("_priv") and values[name] == "Y")
        yield Holding(key, held, namesake=_is_namesakes(key.role, values["Host"]))


def _tables(client: MysqlClient, wanted: Sequence[Any]) -> Iterator[Holding]:
    for role, database, table, privileges in client.query(sql.TABLES, wanted):
        if privileges:
            yield Holding(normal(str(role), Kind.TABLE, database, table), of_set(str(privileges)))


def _columns(client: MysqlClient, wanted: Sequence[Any]) -> Iterator[Holding]:
    for role, database, table, column, privileges in client.query(sql.COLUMNS, wanted):
        if privileges:
            key = normal(str(role), Kind.COLUMN, database, table, column)
            yield Holding(key, of_set(str(privileges)), str(column))


def _routines(client: MysqlClient, wanted: Sequence[Any]) -> Iterator[Holding]:
    for role, host, database, name, kind, privileges in client.query(sql.ROUTINES, wanted):
        known = Kind(str(kind).lower().replace(" ", "_"))
        yield Holding(
            normal(str(role), known, of_procs_priv(database), of_procs_priv(name)),
            of_set(str(privileges)),
            namesake=_is_namesakes(str(role), host),
        )


def _is_namesakes(role: str, host: object) -> bool:
    """What everybody may is everybody's, whoever it was given to."""
    return bool(host) and role not in {EVERYBODY, PUBLIC}


def together(found: Iterable[Holding]) -> dict[GrantKey, frozenset[str]]:
    """By grant: a column may be spelled in several ways."""
    grouped: dict[GrantKey, frozenset[str]] = {}
    for one in found:
        if one.privileges:
            grouped[one.key] = grouped.get(one.key, frozenset()) | one.privileges
    return grouped


def some(names: Collection[str]) -> tuple[str, ...]:
    """For IN, which takes no empty list. No role has an empty name."""
    return tuple(dict.fromkeys(names)) or ("",)
