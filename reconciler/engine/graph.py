"""The order of steps, from what depends on what. The only user of networkx."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import pairwise
from types import MappingProxyType
from typing import NamedTuple

import networkx as nx

from reconciler.engine.session import Marks
from reconciler.engine.stages import Stage, Whose, closings, stages
from reconciler.model import Action, Address, Change


class Phase(StrEnum):
    """What a step does. A replacement is two steps."""

    DELETE = "delete"
    CREATE = "create"
    UPDATE = "update"
    RECORD = "record"
    """Only the state is written (forget)."""
    CLOSED = "closed"
    """Nothing is done: whoever goes has gone. One node, so that edges aren't a product."""
    CHANGED = "changed"
    """Nothing is done: what is allowed has changed."""


class Step(NamedTuple):
    """One call, or one record, or a gate that others wait at."""

    address: Address
    phase: Phase

    @property
    def is_gate(self) -> bool:
        """Done once all before it are: there is nothing to do."""
        return self.phase in _GATES

    @property
    def calls(self) -> bool:
        """Whether it calls its system."""
        return self.phase in _CALLING


_CALLING = frozenset({Phase.DELETE, Phase.CREATE, Phase.UPDATE})
_GATES = frozenset({Phase.CLOSED, Phase.CHANGED})
_TAKING, _GIVING = (Phase.DELETE, Phase.UPDATE), (Phase.CREATE, Phase.UPDATE)


_PHASES: Mapping[Action, tuple[Phase, ...]] = {
    Action.NO_OP: (),
    Action.CREATE: (Phase.CREATE,),
    Action.IMPORT: (Phase.UPDATE,),
    Action.UPDATE: (Phase.UPDATE,),
    Action.REPLACE: (Phase.DELETE, Phase.CREATE),
    Action.DELETE: (Phase.DELETE,),
    Action.ADOPT: (),
    Action.FORGET: (Phase.RECORD,),
    Action.BY_HAND: (),
}


_NO_MARKS: Marks = MappingProxyType({})


class Order:
    """Steps with their edges: a step is ready once all before it are done."""

    def __init__(self, graph: nx.DiGraph[Step]) -> None:
        self._graph = graph

    def __len__(self) -> int:
        return len(self._graph)

    def before(self, step: Step) -> Iterator[Step]:
        """Steps that must be done before this one."""
        return iter(self._graph.predecessors(step))

    def after(self, step: Step) -> Iterator[Step]:
        """Steps that wait for this one."""
        return iter(self._graph.successors(step))

    def released(self, step: Step) -> Iterator[Step]:
        """Steps that wait for this one, and are done even if it fails."""
        return (later for later in self._graph.successors(step) if self._graph.edges[step, later]["soft"])

    def downstream(self, step: Step) -> frozenset[Step]:
        """All steps that can't be done when this one fails."""
        hard = nx.subgraph_view(self._graph, filter_edge=lambda a, b: not self._graph.edges[a, b]["soft"])
        return frozenset(nx.descendants(hard, step))

    def topological(self) -> Sequence[Step]:
        """All steps in one valid order, the same for the same plan."""
        return tuple(nx.lexicographical_topological_sort(self._graph))


class CyclicOrder(ValueError):  # noqa: N818
    """Objects that wait for each other: a provider's lowering is wrong. Names the cycle."""


def order(changes: Iterable[Change], marks: Marks = _NO_MARKS) -> Order:
    """The graph of steps. Makers come after what they need; removals the other way round. Raises CyclicOrder.

    With the marks, also: who goes goes before anything is widened; nobody comes in before what is too much has gone.
    """
    every = tuple(changes)
    rows = {change.address: change for change in every if _PHASES[change.action]}
    graph: nx.DiGraph[Step] = nx.DiGraph()
    for change in rows.values():
        steps = [Step(change.address, phase) for phase in _PHASES[change.action]]
        graph.add_nodes_from(steps)
        graph.add_edges_from(pairwise(steps), soft=False)
    for change in rows.values():
        graph.add_edges_from(_soft_edges(change, rows), soft=True)
        graph.add_edges_from(_edges(change, rows), soft=False)
    moving = stages(every, marks)
    for whose, stage in moving.items():
        graph.add_edges_from(_gates(whose, stage, closings(whose, moving), rows), soft=False)
    _refuse_cycles(graph)
    return Order(graph)


def _edges(change: Change, rows: Mapping[Address, Change]) -> Iterator[tuple[Step, Step]]:
    steps = {phase: Step(change.address, phase) for phase in _PHASES[change.action]}
    for dependency in change.depends_on:
        needed = {phase: Step(dependency, phase) for phase in _phases(dependency, rows)}
        yield from _needs(steps, needed)
    for left in change.before.depends_on if change.before else ():
        yield from _leaves(steps, {phase: Step(left, phase) for phase in _phases(left, rows)})


def _needs(steps: Mapping[Phase, Step], needed: Mapping[Phase, Step]) -> Iterator[tuple[Step, Step]]:
    """Made after what it needs is made; deleted before what it stands on is deleted, and replaced around its update."""
    for maker in (Phase.CREATE, Phase.UPDATE):
        if maker in steps:
            yield from ((needed[p], steps[maker]) for p in (Phase.CREATE, Phase.UPDATE) if p in needed)
    if Phase.DELETE in steps:
        held = (Phase.DELETE, Phase.UPDATE) if Phase.CREATE in steps else (Phase.DELETE,)
        yield from ((steps[Phase.DELETE], needed[p]) for p in held if p in needed)


def _soft_edges(change: Change, rows: Mapping[Address, Change]) -> Iterator[tuple[Step, Step]]:
    """A mere removal comes before what it stands on is updated. If it can't be done, the update is done all the same:
    it may take away more than the removal would.
    """
    if _PHASES[change.action] == (Phase.DELETE,):
        for needed in change.depends_on:
            if Phase.UPDATE in _phases(needed, rows):
                yield Step(change.address, Phase.DELETE), Step(needed, Phase.UPDATE)


def _gates(
    whose: Whose, stage: Stage, closing: Sequence[Address], rows: Mapping[Address, Change]
) -> Iterator[tuple[Step, Step]]:
    """Closed, then widened; narrowed, then opened. An update in place closes; what allows is updated in between."""
    pairs = (
        (Phase.CLOSED, _steps(closing, rows, *_TAKING), _steps(stage.widening, rows, *_GIVING)),
        (Phase.CHANGED, _steps(stage.narrowing, rows, *_TAKING), _steps(stage.opening, rows, Phase.CREATE)),
    )
    for phase, first, then in pairs:
        gate = Step(Address("", *whose), phase)
        if first and then:
            yield from ((step, gate) for step in first)
            yield from ((gate, step) for step in then)


def _steps(some: Iterable[Address], rows: Mapping[Address, Change], *phases: Phase) -> list[Step]:
    return [Step(address, phase) for address in some for phase in _phases(address, rows) if phase in phases]


def _leaves(steps: Mapping[Phase, Step], left: Mapping[Phase, Step]) -> Iterator[tuple[Step, Step]]:
    """What an object stood on goes only after the object was moved off it or deleted."""
    if Phase.DELETE in left:
        yield from (
            (step, left[Phase.DELETE]) for phase, step in steps.items() if phase in (Phase.DELETE, Phase.UPDATE)
        )


def _phases(address: Address, rows: Mapping[Address, Change]) -> tuple[Phase, ...]:
    return _PHASES[rows[address].action] if address in rows else ()


def _refuse_cycles(graph: nx.DiGraph[Step]) -> None:
    # Linear, as finding a cycle isn't where many steps lead to one that leads to many.
    if nx.is_directed_acyclic_graph(graph):
        return
    cycle = nx.find_cycle(graph)
    raise CyclicOrder(" → ".join(f"{edge[0].phase} {edge[0].address}" for edge in cycle))
