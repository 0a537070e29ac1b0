"""The catalogue as values: roles, memberships, owners and grants of one database at one time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from providers.postgres.privileges import KNOWN, Kind

PUBLIC = ""
"""Grantee of what everybody has: no role can have this name."""
DATABASE_OWNER = "pg_database_owner"
"""Predefined role whose only member is the database's owner; nobody can be granted it."""
MEMBERSHIP, ATTRIBUTE, FUTURE = "role", "attribute", "future"
"""Kinds of privileges that are on no object."""

_PLAIN = frozenset({Kind.TABLE, Kind.COLUMN, Kind.SEQUENCE, Kind.FUNCTION})
"""What is told by its name alone."""


@lru_cache(maxsize=200)
def known(kind: str, version: int) -> tuple[str, ...]:
    """Every privilege that a server of this version (``server_version_num``) knows on a kind of object."""
    return tuple(one for one in KNOWN[Kind(kind)] if one != "MAINTAIN" or version >= 170000)


@dataclass(frozen=True, slots=True)
class RoleFacts:
    """pg_roles. None of it is inherited; SET ROLE takes it on."""

    name: str
    superuser: bool = False
    inherit: bool = True
    """Before 16 it decides on all of the role's memberships."""
    create_role: bool = False
    create_database: bool = False
    replication: bool = False
    bypass_row_level_security: bool = False


@dataclass(frozen=True, slots=True)
class Membership:
    """pg_auth_members, of all grantors together. Before 16 ``inherit`` is the member's and ``set_role`` true."""

    member: str
    group: str
    inherit: bool = True
    set_role: bool = True
    admin: bool = False


@dataclass(frozen=True, slots=True)
class AclItem:
    """One privilege of one grantee."""

    grantee: str
    privilege: str
    grantable: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """A column with grants of its own."""

    name: str
    acl: frozenset[AclItem]


@dataclass(frozen=True, slots=True)
class ObjectAcl:
    """An object with its owner and all grants, the server's defaults filled in where nothing was granted yet."""

    kind: str
    """providers.postgres.privileges.Kind; never a column."""
    schema: str
    """Empty for objects that are in none."""
    name: str
    """A function's with its argument types."""
    owner: str
    acl: frozenset[AclItem] = frozenset()
    columns: frozenset[Column] = frozenset()
    system: bool = False
    """A system catalogue: only a superuser can write to it, whatever is granted."""
    row_security: str = ""
    """Row level security's policies in normal form; empty where it is off."""

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes it the same object in another catalogue."""
        return (self.kind, self.schema, self.name)


@dataclass(frozen=True, slots=True)
class DefaultAcl:
    """pg_default_acl: what is granted on objects that a role makes from now on."""

    owner: str
    schema: str
    """Empty: everywhere, and instead of the server's own default; else in addition, in this schema."""
    kind: str
    acl: frozenset[AclItem] = frozenset()


@dataclass(frozen=True, slots=True)
class Catalogue:
    """One database."""

    version: int
    """``server_version_num``."""
    database: str
    database_owner: str
    roles: frozenset[RoleFacts] = frozenset()
    memberships: frozenset[Membership] = frozenset()
    objects: frozenset[ObjectAcl] = frozenset()
    defaults: frozenset[DefaultAcl] = frozenset()


@dataclass(frozen=True, slots=True, order=True)
class Privilege:
    """One thing that a role can do."""

    kind: str
    schema: str
    name: str
    column: str
    """Empty: the whole object."""
    privilege: str
    grantable: bool = False
    """The right to pass it on, which is had apart from the privilege."""
    reachable: bool = True
    """False where USAGE on the schema is missing: no statement can name the object."""
    via: str = ""
    """After SET ROLE to this role; empty: as the role itself."""

    def __str__(self) -> str:
        what = f"{self.privilege} WITH GRANT OPTION" if self.grantable else self.privilege
        column = f" ({self.column})" if self.column else ""
        where = f"{self.schema}.{self.name}" if self.schema else self.name
        end = f" by SET ROLE {self.via}" if self.via else ""
        if self.kind == ATTRIBUTE:
            return f"{what}{end}"
        if self.kind not in _PLAIN:
            where = f"{self.kind.replace('_', ' ')} {where}"
        return f"{what}{column} on {where}{end}"
