"""Specs to roles without a server, and with one: a prefix of its own, the real engine, and somebody who vandalises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pymysql

from providers.mysql.access import MysqlAccess, MysqlNever
from providers.mysql.client import MysqlClient
from providers.mysql.connection import MysqlConnection
from providers.mysql.local import LocalMysql
from providers.mysql.login import connect
from providers.mysql.provider import MysqlProvider
from providers.mysql.settings import MysqlSettings
from reconciler.engine.apply import Ended, apply_plan
from reconciler.engine.cascade import cascade_replacements
from reconciler.engine.drift import find_drift
from reconciler.engine.planner import Planned, plan_changes
from reconciler.engine.session import Session, System
from reconciler.model import (
    AccessChange,
    Action,
    Address,
    Applied,
    ApplyResult,
    Desired,
    Plan,
    Resource,
    Snapshot,
    State,
    Worlds,
)
from reconciler.provider import AgentRef, Demand, IntentRef, Lowering, Pair, PairDemand, Scope
from specs.source import Located, SourceSpan
from tests.memory import remember

SYSTEM = "shop-db"
PROVIDER = MysqlProvider()
MARKS = {SYSTEM: {name: kind.attributes for name, kind in PROVIDER.types.items()}}
READ = {"privileges": ["SELECT"], "tables": ["shop.orders"]}


class Nowhere:
    def span(self, path: tuple[str | int, ...]) -> SourceSpan:
        return SourceSpan("a.yaml", 1, 1)


class Recorder:
    """The state in memory."""

    def __init__(self) -> None:
        self.objects: dict[Address, Applied] = {}

    def begin(self, steps: object) -> None:
        pass

    def ended(self, steps: Sequence[Ended]) -> None:
        remember(self.objects, steps)


def settings(**more: Any) -> MysqlSettings:
    return MysqlSettings.model_validate(more)


def scope_of(found: MysqlSettings | None = None, environment: str = "test") -> Scope[MysqlSettings]:
    return Scope(environment, SYSTEM, found or settings())


def pair(agent: str = "bot", intent: str = "orders.read", ttl: int = 600) -> Pair:
    who = AgentRef(agent, f"team-{agent}@example.com", "Answers", "cluster", f"sa:{agent}")
    return Pair(who, IntentRef(intent, "why", "low", "internal"), ttl)


def access(*grants: Mapping[str, Any]) -> MysqlAccess:
    return MysqlAccess.model_validate({"grants": list(grants)})


def never(**what: Any) -> MysqlNever:
    return MysqlNever.model_validate(what)


def demand(*asked: tuple[Pair, Sequence[Mapping[str, Any]]]) -> Demand[MysqlAccess]:
    return Demand((), tuple(PairDemand(who, (Located(access(*grants), Nowhere()),)) for who, grants in asked))


def lowered(scope: Scope[MysqlSettings], *grants: Mapping[str, Any], who: Pair | None = None) -> Lowering:
    return PROVIDER.lower(scope, demand((who or pair(), grants)))


def changed(before: Sequence[Resource], after: Sequence[Resource], surroundings: object = None) -> list[AccessChange]:
    old, new = ({one.address: one for one in side} for side in (before, after))
    touched = frozenset(address for address in old.keys() | new.keys() if old.get(address) != new.get(address))
    return list(PROVIDER.access_changes(scope_of(), Worlds(old, new, touched, surroundings)))


@dataclass
class World:
    server: LocalMysql
    scope: Scope[MysqlSettings]
    client: MysqlClient
    desired: dict[Address, Desired] = field(default_factory=dict)
    recorder: Recorder = field(default_factory=Recorder)

    @classmethod
    def at(cls, server: LocalMysql, found: MysqlSettings, environment: str = "test", **login: Any) -> World:
        scope = scope_of(found, environment)
        block = MysqlConnection.model_validate(login or server.connection)
        return cls(server, scope, connect(scope, block, {"PW": "secret-of-tests"}))

    @property
    def prefix(self) -> str:
        return self.scope.settings.role_prefix

    @property
    def role(self) -> str:
        return f"{self.prefix}bot_orders.read"

    @property
    def marker(self) -> str:
        return f"{self.prefix}~{self.scope.environment}~{SYSTEM}"

    def want(self, *grants: Mapping[str, Any], who: Pair | None = None) -> Lowering:
        found = lowered(self.scope, *grants, who=who) if grants else Lowering(())
        assert found.diagnostics == ()
        self.desired = {one.resource.address: one for one in found.resources}
        return found

    def read(self) -> Snapshot:
        return PROVIDER.read(self.client, self.scope, self.desired.keys() | self.recorder.objects.keys())

    @property
    def state(self) -> State:
        return State("test", "lineage", 1, self.recorder.objects, {})

    def planned(self) -> Planned:
        snapshot = self.read()
        errors = [one for one in snapshot.diagnostics if one.severity == "error"]
        assert errors == []
        found = plan_changes(self.desired, {SYSTEM: snapshot}, self.state, MARKS)
        return Planned(cascade_replacements(found.changes), found.diagnostics)

    def changes(self) -> dict[str, str]:
        """What would be done: the key, without the prefix, → action and cause."""
        planned = self.planned()
        assert {one.code for one in planned.diagnostics} <= {"W503"}  # another's, left alone
        rows = (one for one in planned.changes if one.action not in (Action.NO_OP, Action.ADOPT))
        return {one.address.key.replace(self.prefix, ""): f"{one.action} {one.cause}" for one in rows}

    def drift(self) -> dict[str, str]:
        """What moved: the key → how."""
        items = find_drift(self.desired, {SYSTEM: self.read()}, self.state, MARKS)
        return {item.address.key.replace(self.prefix, ""): item.kind.value for item in items}

    def apply(self) -> ApplyResult:
        plan = Plan("test", datetime.now(UTC), "", "", 0, (), self.planned().changes)
        session = Session({SYSTEM: System(PROVIDER, self.scope, self.client)})
        return apply_plan(plan, session, self.recorder, lambda event: None, interrupted=lambda: False)

    def converge(self) -> None:
        """Apply, and nothing is left to do."""
        result = self.apply()
        assert result.ok, [(str(s.address), s.diagnostic) for s in result.steps if s.diagnostic]
        assert self.changes() == {}

    def sql(self, *statements: str, user: str = "", password: str = "") -> list[Any]:
        """By hand, past the provider; ``$role`` and ``$prefix`` stand for ours. Rows of the last."""
        with self.session(user, password) as session, session.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement.replace("$role", f"`{self.role}`").replace("$prefix", self.prefix))
            return list(cursor.fetchall())

    def session(self, user: str = "", password: str = "") -> pymysql.Connection[Any]:
        if user:
            return pymysql.connect(
                host="127.0.0.1", port=self.server.port, user=user, password=password, autocommit=True,
                ssl_disabled=True,
            )  # fmt: skip
        block = self.server.connection
        return pymysql.connect(unix_socket=block["socket"], user=block["user"], autocommit=True, ssl_disabled=True)

    def grants(self, of: str = "") -> set[str]:
        """What the server says that the role itself may, but for USAGE."""
        name = of or self.role
        rows = (str(row[0]) for row in self.sql(f"SHOW GRANTS FOR `{name}`"))
        return {row.replace(self.prefix, "") for row in rows if f"TO `{name}`" in row and "USAGE" not in row}

    def remove(self) -> None:
        """The roles of its prefix."""
        self.client.close()
        start = f"LEFT(User, {len(self.prefix)}) = '{self.prefix}'"
        rows = self.sql(f"SELECT User FROM mysql.global_priv WHERE Host = '' AND {start}")
        for (name,) in rows:
            self.sql(f"DROP ROLE `{name}`")
