"""What an Environment says of a PostgreSQL system: the database, and the roles that are Writ's."""

from __future__ import annotations

import re
from typing import Annotated, Self

from pydantic import AfterValidator, model_validator

from providers.postgres.names import LIMIT
from providers.postgres.positions import blaming
from specs.base import SpecModel, spec_error, spelled

_PREFIX = re.compile(r"[a-z_][a-z0-9_.-]*")
_SERVERS_OWN = ("pg_", "postgres")


def _prefix(text: str) -> str:
    if not _PREFIX.fullmatch(text):
        raise spec_error("W410", f"{text!r} can't be a role prefix", "a-z 0-9 _ . - from a letter on, such as writ_")
    if len(text) > 32:
        raise spec_error("W410", f"role prefix too long: {len(text)} bytes, the cap is 32", "such as writ_")
    for name in _SERVERS_OWN:
        if name.startswith(text) or text.startswith(name):
            raise spec_error("W410", f"the prefix {text!r} covers the server's own roles ({name}…)", "use writ_")
    return text


def _identifier(text: str) -> str:
    if not text or not text.isprintable():
        raise spec_error("W410", f"invalid character in {text!r}", "write a name that prints")
    if len(text.encode()) > LIMIT:
        raise spec_error(
            "W410",
            f"name too long: {len(text.encode())} bytes, the server keeps {LIMIT}",
            f"shorten it by {len(text.encode()) - LIMIT}",
        )
    return text


def _credentials(options: dict[str, str]) -> dict[str, str]:
    if not options.get("system"):
        raise spec_error("W410", "credentials need system", "name the system that mints the logins: {system: vault, …}")
    return options


def _login(text: str) -> str:
    if text.startswith("pg_") or text in {"public", "none"}:
        raise spec_error("W410", f"{text!r} is a reserved name", "name the login with which the other system connects")
    return _identifier(text)


class PostgresSettings(SpecModel):
    """The scope in one database server: every role whose name starts with the prefix."""

    database: Annotated[str, AfterValidator(_identifier)]
    """The database that the grants are in. A login in another one is refused."""
    role_prefix: Annotated[str, AfterValidator(_prefix), spelled(_PREFIX.pattern, 32)] = "writ_"
    """Every role that starts with it is Writ's alone. Roles are the cluster's: each system there needs its own."""
    credentials: Annotated[dict[str, str], AfterValidator(_credentials)] | None = None
    """``system``, and that system's own options: it mints logins that join the group roles. None: nobody does."""
    minter: Annotated[str, AfterValidator(_login)] = ""
    """The login with which that system connects. It gets ADMIN OPTION on each group role, and nothing of its access.

    It needs CREATEROLE and membership in pg_signal_backend. Leave it out if that login is a superuser.
    """

    operator: Annotated[str, AfterValidator(_login)] = ""
    """The login that applies, so that another one, which may only read, can plan.

    The server gives whoever makes a role ADMIN on it: of this login, as of the one that plans, that is left out.
    """

    @model_validator(mode="after")
    def _logins_outside(self) -> Self:
        for what, login in (("minter", self.minter), ("operator", self.operator)):
            if login and login.startswith(self.role_prefix):
                message = f"{what} {login} lies within role_prefix {self.role_prefix}"
                raise blaming(spec_error("W410", message, "name it otherwise"), login, what)
        if self.operator and self.operator == self.minter:
            message = f"operator {self.operator} is the minter, too"
            raise blaming(spec_error("W410", message, "give each a login of its own"), self.operator, "operator")
        return self
