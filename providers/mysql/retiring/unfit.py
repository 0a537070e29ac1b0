"""Principals that can't be retired, by the specs alone."""

from __future__ import annotations

from collections.abc import Iterator

from providers.mysql.retiring.look import account_of
from providers.mysql.settings import MysqlSettings
from reconciler.provider import Retiring, Unfit


def unfit(settings: MysqlSettings, retiring: Retiring) -> Iterator[Unfit]:
    """Names that no user has, the minter, and Writ's roles; and a user owns nothing that could be given away."""
    account = account_of(retiring.principal)
    if account is None:
        yield Unfit("principal", f"{retiring.principal} is no account", "write user, or user@host")
    elif account == settings.minting:
        yield Unfit("principal", f"{account} is the minter of this system", "name another minter first")
    elif account.user.startswith(settings.role_prefix):
        message = f"{account.user} lies within role_prefix {settings.role_prefix}: such names are Writ's"
        yield Unfit("principal", message, "name a user outside of it")
    if retiring.heir:
        yield Unfit("reassign_owned_to", "in MariaDB nobody owns a table", "leave it out")
