"""Which memberships lead to a group that a guardrail names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from providers.ldap.access import LdapNever
from providers.ldap.effective.changes import NESTED
from providers.ldap.effective.graph import Graph
from providers.ldap.overlap import forbids
from reconciler.access import Witness
from reconciler.model import Address, Reach, Resource


def reached(objects: Mapping[Address, Resource], never: LdapNever) -> Iterator[Reach]:
    """Each membership by which its member comes to one of them, by itself or through groups in groups."""
    graph = Graph.of(objects)
    for edges in graph.edges.values():
        for address, group in edges.items():
            named = [one for one in sorted(graph.above(group)) if forbids(never, one)]
            if named:
                direct = group if group in named else ""
                note = "" if direct else NESTED.format(group=group)
                witness = Witness(f"be member of {direct or named[0]}", certain=bool(direct), note=note)
                yield Reach(address, witness)
