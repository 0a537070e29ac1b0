"""The keys of addresses: what identifies a grant and a membership."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from providers.mysql.names import Account, quoted, split_name
from providers.mysql.privileges import ROUTINES, Kind

_ARROW = "->"
_GRANTEE = re.compile(r"(`(?:[^`]|``)*`|[A-Za-z0-9_.$-]+):")
_MEMBER = re.compile(r"((?:`(?:[^`]|``)*`|[A-Za-z0-9_.$-]+)(?:@(?:`(?:[^`]|``)*`|[A-Za-z0-9_.%:-]+?))?)->")
_PARTS: Mapping[str, int] = {Kind.DATABASE: 1, Kind.DATABASES: 1, Kind.COLUMN: 3}
"""How many parts an object's name has; two for every other kind, but none for the server."""
_EVERYTHING = "*"


class GrantKey(NamedTuple):
    """``writ_a_b:column:shop.orders.email``: one role's privileges on one object."""

    role: str
    kind: str
    database: str = ""
    """Raw; of Kind.DATABASES the pattern."""
    name: str = ""
    """Raw. A routine's in lower case, for the server takes it without regard to case."""
    column: str = ""
    """Raw, in lower case for the same reason."""

    def __str__(self) -> str:
        return f"{Account(self.role)}:{self.everybodys}"

    @property
    def object(self) -> str:
        """The object as it is written in specs."""
        if self.kind == Kind.GLOBAL:
            return _EVERYTHING
        return ".".join(quoted(part) for part in (self.database, self.name, self.column) if part)

    @property
    def everybodys(self) -> str:
        """Without the role: of what is observed of everybody."""
        return f"{self.kind}:{self.object}"

    @property
    def table(self) -> GrantKey:
        """Of a column its table's."""
        return self._replace(kind=Kind.TABLE, column="")

    @classmethod
    def parse(cls, key: str) -> GrantKey | None:
        """None for a text that isn't such a key."""
        found = _GRANTEE.match(key)
        account = Account.parse(found[1]) if found else None
        return cls.of_object(account.user, key[found.end() :]) if found and account else None

    @classmethod
    def of_object(cls, role: str, text: str) -> GrantKey | None:
        """Of ``table:shop.orders``."""
        kind, _, named = text.partition(":")
        if kind == Kind.GLOBAL:
            return cls(role, kind) if named == _EVERYTHING else None
        parts = split_name(named)
        if kind not in set(Kind) or parts is None or len(parts) != _PARTS.get(kind, 2):
            return None
        return normal(role, Kind(kind), *parts)


def normal(role: str, kind: Kind, database: str = "", name: str = "", column: str = "") -> GrantKey:
    """The key, names folded that the server takes without regard to case."""
    return GrantKey(role, kind, database, name.lower() if kind in ROUTINES else name, column.lower())


class MembershipKey(NamedTuple):
    """``minter@%->writ_a_b``: who has a role."""

    member: Account
    role: str

    def __str__(self) -> str:
        return f"{self.member}{_ARROW}{Account(self.role)}"

    @classmethod
    def parse(cls, key: str) -> MembershipKey | None:
        """None for a text that isn't such a key."""
        found = _MEMBER.match(key)
        member = Account.parse(found[1]) if found else None
        role = Account.parse(key[found.end() :]) if found else None
        return cls(member, role.user) if member and role and not role.host else None
