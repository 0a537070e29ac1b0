"""The access graph: agents, what they are for, what that reaches, and what they come to besides."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reconciler.model.escalation import Escalation


class NodeKind(StrEnum):
    """What a node is."""

    AGENT = "agent"
    PRINCIPAL = "principal"
    """One that no spec declares."""
    INTENT = "intent"
    RESOURCE = "resource"
    """A part of an intent's access on a system, as the specs say it."""
    TARGET = "target"
    """What is critical, or administrator of a system."""


class EdgeKind(StrEnum):
    """How one node leads to another."""

    HOLDS = "holds"
    """An agent an intent."""
    DELEGATES = "delegates"
    """An agent to an agent."""
    REACHES = "reaches"
    """An intent a resource."""
    ESCALATES = "escalates"
    """An agent, or a principal, to a target."""


@dataclass(frozen=True, slots=True)
class Node:
    """Something in the graph."""

    id: str
    """``a1``: for machines, the same for the same graph."""
    kind: NodeKind
    title: str
    system: str = ""
    note: str = ""
    """Owner and purpose, risk and data class."""


@dataclass(frozen=True, slots=True)
class Edge:
    """From one node to another."""

    source: str
    target: str
    kind: EdgeKind
    title: str = ""
    certain: bool = True


@dataclass(frozen=True, slots=True)
class AccessGraph:
    """All of one environment."""

    environment: str
    live: bool
    """Whether the escalations are of the systems as they are, and not of what the specs come to."""
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    escalations: tuple[Escalation, ...]
