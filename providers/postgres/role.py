"""A group role: nobody logs in with it; what its grants allow, its members may."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from providers.postgres import catalog, sql
from providers.postgres.live import role_live
from providers.postgres.names import ROLE, Ident, Words
from providers.postgres.values import ROLE_FLAGS, equal
from reconciler.model import Live, Resource, Value
from reconciler.provider import Attribute, Conflict, Denied, ProviderError, ResourceType

if TYPE_CHECKING:
    from providers.postgres.client import PostgresClient  # imports the driver

    Base: TypeAlias = ResourceType[PostgresClient]
else:
    Base = ResourceType


class RoleType(Base):
    """Key: the role's name. The comment is the ownership marker."""

    name: ClassVar[str] = ROLE
    attributes: ClassVar[Mapping[str, Attribute]] = {
        "login": Attribute("Whether somebody can log in with it."),
        "superuser": Attribute("Whether it passes every check."),
        "create_database": Attribute("Whether it may create databases."),
        "create_role": Attribute("Whether it may create roles."),
        "inherit": Attribute("Whether it has the privileges of roles that it is a member of."),
        "replication": Attribute("Whether it may start replication."),
        "bypass_row_level_security": Attribute("Whether it passes row level security."),
        "connection_limit": Attribute("How many sessions at once; -1 for any number."),
        "valid_until": Attribute("When its password ends, UTC; empty for never."),
        "config": Attribute("Settings that its sessions start with (ALTER ROLE … SET)."),
        "comment": Attribute("The ownership marker, with agent and intent."),
        "has_password": Attribute("Whether it has a password. Only superusers may see that: left out for others."),
    }

    def read(self, client: PostgresClient, key: str) -> Live | None:
        """One role."""
        found = catalog.roles(client, [key])
        return role_live(client, found[0]) if found else None

    def create(self, client: PostgresClient, desired: Resource) -> None:
        """Make it with its marker, in one transaction."""
        name = desired.address.key
        with client.transaction():
            found = self.read(client, name)
            if found is not None:
                _same(found, desired)
                return
            client.run("CREATE ROLE {name} {options}", name=Ident.of(name), options=_options(desired.attributes))
            _comment(client, desired)

    def update(self, client: PostgresClient, before: Live, desired: Resource) -> None:  # noqa: ARG002 - from what is now
        """Set what differs from what is there now. Whoever is logged in with it is logged out."""
        name = Ident.of(desired.address.key)
        with _sessions_ended(client, desired.address.key) as end, client.transaction():
            found = self.read(client, desired.address.key)
            if found is None:
                raise Conflict("the role has gone since it was read", help="plan again")
            now = found.resource.attributes
            options = {key: value for key, value in desired.attributes.items() if now.get(key, value) != value}
            if now["login"] or now.get("has_password"):
                # A password that somebody set would open the door again with the next LOGIN.
                client.run("ALTER ROLE {name} PASSWORD NULL", name=name)
            if options.keys() & {*ROLE_FLAGS, "connection_limit", "valid_until"}:
                words = _options(options)
                with _superusers(desired.address.key, words.text):
                    client.run("ALTER ROLE {name} {options}", name=name, options=words)
            if now["login"]:
                end()
            if "config" in options:
                _reset(client, desired.address.key)
            if "comment" in options:
                _comment(client, desired)

    def delete(self, client: PostgresClient, before: Live) -> None:
        """Drop it, ending its sessions if it could log in. Raises Rejected, with a list, if something names it still.

        Logins that are members stay, without access.
        """
        name = before.resource.address.key
        with _sessions_ended(client, name) as end, client.transaction():
            found = self.read(client, name)
            if found is None:
                return
            if found.resource.attributes["login"]:
                client.run("ALTER ROLE {name} NOLOGIN", name=Ident.of(name))
                end()
            client.run("DROP ROLE {name}", name=Ident.of(name))


@contextmanager
def _sessions_ended(client: PostgresClient, name: str) -> Iterator[Callable[[], None]]:
    """Yields what ends a role's sessions.

    Done in the transaction, so that a login that may not end them changes nothing; and after it, since until then the
    door is open to everybody else.
    """
    oids = [role.oid for role in catalog.roles(client, [name])]
    ended: list[bool] = []

    def end() -> None:
        client.query(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usesysid = ANY(%(oids)s)",
            {"oids": oids},
        )
        ended.append(True)

    yield end
    if ended:
        with suppress(ProviderError):
            end()


def _same(found: Live, desired: Resource) -> None:
    now = found.resource.attributes
    if not equal(now, {name: value for name, value in desired.attributes.items() if name in now}):
        raise Conflict(
            f"role {desired.address.key} exists already, and differs", help="plan again, and look whose it is"
        )


def _options(values: Mapping[str, Value]) -> Words:
    """Keywords and numbers only; the value of ``valid_until`` is never other than 'never'."""
    words = [keyword if values[name] else f"NO{keyword}" for name, keyword in ROLE_FLAGS.items() if name in values]
    limit = values.get("connection_limit")
    words += [f"CONNECTION LIMIT {int(limit)}"] if isinstance(limit, int) else []
    words += ["VALID UNTIL 'infinity'"] if "valid_until" in values else []
    return Words(" ".join(words))


def _comment(client: PostgresClient, desired: Resource) -> None:
    client.run(
        "COMMENT ON ROLE {name} IS {text}",
        name=Ident.of(desired.address.key),
        text=str(desired.attributes["comment"]),
    )


def _reset(client: PostgresClient, role: str) -> None:
    """Raises Denied where a setting is left: of what only superusers may set, RESET ALL says nothing to others."""
    name = Ident.of(role)
    databases = [database for (database,) in client.query(sql.SET_IN, {"role": role})]
    client.run("ALTER ROLE {name} RESET ALL", name=name)
    for database in databases:
        client.run("ALTER ROLE {name} IN DATABASE {database} RESET ALL", name=name, database=Ident.of(database))
    left = [setting for found in catalog.roles(client, [role]) for setting in found.config]
    if left:
        ways = (" RESET ALL", *(f' IN DATABASE "{database}" RESET ALL' for database in databases))
        raise Denied(f"only a superuser may reset {', '.join(left)}", help=_by_superuser(role, *ways))


@contextmanager
def _superusers(role: str, options: str) -> Iterator[None]:
    """What somebody with more rights set may be more than the operator can take."""
    try:
        yield
    except Denied as denied:
        raise Denied(denied.message, help=_by_superuser(role, f" {options}")) from None


def _by_superuser(role: str, *ways: str) -> str:
    statements = "; ".join(f'ALTER ROLE "{role}"{way}' for way in ways)
    return f"the operator lacks the right: have a superuser run {statements}; then plan again"
