"""Who is connected, and as which account: the server tells a session's name and where it comes from."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from typing import NamedTuple

from providers.mysql.globs import meet, of_like
from providers.mysql.names import Account

_PEOPLES = (
    *("mysqlworkbench", "heidisql", "dbeaver", "datagrip", "tableplus", "navicat", "sequel", "beekeeper", "phpmyadmin"),
    "mycli",
)
"""How the names begin by which programs that people sit at call themselves, in lower case."""
_CLIENTS = frozenset({"mysql", "mariadb"})
"""The command line's own: mysqldump and its like begin the same way."""


class Session(NamedTuple):
    """One connection."""

    user: str
    host: str
    """Without its port."""
    seen: float
    """When it last did something, in seconds since 1970."""
    program: str = ""


@dataclass(slots=True)
class Live:
    """The sessions of one account."""

    number: int = 0
    last: float = 0.0
    hosts: set[str] = field(default_factory=set)
    programs: set[str] = field(default_factory=set)

    def add(self, one: Session) -> None:
        """Another."""
        self.number += 1
        self.last = max(self.last, one.seen)
        self.hosts.add(one.host)
        self.programs |= {one.program} if one.program else set()

    @property
    def last_sign(self) -> datetime | None:
        """When one of them last did something."""
        return datetime.fromtimestamp(self.last, UTC) if self.number else None

    @property
    def users(self) -> tuple[str, ...]:
        """By where they come from where that differs, else by their programs."""
        if len(self.hosts) > 1:
            return tuple(f"sessions from {one}" for one in sorted(self.hosts))
        return tuple(f"sessions of {one}" for one in sorted(self.programs))

    @property
    def people(self) -> tuple[str, ...]:
        """Programs that people sit at."""
        return tuple(f"a session of {one}" for one in sorted(self.programs) if is_peoples(one))


def is_peoples(program: str) -> bool:
    """Whether a person sits at it."""
    name = program.lower()
    return name in _CLIENTS or name.startswith(_PEOPLES)


def assigned(sessions: Iterable[Session], accounts: Iterable[Account]) -> dict[Account, Live]:
    """Each to the account that the server takes for such a login; one for which that isn't certain to none."""
    by_name: dict[str, list[Account]] = {}
    for one in accounts:
        by_name.setdefault(one.user, []).append(one)
    found: dict[Account, Live] = {}
    for session in sessions:
        account = _account(session, by_name)
        if account is not None:
            found.setdefault(account, Live()).add(session)
    return found


def _account(session: Session, by_name: Mapping[str, Collection[Account]]) -> Account | None:
    named, anonymous = by_name.get(session.user, ()), by_name.get("", ())
    if len(named) == 1 and not anonymous:
        return next(iter(named))
    fitting = sorted((_order(one), one) for one in (*named, *anonymous) if is_from(session.host, one.host))
    if not fitting or (len(fitting) > 1 and fitting[0][0] == fitting[1][0]):
        return None
    return fitting[0][1]


def _order(account: Account) -> tuple[bool, int, bool]:
    """The server tries literal hosts first, then those whose first wildcard comes later, names before no name
    (MariaDB documentation, CREATE USER, Account Names).
    """
    at = min((account.host.find(sign) for sign in "%_" if sign in account.host), default=-1)
    return at >= 0, -at, not account.user


def is_from(host: str, pattern: str) -> bool:
    """Whether an account's host takes in an address or a name."""
    if "/" in pattern:
        try:
            return ip_address(host) in ip_network(pattern, strict=False)
        except ValueError:
            return False
    return meet(host, of_like(pattern))
