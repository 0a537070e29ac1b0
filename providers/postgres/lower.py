"""What the specs ask of a database, as roles, grants and memberships."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from providers.postgres.access import AMBIGUOUS, AMBIGUOUS_HELP, OBJECTS, Grant, PostgresAccess
from providers.postgres.keys import GrantKey, MembershipKey
from providers.postgres.lease import group_comment, login_request
from providers.postgres.names import GRANT, LIMIT, MEMBERSHIP, ROLE, split_name
from providers.postgres.overlap import schemas_of
from providers.postgres.privileges import Kind, desired_form, is_ambiguous
from providers.postgres.settings import PostgresSettings
from providers.postgres.signature import split_signature
from providers.postgres.values import grant_values, membership_values, role_values
from reconciler.model import Address, Desired, Resource, Value
from reconciler.provider import Demand, LoginRequest, LoginTarget, Lowering, Pair, PairDemand, Scope
from specs.diagnostic import Diagnostic, error
from specs.source import Located, SourceSpan


def login_target(settings: PostgresSettings) -> LoginTarget | None:
    """Who mints logins, as the settings name it."""
    if settings.credentials is None:
        return None
    options = {name: value for name, value in settings.credentials.items() if name != "system"}
    return LoginTarget(settings.credentials["system"], options, settings.role_prefix)


def role_name(settings: PostgresSettings, pair: Pair) -> str:
    """``writ_support-bot_orders.read``."""
    return f"{settings.role_prefix}{pair.name}"


def lower(scope: Scope[PostgresSettings], demand: Demand[PostgresAccess]) -> Lowering:
    """For each pair a group role with its grants, and a request for logins in it."""
    lowering = _Lowering(scope)
    for asked in demand.pairs:
        if asked.access:
            lowering.add(asked)
    return Lowering(tuple(lowering.resources), tuple(lowering.logins), tuple(lowering.diagnostics))


@dataclass(slots=True)
class _Lowering:
    scope: Scope[PostgresSettings]
    resources: list[Desired] = field(default_factory=list)
    logins: list[LoginRequest] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    cut: dict[bytes, str] = field(default_factory=dict)
    """Names over the limit by what the server would keep of them."""
    target: LoginTarget | None = field(init=False)
    """One for all logins."""

    def __post_init__(self) -> None:
        self.target = login_target(self.scope.settings)

    def add(self, asked: PairDemand[PostgresAccess]) -> None:
        """One pair."""
        name = role_name(self.scope.settings, asked.pair)
        if len(name.encode()) > LIMIT:
            self._too_long(name, asked.pair)
            return
        role = self._resource(
            ROLE, name, role_values(group_comment(self.scope, asked.pair)), asked.pair, f"group of {asked.pair.name}"
        )
        wanted, spans, columns = self._privileges(name, asked.access)
        for key, privileges in wanted.items():
            if key.kind == Kind.TABLE and is_ambiguous(privileges):
                self._ambiguous(key, asked)
            values = grant_values(key, desired_form(Kind(key.kind), privileges), self.scope.settings.database)
            reason = f"{asked.pair.intent.name} needs it"
            places = (("W457", columns[key]),) if key in columns else ()
            self._resource(GRANT, str(key), values, asked.pair, reason, role, span=spans.get(key), places=places)
        self._logins(name, asked.pair, role)

    def _privileges(
        self, role: str, access: Iterable[Located[PostgresAccess]]
    ) -> tuple[dict[GrantKey, set[str]], dict[GrantKey, SourceSpan], dict[GrantKey, SourceSpan]]:
        """All privileges by object, with those that are implied; and where each object, and each column, is named
        first.

        That is the line that a typing error, or a table that has gone, is about.
        """
        spans: dict[GrantKey, SourceSpan] = {}
        columns: dict[GrantKey, SourceSpan] = {}
        found: dict[GrantKey, set[str]] = {
            GrantKey(role, Kind.DATABASE, "", self.scope.settings.database): {"CONNECT"},
        }
        for block in access:
            for number, grant in enumerate(block.value.grants):
                where = next(name for name in OBJECTS if getattr(grant, name))
                for position, column, key in _keys(role, grant, self.scope.settings.database):
                    found.setdefault(key, set()).update(grant.privileges)
                    if key not in spans and grant.objects:
                        spans[key] = block.span("grants", number, where, position)
                        if key.kind == Kind.COLUMN:
                            columns[key] = block.span("grants", number, "columns", column)
                for schema in schemas_of(grant):
                    found.setdefault(GrantKey(role, Kind.SCHEMA, "", _raw(schema)[0]), set()).add("USAGE")
        return found, spans, columns

    def _logins(self, name: str, pair: Pair, role: Address) -> None:
        settings, needs = self.scope.settings, list[Address]()
        if settings.minter:
            key = str(MembershipKey(settings.minter, name))
            values = membership_values(settings.minter, name, admin=True, inherit=False, set_role=False)
            reason = f"{settings.minter} puts logins into it"
            needs.append(self._resource(MEMBERSHIP, key, values, pair, reason, role))
        if self.target is not None:
            self.logins.append(login_request(self.scope, pair, name, self.target, tuple(needs)))

    def _resource(
        self,
        kind: str,
        key: str,
        values: Mapping[str, Value],
        pair: Pair,
        reason: str,
        *needs: Address,
        span: SourceSpan | None = None,
        places: tuple[tuple[str, SourceSpan], ...] = (),
    ) -> Address:
        address = self.scope.address(kind, key)
        origin = pair.origin(reason, span)
        self.resources.append(Desired(Resource(address, values), origin, needs, places=places))
        return address

    def _too_long(self, name: str, pair: Pair) -> None:
        other = self.cut.setdefault(name.encode()[:LIMIT], name)
        collides = f", where it collides with {other}" if other != name else ""
        over = len(name.encode()) - LIMIT
        self.diagnostics.append(
            error(
                "W417",
                f"role name {name} has {len(name.encode())} bytes: the server would cut it at {LIMIT}{collides}",
                subject=f"agents.{pair.agent.name}.spec.intents",
                help=f"shorten the agent's name, the intent's or role_prefix by {over}",
                span=pair.span,
            )
        )

    def _ambiguous(self, key: GrantKey, asked: PairDemand[PostgresAccess]) -> None:
        self.diagnostics.append(
            error(
                "W416",
                f"on {key.object} taken together, {AMBIGUOUS}",
                subject=f"intents.{asked.pair.intent.name}.spec.access",
                help=AMBIGUOUS_HELP,
                span=asked.access[0].span(),
            )
        )


def _keys(role: str, grant: Grant, database: str) -> Iterator[tuple[int, int, GrantKey]]:
    """Each object's key, with its position among those that the grant names, and its column's."""
    kind = grant.kind
    if kind is Kind.DATABASE:
        yield 0, 0, GrantKey(role, Kind.DATABASE, "", database)
    for position, text in enumerate(grant.objects):
        for column, key in enumerate(_of_object(role, grant, kind, text)):
            yield position, column, key


def _of_object(role: str, grant: Grant, kind: Kind, text: str) -> Iterator[GrantKey]:
    match kind:
        case Kind.SCHEMA:
            yield GrantKey(role, Kind.SCHEMA, "", _raw(text)[0])
        case Kind.FUNCTION:
            name, arguments = split_signature(text)
            schema, function = _raw(name)
            yield GrantKey(role, Kind.FUNCTION, schema, function, arguments=arguments)
        case Kind.COLUMN:
            schema, name = _raw(text)
            yield from (GrantKey(role, Kind.COLUMN, schema, name, _raw(column)[0]) for column in grant.columns)
        case _:
            yield GrantKey(role, kind, *_raw(text))


def _raw(text: str) -> tuple[str, ...]:
    """The raw parts of a name that was checked when it was read."""
    return split_name(text) or (text,)
