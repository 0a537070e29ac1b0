"""GRANT and REVOKE for each kind of object. Each commits at once."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from providers.mysql.keys import GrantKey, MembershipKey
from providers.mysql.names import ident, literal_database
from providers.mysql.privileges import GRANT_OPTION, Kind
from reconciler.provider import Rejected

if TYPE_CHECKING:
    from providers.mysql.client import MysqlClient

_KEYWORDS = re.compile(r"[A-Z]+(?:[ _][A-Z]+)*")


def grant(client: MysqlClient, key: GrantKey, privileges: Collection[str]) -> None:
    """Give privileges, none of them to be passed on."""
    client.run(f"GRANT {_privileges(key, sorted(privileges))} ON {_object(key)} TO {ident(key.role)}")


def revoke(client: MysqlClient, key: GrantKey, privileges: Collection[str], columns: Sequence[str] = ()) -> None:
    """Take privileges; GRANT among them is the right to pass on. ``columns``: as the catalogue spells them."""
    for column in columns or (key.column,):
        words = _privileges(key._replace(column=column), sorted(privileges))
        client.run(f"REVOKE {words} ON {_object(key)} FROM {ident(key.role)}")


def give_role(client: MysqlClient, key: MembershipKey, *, admin: bool = False) -> None:
    """Make somebody a member."""
    client.run(f"GRANT {ident(key.role)} TO {key.member.sql}{' WITH ADMIN OPTION' if admin else ''}")


def take_role(client: MysqlClient, key: MembershipKey, *, admin_only: bool = False) -> None:
    """End a membership, or only its right to give the role away."""
    client.run(f"REVOKE {'ADMIN OPTION FOR ' if admin_only else ''}{ident(key.role)} FROM {key.member.sql}")


def _privileges(key: GrantKey, privileges: Sequence[str]) -> str:
    """A column has to be named for each. They are keywords: nothing else gets through."""
    wrong = [name for name in privileges if not _KEYWORDS.fullmatch(name)]
    if wrong or not privileges:
        raise Rejected(
            f"{wrong[:1]} is no privilege that a statement can name", help="revoke it by hand, then plan again"
        )
    words = ["GRANT OPTION" if name == GRANT_OPTION else name for name in privileges]
    return ", ".join(f"{name} ({ident(key.column)})" if key.column else name for name in words)


def _object(key: GrantKey) -> str:
    """What ON names. A database is a pattern there, but not where it is a table's or a routine's."""
    match key.kind:
        case Kind.GLOBAL:
            return "*.*"
        case Kind.DATABASE:
            return f"{ident(literal_database(key.database))}.*"
        case Kind.DATABASES:
            return f"{ident(key.database)}.*"
        case Kind.TABLE | Kind.COLUMN:
            return f"TABLE {ident(key.database)}.{ident(key.name)}"
        case _:
            return f"{key.kind.replace('_', ' ').upper()} {ident(key.database)}.{ident(key.name)}"
