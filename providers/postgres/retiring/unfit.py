"""Principals that can't be retired, by the specs alone."""

from __future__ import annotations

from collections.abc import Iterator

from providers.postgres.names import LIMIT
from providers.postgres.settings import PostgresSettings
from reconciler.provider import Retiring, Unfit


def unfit(settings: PostgresSettings, retiring: Retiring) -> Iterator[Unfit]:
    """Names that no role has, Writ's own roles, and logins that the settings name; of the heir as well."""
    for field, name in (("principal", retiring.principal), ("reassign_owned_to", retiring.heir)):
        if len(name.encode()) > LIMIT or not name.isprintable():
            yield Unfit(field, f"no role has the name {name!r}", f"at most {LIMIT} bytes that print")
        elif name.startswith(settings.role_prefix):
            message = f"{name} lies within role_prefix {settings.role_prefix}: such roles are made and removed by Writ"
            yield Unfit(field, message, "name a role outside of it")
    if retiring.principal.startswith("pg_"):
        yield Unfit("principal", f"{retiring.principal} is the server's own", "name a role that somebody made")
    for what, login in (("minter", settings.minter), ("operator", settings.operator)):
        if login and login == retiring.principal:
            yield Unfit("principal", f"{login} is the {what} of this system", f"name another {what} first")
    if retiring.heir and retiring.heir == retiring.principal:
        yield Unfit("reassign_owned_to", f"{retiring.heir} is the one that goes", "name another role")
