"""LDAP directories. Importing this module imports no SDK."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from providers.ldap.access import LdapAccess, LdapNever
from providers.ldap.connection import LdapConnection
from providers.ldap.group import GroupType
from providers.ldap.lower import lower
from providers.ldap.membership import MembershipType
from providers.ldap.names import MEMBERSHIP, NESTING, RETIRING
from providers.ldap.overlap import overlap
from providers.ldap.permissions import inventory_rights, rights
from providers.ldap.retiring.account import RetiringAccountType
from providers.ldap.settings import LdapSettings
from providers.ldap.snapshot import read
from providers.ldap.ttl import limit_of
from reconciler.model import (
    AccessChange,
    Address,
    Explanation,
    Importable,
    Limit,
    Reach,
    Resource,
    Retirable,
    Snapshot,
    Standing,
    Step,
    Unseen,
    Worlds,
)
from reconciler.provider import (
    NOTHING_BEYOND,
    AgentSession,
    Asking,
    Beyond,
    Claim,
    Demand,
    LocalServer,
    Lowering,
    Pair,
    Provider,
    ResourceType,
    Retiring,
    Rights,
    Scope,
    Unfit,
)
from specs.base import SpecModel

if TYPE_CHECKING:
    from providers.ldap.client import LdapClient  # imports the SDK

    Base: TypeAlias = Provider[LdapSettings, LdapAccess, LdapNever, LdapConnection, LdapClient]
else:
    Base = Provider

_TYPES = MappingProxyType({one.name: one for one in (GroupType(), MembershipType(), RetiringAccountType())})


class LdapProvider(Base):
    """Membership of an agent's account in groups, with an end that is kept in the directory."""

    name: ClassVar[str] = "ldap"
    settings_model: ClassVar[type[SpecModel]] = LdapSettings
    access_model: ClassVar[type[SpecModel]] = LdapAccess
    never_model: ClassVar[type[SpecModel]] = LdapNever
    connection_model: ClassVar[type[SpecModel]] = LdapConnection
    needs_audience: ClassVar[bool] = False
    principals: ClassVar[frozenset[str]] = frozenset({MEMBERSHIP})
    """An account's use of a group: the account itself is nobody's object here."""
    named: ClassVar[frozenset[str]] = frozenset({NESTING})
    retires: ClassVar[str] = RETIRING
    by_password: ClassVar[bool] = True
    write_concurrency: ClassVar[int] = 1
    """Two changes of one group's values would meet."""

    @property
    def types(self) -> Mapping[str, ResourceType[LdapClient]]:
        """Resource types by name."""
        return _TYPES

    def claims(self, settings: LdapSettings) -> Iterable[Claim]:
        """Groups with the prefix, and the agents' accounts."""
        return tuple(Claim(setting, start) for setting, start in settings.claimed)

    def lower(self, scope: Scope[LdapSettings], demand: Demand[LdapAccess]) -> Lowering:
        """Groups, and memberships with their ends."""
        return lower(scope, demand)

    def overlap(self, access: LdapAccess, never: LdapNever) -> str | None:
        """A group that both name."""
        return overlap(access, never)

    def load(self) -> None:
        """Import the SDK."""
        import providers.ldap.client  # noqa: F401, PLC0415 - imports the SDK

    def connect(self, scope: Scope[LdapSettings], connection: LdapConnection, environ: Mapping[str, str]) -> LdapClient:
        """Bind, and see that the places that the settings name are there."""
        from providers.ldap.login import connect  # noqa: PLC0415 - imports the SDK

        return connect(scope, connection, environ)

    def identity(self, client: LdapClient) -> str:
        """The login's DN."""
        return client.identity

    def read(
        self,
        client: LdapClient,
        scope: Scope[LdapSettings],  # noqa: ARG002 - the client knows it
        wanted: Collection[Address],
    ) -> Snapshot:
        """The scope, in two paged searches."""
        return read(client, wanted)

    def access_changes(self, scope: Scope[LdapSettings], worlds: Worlds) -> Iterable[AccessChange]:  # noqa: ARG002
        """Each member by all groups that it comes to."""
        from providers.ldap.effective.changes import access_changes  # noqa: PLC0415 - only changes need it

        return access_changes(worlds)

    def reaches(
        self,
        scope: Scope[LdapSettings],  # noqa: ARG002
        objects: Mapping[Address, Resource],
        never: LdapNever,
        surroundings: object = None,  # noqa: ARG002 - all is in the objects
    ) -> Iterable[Reach]:
        """Memberships that lead to a forbidden group."""
        from providers.ldap.effective.reach import reached  # noqa: PLC0415 - only guardrails need it

        return reached(objects, never)

    def steps(
        self,
        scope: Scope[LdapSettings],  # noqa: ARG002
        objects: Mapping[Address, Resource],
        surroundings: object = None,  # noqa: ARG002 - all is in the objects
    ) -> Iterable[Step]:
        """What memberships open elsewhere: docs/escalation.md, X1."""
        from providers.ldap.effective.steps import steps  # noqa: PLC0415 - only plans with changes, and graph, need it

        return steps(objects)

    def ttl(self, scope: Scope[LdapSettings], pair: Pair, objects: Mapping[Address, Resource]) -> Limit | None:  # noqa: ARG002
        """Until the last membership ends."""
        return limit_of(objects)

    def explain(self, scope: Scope[LdapSettings], asking: Asking) -> Explanation:
        """By the account's memberships."""
        from providers.ldap.effective.explain import explain  # noqa: PLC0415 - only explain needs it

        return explain(scope.settings, asking)

    def rights(
        self,
        scope: Scope[LdapSettings],
        *,
        writing: bool,
        beyond: Beyond = NOTHING_BEYOND,
    ) -> Rights:
        """Rules of slapd."""
        return rights(scope, writing=writing, beyond=beyond)

    def inventory(
        self,
        client: LdapClient,
        scope: Scope[LdapSettings],  # noqa: ARG002 - the client knows it
    ) -> Iterable[Standing | Unseen]:
        """Agents' accounts, other machines' in a group, and whoever is in a privileged one."""
        from providers.ldap.standing.read import inventory  # noqa: PLC0415 - only inventory needs it

        return inventory(client)

    def covering(
        self,
        scope: Scope[LdapSettings],  # noqa: ARG002
        objects: Mapping[Address, Resource],
    ) -> Callable[[object], Iterable[Address]]:
        """Agents' accounts by their groups."""
        from providers.ldap.standing.cover import Cover  # noqa: PLC0415 - only inventory needs it

        return Cover.of(objects).covering

    def inventory_rights(self, scope: Scope[LdapSettings]) -> Rights:
        """Rules of slapd."""
        return inventory_rights(scope)

    def unfit(self, scope: Scope[LdapSettings], retiring: Retiring) -> Iterable[Unfit]:
        """What is no DN, agents' accounts, and what the settings name."""
        from providers.ldap.retiring.unfit import unfit  # noqa: PLC0415 - only retirements need it

        return unfit(scope.settings, retiring)

    def retirables(
        self,
        client: LdapClient,
        scope: Scope[LdapSettings],  # noqa: ARG002 - the client knows it
        wanted: Collection[Retiring],
    ) -> Mapping[str, Retirable]:
        """Accounts by DN, with the groups of others that they are in."""
        from providers.ldap.retiring.look import look  # noqa: PLC0415 - only retirements need it

        return look(client, wanted)

    def present(
        self,
        scope: Scope[LdapSettings],
        connection: LdapConnection,
        environ: Mapping[str, str],
        pair: Pair,
        token: str,
    ) -> AgentSession:
        """Bind as the agent's account, by its password."""
        from providers.ldap.retiring.present import present  # noqa: PLC0415 - imports the SDK

        return present(scope, connection, environ, pair, token)

    def importable(
        self,
        client: LdapClient,
        scope: Scope[LdapSettings],  # noqa: ARG002 - the client knows it
    ) -> Iterable[Importable | Unseen]:
        """Accounts by the groups that they are in."""
        from providers.ldap.importing.read import importable  # noqa: PLC0415 - only import needs it

        return importable(client)

    def close(self, client: LdapClient) -> None:
        """Log out."""
        client.close()

    def local_server(self) -> LocalServer | None:
        """Debian's slapd, where it is installed."""
        from providers.ldap.local import LocalLdap  # noqa: PLC0415 - imports the SDK

        return LocalLdap()
