"""What one project wants of an account, planned and applied with the real engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from reconciler.engine.apply import Ended, apply_plan
from reconciler.engine.planner import Planned, plan_changes
from reconciler.engine.session import Session, System
from reconciler.model import Action, Address, Applied, ApplyResult, Desired, Plan, State
from reconciler.provider import Lowering, Scope
from tests.memory import remember
from tests.providers.aws.conftest import Account


@dataclass
class Estate:
    account: Account
    desired: dict[Address, Desired] = field(default_factory=dict)
    objects: dict[Address, Applied] = field(default_factory=dict)

    def want(self, lowering: Lowering) -> None:
        assert lowering.diagnostics == ()
        self.desired = {one.resource.address: one for one in lowering.resources}

    @property
    def system(self) -> str:
        return self.account.scope.system

    def planned(self) -> Planned:
        snapshot = self.account.read(*self.desired, *self.objects)
        marks = {self.system: {name: kind.attributes for name, kind in self.account.provider.types.items()}}
        return plan_changes(self.desired, {self.system: snapshot}, State("test", "", 0, self.objects, {}), marks)

    def changes(self) -> dict[str, str]:
        """What would be done: ``type key`` → action."""
        planned = self.planned()
        assert planned.diagnostics == ()
        rows = (change for change in planned.changes if change.action not in (Action.NO_OP, Action.ADOPT))
        return {f"{change.address.type} {change.address.key}": change.action.value for change in rows}

    def begin(self, steps: object) -> None:
        pass

    def ended(self, steps: Sequence[Ended]) -> None:
        remember(self.objects, steps)

    def apply(self) -> ApplyResult:
        plan = Plan("test", datetime.now(UTC), "", "", 0, (), self.planned().changes)
        session = Session({self.system: System(self.account.provider, self.account.scope, self.account.client)})
        return apply_plan(plan, session, self, lambda event: None, interrupted=lambda: False)

    def converge(self) -> None:
        result = self.apply()
        assert result.ok, [(str(s.address), s.diagnostic) for s in result.steps if s.diagnostic]
        assert self.changes() == {}


def of_system(account: Account, name: str) -> Account:
    """The same login for another system of the same Environment."""
    scope: Scope[Any] = replace(account.scope, system=name)
    account.client.scope = scope
    account.client.territory = replace(account.client.territory, scope=scope, _roles={})
    return replace(account, scope=scope)
