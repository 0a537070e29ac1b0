"""One login as facts: how it proves itself, what it may do, and who is connected with it now."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from providers.mysql.effective.privilege import Privilege
from providers.mysql.names import Account
from providers.mysql.standing.sessions import Live
from providers.mysql.standing.widths import reach, trust
from reconciler.model import Address, Holds, Standing, Value, Whose

_NATIVE = frozenset({"", "mysql_native_password", "mysql_old_password"})
_PASSWORDS = _NATIVE | {"ed25519", "parsec", "sha256_password", "caching_sha2_password"}
"""Ways in by a password that the server keeps (MariaDB documentation, Authentication Plugins)."""
_SERVERS_OWN = Account("mariadb.sys", "localhost")
"""Owns views of the server, and nobody can log in as it."""


class Login(NamedTuple):
    """A row of sql.LOGINS."""

    host: str
    user: str
    access: Any
    plugin: str | None
    password: str
    """none, hash, or other."""
    others: str | None
    """JSON: plugins by which it may log in as well."""
    other_passwords: int
    locked: int
    changed: Any
    """When its password was set, seconds since 1970; 0 for one that somebody expired."""
    lifetime: Any
    """Days; 0 for ever, below for the server's own."""
    default_role: str | None
    statement_seconds: Any
    age: Any

    @property
    def account(self) -> Account:
        """Its name."""
        return Account(str(self.user), str(self.host))

    @property
    def plugins(self) -> list[str]:
        """All of its ways in."""
        more = json.loads(self.others) if self.others else []
        return [self.plugin or "mysql_native_password", *(str(one) for one in more)]

    @property
    def is_open(self) -> bool:
        """Whether it logs in without a secret."""
        return self.plugins[0] in _NATIVE and self.password == "none"  # noqa: S105

    @property
    def by_password(self) -> bool:
        """Whether it has a password, and no way in but that."""
        return len(self.plugins) == 1 and bool(self.has_password)

    @property
    def has_password(self) -> bool | None:
        """None where another service knows: PAM, GSSAPI."""
        main = self.plugins[0]
        own = self.password == "hash" or (self.password == "other" and main not in _NATIVE)  # noqa: S105
        if (main in _PASSWORDS and own) or (self.other_passwords and set(self.plugins[1:]) & _PASSWORDS):
            return True
        return None if set(self.plugins) - _PASSWORDS - {"unix_socket"} else False


@dataclass(frozen=True, slots=True)
class Found:
    """What else was found of a login."""

    held: frozenset[Privilege] = frozenset()
    """By itself and by its roles."""
    roles: tuple[str, ...] = ()
    proxied: Collection[Account] = ()
    """Accounts as which it may log in."""
    live: Live | None = None


def standing(address: Address, login: Login, found: Found, lifetime: int, whose: Whose) -> Standing:
    """The login. ``lifetime``: days that a password lives where nothing else is said; 0 for ever."""
    days = lifetime if login.lifetime is None or int(login.lifetime) < 0 else int(login.lifetime)
    changed = None if login.changed is None else int(float(login.changed))
    password, live = bool(login.has_password), found.live or Live()
    by_hand = password and changed == 0
    created = datetime.fromtimestamp(changed, UTC) if changed else None
    facts: dict[str, Value] = {"plugins": login.plugins, "roles": list(found.roles), "sessions": live.number}
    facts |= {"has_password": login.has_password, "locked": bool(login.locked), "password_expired": by_hand}
    facts |= {"proxy_of": [str(one) for one in sorted(found.proxied)]} if found.proxied else {}
    return Standing(
        address,
        "database login",
        principals=(str(login.account), *((login.account.user,) if login.account.host == "%" else ())),
        whose=whose,
        holds=Holds.CREDENTIAL if password else Holds.NOTHING,
        enabled=not login.locked and not by_hand,
        created=created,
        last_used=live.last_sign,
        expires=_end(created, days) if password else None,
        endless=password and not days,
        widths=(*reach(found.held, found.proxied), *trust(login.account, is_open=login.is_open and not login.locked)),
        users=live.users,
        people=live.people,
        facts=facts,
        access=None if found.proxied else found.held,
    )


def _end(created: datetime | None, days: int) -> datetime | None:
    """None where it isn't known when the password was set, or lies beyond the year 9999."""
    try:
        return created + timedelta(days=days) if created and days else None
    except OverflowError:
        return None


def is_servers_own(account: Account) -> bool:
    """Whether it came with the server and can't be used."""
    return account == _SERVERS_OWN
