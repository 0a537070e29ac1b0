"""One system that is a dictionary, and the workflow's verbs over it: no server, no specs' files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from reconciler.compile import Compiled, SystemBinding
from reconciler.connections import Connections
from reconciler.model import Desired, Drift, Plan, State, StepEvent, SystemRecord
from reconciler.provider import Scope
from reconciler.state.lock import force_unlock
from reconciler.state.opening import Place, open_store
from reconciler.workflow.applying import Application, Console, Execution, apply_saved, apply_specs
from reconciler.workflow.drifting import drift_of
from reconciler.workflow.planning import Options, plan_of
from reconciler.workflow.situation import load_state, situation
from reconciler.workflow.specs import Prepared
from specs.base import SpecModel
from specs.catalog import Catalog
from specs.sources import Sources
from specs.specset import SpecSet
from tests.memory import Memory, MemoryProvider

NOWHERE = Connections(None, {})


class Remembering(MemoryProvider):
    """Logs in to the same dictionary each time."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.logged_in: Callable[[], None] = lambda: None
        self.closed = 0

    def connect(self, scope: Scope[SpecModel], connection: SpecModel, environ: Mapping[str, str]) -> Memory:
        self.logged_in()
        return self.memory

    def close(self, client: Memory) -> None:
        self.closed += 1


@dataclass
class Desk:
    """What a person has: wishes, a state, a system."""

    state: Place
    memory: Memory = field(default_factory=Memory)
    provider: Remembering = field(init=False)
    shown: list[Plan] = field(default_factory=list)
    events: list[StepEvent] = field(default_factory=list)
    approve: Callable[[Plan], bool] = lambda plan: True

    def __post_init__(self) -> None:
        self.provider = Remembering(self.memory)

    def prepared(self, *wanted: Desired) -> Prepared:
        binding = SystemBinding(self.provider, Scope("test", "mem", SpecModel()), SystemRecord("mem", "memory", {}))
        desired = {one.resource.address: one for one in wanted}
        specs = SpecSet(Catalog(), (), Sources(), ())
        return Prepared(specs, Compiled("test", {"mem": binding}, desired, ()), ())

    def plan(self, *wanted: Desired, destroy: bool = False, targets: tuple[str, ...] = ()) -> Plan:
        with situation(self.prepared(*wanted), NOWHERE, self.state) as now:
            return plan_of(now, Options(targets, destroy))

    def drift(self, *wanted: Desired) -> Drift:
        with situation(self.prepared(*wanted), NOWHERE, self.state) as now:
            return drift_of(now)

    def apply(self, *wanted: Desired, destroy: bool = False, targets: tuple[str, ...] = ()) -> Application:
        prepared, options = self.prepared(*wanted), Options(targets, destroy)
        return apply_specs(prepared, NOWHERE, options, Execution(self.state), self.console())

    def apply_saved(self, plan: Plan) -> Application:
        return apply_saved(plan, NOWHERE, Execution(self.state), self.console())

    def console(self) -> Console:
        return Console(self.shown.append, self.approve, self.events.append, print, _walking)

    @property
    def recorded(self) -> State:
        return load_state(self.state, "test")

    def take_the_lock_away(self) -> None:
        with open_store(self.state) as store:
            (held,) = store.locks().values()
            assert force_unlock(store, held.id, force=True)


@contextmanager
def _walking() -> Iterator[Callable[[], bool]]:
    yield lambda: False
