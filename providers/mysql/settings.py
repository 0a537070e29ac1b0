"""What an Environment says of a MariaDB server: the roles that are Writ's, and who mints logins."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

from providers.mysql.names import LAST_CHARACTER, ROLE_LIMIT, Account
from specs.base import SpecModel, spec_error, spelled
from specs.fields import Bool

_PREFIX = re.compile(r"[a-z_][a-z0-9_.-]*")
_SERVERS_OWN = ("public", "mariadb.sys", "mysql", "root", "none")


def _prefix(text: str) -> str:
    if not _PREFIX.fullmatch(text):
        raise spec_error("W460", f"{text!r} can't be a role prefix", "a-z 0-9 _ . - from a letter on, such as writ_")
    if len(text) > 32:
        raise spec_error("W460", f"role prefix too long: {len(text)} characters, the cap is 32", "such as writ_")
    for name in _SERVERS_OWN:
        if name.startswith(text) or text.startswith(name):
            raise spec_error("W460", f"the prefix {text!r} covers the server's own names ({name})", "use writ_")
    return text


def _credentials(options: dict[str, str]) -> dict[str, str]:
    if not options.get("system"):
        raise spec_error("W460", "credentials need system", "name the system that mints the logins: {system: vault, …}")
    return options


def _minter(text: str) -> str:
    found = Account.parse(text) if text else Account("", "")
    if found is None or len(found.user) > ROLE_LIMIT or max(text, default="") > LAST_CHARACTER:
        raise spec_error("W460", f"{text!r} is no account", "a user, or user@host: vault_minter, vault_minter@10.0.0.%")
    return str(found if found.host or not found.user else found._replace(host="%")) if text else ""


class MysqlSettings(SpecModel):
    """The scope in one server: every role whose name starts with the prefix."""

    role_prefix: Annotated[str, AfterValidator(_prefix), spelled(_PREFIX.pattern, 32)] = "writ_"
    """Every role that starts with it is Writ's alone. Roles are the server's: each system there needs its own."""
    credentials: Annotated[dict[str, str], AfterValidator(_credentials)] | None = None
    """``system``, and that system's own options: it mints logins that get the roles. None: nobody does."""
    minter: Annotated[str, AfterValidator(_minter)] = ""
    """The account with which that system connects, ``user`` (at ``%``) or ``user@host``. It gets each role WITH ADMIN
    OPTION. It needs CREATE USER, and CONNECTION ADMIN to end sessions."""
    default_role: Bool = False
    """Whether a minted login has its role at once. The minter then needs UPDATE on mysql.*, which makes it an
    administrator; without, the agent says SET ROLE after it has logged in."""

    @property
    def minting(self) -> Account | None:
        """The minter as an account."""
        return Account.parse(self.minter) if self.minter else None
