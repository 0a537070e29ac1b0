"""What the logins of a page hold by themselves, and what each role holds: by whom, as privileges."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from providers.mysql import catalog
from providers.mysql.catalog import EVERYBODY, some
from providers.mysql.effective.privilege import ROLE as GIVES
from providers.mysql.effective.privilege import Privilege
from providers.mysql.keys import GrantKey, normal
from providers.mysql.names import Account, database_of, of_procs_priv
from providers.mysql.privileges import GRANT_OPTION, Kind, of_bits, of_column, of_set
from providers.mysql.standing import sql

if TYPE_CHECKING:
    from providers.mysql.client import MysqlClient


@dataclass(frozen=True, slots=True)
class Roles:
    """Every role of the server. What everybody may is left out."""

    names: frozenset[str]
    held: Mapping[str, frozenset[Privilege]]
    given: Mapping[str, tuple[tuple[str, bool], ...]]
    """Role → roles that it has, and whether it may give them away."""
    _known: dict[str, frozenset[Privilege]] = field(default_factory=dict)

    @classmethod
    def of(cls, client: MysqlClient) -> Roles:
        """In six queries."""
        found = {str(name): int(access or 0) for name, access in client.query(sql.ROLES)}
        held: dict[str, set[Privilege]] = {}
        for key, names in catalog.together(catalog.holdings(client, found)).items():
            if key.role != EVERYBODY:
                held.setdefault(key.role, set()).update(privileges(key, names))
        given: dict[str, tuple[tuple[str, bool], ...]] = {}
        for one in catalog.role_edges(client):
            given[one.account.user] = (*given.get(one.account.user, ()), (one.role, one.admin))
        return cls(frozenset(found), {name: frozenset(many) for name, many in held.items()}, given)

    def of_role(self, role: str) -> frozenset[Privilege]:
        """All that whoever has it may, once it is set."""
        if role not in self._known:
            seen, queue, found = {role}, [role], set[Privilege]()
            while queue:
                one = queue.pop()
                found |= self.held.get(one, frozenset())
                for other, admin in self.given.get(one, ()):
                    if admin:
                        found.add(gives(other))
                    if other not in seen:
                        seen.add(other)
                        queue.append(other)
            self._known[role] = frozenset(found)
        return self._known[role]


def gives(role: str) -> Privilege:
    """The right to give a role away."""
    return Privilege(GIVES, "", role, "", "GIVE")


def privileges(key: GrantKey, names: Collection[str]) -> Iterator[Privilege]:
    """Of one grant, with the right to pass each on where it has that."""
    option = GRANT_OPTION in names
    for name in names:
        if name != GRANT_OPTION:
            yield Privilege.of(key, name)
            if option:
                yield Privilege.of(key, name, grantable=True)
    if option and len(names) == 1:
        yield Privilege.of(key, "USAGE", grantable=True)


def of_server(access: int) -> frozenset[Privilege]:
    """What a login holds on the whole server."""
    return frozenset(privileges(GrantKey("", Kind.GLOBAL), of_bits(access)))


def below_the_server(client: MysqlClient, users: Collection[str]) -> dict[Account, set[Privilege]]:
    """What logins of these names hold by themselves, but for what they hold on the whole server."""
    grouped: dict[tuple[Account, GrantKey], set[str]] = {}
    for account, key, names in own_rows(client, users):
        if names:
            grouped.setdefault((account, key), set()).update(names)
    found: dict[Account, set[Privilege]] = {}
    for (account, key), every in grouped.items():
        found.setdefault(account, set()).update(privileges(key, every))
    return found


def own_rows(client: MysqlClient, users: Collection[str]) -> Iterator[tuple[Account, GrantKey, frozenset[str]]]:
    """Of logins of these names: what each holds by itself on one object, but for the whole server. Rows may repeat."""
    wanted = (tuple(users),) if "" in users else (some(users),)
    names = client.database_columns
    for row in client.query(sql.DATABASES, wanted):
        values = dict(zip(names, row, strict=True))
        pattern = str(values["Db"])
        if not pattern:
            continue  # the server takes it for nothing
        database = database_of(pattern)
        key = GrantKey("", Kind.DATABASES, pattern) if database is None else GrantKey("", Kind.DATABASE, database)
        held = frozenset(of_column(name) for name in names if name.endswith("_priv") and values[name] == "Y")
        yield Account(str(values["User"]), str(values["Host"])), key, held
    for user, host, database, table, held in client.query(sql.TABLES, wanted):
        yield Account(user, host), normal("", Kind.TABLE, database, table), of_set(str(held))
    for user, host, database, table, column, held in client.query(sql.COLUMNS, wanted):
        yield Account(user, host), normal("", Kind.COLUMN, database, table, column), of_set(str(held))
    for user, host, database, name, kind, held in client.query(sql.ROUTINES, wanted):
        routine = Kind(str(kind).lower().replace(" ", "_"))
        key = normal("", routine, of_procs_priv(database), of_procs_priv(name))
        yield Account(user, host), key, of_set(str(held))
