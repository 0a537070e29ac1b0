"""One login as facts: its attributes, what it is a member of, and who is connected with it now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from providers.postgres.names import ROLE
from providers.postgres.standing.access import Access, held, widths
from reconciler.model import Address, Holds, Side, Standing, Value, Whose, Width, Witness

_PEOPLES = (
    "psql",
    "pgcli",
    "pgadmin",
    "dbeaver",
    "datagrip",
    "tableplus",
    "postico",
    "navicat",
    "heidisql",
    "beekeeper",
)
"""How the names begin by which programs that people sit at call themselves, in lower case."""
_SUPERUSER = (Width(Side.REACH, Witness("SUPERUSER")),)


class Login(NamedTuple):
    """A row of sql.LOGINS."""

    oid: int
    name: str
    superuser: bool
    create_role: bool
    create_database: bool
    replication: bool
    bypass_row_level_security: bool
    valid_until: str
    """UTC, ISO 8601; empty for never."""
    comment: str
    groups: Sequence[str]
    has_password: bool | None
    """None where we may not ask."""

    @property
    def attributes(self) -> list[str]:
        """As ALTER ROLE names them."""
        names = ("SUPERUSER", "CREATEROLE", "CREATEDB", "REPLICATION", "BYPASSRLS")
        return [name for name, has in zip(names, self[2:7], strict=True) if has]


class Sessions(NamedTuple):
    """A row of sql.SESSIONS."""

    oid: int
    number: int
    last_sign: datetime | None
    addresses: Sequence[str] | None
    """None where we may not see."""
    programs: Sequence[str] | None


_NO_SESSIONS = Sessions(0, 0, None, (), ())


def standing(address: Address, login: Login, sessions: Sessions | None, access: Access, whose: Whose) -> Standing:
    """The login. PostgreSQL keeps no record of when a role was made or last used: only its sessions tell."""
    live = sessions or _NO_SESSIONS
    privileges = frozenset() if login.superuser else access.privileges(login.name)
    until = _moment(login.valid_until)
    password = login.has_password is not False
    facts: dict[str, Value] = {"attributes": login.attributes, "member_of": list(login.groups)}
    facts |= {"sessions": live.number, "has_password": login.has_password}
    facts |= {"valid_until": login.valid_until} if login.valid_until else {}
    return Standing(
        address,
        "database login",
        whose=whose,
        holds=Holds.CREDENTIAL if password else Holds.NOTHING,
        enabled=login.valid_until != "-infinity",
        last_used=live.last_sign,
        expires=until,
        endless=password and until is None,
        widths=_SUPERUSER if login.superuser else tuple(widths(privileges)),
        users=tuple(_users(live)),
        people=tuple(f"a session of {name}" for name in live.programs or () if name.lower().startswith(_PEOPLES)),
        facts=facts,
        principals=(login.name,),
        access=None if login.superuser else held(privileges),
    )


def _moment(text: str) -> datetime | None:
    """None also for what lies beyond the year 9999: that is no end."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _users(live: Sessions) -> Iterator[str]:
    """By where they come from where that differs, else by their programs."""
    if live.addresses and len(live.addresses) > 1:
        yield from (f"sessions from {one}" for one in live.addresses)
    elif live.programs:
        yield from (f"sessions of {one}" for one in live.programs)


def group(address: Address, name: str) -> Standing:
    """A group role of Writ's own: nobody can log in as it."""
    return Standing(Address(address.system, ROLE, name), "group role", whose=Whose.DYNAMIC)
