"""`inventory`: who and what stands in an environment's systems, in the scopes and outside of them. Writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime

from reconciler.compile import Compiled, SystemBinding
from reconciler.connections import Connections
from reconciler.engine.inventory import Judge, look_over
from reconciler.engine.leaving import Leavings, leavings
from reconciler.engine.session import Session, wait_for_all
from reconciler.model import Inventory, Seen, State, Thresholds
from reconciler.workflow.specs import Prepared
from reconciler.workflow.systems import logged_in
from specs.diagnostic import Diagnostic, error, has_errors
from specs.suggest import hint


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about."""

    system: str = ""
    """Empty: all of the environment."""
    thresholds: Thresholds = field(default_factory=Thresholds)
    now: datetime | None = None
    """When it is; None: by our clock."""
    state: State | None = None
    """What is recorded of retirements; None: it couldn't be read."""


def _no_progress(system: str, count: int) -> None:
    """Nobody watches."""


def inventory(
    prepared: Prepared,
    connections: Connections,
    question: Question,
    progress: Callable[[str, int], None] = _no_progress,
) -> Inventory:
    """All systems at once. ``progress``: how many were found so far in a system; called from several threads."""
    now = question.now or datetime.now(UTC)
    compiled, problems = prepared.compiled, prepared.diagnostics
    if compiled is None or has_errors(problems):
        return no_inventory(prepared.environment, question, problems)
    chosen, strange = _chosen(compiled, question.system)
    with logged_in(chosen, connections) as (session, failed):
        judge = Judge(now, question.thresholds)
        leaving = leavings(compiled.retirements, compiled.desired, question.state)
        seen, unread = _look(session, chosen, compiled, judge, leaving, progress)
    order = {name: position for position, name in enumerate(compiled.systems)}
    everything = (*problems, *strange, *failed, *unread)
    systems = tuple(sorted(seen, key=lambda one: order[one.system]))
    return Inventory(prepared.environment, now, question.thresholds, systems, everything)


def no_inventory(environment: str, question: Question, diagnostics: tuple[Diagnostic, ...]) -> Inventory:
    """What there is instead where something stood in the way before anything was looked at."""
    return Inventory(environment, question.now or datetime.now(UTC), question.thresholds, (), diagnostics)


def _chosen(compiled: Compiled, name: str) -> tuple[Mapping[str, SystemBinding], tuple[Diagnostic, ...]]:
    if not name:
        return compiled.systems, ()
    if name in compiled.systems:
        return {name: compiled.systems[name]}, ()
    advice = hint(name, tuple(compiled.systems), "declared")
    return {}, (error("W651", f"system {name!r} is not declared", subject=name, help=advice),)


def _look(
    session: Session,
    chosen: Mapping[str, SystemBinding],
    compiled: Compiled,
    judge: Judge,
    leaving: Leavings,
    progress: Callable[[str, int], None],
) -> tuple[list[Seen], list[Diagnostic]]:
    if not session.systems:
        return [], []
    pool = ThreadPoolExecutor(len(session.systems), thread_name_prefix="inventory")
    try:
        looks = []
        for name, system in session.systems.items():
            wanted = {address: one for address, one in compiled.desired.items() if address.system == name}
            provider = chosen[name].record.provider
            looks.append(pool.submit(look_over, system, provider, judge, wanted, leaving, progress))
        wait_for_all(looks)
        results = [look.result() for look in looks]
    finally:
        # Whoever interrupts doesn't wait for a system that doesn't answer.
        pool.shutdown(wait=False, cancel_futures=True)
    return [seen for seen, _ in results], [problem for _, found in results for problem in found]
