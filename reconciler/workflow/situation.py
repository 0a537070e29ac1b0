"""What every verb looks at: what is wanted, recorded and found. Takes no lock and writes nothing."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from reconciler.compile import SystemBinding
from reconciler.connections import Connections
from reconciler.engine.refresh import Refreshed, refresh
from reconciler.engine.retirables import Seen, look
from reconciler.engine.session import Session
from reconciler.model import Address, Desired, State
from reconciler.state.opening import Place, may_hold, open_store
from reconciler.workflow.specs import Prepared
from reconciler.workflow.systems import known_types, logged_in, with_recorded
from specs.diagnostic import Diagnostic, has_errors, warning

log = logging.getLogger("writ")


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything that a verb looks at: what is wanted, recorded and found."""

    prepared: Prepared
    systems: Mapping[str, SystemBinding]
    session: Session
    state: State
    refreshed: Refreshed
    diagnostics: tuple[Diagnostic, ...]
    retirables: Seen = field(default_factory=Seen)
    """Standing principals that are to go."""

    @property
    def environment(self) -> str:
        """The environment's name; empty where none could be chosen."""
        return self.prepared.environment

    @property
    def desired(self) -> Mapping[Address, Desired]:
        """What the specs want."""
        return self.prepared.compiled.desired if self.prepared.compiled else {}


def load_state(place: Place, environment: str) -> State:
    """The recorded state; an empty one where there is no file. Writes nothing. Raises StateError."""
    if not may_hold(place):
        return State(environment, "", 0, {}, {})
    with open_store(place, reading=True) as store:
        return store.load(environment)


def _left_behind(prepared: Prepared, place: Place) -> tuple[Diagnostic, ...]:
    """Environments that left the specs with what they have in the systems. Writes nothing. Raises StateError."""
    if not may_hold(place):
        return ()
    with open_store(place, reading=True) as store:
        recorded = store.environments()
    declared = prepared.specs.catalog.environments.keys() | {prepared.environment}
    return tuple(
        warning(
            "W511",
            f"environment {name} is no longer declared, and {count} of its objects are still recorded",
            subject=f"environments.{name}",
            help=f"remove them with: writ destroy --environment {name}",
        )
        for name, count in recorded.items()
        if name not in declared and not prepared.specs.failed.may_declare("Environment", name)
    )


def _recorded(state: State) -> set[Address]:
    """What is to be looked at for the state's sake."""
    retiring = {one.address for one in state.retirements.values()}
    return {*state.objects, *(one.address for one in state.unfinished if one.address not in retiring)}


@contextmanager
def situation(
    prepared: Prepared, connections: Connections, state_place: Place, *, afresh: bool = False
) -> Iterator[Situation]:
    """Log in and read all systems; log out at the end. Reads nothing where the specs have errors.

    ``afresh``: as if nothing were recorded.
    """
    compiled, environment = prepared.compiled, prepared.environment
    if compiled is None or has_errors(prepared.diagnostics):
        state = State(environment, "", 0, {}, {})
        yield Situation(prepared, {}, Session({}), state, Refreshed({}), prepared.diagnostics)
        return
    state = State(environment, "", 0, {}, {}) if afresh else load_state(state_place, environment)
    systems, more = with_recorded(compiled.systems, state)
    started = time.monotonic()
    environments = {name: found.value for name, found in prepared.specs.catalog.environments.items()}
    more += connections.strangers(environment, environments, systems)
    more += _left_behind(prepared, state_place)
    wanted, strange = known_types(systems, compiled.desired.keys() | _recorded(state))
    with logged_in(systems, connections) as (session, failed):
        refreshed = refresh(session, wanted)
        objects = sum(len(snapshot.objects) for snapshot in refreshed.snapshots.values())
        log.info("read %d objects in %d systems in %.2f s", objects, len(systems), time.monotonic() - started)
        retirables = look(session, compiled.retirements, state.retirements)
        everything = (*prepared.diagnostics, *more, *strange, *failed, *refreshed.failures, *retirables.failures)
        yield Situation(prepared, systems, session, state, refreshed, everything, retirables)
