"""MariaDB 10.11 and later. Importing this module imports no driver."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from providers.mysql.access import MysqlAccess, MysqlNever
from providers.mysql.connection import MysqlConnection
from providers.mysql.escalation.rules import RULES
from providers.mysql.grant import GrantType
from providers.mysql.lower import login_target, lower
from providers.mysql.membership import MembershipType
from providers.mysql.names import RETIRING, ROLE
from providers.mysql.overlap import overlap
from providers.mysql.permissions import inventory_rights, rights
from providers.mysql.retiring.user import RetiringUserType
from providers.mysql.role import RoleType
from providers.mysql.settings import MysqlSettings
from providers.mysql.snapshot import read
from providers.mysql.ttl import limit_of
from providers.mysql.widths import WIDTHS, wide
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
    from providers.mysql.client import MysqlClient  # imports the driver

    Base: TypeAlias = Provider[MysqlSettings, MysqlAccess, MysqlNever, MysqlConnection, MysqlClient]
else:
    Base = Provider

_TYPES = MappingProxyType({one.name: one for one in (RoleType(), GrantType(), MembershipType(), RetiringUserType())})


class MysqlProvider(Base):
    """A role for each pair, exactly its grants, and logins with it that another system mints."""

    name: ClassVar[str] = "mysql"
    settings_model: ClassVar[type[SpecModel]] = MysqlSettings
    access_model: ClassVar[type[SpecModel]] = MysqlAccess
    never_model: ClassVar[type[SpecModel]] = MysqlNever
    connection_model: ClassVar[type[SpecModel]] = MysqlConnection
    needs_audience: ClassVar[bool] = False
    widths: ClassVar[Mapping[str, str]] = WIDTHS
    principals: ClassVar[frozenset[str]] = frozenset({ROLE})
    retires: ClassVar[str] = RETIRING
    rules: ClassVar[Mapping[str, Rule]] = RULES
    write_concurrency: ClassVar[int] = 1
    """A table's grant and its columns' meet: revoking one takes the other."""

    @property
    def types(self) -> Mapping[str, ResourceType[MysqlClient]]:
        """Resource types by name."""
        return _TYPES

    def login_target(self, settings: MysqlSettings) -> LoginTarget | None:
        """Who mints logins."""
        return login_target(settings)

    def claims(self, settings: MysqlSettings) -> Iterable[Claim]:
        """Roles with the prefix."""
        return (Claim("role_prefix", settings.role_prefix),)

    def lower(self, scope: Scope[MysqlSettings], demand: Demand[MysqlAccess]) -> Lowering:
        """Roles, grants, the minter's memberships, and requests for logins."""
        return lower(scope, demand)

    def overlap(self, access: MysqlAccess, never: MysqlNever) -> str | None:
        """A grant that both describe."""
        return overlap(access, never)

    def wide(self, access: MysqlAccess) -> Iterable[Wide]:
        """Whole databases, and writing to whole tables."""
        return wide(access)

    def load(self) -> None:
        """Import the driver."""
        import providers.mysql.client  # noqa: F401, PLC0415 - imports the driver

    def connect(
        self, scope: Scope[MysqlSettings], connection: MysqlConnection, environ: Mapping[str, str]
    ) -> MysqlClient:
        """Log in, and see that it is a MariaDB."""
        from providers.mysql.login import connect  # noqa: PLC0415 - imports the driver

        return connect(scope, connection, environ)

    def identity(self, client: MysqlClient) -> str:
        """The login's account."""
        return str(client.account)

    def read(
        self,
        client: MysqlClient,
        scope: Scope[MysqlSettings],  # noqa: ARG002 - the client knows it
        wanted: Collection[Address],
    ) -> Snapshot:
        """The scope, in a dozen queries."""
        return read(client, wanted)

    def access_changes(self, scope: Scope[MysqlSettings], worlds: Worlds) -> Iterable[AccessChange]:  # noqa: ARG002
        """Each role by all roles that it has; and who may use it."""
        from providers.mysql.effective.changes import access_changes  # noqa: PLC0415 - only changes need it

        return access_changes(worlds)

    def reaches(
        self,
        scope: Scope[MysqlSettings],  # noqa: ARG002
        objects: Mapping[Address, Resource],
        never: MysqlNever,
        surroundings: object = None,
    ) -> Iterable[Reach]:
        """Roles that hold what is forbidden, by themselves or by others."""
        from providers.mysql.effective.reach import reached  # noqa: PLC0415 - only guardrails need it

        return reached(objects, never, surroundings)

    def steps(
        self,
        scope: Scope[MysqlSettings],
        objects: Mapping[Address, Resource],
        surroundings: object = None,
    ) -> Iterable[Step]:
        """docs/escalation.md."""
        from providers.mysql.escalation.steps import steps  # noqa: PLC0415 - only plans with changes, and graph, need it

        return steps(scope, objects, surroundings)

    def ttl(self, scope: Scope[MysqlSettings], pair: Pair, objects: Mapping[Address, Resource]) -> Limit | None:  # noqa: ARG002
        """By the minting system's lease."""
        return limit_of(scope, pair)

    def explain(self, scope: Scope[MysqlSettings], asking: Asking) -> Explanation:  # noqa: ARG002
        """By everything that bears on the role."""
        from providers.mysql.effective.explain import explain  # noqa: PLC0415 - only explain needs it

        return explain(asking)

    def rights(
        self,
        scope: Scope[MysqlSettings],
        *,
        writing: bool,
        beyond: Beyond = NOTHING_BEYOND,
    ) -> Rights:
        """Statements for the server's administrator."""
        return rights(scope, writing=writing, beyond=beyond)

    def unfit(self, scope: Scope[MysqlSettings], retiring: Retiring) -> Iterable[Unfit]:
        """The minter, and names with the prefix."""
        from providers.mysql.retiring.unfit import unfit  # noqa: PLC0415 - only retirements need it

        return unfit(scope.settings, retiring)

    def retirables(
        self,
        client: MysqlClient,
        scope: Scope[MysqlSettings],  # noqa: ARG002 - the client knows it
        wanted: Collection[Retiring],
    ) -> Mapping[str, Retirable]:
        """Users with their sessions, and what runs with their rights."""
        from providers.mysql.retiring.look import look  # noqa: PLC0415 - only retirements need it

        return look(client, wanted)

    def enter(
        self,
        scope: Scope[MysqlSettings],
        connection: MysqlConnection,
        environ: Mapping[str, str],
        pair: Pair,
        minted: Minted,
    ) -> str:
        """Log in with it, as one that has the pair's role."""
        from providers.mysql.login import enter  # noqa: PLC0415 - imports the driver

        return enter(scope, connection, environ, pair, minted)

    def inventory(
        self,
        client: MysqlClient,
        scope: Scope[MysqlSettings],  # noqa: ARG002 - the client knows it
    ) -> Iterable[Standing | Unseen]:
        """Every login of the server."""
        from providers.mysql.standing.read import inventory  # noqa: PLC0415 - only inventory needs it

        return inventory(client)

    def covering(
        self,
        scope: Scope[MysqlSettings],  # noqa: ARG002
        objects: Mapping[Address, Resource],
    ) -> Callable[[object], Iterable[Address]]:
        """Roles by their privileges."""
        from providers.mysql.standing.cover import Cover  # noqa: PLC0415 - only inventory needs it

        return Cover.of(objects).covering

    def inventory_rights(self, scope: Scope[MysqlSettings]) -> Rights:  # noqa: ARG002
        """Statements for the server's administrator."""
        return inventory_rights()

    def importable(
        self,
        client: MysqlClient,
        scope: Scope[MysqlSettings],  # noqa: ARG002 - the client knows it
    ) -> Iterable[Importable | Unseen]:
        """Every role, and the users that have one."""
        from providers.mysql.importing.read import importable  # noqa: PLC0415 - only import needs it

        return importable(client)

    def close(self, client: MysqlClient) -> None:
        """Log out."""
        client.close()

    def local_server(self) -> LocalServer | None:
        """Debian's MariaDB, where it is installed."""
        from providers.mysql.local import LocalMysql  # noqa: PLC0415 - imports the driver

        return LocalMysql()
