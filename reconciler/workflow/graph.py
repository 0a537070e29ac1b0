"""`graph`: who may do what and why, and what they come to besides, by the specs or by the systems as they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from reconciler.compile import Compiled
from reconciler.connections import Connections
from reconciler.engine.escalation import Ground, Paths, new_paths
from reconciler.engine.refresh import refresh
from reconciler.model import Address, Escalation, Mover, Resource, Snapshot
from reconciler.model.graph import AccessGraph, Edge, EdgeKind, Node, NodeKind
from reconciler.workflow.escalating import goals_of
from reconciler.workflow.specs import Prepared
from reconciler.workflow.systems import logged_in
from specs import Catalog, grants
from specs.diagnostic import Diagnostic, has_errors


def access_graph(
    prepared: Prepared, connections: Connections, *, live: bool
) -> tuple[AccessGraph | None, tuple[Diagnostic, ...]]:
    """None where an error stands in the way."""
    compiled, problems = prepared.compiled, prepared.diagnostics
    if compiled is None or has_errors(problems):
        return None, problems
    with _grounds(compiled, connections, live=live) as (grounds, failed):
        problems = (*problems, *failed)
    if has_errors(problems):
        return None, problems
    origins = {address: one.origin for address, one in compiled.desired.items()}
    paths = Paths.of(grounds, goals_of(compiled.criticals), origins)
    mover = Mover.OUTSIDE if live else Mover.PLAN
    found = tuple(new_paths(mover, Paths.of({}, (), {}), paths, frozenset()))
    return _Drawing(prepared.specs.catalog).graph(compiled.environment, found, live=live), problems


@contextmanager
def _grounds(
    compiled: Compiled, connections: Connections, *, live: bool
) -> Iterator[tuple[dict[str, Ground], tuple[Diagnostic, ...]]]:
    """Every system's objects."""
    wanted: dict[str, dict[Address, Resource]] = {name: {} for name in compiled.systems}
    for address, one in compiled.desired.items():
        wanted[address.system][address] = one.resource
    if not live:
        yield {name: Ground(one.provider, one.scope, wanted[name]) for name, one in compiled.systems.items()}, ()
        return
    with logged_in(compiled.systems, connections) as (session, failed):
        refreshed = refresh(session, compiled.desired.keys())
        grounds = {}
        for name, binding in compiled.systems.items():
            snapshot = refreshed.snapshots.get(name, Snapshot({}))
            grounds[name] = Ground(binding.provider, binding.scope, snapshot.everything, snapshot.surroundings)
        yield grounds, (*failed, *refreshed.failures)


@dataclass(slots=True)
class _Drawing:
    catalog: Catalog
    nodes: dict[tuple[NodeKind, str, str], Node] = field(default_factory=dict)
    edges: dict[tuple[str, str, EdgeKind], Edge] = field(default_factory=dict)

    def graph(self, environment: str, found: Sequence[Escalation], *, live: bool) -> AccessGraph:
        for name, agent in sorted(self.catalog.agents.items()):
            spec = agent.value.spec
            self._node(NodeKind.AGENT, name, note=f"{spec.purpose} ({spec.owner})")
        for name, intent in sorted(self.catalog.intents.items()):
            about = intent.value.spec
            node = self._node(NodeKind.INTENT, name, note=f"{about.purpose}; risk {about.risk}, data {about.data}")
            for access in about.access:
                for text in sorted(_parts(access.block)):
                    resource = self._node(NodeKind.RESOURCE, text, access.system)
                    self._edge(node, resource, EdgeKind.REACHES)
        for grant in grants(self.catalog):
            agent_id = self._node(NodeKind.AGENT, grant.agent)
            self._edge(agent_id, self._node(NodeKind.INTENT, grant.intent), EdgeKind.HOLDS)
            for delegator in grant.delegators:
                title = f"delegates {grant.intent}"
                self._edge(self._node(NodeKind.AGENT, delegator), agent_id, EdgeKind.DELEGATES, title)
        for one in found:
            source = self._node(NodeKind.AGENT if one.agent else NodeKind.PRINCIPAL, one.source)
            rules = ", ".join(dict.fromkeys(link.rule for link in one.links if link.rule))
            target = self._node(NodeKind.TARGET, one.target)
            self._edge(source, target, EdgeKind.ESCALATES, rules, certain=one.certain)
        return AccessGraph(environment, live, tuple(self.nodes.values()), tuple(self.edges.values()), tuple(found))

    def _node(self, kind: NodeKind, title: str, system: str = "", note: str = "") -> str:
        key = (kind, system, title)
        if key not in self.nodes:
            self.nodes[key] = Node(f"{kind.value[0]}{len(self.nodes) + 1}", kind, title, system, note)
        return self.nodes[key].id

    def _edge(self, source: str, target: str, kind: EdgeKind, title: str = "", *, certain: bool = True) -> None:
        self.edges.setdefault((source, target, kind), Edge(source, target, kind, title, certain))


def _parts(block: Mapping[str, Any]) -> Iterator[str]:
    """Each item of an access block in one line, whatever its provider calls its fields."""
    for name, value in block.items():
        items = value if isinstance(value, list | tuple) else [value]
        if items and all(isinstance(item, Mapping) for item in items):
            yield from (", ".join(f"{key} {_text(one)}" for key, one in item.items()) for item in items)
        else:
            yield f"{name} {_text(value)}"


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return " ".join(map(_text, value))
    if isinstance(value, Mapping):
        return " ".join(f"{key} {_text(one)}" for key, one in value.items())
    return str(value)
