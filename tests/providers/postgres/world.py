"""One database of its own, an operator who plans and applies with the real engine, and somebody who vandalises."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from providers.postgres.access import PostgresAccess
from providers.postgres.client import PostgresClient, connect
from providers.postgres.connection import PostgresConnection
from providers.postgres.local import LocalPostgres
from providers.postgres.provider import PostgresProvider
from providers.postgres.settings import PostgresSettings
from reconciler.engine.apply import Ended, apply_plan
from reconciler.engine.byhand import left_by_hand
from reconciler.engine.planner import Planned, plan_changes
from reconciler.engine.session import Session, System
from reconciler.model import (
    Action,
    Address,
    Applied,
    ApplyResult,
    ByHand,
    Desired,
    Plan,
    Snapshot,
    State,
)
from reconciler.provider import AgentRef, Demand, IntentRef, Lowering, Pair, PairDemand, Scope
from specs.source import Located, SourceSpan
from tests.memory import remember

SYSTEM = "orders-db"
PROVIDER = PostgresProvider()
MARKS = {SYSTEM: {name: kind.attributes for name, kind in PROVIDER.types.items()}}

SCHEMA = (Path(__file__).parent / "schema.sql").read_text()


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


def settings(database: str = "orders", **more: Any) -> PostgresSettings:
    return PostgresSettings.model_validate({"database": database, **more})


def scope_of(found: PostgresSettings, environment: str = "test") -> Scope[PostgresSettings]:
    return Scope(environment, SYSTEM, found)


def pair(agent: str = "bot", intent: str = "orders.read", ttl: int = 600) -> Pair:
    who = AgentRef(agent, f"team-{agent}@example.com", "Answers", "cluster", f"sa:{agent}")
    return Pair(who, IntentRef(intent, "why", "low", "internal"), ttl)


def access(*grants: Mapping[str, Any]) -> Located[PostgresAccess]:
    return Located(PostgresAccess.model_validate({"grants": list(grants)}), Nowhere())


def demand(*asked: tuple[Pair, Sequence[Mapping[str, Any]]]) -> Demand[PostgresAccess]:
    return Demand((), tuple(PairDemand(who, (access(*grants),)) for who, grants in asked))


def lowered(scope: Scope[PostgresSettings], *grants: Mapping[str, Any], who: Pair | None = None) -> Lowering:
    return PROVIDER.lower(scope, demand((who or pair(), grants)))


@dataclass
class World:
    server: LocalPostgres
    scope: Scope[PostgresSettings]
    client: PostgresClient
    desired: dict[Address, Desired] = field(default_factory=dict)
    recorder: Recorder = field(default_factory=Recorder)

    @classmethod
    def at(cls, server: LocalPostgres, found: PostgresSettings, **login: Any) -> World:
        scope = scope_of(found)
        block = PostgresConnection.model_validate({**server.connection, **login})
        return cls(server, scope, connect(scope, block, dict(os.environ)))

    @property
    def database(self) -> str:
        return self.scope.settings.database

    @property
    def role(self) -> str:
        return f"{self.scope.settings.role_prefix}bot_orders.read"

    def want(self, *grants: Mapping[str, Any], who: Pair | None = None) -> None:
        found = lowered(self.scope, *grants, who=who)
        assert found.diagnostics == ()
        self.desired = {one.resource.address: one for one in found.resources}

    def read(self) -> Snapshot:
        return PROVIDER.read(self.client, self.scope, self.desired.keys() | self.recorder.objects.keys())

    def planned(self) -> Planned:
        state = State("test", "", 0, self.recorder.objects, {})
        found = plan_changes(self.desired, {SYSTEM: self.read()}, state, MARKS)
        return Planned(left_by_hand(found.changes), found.diagnostics)

    def changes(self) -> dict[str, str]:
        """What would be done: ``type key`` → action."""
        planned = self.planned()
        assert planned.diagnostics == ()
        rows = (change for change in planned.changes if change.action not in (Action.NO_OP, Action.ADOPT))
        return {f"{change.address.type} {change.address.key}": change.action.value for change in rows}

    def left(self) -> dict[str, ByHand]:
        """What no step can do, by type and key."""
        return {f"{c.address.type} {c.address.key}": c.by_hand for c in self.planned().changes if c.by_hand}

    def apply(self) -> ApplyResult:
        plan = Plan("test", datetime.now(UTC), "", "", 0, (), self.planned().changes)
        session = Session({SYSTEM: System(PROVIDER, self.scope, self.client)})
        return apply_plan(plan, session, self.recorder, lambda event: None, interrupted=lambda: False)

    def converge(self) -> None:
        """Apply, and nothing is left to do."""
        result = self.apply()
        assert result.ok, [(str(s.address), s.diagnostic) for s in result.steps if s.diagnostic]
        assert self.changes() == {}

    def sql(self, *statements: str, database: str = "", user: str = "postgres", password: str = "") -> list[Any]:
        """By hand, past the provider."""
        with self.session(database or self.database, user, password) as session:
            rows: list[Any] = []
            for statement in statements:
                cursor = session.execute(statement.replace("$role", f'"{self.role}"').encode())
                rows = cursor.fetchall() if cursor.description else []
            return rows

    def session(self, database: str, user: str = "postgres", password: str = "") -> psycopg.Connection[Any]:
        block = self.server.connection
        more = {"password": password} if password else {}
        return psycopg.connect(
            host=str(block["host"]), port=int(block["port"]), dbname=database, user=user, autocommit=True, **more
        )

    def remove(self) -> None:
        """The roles of its prefix, and all they have."""
        self.client.close()
        prefix = self.scope.settings.role_prefix
        names = self.sql(f"SELECT rolname FROM pg_roles WHERE starts_with(rolname, '{prefix}')")
        self.sql(*(f'DROP OWNED BY "{name}" CASCADE' for (name,) in names))
        self.sql(*(f'DROP ROLE "{name}"' for (name,) in names))
