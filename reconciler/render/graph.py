"""The access graph as DOT, Mermaid and JSON: docs/graph.md."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reconciler.model.graph import AccessGraph, Edge, EdgeKind, Node, NodeKind
from reconciler.render.escalation import escalation_json

FORMAT_VERSION = "1.0"
_SHAPES = {
    NodeKind.AGENT: "shape=box, style=rounded",
    NodeKind.PRINCIPAL: "shape=box, style=dotted",
    NodeKind.INTENT: "shape=ellipse",
    NodeKind.RESOURCE: "shape=note",
    NodeKind.TARGET: "shape=octagon, color=red, fontcolor=red",
}
_BRACKETS = {
    NodeKind.AGENT: ("(", ")"),
    NodeKind.PRINCIPAL: ("[", "]"),
    NodeKind.INTENT: ("([", "])"),
    NodeKind.RESOURCE: ("[", "]"),
    NodeKind.TARGET: ("{{", "}}"),
}


def graph_json(graph: AccessGraph) -> dict[str, Any]:
    """Nodes, edges and escalations."""
    return {
        "format_version": FORMAT_VERSION,
        "environment": graph.environment,
        "live": graph.live,
        "nodes": [
            {"id": one.id, "kind": one.kind.value, "title": one.title, "system": one.system or None, "note": one.note}
            for one in graph.nodes
        ],
        "edges": [
            {
                "source": one.source,
                "target": one.target,
                "kind": one.kind.value,
                "title": one.title,
                "certain": one.certain,
            }
            for one in graph.edges
        ],
        "escalations": [escalation_json(one) for one in graph.escalations],
    }


def dot_lines(graph: AccessGraph) -> Iterator[str]:
    """A digraph from left to right; a cluster for each system; escalations are red, dashed where they only may be."""
    yield "digraph access {"
    yield "  rankdir=LR; node [fontname=sans]; edge [fontname=sans];"
    for one in graph.nodes:
        if not one.system:
            yield f"  {_dot_node(one)}"
    for system in _systems(graph):
        yield f"  subgraph {_quoted(f'cluster_{system}')} {{ label={_quoted(system)};"
        yield from (f"    {_dot_node(one)}" for one in graph.nodes if one.system == system)
        yield "  }"
    for edge in graph.edges:
        yield f"  {edge.source} -> {edge.target} [{_dot_edge(edge)}];"
    yield "}"


def mermaid_lines(graph: AccessGraph) -> Iterator[str]:
    """A flowchart; escalations are thick, dotted where they only may be."""
    yield "flowchart LR"
    for one in graph.nodes:
        if not one.system:
            yield f"  {_mermaid_node(one)}"
    for number, system in enumerate(_systems(graph), 1):
        yield f"  subgraph system{number}[{_entities(system)}]"
        yield from (f"    {_mermaid_node(one)}" for one in graph.nodes if one.system == system)
        yield "  end"
    for edge in graph.edges:
        label = f"|{_entities(edge.title)}|" if edge.title else ""
        arrow = "-->" if edge.kind is not EdgeKind.ESCALATES else "==>" if edge.certain else "-.->"
        yield f"  {edge.source} {arrow}{label} {edge.target}"
    targets = ",".join(one.id for one in graph.nodes if one.kind is NodeKind.TARGET)
    if targets:
        yield "  classDef target stroke:#c00,color:#c00"
        yield f"  class {targets} target"


def _systems(graph: AccessGraph) -> list[str]:
    return sorted({one.system for one in graph.nodes} - {""})


def _dot_node(one: Node) -> str:
    return f"{one.id} [label={_quoted(one.title)}, tooltip={_quoted(one.note or one.title)}, {_SHAPES[one.kind]}];"


def _dot_edge(edge: Edge) -> str:
    label = f"label={_quoted(edge.title)}"
    if edge.kind is EdgeKind.ESCALATES:
        return f"{label}, color=red, fontcolor=red, penwidth=2, style={'solid' if edge.certain else 'dashed'}"
    return f"{label}, style=dotted" if edge.kind is EdgeKind.DELEGATES else label


def _quoted(text: str) -> str:
    """A DOT string. Graphviz knows escapes of its own in it, so that a backslash is doubled."""
    plain = "".join(sign if sign.isprintable() else " " for sign in text)
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _mermaid_node(one: Node) -> str:
    first, last = _BRACKETS[one.kind]
    return f"{one.id}{first}{_entities(one.title)}{last}"


def _entities(text: str) -> str:
    """Mermaid's quoted text: all but letters, digits and a few signs as entities, so that nothing is markup."""
    return '"' + "".join(sign if sign.isalnum() or sign in " .,:_/-" else f"#{ord(sign)};" for sign in text) + '"'
